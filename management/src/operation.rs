//! The table of operations.

use std::{future::Future, pin::Pin};

use auth_core::{Action, Authorized, Principal};
use home::Home;
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    OperationError, attention, audit_trail, bans, groups, identities, matrix, names, passkeys, policies, previews,
    schema, step_up, tokens, users,
};

/// Who may use an operation. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever is logged in, about their own account.
    Account,
    /// Administrators.
    Admin,
    /// The owner.
    Owner,
}

/// One operation.
#[derive(Debug)]
pub struct Operation {
    /// Its name.
    pub name: &'static str,
    /// The WebSocket command: `doorward/<name>`.
    pub command: &'static str,
    /// The REST method: `GET` for what only reads, with its members in the query.
    pub method: &'static str,
    /// The REST path; members that it leaves open are in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    run: fn(Call) -> Running,
    schemas: fn() -> Schemas,
}

/// What an operation takes and gives, as JSON Schema: of the very types that are read and written.
#[derive(Clone, Debug)]
pub struct Schemas {
    /// Of the object of its members.
    pub request: Schema,
    /// Of what it answers.
    pub answer: Schema,
}

pub(crate) type Outcome<A> = Result<A, OperationError>;
type Running = Pin<Box<dyn Future<Output = Result<Value, OperationError>> + Send>>;

/// Members of an operation to which there is nothing to say.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// The answer of what has nothing to tell: `null`.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Done;

/// What is asked, of which home and by whom.
#[derive(Debug)]
pub struct Call {
    pub(crate) home: Home,
    pub(crate) principal: Principal,
    data: Map<String, Value>,
}

impl Call {
    /// Returns a call by a principal.
    pub const fn new(home: Home, principal: Principal, data: Map<String, Value>) -> Self {
        Self { home, principal, data }
    }

    /// Decides what this caller asks.
    pub(crate) fn authorize<R: Action>(&self, request: R) -> Result<Authorized<R>, OperationError> {
        Ok(self.home.bus().authorize(&self.principal, request)?)
    }
}

impl Operation {
    /// Returns the operation of a name.
    pub fn find(name: &str) -> Option<&'static Self> {
        OPERATIONS.iter().find(|operation| operation.name == name)
    }

    /// Carries it out; decides itself whether the caller may.
    ///
    /// # Errors
    /// [`OperationError`].
    ///
    /// # Cancel safety
    /// Dropping the future may leave the change made or not: run it in a task of its own.
    pub async fn run(&self, call: Call) -> Result<Value, OperationError> {
        let done = (self.run)(call).await;
        if let Err(OperationError::Failed(error)) = &done {
            tracing::error!(operation = self.name, %error, "an operation failed");
        }
        done
    }

    /// Returns what it takes and gives.
    pub fn schemas(&self) -> Schemas {
        (self.schemas)()
    }
}

/// Reads the members, which refuses those that it does not know, carries the operation out, and writes the answer.
async fn carried_out<R, A, F>(mut call: Call, run: impl FnOnce(Call, R) -> F + Send) -> Result<Value, OperationError>
where
    R: DeserializeOwned + Send,
    A: Serialize,
    F: Future<Output = Outcome<A>> + Send,
{
    let data = Value::Object(std::mem::take(&mut call.data));
    let request = serde_json::from_value(data).map_err(|error| OperationError::Invalid(error.to_string()))?;
    let answer = run(call, request).await?;
    serde_json::to_value(answer).map_err(|error| OperationError::Failed(Box::new(error)))
}

fn schemas<R: JsonSchema, A: JsonSchema, F: Future<Output = Outcome<A>>>(_: impl FnOnce(Call, R) -> F) -> Schemas {
    Schemas { request: schema::request::<R>(), answer: schema::answer::<A>() }
}

impl Access {
    /// Returns the word in the matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }
}

macro_rules! operations {
    ($($name:literal $method:ident $path:literal $access:ident $run:path;)*) => {
        /// Every operation there is.
        pub const OPERATIONS: &[Operation] = &[$(Operation {
            name: $name,
            command: concat!("doorward/", $name),
            method: stringify!($method),
            path: $path,
            access: Access::$access,
            run: |call| Box::pin(carried_out(call, $run)),
            schemas: || schemas($run),
        },)*];
    };
}

