//! What can be asked of the entries and flows, and what each request needs.

use std::fmt;

use auth_core::{Action, Need};
use secrecy::SecretString;
use serde_json::{Map, Value};

use crate::{ConfigEntry, Subentry};

/// List the entries. What comes back says which integrations there are: for administrators.
#[derive(Clone, Copy, Debug)]
pub struct ListEntries;

/// List the flows under way, and listen to them.
#[derive(Clone, Copy, Debug)]
pub struct ListFlows;

/// List what needs attention.
#[derive(Clone, Copy, Debug)]
pub struct ListIssues;

/// See an issue no more, or again.
#[derive(Clone, Debug)]
pub struct IgnoreIssue {
    /// Who raised it.
    pub domain: String,
    /// Which.
    pub issue_id: String,
    /// See it no more.
    pub ignore: bool,
}

/// Add an entry.
#[derive(Clone, Debug)]
pub struct AddEntry(pub ConfigEntry);

/// Change an entry's title or preferences.
#[derive(Clone, Debug)]
pub struct UpdateEntry {
    /// Which.
    pub entry_id: String,
    /// The new title.
    pub title: Option<String>,
    /// New entities start disabled.
    pub pref_disable_new_entities: Option<bool>,
    /// The integration does not poll.
    pub pref_disable_polling: Option<bool>,
}

/// Change what an integration keeps in an entry. Refused if the entry is of another domain than said here.
#[derive(Clone, Default)]
pub struct ChangeEntry {
    /// The integration.
    pub domain: String,
    /// Which.
    pub entry_id: String,
    /// The new title.
    pub title: Option<String>,
    /// Put over the data, member by member.
    pub merge_data: Option<Map<String, Value>>,
    /// All data anew.
    pub data: Option<Map<String, Value>>,
    /// All options anew.
    pub options: Option<Map<String, Value>>,
    /// The unique id anew.
    pub unique_id: Option<Option<String>>,
    /// The version of data and options anew.
    pub version: Option<(u32, u32)>,
    /// All parts anew.
    pub subentries: Option<Vec<Subentry>>,
}

/// Disable an entry, or enable it again.
#[derive(Clone, Debug)]
pub struct SetDisabled {
    /// Which.
    pub entry_id: String,
    /// Disabled, or not.
    pub disabled: bool,
}

/// Remove an entry for good.
#[derive(Clone, Debug)]
pub struct RemoveEntry(pub String);

/// Remove an entry because its integration makes another of the same unique id.
#[derive(Clone, Debug)]
pub struct ReplaceEntry {
    /// The integration.
    pub domain: String,
    /// Which.
    pub entry_id: String,
}

/// Take an entry down and set it up again.
#[derive(Clone, Debug)]
pub struct ReloadEntry(pub String);

/// Ask for new credentials of an entry.
#[derive(Clone, Debug)]
pub struct ReauthEntry(pub String);

/// Rename a part of an entry.
#[derive(Clone, Debug)]
pub struct UpdateSubentry {
    /// The entry.
    pub entry_id: String,
    /// The part.
    pub subentry_id: String,
    /// The new title.
    pub title: Option<String>,
}

/// Remove a part of an entry.
#[derive(Clone, Debug)]
pub struct RemoveSubentry {
    /// The entry.
    pub entry_id: String,
    /// The part.
    pub subentry_id: String,
}

/// Run integrations of a domain: with this, entries of that domain can be made, changed and reloaded.
#[derive(Clone, Debug)]
pub struct RunIntegration(pub String);

/// Start a flow that makes an entry, as a user.
#[derive(Clone, Debug)]
pub struct StartFlow {
    /// The integration.
    pub domain: String,
    /// The entry to reconfigure instead.
    pub reconfigure: Option<String>,
    /// Where the client reaches the hub, as it says.
    pub frontend_base: Option<String>,
}

