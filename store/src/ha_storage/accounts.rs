//! Users, groups, credentials, passwords and tokens.
//!
//! Home Assistant's loader makes administrators of users whose groups it cannot find. Here whoever loses their groups
//! gets nothing, and the report says so.

use std::collections::{BTreeMap, BTreeSet};

use auth_core::{Dialect, Group, Policy, Timestamp, User};
use auth_login::{
    credential::{Credential, Login, Username},
    password::StoredPassword,
    refresh_token::{StoredRefreshToken, TokenKind},
    second_factor::SecondFactor,
    totp::TotpSecret,
};
use serde_json::{Map, Value};

use super::{Import, flag, objects, owned, report::timestamp, text};
use crate::{GroupRecord, LoginRecord, Record};

pub(super) fn read(
    auth: &Map<String, Value>,
    passwords: &Map<String, Value>,
    factors: &Map<String, Value>,
    import: &mut Import,
) {
    let groups = groups(auth, import);
    let users = users(auth, &groups, import);
    let locked_out = second_factors(factors, &users, import);
    logins(auth, passwords, &users, &locked_out, import);
    tokens(auth, &users, import);
}

/// Reads the secrets of authenticator apps. Returns the users who have one that cannot be read: they must not come in by
/// their password alone.
fn second_factors(factors: &Map<String, Value>, users: &BTreeSet<String>, import: &mut Import) -> BTreeSet<String> {
    let mut locked_out = BTreeSet::new();
    let stored = factors.get("users").and_then(Value::as_object).into_iter().flatten();
    for (user_id, secret) in stored.filter(|(user_id, _)| users.contains(*user_id)) {
        match secret.as_str().and_then(TotpSecret::parse) {
            Some(secret) => {
                let factor = SecondFactor::imported(user_id.as_str().into(), secret, Timestamp::default());
                import.records.push(Record::Factor(factor.for_storage()));
                import.report.count("second factors");
            }
            None => {
                import.report.problem(format!("second factor of user `{user_id}`: it cannot be read"));
                locked_out.insert(user_id.clone());
            }
        }
    }
    locked_out
}

fn groups(auth: &Map<String, Value>, import: &mut Import) -> BTreeSet<String> {
    let mut known: BTreeSet<_> = Group::system_groups().iter().map(|group| group.id.to_string()).collect();
    for stored in objects(auth, "groups") {
        let Some(id) = text(stored, "id").filter(|id| !Group::is_system_id(id)) else { continue };
        let Some(policy) = stored.get("policy") else {
            import.report.problem(format!("group `{id}`: it has no policy"));
            continue;
        };
        let mut policy = policy.clone();
        if let Err(errors) = Policy::from_value_as(Dialect::HomeAssistant, &policy) {
            let errors = errors.to_string().replace('\n', "; ");
            import.report.problem(format!("policy of group `{id}`: {errors}; its members get nothing from it"));
            // Home Assistant passes over the names that only we know, such as `label_ids`: they must not grant here.
            if Policy::from_value(&policy).is_ok() {
                policy = Policy::default().to_value();
            }
        }
        let name = owned(stored, "name").unwrap_or_else(|| id.to_owned());
        import.records.push(Record::Group(GroupRecord { id: id.to_owned(), name, policy }));
        import.report.count("groups");
        known.insert(id.to_owned());
    }
    known
}

fn users(auth: &Map<String, Value>, groups: &BTreeSet<String>, import: &mut Import) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for stored in objects(auth, "users") {
        let Some(id) = text(stored, "id").filter(|id| !id.is_empty()) else {
            import.report.problem("a user without an id".to_owned());
            continue;
        };
        let mut group_ids = Vec::new();
        for group in stored.get("group_ids").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
            if groups.contains(group) {
                group_ids.push(group.into());
            } else {
                import.report.problem(format!("user `{id}`: membership in group `{group}`, which does not exist"));
            }
        }
        import.records.push(Record::User(User {
            id: id.into(),
            name: owned(stored, "name"),
            is_owner: flag(stored, "is_owner", false),
            is_active: flag(stored, "is_active", false),
            system_generated: flag(stored, "system_generated", false),
            local_only: flag(stored, "local_only", false),
            is_service: false,
            group_ids,
            conditions: std::collections::BTreeMap::new(),
        }));
        import.report.count("users");
        known.insert(id.to_owned());
    }
    known
}