operations! {
    "users/list"              GET    "/api/doorward/users"                                   Admin users::list;
    "users/create"            POST   "/api/doorward/users"                                   Admin users::create;
    "users/update"            POST   "/api/doorward/users/{user_id}"                         Admin users::update;
    "users/delete"            DELETE "/api/doorward/users/{user_id}"                         Admin users::delete;
    "users/set_password"      POST   "/api/doorward/users/{user_id}/password"                Owner users::set_password;

    "users/remove_second_factor" DELETE "/api/doorward/users/{user_id}/second_factor"        Admin users::remove_second_factor;

    "identities/list"         GET    "/api/doorward/identities"                              Admin identities::list;
    "identities/link"         POST   "/api/doorward/identities"                              Admin identities::link;
    "identities/unlink"       DELETE "/api/doorward/identities/{identity_id}"                Admin identities::unlink;

    "groups/list"             GET    "/api/doorward/groups"                                  Admin groups::list;
    "groups/set"              POST   "/api/doorward/groups/{group_id}"                       Admin groups::set;
    "groups/delete"           DELETE "/api/doorward/groups/{group_id}"                       Admin groups::delete;
    "groups/preview"          POST   "/api/doorward/groups/{group_id}/preview"               Admin groups::preview;
    "groups/set_member"       POST   "/api/doorward/groups/{group_id}/members/{user_id}"     Admin groups::set_member;
    "groups/remove_member"    DELETE "/api/doorward/groups/{group_id}/members/{user_id}"     Admin groups::remove_member;

    "policy/validate"         POST   "/api/doorward/policy/validate"                         Admin policies::validate;
    "policy/lint"             POST   "/api/doorward/policy/lint"                             Admin policies::lint;
    "policy/explain"          GET    "/api/doorward/policy/explain"                          Admin policies::explain;
    "policy/who_can"          GET    "/api/doorward/policy/who_can"                          Admin policies::who_can;
    "policy/what_can"         GET    "/api/doorward/policy/what_can"                         Admin policies::what_can;

    "policy/preview"          POST   "/api/doorward/policy/preview"                          Admin previews::preview;
    "policy/names"            GET    "/api/doorward/policy/names"                            Admin names::list;
    "policy/matrix"           GET    "/api/doorward/policy/matrix"                           Admin matrix::show;
    "policy/room"             GET    "/api/doorward/policy/room"                             Admin matrix::room;

    "attention/list"          GET    "/api/doorward/attention"                               Admin attention::list;

    "tokens/list"             GET    "/api/doorward/tokens"                                  Admin tokens::list;
    "tokens/create"           POST   "/api/doorward/tokens"                                  Owner tokens::create;
    "tokens/revoke"           DELETE "/api/doorward/tokens/{token_id}"                       Admin tokens::revoke;
    "service_accounts/create" POST   "/api/doorward/service_accounts"                        Admin tokens::create_account;
    "service_accounts/create_token" POST "/api/doorward/service_accounts/{user_id}/tokens"   Admin tokens::create_for_account;

    "logins/failures"         GET    "/api/doorward/logins/failures"                         Admin users::failures;
    "logins/forgive"          POST   "/api/doorward/logins/forgive"                          Admin users::forgive;

    "bans/list"               GET    "/api/doorward/bans"                                    Admin bans::list;
    "bans/add"                POST   "/api/doorward/bans"                                    Owner bans::add;
    "bans/remove"             POST   "/api/doorward/bans/remove"                             Admin bans::remove;

    "step_up/status"          GET    "/api/doorward/step_up"                                 Account step_up::status;
    "step_up/show"            POST   "/api/doorward/step_up"                                 Account step_up::show;
    "step_up/set"             POST   "/api/doorward/step_up/settings"                        Admin step_up::set;

    "passkeys/list"           GET    "/api/doorward/passkeys"                                Account passkeys::list;
    "passkeys/register"       POST   "/api/doorward/passkeys/register"                       Account passkeys::register;
    "passkeys/add"            POST   "/api/doorward/passkeys"                                Account passkeys::add;
    "passkeys/remove"         DELETE "/api/doorward/passkeys/{passkey_id}"                   Account passkeys::remove;
    "passkeys/challenge"      POST   "/api/doorward/passkeys/challenge"                      Account passkeys::challenge;

    "audit/list"              GET    "/api/doorward/audit"                                   Admin audit_trail::list;
    "audit/verify"            GET    "/api/doorward/audit/verify"                            Admin audit_trail::verify;
    "audit/settings"          GET    "/api/doorward/audit/settings"                          Admin audit_trail::settings;
    "audit/set"               POST   "/api/doorward/audit/settings"                          Owner audit_trail::set;
}
