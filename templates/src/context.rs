//! What one render knows and has used, reachable from every function.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::tz::TimeZone;
use minijinja::value::{Object, ObjectRepr};
use minijinja::{Error, State, Value};

use crate::bounds::{Meter, SCAN};
use crate::error::{runtime_error, undefined_error};
use crate::home::{TemplateHome, TemplateState};
use crate::listeners::Listeners;

/// The name under which the engine's state carries the [`Context`]. Templates cannot spell it: the prefix is refused.
pub(crate) const CONTEXT_NAME: &str = "_dw_context";
/// The prefix of every name that only the rewriter may write.
pub(crate) const RESERVED_PREFIX: &str = "_dw_";

/// One render.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) home: Arc<dyn TemplateHome>,
    pub(crate) source: Arc<str>,
    pub(crate) meter: Meter,
    pub(crate) strict: bool,
    pub(crate) zone: TimeZone,
    pub(crate) output_full: AtomicBool,
    now: i64,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    listeners: Listeners,
    warnings: Vec<String>,
    ids: BTreeMap<Option<String>, Arc<[Arc<str>]>>,
}

impl Object for Context {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }
}

impl Context {
    pub(crate) fn new(home: Arc<dyn TemplateHome>, source: Arc<str>, meter: Meter, strict: bool) -> Self {
        let zone = TimeZone::get(home.time_zone()).unwrap_or(TimeZone::UTC);
        let now = home.now_micros();
        Self { home, source, meter, strict, zone, output_full: AtomicBool::new(false), now, seen: Mutex::default() }
    }

    /// The context of the render that `state` belongs to.
    pub(crate) fn of(state: &State<'_, '_>) -> Result<Arc<Self>, Error> {
        state
            .lookup(CONTEXT_NAME)
            .and_then(|value| value.downcast_object::<Self>())
            .ok_or_else(|| runtime_error("no render is running"))
    }

    pub(crate) fn charge(&self, amount: usize) -> Result<(), Error> {
        Ok(self.meter.charge(amount)?)
    }

    /// The time at which the render began, recorded as read.
    pub(crate) fn now_micros(&self) -> i64 {
        self.seen().listeners.time = true;
        self.now
    }

    /// Looks an entity up and records that it was.
    pub(crate) fn state(&self, entity_id: &str) -> Option<Arc<TemplateState>> {
        let entity_id = entity_id.to_lowercase();
        let state = self.home.state(&entity_id);
        self.seen().listeners.entities.insert(entity_id);
        state
    }

    /// The readable entities of a domain or of all, asked for once a render, recorded as gone through.
    pub(crate) fn entity_ids(&self, domain: Option<&str>) -> Arc<[Arc<str>]> {
        let mut seen = self.seen();
        match domain {
            None => seen.listeners.all = true,
            Some(domain) => {
                seen.listeners.domains.insert(domain.to_owned());
            }
        }
        let key = domain.map(str::to_owned);
        if let Some(ids) = seen.ids.get(&key) {
            return Arc::clone(ids);
        }
        let ids: Arc<[Arc<str>]> = self.home.entity_ids(domain).into_iter().map(Arc::from).collect();
        seen.ids.insert(key, Arc::clone(&ids));
        ids
    }

    /// The home's registries, for a question that may cost a scan.
    pub(crate) fn registries(&self) -> Result<&dyn TemplateHome, Error> {
        self.charge(SCAN)?;
        Ok(&*self.home)
    }

    /// Reports that an undefined value was printed: an error if strict, else a warning.
    pub(crate) fn undefined(&self, what: &str) -> Result<(), Error> {
        if self.strict {
            return Err(undefined_error(what));
        }
        let mut seen = self.seen();
        if seen.warnings.len() < MAX_WARNINGS {
            let text = format!("Template variable warning: {what} when rendering '{}'", self.source_text());
            if !seen.warnings.contains(&text) {
                seen.warnings.push(text);
            }
        }
        Ok(())
    }

    /// The template's source for an error text, cut if it is long.
    pub(crate) fn source_text(&self) -> &str {
        let mut end = self.source.len().min(MAX_SOURCE_IN_TEXT);
        while !self.source.is_char_boundary(end) {
            end -= 1;
        }
        self.source.get(..end).unwrap_or_default()
    }

    pub(crate) fn mark_output_full(&self) {
        self.output_full.store(true, Ordering::Relaxed);
    }

    /// What was recorded. Leaves nothing behind.
    pub(crate) fn take_seen(&self) -> (Listeners, Vec<String>) {
        let mut seen = self.seen();
        (std::mem::take(&mut seen.listeners).finish(), std::mem::take(&mut seen.warnings))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The context as a value of the engine.
pub(crate) fn context_value(context: &Arc<Context>) -> Value {
    Value::from_dyn_object(Arc::clone(context))
}

const MAX_WARNINGS: usize = 16;
const MAX_SOURCE_IN_TEXT: usize = 2048;
