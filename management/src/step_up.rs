//! Step-up: what the home asks for before something dangerous is done, and showing it.

use home::{ReadStepUp, RelaxProof, RequireProof, Secret, ShowFactor, ShownFactor, StepUpState};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{Call, OperationError, operation::Outcome};

/// Tells what the home asks for, and how it stands with the caller.
pub(crate) async fn status(mut call: Call) -> Outcome {
    call.no_members()?;
    let asked = call.authorize(ReadStepUp {})?;
    Ok(shown(call.home.step_up_state(&asked)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Show {
    code: Option<String>,
    passkey: Option<Value>,
}

/// Takes a code of the caller's second factor, or a passkey that fits what `passkeys/challenge` gave.
pub(crate) async fn show(mut call: Call) -> Outcome {
    let shown_factor = match call.read()? {
        Show { code: Some(code), passkey: None } => ShownFactor::Code(Secret::new(code)),
        Show { code: None, passkey: Some(passkey) } => ShownFactor::Passkey(passkey),
        Show { .. } => return Err(OperationError::Invalid("one of `code` and `passkey` is needed".to_owned())),
    };
    let asked = call.authorize(ShowFactor { shown: shown_factor })?;
    Ok(shown(call.home.show_factor(asked).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    required: bool,
    minutes: Option<u32>,
}

/// Asks for it, or no more. Any administrator asks for more, the owner alone for less.
pub(crate) async fn set(mut call: Call) -> Outcome {
    let Set { required, minutes } = call.read()?;
    let before = call.home.security();
    let minutes = match (required, minutes) {
        (false, Some(_)) => return Err(OperationError::Invalid("`minutes` goes with `required`".to_owned())),
        (false, None) => None,
        (true, minutes) => Some(minutes.unwrap_or(before.minutes())),
    };
    let after = match minutes {
        Some(minutes) if before.step_up_minutes.is_none_or(|before| minutes <= before) => {
            call.home.require_proof(call.authorize(RequireProof { minutes })?).await?
        }
        minutes => call.home.relax_proof(call.authorize(RelaxProof { minutes })?).await?,
    };
    Ok(json!({"required": after.step_up_minutes.is_some(), "minutes": after.minutes()}))
}

fn shown(state: StepUpState) -> Value {
    json!({
        "required": state.settings.step_up_minutes.is_some(),
        "minutes": state.settings.minutes(),
        "has_second_factor": state.has_factor,
        "shown_until": state.until.map(|until| until.to_string()),
    })
}
