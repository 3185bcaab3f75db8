//! What a handler gets, and how it asks the home.

use std::collections::HashMap;

use auth_login::client::Origin;
use home::{Home, Importer, Session};
use http_adapter::{App, Caller};
use management::{Call, Operation, OperationError};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::{assets, clock::Clock, cookie::Credential, form::Form, problem::Problem};

/// A request that passed the gate.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) app: App,
    /// What whoever comes first may bring in.
    pub(crate) importer: Option<Importer>,
    /// Who asks; always there where it is not for everybody.
    pub(crate) session: Option<Session>,
    pub(crate) credential: Option<Credential>,
    /// What the browser has of its way to an identity provider.
    pub(crate) visit: Option<String>,
    pub(crate) caller: Caller,
    /// The parts of the path that the route leaves open, decoded.
    pub(crate) params: HashMap<String, String>,
    pub(crate) path: String,
    pub(crate) query: Form,
    pub(crate) form: Form,
}

/// What every page has around it.
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    /// Where style and script are.
    pub(crate) files: String,
    /// The part of the page that this belongs to.
    pub(crate) here: &'static str,
    /// What the home is called.
    pub(crate) home: String,
    /// Who is logged in.
    pub(crate) user: Option<String>,
    /// They administer the home: else they are told nothing of it.
    pub(crate) is_admin: bool,
    /// What was done before.
    pub(crate) done: Option<&'static str>,
    /// The time zone of everything that is shown.
    pub(crate) zone: String,
}

impl Asked {
    pub(crate) fn home(&self) -> &Home {
        &self.app.home
    }

    /// Returns one open part of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.get(name).map_or("", String::as_str)
    }

    /// Returns where the request was sent: what this hub is called there.
    ///
    /// # Errors
    /// [`Problem::Invalid`], if the request does not say.
    pub(crate) fn own(&self) -> Result<&Origin, Problem> {
        let own = self.caller.own.as_ref();
        own.ok_or_else(|| Problem::Invalid("This request does not say where it was sent.".to_owned()))
    }

    /// Carries an operation out as whoever asks, as programs do.
    ///
    /// # Errors
    /// [`OperationError`].
    pub(crate) async fn run<A: DeserializeOwned>(&self, name: &str, members: Value) -> Result<A, OperationError> {
        let operation = Operation::find(name);
        let (Some(operation), Some(session)) = (operation, &self.session) else {
            return Err(OperationError::NotFound(format!("there is no operation `{name}`")));
        };
        let members = if let Value::Object(members) = members { members } else { Map::new() };
        let answer = operation.run(Call::new(self.home().clone(), session.principal.clone(), members)).await?;
        serde_json::from_value(answer).map_err(|error| {
            tracing::error!(operation = name, %error, "the page does not understand what an operation answers");
            OperationError::Failed(Box::new(error))
        })
    }

    /// Returns what is around a page.
    pub(crate) fn frame(&self, here: &'static str) -> Frame {
        let world = self.home().bus().world();
        let user = self.session.as_ref().and_then(|session| world.auth.user(session.user_id.as_str()));
        let rights = self.session.as_ref().map(|session| world.auth.rights(&session.principal));
        let is_admin = rights.is_some_and(|rights| rights.is_admin());
        let config = self.home().core_config();
        Frame {
            files: assets::folder(),
            here,
            home: if is_admin { config.location_name.clone() } else { String::new() },
            user: user.map(|user| user.name.clone().unwrap_or_else(|| user.id.to_string())),
            is_admin,
            done: done(self.query.get("done")),
            zone: config.time_zone.clone(),
        }
    }

    /// Returns the clock on the home's wall.
    pub(crate) fn clock(&self) -> Clock {
        Clock::of(&self.home().core_config().time_zone)
    }
}

/// Says what was done, by the word that the address has for it: texts in addresses could say anything.
fn done(word: &str) -> Option<&'static str> {
    Some(match word {
        "saved" => "Saved.",
        "created" => "Made.",
        "removed" => "Removed.",
        "member" => "The membership is as you said.",
        "password" => "The password is changed.",
        "revoked" => "Revoked: whatever used it is out.",
        "lifted" => "They may come in again.",
        "banned" => "They are shut out.",
        "forgiven" => "Their failed logins are forgotten.",
        _ => return None,
    })
}
