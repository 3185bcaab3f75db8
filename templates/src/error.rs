//! What can go wrong, and the texts that Home Assistant's clients expect.

use std::fmt;

use minijinja::{Error, ErrorKind, Value};
use thiserror::Error as ThisError;

/// Why a template gave no result.
///
/// `Display` prints what Home Assistant prints: the name of the Python exception, a colon and its text.
/// Nothing in a text comes from an entity that the home did not show.
#[derive(Clone, Debug, PartialEq, Eq, ThisError)]
pub enum TemplateError {
    /// The text is not a template.
    #[error("TemplateSyntaxError: {0}")]
    Syntax(String),
    /// A filter or test of that name does not exist.
    #[error("TemplateAssertionError: {0}")]
    Assertion(String),
    /// An undefined name was used where a value is needed.
    #[error("UndefinedError: {0}")]
    Undefined(String),
    /// A value of the wrong type.
    #[error("TypeError: {0}")]
    Type(String),
    /// A value that cannot be converted.
    #[error("ValueError: {0}")]
    Value(String),
    /// A division by zero.
    #[error("ZeroDivisionError: {0}")]
    ZeroDivision(String),
    /// A number too large to hold.
    #[error("OverflowError: {0}")]
    Overflow(String),
    /// Anything else that failed while rendering.
    #[error("TemplateError: {0}")]
    Runtime(String),
    /// The template needs more than its limits allow.
    #[error("TemplateError: {0}")]
    Bound(Bound),
}

/// A limit that a template ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// The source text is longer than this many bytes.
    Source(usize),
    /// An expression or block is nested too deeply.
    Nesting,
    /// The output is longer than this many bytes.
    Output(usize),
    /// Too many steps.
    Fuel,
    /// Too much data was made or looked at.
    Work,
    /// Macros or loops call themselves too deeply.
    Recursion,
    /// The caller asked to stop.
    Interrupted,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Source(limit) => write!(f, "Template source exceeded maximum size of {limit} bytes"),
            Self::Nesting => f.write_str("Template is nested too deeply"),
            Self::Output(limit) => write!(f, "Template output exceeded maximum size of {limit} characters"),
            Self::Fuel => f.write_str("Template takes too many steps"),
            Self::Work => f.write_str("Template handles too much data"),
            Self::Recursion => f.write_str("Template recurses too deeply"),
            Self::Interrupted => f.write_str("Template was stopped"),
        }
    }
}

/// Carries a [`TemplateError`] through the engine's own error type.
#[derive(Debug)]
struct Raised(TemplateError);

