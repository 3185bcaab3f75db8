//! What a flow is for an integration, and what a step comes to.

use std::fmt;

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::FlowContext;
use crate::{Schema, Subentry};

/// One flow under way, as an integration writes it. `D` is what it comes to when it is done: a reauthentication can
/// only come to an [`EntryUpdate`], so it cannot make a second entry.
#[async_trait]
pub trait Flow<D>: Send {
    /// Takes one step. `input` is what was entered, checked against the form that was shown; none when the step is
    /// looked at for the first time or again.
    ///
    /// The first step of a config flow is named like its source (`user`, `reauth`, …), of an options flow `init`.
    ///
    /// # Cancel safety
    /// A step that takes more than five minutes is dropped where it waits: it counts as failed, and may be taken again.
    ///
    /// # Errors
    /// [`Abort`] ends the flow.
    async fn step(
        &mut self,
        flow: &mut FlowContext,
        step_id: &str,
        input: Option<Map<String, Value>>,
    ) -> Result<Step<D>, Abort>;
}

/// What a step comes to.
#[derive(Clone, Debug)]
pub enum Step<D> {
    /// Something is shown, and the flow waits.
    Show(Shown),
    /// What was waited for elsewhere (a page, a task) is there: the step of this id is next.
    Continue(String),
    /// The flow is done.
    Done(D),
}

/// What a flow shows while it waits.
#[derive(Clone)]
pub enum Shown {
    /// A form to fill in.
    Form(Form),
    /// Steps to choose from.
    Menu(Menu),
    /// A page elsewhere to visit.
    External {
        /// The step.
        step_id: String,
        /// The page.
        url: String,
    },
    /// The page elsewhere has been visited: the next request takes the step of this id.
    ExternalDone {
        /// The next step.
        step_id: String,
    },
    /// Something that takes a while.
    Progress {
        /// The step.
        step_id: String,
        /// Names what is going on, for translation.
        action: String,
    },
}

/// A form.
#[derive(Clone, Default)]
pub struct Form {
    /// The step that gets the input.
    pub step_id: String,
    /// What it asks for.
    pub schema: Schema,
    /// What was wrong with the last input: a field, or `base`, and a translation key. None where nothing was entered.
    pub errors: Option<Vec<(String, String)>>,
    /// What to put in for the placeholders of its texts.
    pub placeholders: Option<Map<String, Value>>,
    /// Whether no step follows, if that is known.
    pub last_step: Option<bool>,
}

/// Steps to choose from.
#[derive(Clone, Debug, Default)]
pub struct Menu {
    /// The step that shows it.
    pub step_id: String,
    /// Ids of steps.
    pub options: Vec<String>,
}

/// A flow that ends without what it was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Abort {
    /// A translation key.
    pub reason: String,
    /// What to put in for the placeholders of its text.
    pub placeholders: Option<Map<String, Value>>,
    /// Where the text is found, if not with the integration: `homeassistant`.
    pub translation_domain: Option<&'static str>,
}

/// What a config flow comes to.
#[derive(Clone, Default)]
pub struct NewEntry {
    /// For display.
    pub title: String,
    /// What the integration needs, secrets included.
    pub data: Map<String, Value>,
    /// What people can change later.
    pub options: Map<String, Value>,
    /// Its parts.
    pub subentries: Vec<Subentry>,
}

/// What an options flow comes to: all options anew.
#[derive(Clone, Default)]
pub struct NewOptions(pub Map<String, Value>);

/// What a reauthentication or reconfiguration comes to.
#[derive(Clone)]
pub struct EntryUpdate {
    /// Whose credentials these are.
    pub identity: Identity,
    /// Put over the entry's data, member by member.
    pub data: Map<String, Value>,
    /// The new title.
    pub title: Option<String>,
}

/// What the other side says it is, to be compared with what the entry was made for.
#[derive(Clone, PartialEq, Eq)]
pub enum Identity {
    /// This unique id. Another than the entry's ends the flow with `unique_id_mismatch`.
    UniqueId(String),
    /// The other side does not tell who it is.
    Unknown,
}

