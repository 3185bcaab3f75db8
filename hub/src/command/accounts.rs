//! `doorward user`, `doorward group`, `doorward token`: an administrator at the machine.

use std::{
    io::{self, BufRead},
    path::Path,
};

use anyhow::{Context, Result, bail};
use auth_core::{Action, Authorized, Condition, Principal, Schedule, Timestamp, principal::danger};
use home::{
    AdminChangePassword, CreateToken, DeleteUser, Home, ListUsers, RemoveGroup, Secret, SetGroup, UpdateUser, UserInfo,
    UserPatch,
};
use secrecy::ExposeSecret;

use super::{open_home, policy};
use crate::{
    cli::{Area, Group, Token, User},
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
        User::List { data } => {
            let home = open_home(&data, Area::Own).await?;
            for UserInfo { user, username, .. } in home.users(&authorize(&home, ListUsers {})?) {
                let groups: Vec<_> = user.group_ids.iter().map(auth_core::GroupId::as_str).collect();
                let flags =
                    [(user.is_owner, "owner"), (!user.is_active, "inactive"), (user.system_generated, "system")];
                let flags: Vec<_> = flags.iter().filter(|(is, _)| *is).map(|(_, word)| *word).collect();
                let (name, username) = (user.name.as_deref().unwrap_or(""), username.as_deref().unwrap_or("-"));
                output::line(format!("{}\t{username}\t{name}\t{}\t{}", user.id, groups.join(","), flags.join(",")));
            }
        }
        User::Create { data, username, name, groups } => {
            let home = open_home(&data, Area::Own).await?;
            let name = name.unwrap_or_else(|| username.clone());
            let user = home.add_user_with_login(&name, &username, password()?, groups).await?;
            output::line(user.id);
        }
        User::Update { data, user, name, active, local_only, groups } => {
            let home = open_home(&data, Area::Own).await?;
            let user_id = find(&home, &user)?.user.id.to_string();
            let group_ids = (!groups.is_empty()).then_some(groups);
            let patch = UserPatch { name, is_active: active, group_ids, local_only, conditions: None };
            home.update_user(authorize(&home, UpdateUser { user_id, patch })?).await?;
        }
        User::Member { data, user, group, from, until, schedule } => {
            let condition = Condition {
                from: from.as_deref().map(moment).transpose()?,
                until: until.as_deref().map(moment).transpose()?,
                schedule: schedule.map(|file| hours(&file)).transpose()?,
            };
            let home = open_home(&data, Area::Own).await?;
            let user = find(&home, &user)?.user;
            if !user.group_ids.iter().any(|id| id.as_str() == group) {
                bail!("the user is not in a group `{group}`");
            }
            let mut conditions = user.conditions;
            if condition == Condition::default() {
                conditions.remove(group.as_str());
            } else {
                conditions.insert(group.into(), condition);
            }
            let patch = UserPatch { conditions: Some(conditions), ..UserPatch::default() };
            let wish = UpdateUser { user_id: user.id.to_string(), patch };
            home.update_user(authorize(&home, wish)?).await?;
        }
        User::Password { data, user } => {
            let home = open_home(&data, Area::Own).await?;
            let user_id = find(&home, &user)?.user.id.to_string();
            let wish = AdminChangePassword { user_id, password: password()? };
            home.admin_change_password(authorize(&home, wish)?).await?;
        }
        User::Remove { data, user } => {
            let home = open_home(&data, Area::Own).await?;
            let user_id = find(&home, &user)?.user.id.to_string();
            home.delete_user(authorize(&home, DeleteUser { user_id })?).await?;
        }
    }
    Ok(())
}

pub(crate) async fn group(command: Group) -> Result<()> {
    match command {
        Group::List { data } => {
            let home = open_home(&data, Area::Own).await?;
            for group in home.bus().world().auth.groups() {
                match &group.unreadable {
                    None => output::line(format!("{}\t{}\t{}", group.id, group.name, group.policy)),
                    Some(problem) => {
                        let problem = problem.replace('\n', "; ");
                        output::line(format!("{}\t{}\tgrants nothing: {problem}", group.id, group.name));
                    }
                }
            }
        }
        Group::Set { data, id, name, policy } => {
            let policy = policy::read(&policy)?;
            let home = open_home(&data, Area::Own).await?;
            let name = name.unwrap_or_else(|| id.clone());
            let group = auth_core::Group::new(id.as_str(), &name, policy);
            home.set_group(authorize(&home, SetGroup { group })?).await?;
        }
        Group::Remove { data, id } => {
            let home = open_home(&data, Area::Own).await?;
            home.remove_group(authorize(&home, RemoveGroup { group_id: id })?).await?;
        }
    }
    Ok(())
}

pub(crate) async fn token(command: Token) -> Result<()> {
    match command {
        Token::List { data } => {
            let home = open_home(&data, Area::Own).await?;
            for token in home.all_tokens(&authorize(&home, ListUsers {})?) {
                let user = home.who_is(&token.user_id);
                let user = user.and_then(|info| info.username.or(info.user.name)).unwrap_or_default();
                let name = token.name.or(token.client_id).unwrap_or_default();
                let policy = token.policy.unwrap_or_else(|| "all that its user may".to_owned());
                output::line(format!("{}\t{user}\t{}\t{name}\t{policy}", token.id, token.kind));
            }
        }
        Token::Create { data, user, name, expires, policy } => {
            let policy = policy.map(|file| policy::read(&file)).transpose()?;
            let home = open_home(&data, Area::Own).await?;
            let user_id = find(&home, &user)?.user.id;
            let wish = CreateToken { name, icon: None, lifespan_days: expires, policy };
            output::line(home.create_token_at_machine(&user_id, wish).await?.expose_secret());
        }
        Token::Revoke { data, id } => {
            let home = open_home(&data, Area::Own).await?;
            home.revoke_token(authorize(&home, home::RevokeToken { token_id: id })?).await?;
        }
    }
    Ok(())
}

fn moment(text: &str) -> Result<Timestamp> {
    let moment: jiff::Timestamp = text.parse().with_context(|| format!("`{text}` is no moment with its offset"))?;
    Ok(Timestamp::from_micros(moment.as_microsecond()))
}

fn hours(file: &Path) -> Result<Schedule> {
    let (name, text) = policy::text_of(file)?;
    serde_json::from_str(&text).with_context(|| name)
}

/// Reads a password: the first line of standard input.
fn password() -> Result<Secret> {
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).context("reading the password from standard input")?;
    let password = line.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        bail!("the password is the first line of standard input, and that is empty");
    }
    Ok(Secret::new(password.to_owned()))
}
