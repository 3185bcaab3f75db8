//! `doorward policy`: the engine on files, or on a home.

mod answer;
mod home_of;

use std::{collections::BTreeMap, fs, io::Read, path::Path};

use anyhow::{Context, Result, bail};
use auth_core::{AuthSnapshot, Dialect, Group, Permission, Policy, PolicyErrors, Use, User};
use serde_json::{Value, json};

use self::{
    answer::{effects, say},
    home_of::{of_data, user_of},
};
use super::{accounts::find, open_home, serve};
use crate::{
    cli::{Area, Format, Policy as Command, Question},
    config::Reached,
    run,
};

pub(crate) async fn run(command: Command) -> Result<()> {
    match command {
        Command::Validate { file, home_assistant, format } => validate(&file, home_assistant, format),
        Command::Lint { file, data, format } => {
            let home = optional(data.as_deref()).await?;
            let findings = home.lint(&read(&file)?);
            let lines = findings.iter().map(ToString::to_string);
            let shown = findings.iter().map(|f| json!({"path": f.path, "message": f.wrong.to_string()}));
            say(format, lines, json!({"findings": shown.collect::<Vec<_>>()}));
            Ok(())
        }
        Command::Merge { files } => {
            let policies = files.iter().map(|file| read(file)).collect::<Result<Vec<_>>>()?;
            crate::output::line(policy_merge::merge(&policies));
            Ok(())
        }
        Command::Diff { before, after, data, format } => {
            diff(&read(&before)?, &read(&after)?, data.as_deref(), format).await
        }
        Command::Preview { data, group, file, format } => preview(&data, &group, read(&file)?, format).await,
        Command::Check { policy, data, user, question, format } => {
            let permission = permission(&question)?;
            let granted = match (policy, data, user) {
                (_, Some(data), Some(user)) => {
                    let (home, user) = user_of(&data, &user).await?;
                    home.rights_of(&user).check(&question.entity, permission)
                }
                (Some(policy), data, _) => {
                    let home = with_candidate(&optional(data.as_deref()).await?, read(&policy)?);
                    home.rights_of(&CANDIDATE.into()).check(&question.entity, permission)
                }
                (None, ..) => bail!("give --policy FILE, or --data DIR and --user USER"),
            };
            let word = if granted { "granted" } else { "denied" };
            match format {
                Format::Json => crate::output::line(json!({"granted": granted})),
                Format::Text if granted => crate::output::line(word),
                Format::Text => {}
            }
            if granted { Ok(()) } else { bail!(word) }
        }
        Command::Explain { data, user, question, format } => {
            let (home, user) = user_of(&data, &user).await?;
            let explanation = home.rights_of(&user).explain(&question.entity, permission(&question)?);
            let shown = answer::explanation(&explanation);
            say(format, [explanation.to_string()], shown);
            Ok(())
        }
        Command::WhoCan { data, question, format } => {
            let (home, names) = of_data(&data).await?;
            let who = home.who_can(&question.entity, permission(&question)?);
            let name = |user: &User| names.get(&user.id).cloned().unwrap_or_else(|| user.id.to_string());
            let lines = who.iter().map(|(user, why)| format!("{}: {why}", name(user)));
            let shown = who.iter().map(|(user, why)| json!({"user": name(user), "why": answer::explanation(why)}));
            say(format, lines, json!({"users": shown.collect::<Vec<_>>()}));
            Ok(())
        }
        Command::WhatCan { data, user, format } => what_can(&data, &user, format).await,
        Command::Record { data, user, listen, by_place } => {
            let listener = run::listen(listen).await?;
            let home = open_home(&data, Area::Own).await?;
            let log = home.bus().log_uses_of(find(&home, &user)?.user.id);
            serve::alone(home.clone(), listener, Reached::plain(listen)).await?;
            crate::output::line(home.bus().world().auth.smallest_policy(&log.uses(), by_place));
            Ok(())
        }
        Command::Smallest { data, file, by_place } => {
            let (home, _) = of_data(&data).await?;
            crate::output::line(home.smallest_policy(&uses(&text_of(&file)?.1)?, by_place));
            Ok(())
        }
    }
}

fn validate(file: &Path, home_assistant: bool, format: Format) -> Result<()> {
    let (name, text) = text_of(file)?;
    let dialect = if home_assistant { Dialect::HomeAssistant } else { Dialect::Doorward };
    let errors = match Policy::parse_as(dialect, &text) {
        Ok(_) => {
            say(format, ["valid"], json!({"valid": true, "errors": []}));
            return Ok(());
        }
        Err(errors) => errors,
    };
    let shown = errors
        .iter()
        .map(|error| json!({"path": error.path, "message": error.problem.to_string(), "hint": error.hint()}));
    let hints = errors.iter().filter_map(|error| Some(format!("{}: hint: {}", error.path_text(), error.hint()?)));
    say(format, hints, json!({"valid": false, "errors": shown.collect::<Vec<_>>(), "n_errors": errors.len()}));
    Err(wrong(&name, &errors))
}

