//! Step-up: what the home asks for before something dangerous is done, and showing it.

use home::{ReadStepUp, RelaxProof, RequireProof, Secret, ShowFactor, ShownFactor, StepUpState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Call, OperationError,
    operation::{Nothing, Outcome},
    schema,
};

/// Tells what the home asks for, and how it stands with the caller.
pub(crate) async fn status(call: Call, _: Nothing) -> Outcome<State> {
    let asked = call.authorize(ReadStepUp {})?;
    Ok(State::of(call.home.step_up_state(&asked)))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Show {
    /// A code of the app, or a recovery code.
    code: Option<String>,
    /// What the browser gave to what `passkeys/challenge` asked for.
    #[schemars(schema_with = "schema::passkey_or_none")]
    passkey: Option<Value>,
}

/// Takes a code of the caller's second factor, or a passkey.
pub(crate) async fn show(call: Call, shown: Show) -> Outcome<State> {
    let shown = match shown {
        Show { code: Some(code), passkey: None } => ShownFactor::Code(Secret::new(code)),
        Show { code: None, passkey: Some(passkey) } => ShownFactor::Passkey(passkey),
        Show { .. } => return Err(OperationError::Invalid("one of `code` and `passkey` is needed".to_owned())),
    };
    let asked = call.authorize(ShowFactor { shown })?;
    Ok(State::of(call.home.show_factor(asked).await?))
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Set {
    required: bool,
    /// It was shown at most so many minutes ago: 1 to 60.
    minutes: Option<u32>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct Settings {
    required: bool,
    minutes: u32,
}

/// Asks for it, or no more. Any administrator asks for more, the owner alone for less.
pub(crate) async fn set(call: Call, Set { required, minutes }: Set) -> Outcome<Settings> {
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
    Ok(Settings { required: after.step_up_minutes.is_some(), minutes: after.minutes() })
}

#[derive(Serialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(crate) struct State {
    /// The home asks for it.
    required: bool,
    /// How long it counts that it was shown.
    minutes: u32,
    has_second_factor: bool,
    /// Until when it counts that the caller showed it.
    shown_until: Option<String>,
}

impl State {
    fn of(state: StepUpState) -> Self {
        Self {
            required: state.settings.step_up_minutes.is_some(),
            minutes: state.settings.minutes(),
            has_second_factor: state.has_factor,
            shown_until: state.until.map(|until| until.to_string()),
        }
    }
}
