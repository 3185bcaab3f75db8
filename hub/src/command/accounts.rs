//! `doorward user`, `doorward group`, `doorward token`.

use std::{
    io::{self, BufRead},
    path::Path,
};

use anyhow::{Context, Result, bail};
use auth_core::{Action, Authorized, Principal, principal::danger};
use home::{Home, ListUsers, UserInfo};
use serde_json::{Value, json};

use super::{
    place::{Asked, text},
    policy,
};
use crate::{
    cli::{Group, Place, Token, User},
    output,
};

/// Whoever can write the data directory can do everything with it anyway.
pub(super) fn at_machine() -> Principal {
    danger::system_principal("command line")
}

fn authorize<R: Action>(home: &Home, request: R) -> Result<Authorized<R>> {
    Ok(home.bus().authorize(&at_machine(), request)?)
}

/// Returns the user that is meant by a user name, a name or an id.
pub(super) fn find(home: &Home, who: &str) -> Result<UserInfo> {
    let users = home.users(&authorize(home, ListUsers {})?);
    let by = |wanted: &dyn Fn(&UserInfo) -> bool| users.iter().filter(|user| wanted(user)).cloned().collect::<Vec<_>>();
    let mut found = by(&|user| user.user.id.as_str() == who || user.username.as_deref() == Some(who));
    if found.is_empty() {
        found = by(&|user| user.user.name.as_deref() == Some(who));
    }
    match found.len() {
        0 => bail!("there is no user `{who}`"),
        1 => found.pop().context("a user"),
        n => bail!("`{who}` is the name of {n} users: give the user name or the id"),
    }
}

pub(crate) async fn user(command: User) -> Result<()> {
    match command {
        User::List { place } => {
            let users = Asked::open(place).await?.ask("users/list", json!({})).await?;
            for user in users.as_array().into_iter().flatten() {
                let is = |member: &str| user.get(member).and_then(Value::as_bool).unwrap_or(false);
                let flags = [
                    (is("is_owner"), "owner"),
                    (!is("is_active"), "inactive"),
                    (is("system_generated"), "system"),
                    (is("is_service"), "service"),
                ];
                let flags: Vec<_> = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
                let groups = user.get("group_ids").and_then(Value::as_array).into_iter().flatten();
                let groups: Vec<_> = groups.filter_map(Value::as_str).collect();
                let username = user.get("username").and_then(Value::as_str).unwrap_or("-");
                let (id, name) = (text(user, "id"), text(user, "name"));
                output::row([id, username, name, &groups.join(","), &flags.join(",")]);
            }
        }
        User::Create { place, username, name, groups } => {
            let name = name.unwrap_or_else(|| username.clone());
            let (home, password) = (Asked::open(place).await?, first_line("the password")?);
            let wish = json!({"name": name, "username": username, "password": password, "group_ids": groups});
            output::line(text(&home.ask("users/create", wish).await?, "id"));
        }
        User::CreateService { place, name, groups } => {
            let wish = json!({"name": name, "group_ids": groups});
            output::line(text(&Asked::open(place).await?.ask("service_accounts/create", wish).await?, "id"));
        }
        User::Update { place, user, name, active, local_only, groups } => {
            let home = Asked::open(place).await?;
            let groups = (!groups.is_empty()).then_some(groups);
            let wish = json!({
                "user_id": home.user_id(&user).await?,
                "name": name, "is_active": active, "group_ids": groups, "local_only": local_only,
            });
            home.ask("users/update", wish).await?;
        }
        User::Member { place, user, group, from, until, schedule } => {
            let schedule = schedule.map(|file| hours(&file)).transpose()?;
            let home = Asked::open(place).await?;
            let user = home.user(&user).await?;
            let groups = user.get("group_ids").and_then(Value::as_array);
            if !groups.is_some_and(|groups| groups.iter().any(|id| id.as_str() == Some(&group))) {
                bail!("the user is not in a group `{group}`");
            }
            let wish = json!({
                "group_id": group, "user_id": text(&user, "id"),
                "from": from, "until": until, "schedule": schedule,
            });
            home.ask("groups/set_member", wish).await?;
        }
        User::Password { place, user } => {
            let home = Asked::open(place).await?;
            let wish = json!({"user_id": home.user_id(&user).await?, "password": first_line("the password")?});
            home.ask("users/set_password", wish).await?;
        }
        User::Failures { url } => {
            let home = Asked::open(Place { data: None, url: Some(url) }).await?;
            let failures = home.ask("logins/failures", json!({})).await?;
            for (list, member) in [("addresses", "address"), ("users", "username")] {
                for one in failures.get(list).and_then(Value::as_array).into_iter().flatten() {
                    let number = |name: &str| one.get(name).and_then(Value::as_u64).unwrap_or_default();
                    let (failures, wait) = (number("failures"), number("wait_secs"));
                    output::row([text(one, member), &format!("{failures} failures"), &format!("next try in {wait} s")]);
                }
            }
        }
        User::Forgive { url, whom } => {
            let home = Asked::open(Place { data: None, url: Some(url) }).await?;
            let is_address = whom.trim_end_matches("/64").parse::<std::net::IpAddr>().is_ok();
            let wish =
                if is_address { json!({"address": whom}) } else { json!({"user_id": home.user_id(&whom).await?}) };
            home.ask("logins/forgive", wish).await?;
        }
        User::ResetMfa { place, user } => {
            let home = Asked::open(place).await?;
            home.ask("users/remove_second_factor", json!({"user_id": home.user_id(&user).await?})).await?;
        }
        User::Links { place } => {
            let links = Asked::open(place).await?.ask("identities/list", json!({})).await?;
            for link in links.as_array().into_iter().flatten() {
                output::row(["id", "user_id", "issuer", "subject"].map(|member| text(link, member)));
            }
        }
        User::Link { place, user, issuer, subject } => {
            let home = Asked::open(place).await?;
            let user_id = home.user_id(&user).await?;
            let link = json!({"user_id": user_id, "issuer": issuer, "subject": subject});
            output::line(text(&home.ask("identities/link", link).await?, "id"));
        }
        User::Unlink { place, link } => {
            Asked::open(place).await?.ask("identities/unlink", json!({"identity_id": link})).await?;
        }
        User::Remove { place, user } => {
            let home = Asked::open(place).await?;
            home.ask("users/delete", json!({"user_id": home.user_id(&user).await?})).await?;
        }
    }
    Ok(())
}