async fn diff(before: &Policy, after: &Policy, data: Option<&Path>, format: Format) -> Result<()> {
    let changes = policy_merge::diff(before, after);
    let mut lines: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let shown = changes.iter().map(|c| json!({"path": c.path, "before": c.before, "after": c.after}));
    let mut shown = json!({"changes": shown.collect::<Vec<_>>()});
    if let Some(data) = data {
        let (home, _) = of_data(data).await?;
        let (words, effects) = effects(&home, &home, &home.effect_of(before, after));
        lines.extend(words);
        if let Some(shown) = shown.as_object_mut() {
            shown.insert("effects".to_owned(), effects);
        }
    }
    say(format, lines, shown);
    Ok(())
}

async fn preview(data: &Path, group: &str, policy: Policy, format: Format) -> Result<()> {
    let (home, names) = of_data(data).await?;
    let known = home.group(group).with_context(|| format!("there is no group `{group}`"))?;
    if known.system_generated {
        bail!("group `{group}`: its policy is fixed");
    }
    let mut edit = home.edit();
    edit.set_group(Group { policy, ..Group::clone(known) });
    let after = edit.finish();
    let (mut lines, mut shown) = (Vec::new(), Vec::new());
    for change in home.effects_until(&after) {
        let name = names.get(&change.user.id).cloned().unwrap_or_else(|| change.user.id.to_string());
        let (words, effects) = effects(&home, &after, &change.effects);
        lines.extend(words.into_iter().map(|words| format!("{name}: {words}")));
        shown.push(json!({"user": name, "effects": effects}));
    }
    say(format, lines, json!({"users": shown}));
    Ok(())
}

async fn what_can(data: &Path, user: &str, format: Format) -> Result<()> {
    let (home, user) = user_of(data, user).await?;
    let reach = home.what_can(&user);
    let directory = home.directory();
    let listed: BTreeMap<Permission, Vec<&str>> = Permission::ALL
        .into_iter()
        .zip(&reach.entities)
        .map(|(permission, set)| (permission, set.iter().filter_map(|no| directory.entity_id(no)).collect()))
        .collect();
    let everywhere: Vec<&str> = reach.everywhere.iter().map(Permission::as_str).collect();
    let mut lines = vec![format!("owner: {}, administrator: {}", reach.is_owner, reach.is_admin)];
    lines.push(format!("on every entity there is or will be: {}", or_nothing(&everywhere)));
    lines.extend(listed.iter().map(|(permission, ids)| format!("{permission}: {}", or_nothing(ids))));
    let entities: Value = listed.iter().map(|(permission, ids)| (permission.to_string(), json!(ids))).collect();
    let shown = json!({
        "is_owner": reach.is_owner, "is_admin": reach.is_admin, "everywhere": everywhere, "entities": entities,
    });
    say(format, lines, shown);
    Ok(())
}

fn or_nothing(words: &[&str]) -> String {
    if words.is_empty() { "nothing".to_owned() } else { words.join(" ") }
}

/// Returns a home's rights, or those of a home in which nothing is.
async fn optional(data: Option<&Path>) -> Result<AuthSnapshot> {
    match data {
        Some(data) => Ok(of_data(data).await?.0),
        None => Ok(AuthSnapshot::default()),
    }
}

/// Returns a copy of a home with a user who has exactly `policy`.
fn with_candidate(home: &AuthSnapshot, policy: Policy) -> AuthSnapshot {
    let mut edit = home.edit();
    edit.set_group(Group::new(CANDIDATE, CANDIDATE, policy));
    edit.set_user(User { group_ids: vec![CANDIDATE.into()], ..User::new(CANDIDATE, CANDIDATE) });
    edit.finish()
}

const CANDIDATE: &str = "candidate";

fn permission(question: &Question) -> Result<Permission> {
    let text = &question.permission;
    text.parse().with_context(|| format!("`{text}`"))
}

/// Reads an entity's id and a permission from each line.
fn uses(text: &str) -> Result<Vec<Use>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let read = |(n, line): (usize, &str)| {
        let (entity_id, permission) = line
            .trim()
            .split_once(char::is_whitespace)
            .with_context(|| format!("line {}: `{line}` is no entity id and permission", n + 1))?;
        let permission =
            permission.trim().parse().with_context(|| format!("line {}: `{}`", n + 1, permission.trim()))?;
        Ok(Use { entity_id: entity_id.to_owned(), permission })
    };
    lines.map(read).collect()
}

/// Reads a policy from a file, with every mistake in it.
pub(super) fn read(file: &Path) -> Result<Policy> {
    let (name, text) = text_of(file)?;
    Policy::parse(&text).map_err(|errors| wrong(&name, &errors))
}

/// Reads a policy from a file, as text without mistakes.
pub(super) fn read_text(file: &Path) -> Result<String> {
    let (name, text) = text_of(file)?;
    Policy::parse(&text).map(|_| text).map_err(|errors| wrong(&name, &errors))
}

fn wrong(name: &str, errors: &PolicyErrors) -> anyhow::Error {
    anyhow::anyhow!("{name}: {errors}")
}

/// Returns what a file is called and what is in it; `-` is standard input.
pub(super) fn text_of(file: &Path) -> Result<(String, String)> {
    if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().read_to_string(&mut text).context("reading standard input")?;
        return Ok(("standard input".to_owned(), text));
    }
    let name = file.display().to_string();
    let text = fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
    Ok((name, text))
}