impl fmt::Display for Raised {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl std::error::Error for Raised {}

impl From<TemplateError> for Error {
    fn from(error: TemplateError) -> Self {
        Self::new(ErrorKind::InvalidOperation, "raised").with_source(Raised(error))
    }
}

pub(crate) fn type_error(text: impl Into<String>) -> Error {
    TemplateError::Type(text.into()).into()
}

pub(crate) fn value_error(text: impl Into<String>) -> Error {
    TemplateError::Value(text.into()).into()
}

pub(crate) fn undefined_error(text: impl Into<String>) -> Error {
    TemplateError::Undefined(text.into()).into()
}

/// The error for using an undefined value. The engine adds the name, if the value still carries where it came from.
pub(crate) fn undefined_value(value: &Value) -> Error {
    match value.get_attr("_") {
        Err(error) if value.is_undefined() => error,
        _ => undefined_error("value is undefined"),
    }
}

pub(crate) fn runtime_error(text: impl Into<String>) -> Error {
    TemplateError::Runtime(text.into()).into()
}

/// Translates an error of the engine's parser, which speaks other words than Jinja does.
pub(crate) fn from_parser(error: &Error) -> TemplateError {
    if let Some(raised) = raised(error) {
        return raised;
    }
    let detail = error.detail().unwrap_or("invalid template");
    if detail.contains("maximum recursion") {
        return TemplateError::Bound(Bound::Nesting);
    }
    let jinja = |token: &str| match token {
        "end of variable block" => "'end of print statement'".to_owned(),
        "end of block" => "'end of statement block'".to_owned(),
        "start of variable block" => "'begin of print statement'".to_owned(),
        "start of block" => "'begin of statement block'".to_owned(),
        "end of input" => "'end of template'".to_owned(),
        other => format!("'{}'", other.trim_matches('`')),
    };
    let text = if let Some(rest) = detail.strip_prefix("unexpected ") {
        match rest.split_once(", expected ") {
            // Brackets that do not match are found by Jinja's lexer, which says it the other way round.
            Some((token @ ("`}`" | "`)`" | "`]`"), wanted @ ("`}`" | "`)`" | "`]`"))) => {
                format!("unexpected {}, expected {}", jinja(token), jinja(wanted))
            }
            Some((token, "expression" | "keyword" | "block keyword")) => format!("unexpected {}", jinja(token)),
            Some((token, wanted)) => format!("expected token {}, got {}", jinja(wanted), jinja(token)),
            None => format!("unexpected {}", jinja(rest)),
        }
    } else if let Some(tag) = detail.strip_prefix("unknown statement ") {
        format!("Encountered unknown tag '{tag}'.")
    } else {
        detail.to_owned()
    };
    TemplateError::Syntax(text)
}

/// Translates an error met while rendering.
pub(crate) fn from_engine(error: &Error) -> TemplateError {
    if let Some(raised) = raised(error) {
        return raised;
    }
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::SyntaxError => from_parser(error),
        ErrorKind::OutOfFuel => TemplateError::Bound(Bound::Fuel),
        ErrorKind::UnknownFilter | ErrorKind::UnknownTest => {
            let what = if error.kind() == ErrorKind::UnknownFilter { "filter" } else { "test" };
            let name = detail.split_whitespace().nth(1).unwrap_or_default();
            TemplateError::Runtime(format!("No {what} named '{name}'."))
        }
        ErrorKind::UnknownFunction => {
            let name = detail.strip_suffix(" is unknown").unwrap_or(detail);
            TemplateError::Undefined(format!("'{name}' is undefined"))
        }
        ErrorKind::UndefinedError => TemplateError::Undefined(undefined_text(detail)),
        ErrorKind::UnknownMethod => match quoted(detail) {
            Some(name) => TemplateError::Undefined(format!("'{name}' is undefined")),
            None => {
                let name = detail.rsplit(' ').next().unwrap_or_default();
                TemplateError::Undefined(format!("no such attribute '{name}'"))
            }
        },
        ErrorKind::InvalidOperation if detail.contains("recursion limit") => TemplateError::Bound(Bound::Recursion),
        ErrorKind::InvalidOperation | ErrorKind::TooManyArguments | ErrorKind::MissingArgument => {
            TemplateError::Type(detail.to_owned())
        }
        ErrorKind::CannotUnpack => TemplateError::Value(detail.to_owned()),
        kind => TemplateError::Runtime(if detail.is_empty() { kind.to_string() } else { detail.to_owned() }),
    }
}

/// The error of ours inside `error`, however deep.
fn raised(error: &Error) -> Option<TemplateError> {
    let mut at: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = at {
        if let Some(Raised(found)) = inner.downcast_ref() {
            return Some(found.clone());
        }
        at = inner.source();
    }
    None
}

fn undefined_text(detail: &str) -> String {
    match quoted(detail) {
        Some(path) => match path.rsplit_once('.') {
            Some((_, name)) => format!("'dict object' has no attribute '{name}'"),
            None => format!("'{path}' is undefined"),
        },
        None => "value is undefined".to_owned(),
    }
}

/// The part of `text` between the first two backticks.
fn quoted(text: &str) -> Option<&str> {
    text.split('`').nth(1)
}
