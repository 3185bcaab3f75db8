//! `doorward ban` and `doorward step-up`.

use anyhow::Result;
use serde_json::{Value, json};

use super::{
    accounts::first_line,
    place::{Asked, text},
};
use crate::{
    cli::{Ban, Place, StepUp},
    output,
};

pub(crate) async fn ban(command: Ban) -> Result<()> {
    match command {
        Ban::List { place } => {
            let bans = Asked::open(place).await?.ask("bans/list", json!({})).await?;
            for ban in bans.as_array().into_iter().flatten() {
                let until = match text(ban, "until") {
                    "" => "for good".to_owned(),
                    until => format!("until {until}"),
                };
                output::row([text(ban, "network"), text(ban, "scope"), &until, text(ban, "reason")]);
            }
        }
        Ban::Add { place, network, until, reason } => {
            let wish = json!({"network": network, "until": until, "reason": reason});
            Asked::open(place).await?.ask("bans/add", wish).await?;
        }
        Ban::Remove { place, network } => {
            Asked::open(place).await?.ask("bans/remove", json!({"network": network})).await?;
        }
    }
    Ok(())
}

pub(crate) async fn step_up(command: StepUp) -> Result<()> {
    let hub = |url: String| Asked::open(Place { data: None, url: Some(url) });
    match command {
        StepUp::Status { url } => say(&hub(url).await?.ask("step_up/status", json!({})).await?),
        StepUp::Show { url } => {
            let code = first_line("a code")?;
            say(&hub(url).await?.ask("step_up/show", json!({"code": code})).await?);
        }
        StepUp::Require { place, minutes } => {
            Asked::open(place).await?.ask("step_up/set", json!({"required": true, "minutes": minutes})).await?;
        }
        StepUp::Relax { place } => {
            Asked::open(place).await?.ask("step_up/set", json!({"required": false})).await?;
        }
    }
    Ok(())
}

fn say(state: &Value) {
    let is = |member: &str| state.get(member).and_then(Value::as_bool).unwrap_or(false);
    let asks = if is("required") { "asks for a second factor" } else { "asks for no second factor" };
    let shown = match (text(state, "shown_until"), is("has_second_factor")) {
        ("", true) => "not shown lately".to_owned(),
        ("", false) => "none set up".to_owned(),
        (until, _) => format!("shown, good until {until}"),
    };
    output::row([&format!("the home {asks} before dangerous changes"), shown.as_str()]);
}
