//! A place for one shared value that is read and swapped without waiting.

use alloc::sync::Arc;

/// Holds a value or none. Readers and writers never wait for one another.
#[derive(Debug)]
pub(super) struct Cell<T> {
    #[cfg(all(feature = "std", not(shuttle)))]
    value: arc_swap::ArcSwapOption<T>,
    /// Where schedules are explored, with the same operations, each at one moment.
    #[cfg(shuttle)]
    value: shuttle::sync::Mutex<Option<Arc<T>>>,
    /// Without std nothing is kept.
    #[cfg(not(any(feature = "std", shuttle)))]
    value: core::marker::PhantomData<Arc<T>>,
}

#[cfg(all(feature = "std", not(shuttle)))]
impl<T> Cell<T> {
    /// Looks at the value where it is.
    pub(super) fn read<R>(&self, look: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        self.value.load().as_deref().and_then(look)
    }

    /// Takes the value out.
    pub(super) fn take(&self) -> Option<Arc<T>> {
        self.value.swap(None)
    }

    /// Puts a value in, in place of what is there.
    pub(super) fn put(&self, value: Option<Arc<T>>) {
        self.value.store(value);
    }
}

#[cfg(all(feature = "std", not(shuttle)))]
impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self { value: arc_swap::ArcSwapOption::empty() }
    }
}

#[cfg(shuttle)]
#[expect(clippy::unwrap_used, reason = "explored in tests only")]
impl<T> Cell<T> {
    pub(super) fn read<R>(&self, look: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        let value = self.value.lock().unwrap().clone();
        value.as_deref().and_then(look)
    }

    pub(super) fn take(&self) -> Option<Arc<T>> {
        self.value.lock().unwrap().take()
    }

    pub(super) fn put(&self, value: Option<Arc<T>>) {
        *self.value.lock().unwrap() = value;
    }
}

#[cfg(shuttle)]
impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self { value: shuttle::sync::Mutex::new(None) }
    }
}

#[cfg(not(any(feature = "std", shuttle)))]
impl<T> Cell<T> {
    #[expect(clippy::unused_self, reason = "as with std")]
    pub(super) fn read<R>(&self, _: impl FnOnce(&T) -> Option<R>) -> Option<R> {
        None
    }

    #[expect(clippy::unused_self, reason = "as with std")]
    pub(super) const fn take(&self) -> Option<Arc<T>> {
        None
    }

    #[expect(clippy::unused_self, reason = "as with std")]
    pub(super) fn put(&self, _: Option<Arc<T>>) {}
}

#[cfg(not(any(feature = "std", shuttle)))]
impl<T> Default for Cell<T> {
    fn default() -> Self {
        Self { value: core::marker::PhantomData }
    }
}