/// What a flow about a part of an entry comes to.
#[derive(Clone)]
pub enum SubentryDone {
    /// A new part.
    Create(NewSubentry),
    /// The part that the flow is about, changed.
    Update {
        /// The new title.
        title: Option<String>,
        /// All data anew.
        data: Map<String, Value>,
    },
}

/// A new part of an entry.
#[derive(Clone, Default)]
pub struct NewSubentry {
    /// For display.
    pub title: String,
    /// Unique within the entry.
    pub unique_id: Option<String>,
    /// What the integration needs.
    pub data: Map<String, Value>,
}

impl Form {
    /// Returns a form of a step.
    pub fn new(step_id: &str, schema: Schema) -> Self {
        Self { step_id: step_id.to_owned(), schema, ..Self::default() }
    }

    /// Says that there were no errors with the last input, or none yet, as an empty object.
    #[must_use]
    pub fn without_errors(self) -> Self {
        Self { errors: Some(Vec::new()), ..self }
    }

    /// Says what is wrong with a field, or with `base`.
    #[must_use]
    pub fn error(mut self, field: &str, key: &str) -> Self {
        self.errors.get_or_insert_default().push((field.to_owned(), key.to_owned()));
        self
    }

    /// Puts something in for a placeholder.
    #[must_use]
    pub fn placeholder(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.placeholders.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }

    /// Shows the form.
    pub fn show<D>(self) -> Result<Step<D>, Abort> {
        Ok(Step::Show(Shown::Form(self)))
    }
}

impl Menu {
    /// Returns a menu of steps.
    pub fn new(step_id: &str, options: &[&str]) -> Self {
        Self { step_id: step_id.to_owned(), options: options.iter().map(|option| (*option).to_owned()).collect() }
    }
}

impl Shown {
    /// Returns the id of the step that is shown.
    pub fn step_id(&self) -> &str {
        match self {
            Self::Form(form) => &form.step_id,
            Self::Menu(menu) => &menu.step_id,
            Self::External { step_id, .. } | Self::ExternalDone { step_id } | Self::Progress { step_id, .. } => step_id,
        }
    }
}

impl Abort {
    /// Ends a flow with a reason whose text the integration has.
    pub fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned(), placeholders: None, translation_domain: None }
    }

    /// Ends a flow with a reason whose text is shared by all integrations.
    pub fn shared(reason: &str) -> Self {
        Self { translation_domain: Some("homeassistant"), ..Self::new(reason) }
    }

    /// Puts something in for a placeholder.
    #[must_use]
    pub fn placeholder(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.placeholders.get_or_insert_default().insert(name.to_owned(), value.into());
        self
    }
}

// What is shown may have been entered before, and what a flow comes to holds secrets: `Debug` writes neither.

impl fmt::Debug for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Self::Form(_) => "Form",
            Self::Menu(_) => "Menu",
            Self::External { .. } => "External",
            Self::ExternalDone { .. } => "ExternalDone",
            Self::Progress { .. } => "Progress",
        };
        write!(f, "{kind}({})", self.step_id())
    }
}

impl fmt::Debug for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields: Vec<_> = self.schema.fields().iter().map(|field| &field.name).collect();
        f.debug_struct("Form").field("step_id", &self.step_id).field("fields", &fields).finish_non_exhaustive()
    }
}

impl fmt::Debug for NewEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEntry").finish_non_exhaustive()
    }
}

impl fmt::Debug for NewOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewOptions").finish_non_exhaustive()
    }
}

impl fmt::Debug for EntryUpdate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EntryUpdate").finish_non_exhaustive()
    }
}

impl fmt::Debug for NewSubentry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewSubentry").finish_non_exhaustive()
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Unknown) { "Unknown" } else { "UniqueId" })
    }
}

impl fmt::Debug for SubentryDone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Create(_)) { "Create" } else { "Update" })
    }
}
