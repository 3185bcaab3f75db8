//! How many of something one address has.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use auth_core::network_of;

/// Counts what addresses hold, such as connections. An address that holds nothing is not remembered, so the memory is
/// bounded by what is held. Of IPv6, a /64 counts as one address.
#[derive(Clone, Debug)]
pub struct Slots {
    counts: Arc<Mutex<HashMap<IpAddr, usize>>>,
    max: usize,
}

/// Something held, that counts until it is dropped.
#[derive(Debug)]
pub struct Slot {
    slots: Slots,
    key: IpAddr,
}

impl Slots {
    /// Returns room for so many of each address.
    pub fn new(max: usize) -> Self {
        Self { counts: Arc::default(), max }
    }

    /// Counts one more; `None` if there are as many as may be.
    pub fn take(&self, ip: IpAddr) -> Option<Slot> {
        let key = network_of(ip);
        let mut counts = self.counts();
        let count = counts.entry(key).or_default();
        if *count >= self.max {
            return None;
        }
        *count += 1;
        Some(Slot { slots: self.clone(), key })
    }

    /// Tells whether one more would be counted.
    pub fn has_room(&self, ip: IpAddr) -> bool {
        self.counts().get(&network_of(ip)).is_none_or(|count| *count < self.max)
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<IpAddr, usize>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.slots.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_so_many_and_is_forgotten() {
        let slots = Slots::new(2);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        let (one, two) = (slots.take(ip("192.0.2.1")).unwrap(), slots.take(ip("::ffff:192.0.2.1")).unwrap());
        assert!(slots.take(ip("192.0.2.1")).is_none());
        let other = slots.take(ip("192.0.2.2"));
        assert!(other.is_some());
        drop(one);
        let again = slots.take(ip("192.0.2.1"));
        assert!(again.is_some());
        let network = [slots.take(ip("2001:db8::1")), slots.take(ip("2001:db8::ffff:1"))];
        assert!(network.iter().all(Option::is_some) && slots.take(ip("2001:db8::2")).is_none());
        drop((two, other, again, network));
        assert!(slots.counts().is_empty());
    }
}