/// Start a flow for something that was found, or is to be imported.
#[derive(Clone)]
pub struct DiscoverFlow {
    /// The integration.
    pub domain: String,
    /// What found it.
    pub source: crate::Source,
    /// What was found.
    pub data: Value,
}

/// Start a flow that changes an entry's options.
#[derive(Clone, Debug)]
pub struct StartOptionsFlow {
    /// The entry.
    pub entry_id: String,
}

/// Start a flow about a part of an entry.
#[derive(Clone, Debug)]
pub struct StartSubentryFlow {
    /// The entry.
    pub entry_id: String,
    /// The kind of part.
    pub subentry_type: String,
    /// The part to change; none for a new one.
    pub subentry_id: Option<String>,
}

/// Which endpoints a flow belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlowFamily {
    /// Those that make entries.
    Config,
    /// Those that change options.
    Options,
    /// Those about parts.
    Subentry,
}

/// Go on with a flow, or look at it again.
#[derive(Clone)]
pub struct ContinueFlow {
    /// Whose endpoint was used.
    pub family: FlowFamily,
    /// Which.
    pub flow_id: String,
    /// What was entered; none to look again.
    pub input: Option<Map<String, Value>>,
    /// Where the client reaches the hub, as it says.
    pub frontend_base: Option<String>,
}

/// End a flow. Needs what starting it needs.
#[derive(Clone, Debug)]
pub struct AbortFlow {
    /// Whose endpoint was used.
    pub family: FlowFamily,
    /// Which.
    pub flow_id: String,
}

/// Have a discovered thing count as set up, so that it is not offered again.
#[derive(Clone, Debug)]
pub struct IgnoreFlow {
    /// Which.
    pub flow_id: String,
    /// What to call it.
    pub title: String,
}

/// List the application credentials.
#[derive(Clone, Copy, Debug)]
pub struct ListCredentials;

/// Add an application credential: what the hub calls itself at an authorization server.
#[derive(Clone, Debug)]
pub struct AddCredential {
    /// The integration.
    pub domain: String,
    /// The client id.
    pub client_id: String,
    /// The client secret.
    pub client_secret: SecretString,
    /// For display.
    pub name: Option<String>,
}

/// Remove an application credential.
#[derive(Clone, Debug)]
pub struct RemoveCredential(pub String);

macro_rules! admin {
    ($($request:ident)*) => {$(
        impl Action for $request {
            const NAME: &'static str = stringify!($request);

            fn need(&self) -> Need<'_> {
                Need::Admin
            }
        }
    )*};
}

admin! {
    ListEntries ListFlows ListIssues IgnoreIssue UpdateEntry SetDisabled RemoveEntry ReloadEntry ReauthEntry
    UpdateSubentry RemoveSubentry StartFlow StartOptionsFlow StartSubentryFlow ContinueFlow AbortFlow IgnoreFlow
    ListCredentials AddCredential RemoveCredential
}

impl Action for AddEntry {
    const NAME: &'static str = "AddEntry";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.0.domain)
    }
}

impl Action for ReplaceEntry {
    const NAME: &'static str = "ReplaceEntry";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.domain)
    }
}

impl Action for ChangeEntry {
    const NAME: &'static str = "ChangeEntry";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.domain)
    }
}

impl Action for RunIntegration {
    const NAME: &'static str = "RunIntegration";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.0)
    }
}

impl Action for DiscoverFlow {
    const NAME: &'static str = "DiscoverFlow";

    fn need(&self) -> Need<'_> {
        Need::Integration(&self.domain)
    }
}

// What was entered, found or kept may be secret: `Debug` says what a request is about, never what is in it.

impl fmt::Debug for ChangeEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ChangeEntry({} {})", self.domain, self.entry_id)
    }
}

impl fmt::Debug for DiscoverFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DiscoverFlow({} {})", self.domain, self.source.as_str())
    }
}

impl fmt::Debug for ContinueFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContinueFlow({:?} {})", self.family, self.flow_id)
    }
}
