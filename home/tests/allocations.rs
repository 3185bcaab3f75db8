//! Finding out who somebody is, by an access token that was seen before, allocates nothing: it is done for every request.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::{net::IpAddr, sync::Arc};

use auth_core::{Action, Authorized, principal::danger};
use home::{AddUser, CreateToken, CreateTokenFor, Home, Options, Secret};
use secrecy::{ExposeSecret, SecretString};
use store::SqliteStore;

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

fn asked<R: Action>(home: &Home, request: R) -> Authorized<R> {
    home.bus().authorize(&danger::system_principal("test"), request).unwrap()
}

async fn tokens() -> (Home, [SecretString; 2]) {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let wish = AddUser {
        name: "Ann".to_owned(),
        username: "ann".to_owned(),
        password: Secret::new("secret".to_owned()),
        group_ids: Vec::new(),
        local_only: false,
    };
    let user = home.add_user(asked(&home, wish)).await.unwrap().user;
    let make = async |name: &str, rate_limit: Option<u32>| {
        let token = CreateToken { name: name.to_owned(), icon: None, lifespan_days: 1, policy: None, rate_limit };
        let wish = CreateTokenFor { user_id: user.id.to_string(), token };
        home.create_any_token(asked(&home, wish)).await.unwrap()
    };
    let made = [make("plain", None).await, make("limited", Some(1_000_000)).await];
    (home, made)
}

#[test]
fn a_token_that_was_seen_before_is_checked_without_allocating() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let (home, tokens) = runtime.block_on(tokens());
    let _profiler = dhat::Profiler::builder().testing().build();
    let check = || {
        for token in &tokens {
            let session = home.authenticate(token.expose_secret(), HERE).unwrap();
            assert!(home.is_live(&session));
            assert_eq!(home.count_use(&session), Ok(()));
        }
    };
    check();
    let before = dhat::HeapStats::get().total_blocks;
    for _ in 0..1_000 {
        check();
    }
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 0);
    // It is counted at all.
    drop(std::hint::black_box(String::from("a block")));
    assert_eq!(dhat::HeapStats::get().total_blocks - before, 1);
}
