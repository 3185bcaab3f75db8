//! `doorward audit`: the trail read, checked and set.

use anyhow::{Result, bail};
use clap::ValueEnum;
use serde_json::{Value, json};

use super::place::{Asked, text};
use crate::{
    cli::{Audit, Format},
    output,
};

pub(crate) async fn run(command: Audit) -> Result<()> {
    match command {
        Audit::List { place, trail, user, action, outcome, on, since, until, limit, format } => {
            let home = Asked::open(place).await?;
            let user = match user {
                None => None,
                // Whoever is gone has left an id in the trail.
                Some(user) => Some(home.user_id(&user).await.unwrap_or(user)),
            };
            let mut wish = json!({
                "trail": trail.as_ref().map(word), "user": user, "action": action, "outcome": outcome.as_ref().map(word),
                "on": on, "since": since, "until": until,
            });
            let mut records = Vec::new();
            // A page may come short: what fits may be far back.
            let limit = usize::try_from(limit)?;
            while records.len() < limit {
                if let Value::Object(wish) = &mut wish {
                    wish.insert("limit".to_owned(), json!((limit - records.len()).min(1000)));
                }
                let page = home.ask("audit/list", wish.clone()).await?;
                records.extend(page.get("records").and_then(Value::as_array).into_iter().flatten().cloned());
                let Some(next) = page.get("next").filter(|next| !next.is_null()) else { break };
                if let Value::Object(wish) = &mut wish {
                    wish.insert("before".to_owned(), next.clone());
                }
            }
            records.reverse();
            match format {
                Format::Json => records.iter().for_each(output::line),
                Format::Text => {
                    records.iter().for_each(|record| output::row(fields(record).iter().map(String::as_str)))
                }
            }
        }
        Audit::Verify { place, noted, format } => {
            let home = Asked::open(place).await?;
            let noted = (!noted.is_empty()).then(|| noted.join(","));
            let state = home.ask("audit/verify", json!({"noted": noted})).await?;
            verified(&state, format)?;
        }
        Audit::Settings { place, control, keep_days, keep_lines } => {
            let home = Asked::open(place).await?;
            let wish = json!({"control": control, "keep_days": keep_days, "keep_lines": keep_lines});
            let changes = control.is_some() || keep_days.is_some() || keep_lines.is_some();
            let set = if changes {
                home.ask("audit/set", wish).await?
            } else {
                home.ask("audit/settings", json!({})).await?
            };
            for (name, value) in set.as_object().into_iter().flatten() {
                output::line(format!("{name}\t{value}"));
            }
        }
    }
    Ok(())
}

fn word(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// Returns the fields of one record's line for people.
fn fields(record: &Value) -> Vec<String> {
    let name = |id: &str| {
        let known = record.get("names").and_then(|names| names.get(id)).and_then(Value::as_str);
        known.unwrap_or(id).to_owned()
    };
    let by = match record.get("by") {
        Some(Value::String(nobody)) => nobody.clone(),
        Some(by) => {
            let member = |kind: &str, member: &str| Some(by.get(kind)?.get(member)?.as_str()?.to_owned());
            let user = member("user", "id").map(|id| name(&id));
            user.or_else(|| member("system", "role")).or_else(|| member("integration", "domain")).unwrap_or_default()
        }
        None => String::new(),
    };
    let mut shown =
        vec![text(record, "at").to_owned(), by, text(record, "outcome").to_owned(), text(record, "action").to_owned()];
    shown.push(name(text(record, "on")));
    if let Some(count) = record.get("count") {
        shown.push(format!("{count} times until {}", text(record, "last_at")));
    }
    for (word, member) in [("from", "from"), ("asked by", "asked_by"), ("because", "reason")] {
        let said = text(record, member);
        if !said.is_empty() {
            shown.push(format!("{word} {}", name(said).replace('\n', "; ")));
        }
    }
    if let Some(detail) = record.get("detail") {
        shown.push(detail.to_string());
    }
    shown
}

fn verified(state: &Value, format: Format) -> Result<()> {
    let trails = state.get("trails").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut wrong = Vec::new();
    for trail in trails {
        wrong.extend(trail.get("broken").and_then(Value::as_str).map(ToOwned::to_owned));
        for noted in trail.get("noted").and_then(Value::as_array).into_iter().flatten() {
            match noted.get("found") {
                Some(Value::Bool(true)) => {}
                Some(Value::Bool(false)) => wrong.push(format!("{} is not in the trail", text(noted, "place"))),
                _ => wrong.push(format!(
                    "{} has been trimmed away: nothing shows any more that it was so",
                    text(noted, "place")
                )),
            }
        }
    }
    match format {
        Format::Json => output::line(state),
        Format::Text => {
            for trail in trails {
                let records = trail.get("records").unwrap_or(&Value::Null);
                output::line(format!("{}\t{records} records", text(trail, "end")));
            }
        }
    }
    if wrong.is_empty() { Ok(()) } else { bail!(wrong.join("; ")) }
}