fn logins(
    auth: &Map<String, Value>,
    passwords: &Map<String, Value>,
    users: &BTreeSet<String>,
    locked_out: &BTreeSet<String>,
    import: &mut Import,
) {
    let mut hashes = BTreeMap::new();
    for stored in objects(passwords, "users") {
        if let (Some(name), Some(hash)) = (text(stored, "username"), text(stored, "password")) {
            hashes.insert(Username::normalise(name).as_str().to_owned(), hash);
        }
    }
    for stored in objects(auth, "credentials") {
        let id = text(stored, "id").unwrap_or_default();
        let provider = text(stored, "auth_provider_type").unwrap_or_default();
        if provider != "homeassistant" {
            import.report.problem(format!("credential `{id}`: its provider `{provider}` is not supported"));
            continue;
        }
        let data = stored.get("data").and_then(Value::as_object);
        let username = Username::normalise(data.and_then(|data| text(data, "username")).unwrap_or_default());
        let Some(user_id) = text(stored, "user_id").filter(|user| users.contains(*user)) else {
            import.report.problem(format!("credential of `{username}`: it belongs to no user"));
            continue;
        };
        if locked_out.contains(user_id) {
            hashes.remove(username.as_str());
            import.report.problem(format!("credential of `{username}`: left out, as the second factor cannot be read"));
            continue;
        }
        let Some(hash) = hashes.remove(username.as_str()) else {
            import.report.problem(format!("credential of `{username}`: there is no password for it"));
            continue;
        };
        match StoredPassword::from_home_assistant(hash) {
            Err(error) => import.report.problem(format!("password of `{username}`: {error}")),
            Ok(password) => {
                let credential = Credential::with_password(id.into(), user_id.into(), username);
                import.records.push(Record::Login(LoginRecord::of(&Login { credential, password })));
                import.report.count("logins");
            }
        }
    }
    for username in hashes.keys() {
        import.report.problem(format!("password of `{username}`: no user has it"));
    }
}

fn tokens(auth: &Map<String, Value>, users: &BTreeSet<String>, import: &mut Import) {
    for stored in objects(auth, "refresh_tokens") {
        let id = text(stored, "id").unwrap_or_default();
        match token(stored, users) {
            Ok(token) => {
                import.records.push(Record::Token(token));
                import.report.count("tokens");
            }
            Err(reason) => import.report.problem(format!("refresh token `{id}`: {reason}")),
        }
    }
}

fn token(stored: &Map<String, Value>, users: &BTreeSet<String>) -> Result<StoredRefreshToken, String> {
    let need = |name: &str| text(stored, name).ok_or_else(|| format!("it has no {name}"));
    let user_id = need("user_id")?;
    if !users.contains(user_id) {
        return Err("it belongs to no user".to_owned());
    }
    let client_id = owned(stored, "client_id");
    let kind = match text(stored, "token_type") {
        Some("normal") => TokenKind::Normal,
        Some("system") => TokenKind::System,
        Some("long_lived_access_token") => TokenKind::LongLived,
        None if client_id.is_none() => TokenKind::System,
        None => TokenKind::Normal,
        Some(other) => return Err(format!("its type `{other}` is not known")),
    };
    let created_at = timestamp(need("created_at")?).ok_or("its created_at is no time")?;
    let seconds = stored.get("access_token_expiration").and_then(Value::as_f64).unwrap_or(1800.0);
    let token = StoredRefreshToken {
        id: need("id")?.into(),
        user_id: user_id.into(),
        client_id,
        client_name: owned(stored, "client_name"),
        client_icon: owned(stored, "client_icon"),
        kind,
        token: need("token")?.to_owned().into(),
        jwt_key: need("jwt_key")?.to_owned().into(),
        created_at,
        last_used_at: text(stored, "last_used_at").and_then(timestamp),
        last_used_ip: text(stored, "last_used_ip").and_then(|ip| ip.parse().ok()),
        expire_at: stored.get("expire_at").and_then(Value::as_f64).map(micros),
        access_token_expiration: micros(seconds).as_secs(),
        credential_id: text(stored, "credential_id").map(Into::into),
        version: owned(stored, "version"),
        policy: None,
        rate_limit: None,
    };
    // Refuses what could be guessed or would never work.
    token.clone().into_token().map_err(|error| error.to_string())?;
    Ok(token)
}

#[expect(clippy::cast_possible_truncation, reason = "seconds of any sane date fit; others saturate")]
fn micros(secs: f64) -> auth_core::Timestamp {
    auth_core::Timestamp::from_micros((secs * 1e6) as i64)
}
