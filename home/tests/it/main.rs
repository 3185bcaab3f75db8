//! The home from inside: what waited for its turn is decided again when its turn comes.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod history;
mod recorded;

use std::{net::IpAddr, sync::Arc};

use auth_core::{Action, Authorized, Permission, Policy, Timestamp, User, principal::danger};
use home::{
    AccountError, AddUser, ChangeError, CreateToken, CreateTokenFor, CreateUser, DeleteToken, Home, ListUsers, Options,
    Secret, Session, SetArea, UpdateEntity, UpdateUser, UserPatch,
};
use registries::{AreaPatch, EntityEntry, EntityPatch, Registries, RegistryError};
use secrecy::ExposeSecret;
use serde_json::Map;
use service_bus::WriteStates;
use store::SqliteStore;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

async fn open() -> (Home, User, User) {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let add = async |name: &str| {
        let wish = AddUser {
            name: name.to_owned(),
            username: name.to_owned(),
            password: Secret::new("secret".to_owned()),
            group_ids: vec!["system-admin".into()],
            local_only: false,
        };
        home.add_user(home.bus().authorize(&danger::system_principal("test"), wish).unwrap()).await.unwrap().user
    };
    let (owner, admin) = (add("owner").await, add("admin").await);
    (home, owner, admin)
}

async fn session(home: &Home, user: &User) -> Session {
    let token = CreateToken { name: "test".into(), icon: None, lifespan_days: 1, policy: None, rate_limit: None };
    let wish = CreateTokenFor { user_id: user.id.to_string(), token };
    let asked = home.bus().authorize(&danger::system_principal("test"), wish).unwrap();
    let token = home.create_any_token(asked).await.unwrap();
    home.authenticate(token.expose_secret(), HERE).unwrap()
}

fn ask<R: Action>(home: &Home, session: &Session, request: R) -> Authorized<R> {
    home.bus().authorize(&session.principal, request).unwrap()
}

#[tokio::test]
async fn a_right_that_was_taken_away_while_waiting_is_not_used() {
    let (home, owner, admin) = open().await;
    let (owner, session) = (session(&home, &owner).await, session(&home, &admin).await);
    let make = CreateUser { name: "Eve".into(), group_ids: vec!["system-admin".into()], local_only: false };
    let waiting_user = ask(&home, &session, make);
    let waiting_area = ask(&home, &session, SetArea { area_id: None, patch: AreaPatch::named("Lair") });

    let patch = UserPatch { group_ids: Some(vec!["system-users".into()]), ..UserPatch::default() };
    home.update_user(ask(&home, &owner, UpdateUser { user_id: admin.id.to_string(), patch })).await.unwrap();

    assert!(matches!(home.create_user(waiting_user).await, Err(AccountError::Unauthorized(_))));
    assert!(home.set_area(waiting_area).await.is_err());
    assert_eq!(home.users(&ask(&home, &owner, ListUsers {})).len(), 2);
    assert_eq!(home.bus().world().registries.areas().count(), 0);
}

#[tokio::test]
async fn a_session_that_was_revoked_while_waiting_leaves_nothing_behind() {
    let (home, owner, _) = open().await;
    let session = session(&home, &owner).await;
    let wish =
        CreateToken { name: "for later".into(), icon: None, lifespan_days: 9999, policy: None, rate_limit: None };
    let waiting = ask(&home, &session, wish);
    home.delete_token(ask(&home, &session, DeleteToken { token_id: session.token_id.to_string() })).await.unwrap();
    assert!(matches!(home.create_token(waiting).await, Err(AccountError::Unauthorized(_))));
    assert!(!home.is_live(&session));
    let command_line = danger::system_principal("test");
    let list = home.bus().authorize(&command_line, ListUsers {}).unwrap();
    assert_eq!(home.all_tokens(&list).len(), 0);
}

/// What was begun by a narrowed token may go on after its end; it may then do neither what its user may nor what it could.
#[tokio::test]
async fn by_a_narrowed_token_that_is_gone_nothing_can_be_done() {
    let (home, owner, admin) = open().await;
    let boss = session(&home, &owner).await;
    let narrowed = async |user: &User| {
        let policy = Some(Policy::parse(r#"{"entities": {"domains": {"light": true}}}"#).unwrap());
        let token = CreateToken { name: "narrow".into(), icon: None, lifespan_days: 1, policy, rate_limit: None };
        let wish = CreateTokenFor { user_id: user.id.to_string(), token };
        let token = home.create_any_token(ask(&home, &boss, wish)).await.unwrap();
        home.authenticate(token.expose_secret(), HERE).unwrap()
    };
    let may = |session: &Session, entity: &str| {
        let world = home.bus().world();
        world.auth.rights(&session.principal).check(entity, Permission::Control)
    };
    let set_active = async |user: &User, is_active: bool| {
        let patch = UserPatch { is_active: Some(is_active), ..UserPatch::default() };
        home.update_user(ask(&home, &boss, UpdateUser { user_id: user.id.to_string(), patch })).await.unwrap();
    };
    let (of_owner, of_admin) = (narrowed(&owner).await, narrowed(&admin).await);
    for session in [&of_owner, &of_admin] {
        assert!(may(session, "light.a") && !may(session, "lock.a"));
    }
    home.delete_token(ask(&home, &boss, DeleteToken { token_id: of_owner.token_id.to_string() })).await.unwrap();
    set_active(&admin, false).await;
    set_active(&admin, true).await;
    for session in [&of_owner, &of_admin] {
        assert!(!home.is_live(session) && !may(session, "light.a") && !may(session, "lock.a"));
    }
}

#[tokio::test]
async fn two_first_users_make_one_owner() {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let onboard = |name: &'static str| {
        let home = home.clone();
        async move {
            home.onboard(name, name, Secret::new("x".to_owned()), "http://127.0.0.1/", HERE).await.unwrap().is_some()
        }
    };
    let (one, two) = tokio::join!(onboard("one"), onboard("two"));
    assert!(one != two, "exactly one is the first");
    let command_line = danger::system_principal("test");
    let users = home.users(&home.bus().authorize(&command_line, ListUsers {}).unwrap());
    assert_eq!(users.iter().filter(|info| info.user.is_owner).count(), 1);
    assert_eq!(users.len(), 1);
}

/// An id under which something else shows its states is not to be had, registered or not.
#[tokio::test]
async fn an_entity_does_not_take_the_id_of_another_that_is_in_no_registry() {
    let (home, owner, _) = open().await;
    let owner = session(&home, &owner).await;
    let mut furniture = Registries::default();
    let lamp = "light.lamp".parse().unwrap();
    furniture.put_entity(EntityEntry::new(lamp, "demo", "1", "1", Timestamp::default()));
    home.furnish(furniture).await.unwrap();
    let other = danger::integration_principal("other");
    let wish = WriteStates { integration: "other".to_owned() };
    let writer = home.bus().state_writer(home.bus().authorize(&other, wish).unwrap());
    writer.set(&"light.taken".parse().unwrap(), "on", Map::new()).unwrap();

    let rename = |to: &str| {
        let patch = EntityPatch { new_entity_id: Some(to.to_owned()), ..EntityPatch::default() };
        home.update_entity(ask(&home, &owner, UpdateEntity { entity_id: "light.lamp".parse().unwrap(), patch }))
    };
    let refused = rename("light.taken").await;
    assert!(matches!(refused, Err(ChangeError::Registry(RegistryError::EntityIdTaken(_)))), "{refused:?}");
    assert!(rename("light.lamp").await.is_ok(), "its own");
    assert!(rename("light.free").await.is_ok());
}
