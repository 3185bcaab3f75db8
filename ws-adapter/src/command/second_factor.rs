//! The caller's second factor: set up by the steps that Home Assistant's profile page knows, taken away.

use home::{FactorSetUp, ProveFactor, RemoveFactor, RenewRecovery, SetUpFactor};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{Call, Reply, no_members};
use crate::CommandError;

/// The only module there is.
const MODULE: &str = "totp";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SetUp {
    mfa_module_id: Option<String>,
    flow_id: Option<String>,
    user_input: Option<Map<String, Value>>,
}

/// Begins a set-up, or takes its next step.
pub(crate) async fn set_up(mut call: Call) -> Result<Reply, CommandError> {
    match call.read()? {
        SetUp { mfa_module_id: Some(module), flow_id: None, user_input: None } => {
            if module != MODULE {
                return Err(no_module(&module));
            }
            let asked = call.authorize(SetUpFactor {})?;
            Ok(Reply::Result(form(&call.home.set_up_factor(&asked)?)))
        }
        SetUp { mfa_module_id: None, flow_id: Some(flow_id), user_input } => {
            let code = user_input.as_ref().and_then(|input| input.get("code")).and_then(Value::as_str);
            let asked =
                call.authorize(ProveFactor { flow_id: flow_id.clone(), code: code.unwrap_or_default().to_owned() })?;
            Ok(Reply::Result(match call.home.prove_factor(asked).await? {
                None => wrong_code(&flow_id),
                Some((secret, codes)) => json!({
                    "type": "create_entry",
                    "flow_id": flow_id,
                    "handler": MODULE,
                    // The one text of an end that Home Assistant's profile page shows.
                    "title": title(&codes.0),
                    // Shown once, to be written down: Home Assistant has none.
                    "data": {"result": secret, "recovery_codes": codes.0},
                    "description": null,
                    "description_placeholders": null,
                    "context": {},
                }),
            }))
        }
        SetUp { .. } => Err(CommandError::format("one of `mfa_module_id` and `flow_id` is needed")),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Depose {
    mfa_module_id: String,
}

/// Takes the caller's factor away; `done` also if there was none, as in Home Assistant.
pub(crate) async fn depose(mut call: Call) -> Result<Reply, CommandError> {
    let Depose { mfa_module_id } = call.read()?;
    if mfa_module_id != MODULE {
        return Err(CommandError::new("disable_failed", format!("Cannot disable MFA module `{mfa_module_id}`")));
    }
    let asked = call.authorize(RemoveFactor {})?;
    call.home.remove_factor(asked).await?;
    Ok(Reply::Result(json!("done")))
}

/// Makes new recovery codes, which are shown once.
pub(crate) async fn renew_recovery(call: Call) -> Result<Reply, CommandError> {
    no_members(&call.data)?;
    let asked = call.authorize(RenewRecovery {})?;
    Ok(Reply::Result(json!({"recovery_codes": call.home.renew_recovery(asked).await?.0})))
}

/// Says what was set up, with what must be written down now.
fn title(codes: &[String]) -> String {
    format!("the authenticator app. Write these recovery codes down, they are not shown again: {}", codes.join(", "))
}

fn no_module(module: &str) -> CommandError {
    CommandError::new("no_module", format!("MFA module {module} is not found"))
}

/// What a form has besides the secret.
fn shown(flow_id: &str, errors: Value, placeholders: Value) -> Value {
    json!({
        "type": "form",
        "flow_id": flow_id,
        "handler": MODULE,
        "step_id": "init",
        "data_schema": [{"type": "string", "name": "code", "required": true}],
        "errors": errors,
        "description_placeholders": placeholders,
        "last_step": null,
        "preview": null,
    })
}

fn form(set_up: &FactorSetUp) -> Value {
    let app = |address: &str| format!("[Link]({address})");
    shown(
        &set_up.flow_id,
        json!({}),
        json!({
            "code": set_up.secret,
            "url": set_up.url,
            "qr_code": set_up.qr_code,
            "google_authenticator_url": app("https://support.google.com/accounts/answer/1066447"),
            "authy_url": app("https://authy.com/"),
        }),
    )
}

fn wrong_code(flow_id: &str) -> Value {
    shown(flow_id, json!({"base": "invalid_code"}), Value::Null)
}