pub(crate) async fn group(command: Group) -> Result<()> {
    match command {
        Group::List { place } => {
            let groups = Asked::open(place).await?.ask("groups/list", json!({})).await?;
            for group in groups.as_array().into_iter().flatten() {
                let says = match group.get("unreadable").and_then(Value::as_str) {
                    None => group.get("policy").cloned().unwrap_or_default().to_string(),
                    Some(problem) => format!("grants nothing: {}", problem.replace('\n', "; ")),
                };
                output::row([text(group, "id"), text(group, "name"), &says]);
            }
        }
        Group::Set { place, id, name, policy } => {
            let policy = policy.map(|file| policy::read_text(&file)).transpose()?;
            let wish = json!({"group_id": id, "name": name, "policy": policy});
            Asked::open(place).await?.ask("groups/set", wish).await?;
        }
        Group::Remove { place, id } => {
            Asked::open(place).await?.ask("groups/delete", json!({"group_id": id})).await?;
        }
    }
    Ok(())
}

pub(crate) async fn token(command: Token) -> Result<()> {
    match command {
        Token::List { place } => {
            let home = Asked::open(place).await?;
            let users = home.ask("users/list", json!({})).await?;
            let name_of = |id: &str| {
                let mut users = users.as_array().into_iter().flatten();
                let user = users.find(|user| text(user, "id") == id);
                let user = user.map(|user| [text(user, "username"), text(user, "name")]);
                user.into_iter().flatten().find(|name| !name.is_empty()).unwrap_or_default().to_owned()
            };
            for token in home.ask("tokens/list", json!({})).await?.as_array().into_iter().flatten() {
                let name = [text(token, "client_name"), text(token, "client_id")];
                let name = name.into_iter().find(|name| !name.is_empty()).unwrap_or_default();
                let policy = token.get("policy").filter(|policy| !policy.is_null());
                let policy = policy.map_or_else(|| "all that its user may".to_owned(), ToString::to_string);
                let (id, kind) = (text(token, "id"), text(token, "type"));
                let limit = token.get("rate_limit").and_then(Value::as_u64);
                let limit = limit.map_or_else(|| "-".to_owned(), |limit| format!("{limit} a minute"));
                let used = match text(token, "last_used_at") {
                    "" => "never used".to_owned(),
                    at => format!("used {at} from {}", text(token, "last_used_ip")),
                };
                output::row([id, &name_of(text(token, "user_id")), kind, name, &policy, &limit, &used]);
            }
        }
        Token::Create { place, user, name, expires, policy, rate_limit } => {
            let policy = policy.map(|file| policy::read_text(&file)).transpose()?;
            let home = Asked::open(place).await?;
            let user = home.user(&user).await?;
            let is_service = user.get("is_service").and_then(Value::as_bool).unwrap_or(false);
            let operation = if is_service { "service_accounts/create_token" } else { "tokens/create" };
            let wish = json!({
                "user_id": text(&user, "id"),
                "name": name, "lifespan_days": expires, "policy": policy, "rate_limit": rate_limit,
            });
            output::line(text(&home.ask(operation, wish).await?, "token"));
        }
        Token::Revoke { place, id } => {
            Asked::open(place).await?.ask("tokens/revoke", json!({"token_id": id})).await?;
        }
    }
    Ok(())
}

fn hours(file: &Path) -> Result<Value> {
    let (name, text) = policy::text_of(file)?;
    serde_json::from_str(&text).with_context(|| name)
}

/// Reads a secret: the first line of standard input.
pub(super) fn first_line(what: &str) -> Result<String> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).with_context(|| format!("reading {what} from standard input"))?;
    let secret = line.trim_end_matches(['\n', '\r']);
    if secret.is_empty() {
        bail!("{what} is the first line of standard input, and that is empty");
    }
    Ok(secret.to_owned())
}
