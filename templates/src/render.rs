//! Parsing a template once, and rendering it for someone.

use std::fmt;
use std::io;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, LazyLock};

use minijinja::{Environment, Error, State, UndefinedBehavior, Value};
use serde_json::{Map, Value as Json};

use crate::bounds::{Limits, Meter};
use crate::context::{CONTEXT_NAME, Context, RESERVED_PREFIX, context_value};
use crate::error::{Bound, TemplateError, from_engine};
use crate::home::TemplateHome;
use crate::listeners::Listeners;
use crate::value::from_json;
use crate::{functions, methods, native, objects, python, rewrite};

/// The longest source that is parsed, in bytes.
pub const MAX_SOURCE: usize = 64 << 10;

/// A parsed template. Cheap to clone, and to render any number of times for different callers.
#[derive(Clone)]
pub struct Template {
    source: Arc<str>,
    environment: Environment<'static>,
}

impl fmt::Debug for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Template").field(&self.source).finish()
    }
}

/// How to render.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Whether printing or comparing an undefined name is an error and not empty text with a warning.
    pub strict: bool,
    /// What the render may use.
    pub limits: Limits,
    /// Set from another thread, it ends the render with [`Bound::Interrupted`] at its next step: the way to a time-out.
    pub interrupt: Option<Arc<AtomicBool>>,
}

/// What a render gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Rendered {
    /// The value that the output spells, by Home Assistant's rule for native types; see the crate's documentation.
    pub result: Result<Json, TemplateError>,
    /// The output as text, without blanks at its ends; what was written so far if it failed.
    pub text: String,
    /// What the template read, up to its end or failure.
    pub listeners: Listeners,
    /// Undefined names that were printed, in Home Assistant's words; at most 16.
    pub warnings: Vec<String>,
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// The source is longer than [`MAX_SOURCE`], nested too deeply, not a template, or names an unknown filter or test.
    pub fn parse(source: &str) -> Result<Self, TemplateError> {
        if source.len() > MAX_SOURCE {
            return Err(TemplateError::Bound(Bound::Source(MAX_SOURCE)));
        }
        let source = source.trim();
        let rewritten = rewrite::rewrite(source)?;
        let mut environment = ENVIRONMENT.clone();
        environment.add_template_owned(NAME, rewritten).map_err(|error| from_engine(&error))?;
        Ok(Self { source: source.into(), environment })
    }

    /// Returns the text that was parsed, without blanks at its ends.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether the text has no tag in it, so that it renders to itself.
    pub fn is_static(&self) -> bool {
        !["{{", "{%", "{#"].iter().any(|tag| self.source.contains(tag))
    }

    /// Renders with what `home` shows and the given variables.
    ///
    /// Blocks the thread for as long as the limits allow, a quarter of a second in the worst case measured with the default ones; needs less
    /// than 2 MiB of stack.
    pub fn render(&self, home: Arc<dyn TemplateHome>, variables: &Map<String, Json>, options: &Options) -> Rendered {
        let limits = &options.limits;
        let meter = Meter::new(limits.work, options.interrupt.clone());
        let context = Arc::new(Context::new(home, Arc::clone(&self.source), meter, options.strict));
        let mut environment = self.environment.clone();
        environment.set_fuel(Some(limits.fuel));
        environment.set_recursion_limit(limits.recursion);
        if options.strict {
            environment.set_undefined_behavior(UndefinedBehavior::Strict);
        }

        let mut names = vec![("states".to_owned(), objects::all_states(&context))];
        let given = variables.iter().filter(|(name, _)| !name.starts_with(RESERVED_PREFIX));
        names.extend(given.map(|(name, value)| (name.clone(), from_json(value))));
        names.push((CONTEXT_NAME.to_owned(), context_value(&context)));

        let mut out = Bounded { bytes: Vec::new(), limit: limits.output, full: false };
        let done = environment
            .get_template(NAME)
            .and_then(|template| template.render_captured_to(Value::from_pairs(names), &mut out).map(drop));
        let full = out.full;
        let text = String::from_utf8_lossy(&out.bytes).trim().to_owned();
        let result = match done {
            Ok(()) => Ok(native::parse(&text)),
            Err(_) if full => Err(TemplateError::Bound(Bound::Output(limits.output))),
            Err(error) => Err(from_engine(&error)),
        };
        let (listeners, warnings) = context.take_seen();
        Rendered { result, text, listeners, warnings }
    }
}

/// The name that the engine knows the only template of an environment by.
const NAME: &str = "template";

/// The engine with our functions and none of its own.
static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::empty();
    functions::register(&mut environment);
    environment.set_unknown_method_callback(methods::call);
    environment.set_formatter(print);
    // Lets an error say which name was undefined.
    environment.set_debug(true);
    environment
});

/// Prints a value the way Python does.
fn print(out: &mut minijinja::Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    let context = Context::of(state)?;
    if value.is_undefined() {
        return if context.strict { Err(crate::error::undefined_value(value)) } else { Ok(()) };
    }
    python::write_str(&context, value, out)
}

/// Output that ends at a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: usize,
    full: bool,
}

impl io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.limit {
            self.full = true;
            return Err(io::Error::other("output is full"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
