//! Rendering a template on a thread of its own, within its time.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use auth_core::Authorized;
use serde_json::{Map, Value};
use templates::{Options, Rendered, TemplateError};
use tokio::sync::Semaphore;

use crate::{Home, RenderTemplate};

/// Templates at once: more wait their turn, so that they cannot take the machine.
static RENDERS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(2)));

/// Renders a template with its caller's rights, for `time_out` at most. `None` if it took longer.
///
/// # Errors
/// [`TemplateError`] for a template that cannot be parsed.
///
/// # Cancel safety
/// Dropping the future ends the render at its next step.
pub async fn render_with_time_out(
    home: Home,
    request: Authorized<RenderTemplate>,
    variables: Map<String, Value>,
    strict: bool,
    time_out: Duration,
) -> Option<Result<Rendered, TemplateError>> {
    struct Interrupt(Arc<AtomicBool>);
    impl Drop for Interrupt {
        fn drop(&mut self) {
            self.0.store(true, Ordering::Relaxed);
        }
    }
    let permit = Arc::clone(&RENDERS).acquire_owned().await.ok()?;
    let interrupt = Interrupt(Arc::default());
    let options = Options { strict, interrupt: Some(Arc::clone(&interrupt.0)), ..Options::default() };
    let work = tokio::task::spawn_blocking(move || {
        let rendered = home.render(&request, &variables, &options);
        drop(permit);
        rendered
    });
    tokio::time::timeout(time_out, work).await.ok()?.ok()
}
