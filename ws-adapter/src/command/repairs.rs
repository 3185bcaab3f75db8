//! Repair issues. They say what is in the home: for administrators; others see none.

use config_entries::{IgnoreIssue, ListIssues};
use home::HA_VERSION;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members, read};
use crate::{CommandError, connection::Connection};

pub(crate) fn list(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    no_members(&data)?;
    let issues = match connection.authorize(ListIssues) {
        Ok(asked) => connection.home.manager().issues(&asked, HA_VERSION),
        Err(_) => Vec::new(),
    };
    Ok(Reply::Result(json!({"issues": issues})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct One {
    domain: String,
    issue_id: String,
}

pub(crate) fn data(connection: &mut Connection, _: u64, data: Map<String, Value>) -> Result<Reply, CommandError> {
    let One { domain, issue_id } = read(data)?;
    let asked = connection.authorize(ListIssues)?;
    if connection.home.manager().has_issue(&asked, &domain, &issue_id) {
        return Ok(Reply::Result(json!({"issue_data": null})));
    }
    Err(CommandError::new("unknown_issue", format!("Issue '{issue_id}' not found")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ignore {
    domain: String,
    issue_id: String,
    ignore: bool,
}

pub(crate) async fn ignore(mut call: Call) -> Result<Reply, CommandError> {
    let Ignore { domain, issue_id, ignore } = call.read()?;
    let asked = call.authorize(IgnoreIssue { domain, issue_id, ignore })?;
    call.home.ignore_issue(asked).await?;
    Ok(Reply::Result(Value::Null))
}
