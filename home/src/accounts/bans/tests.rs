use std::time::Duration;

use auth_core::{Action, principal::danger};
use auth_login::refresh_token::RefreshToken;
use store::SqliteStore;

use super::*;
use crate::{AddUser, ForgiveFailures, Options, Secret};

const FAR: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(203, 0, 113, 9));

fn asked<R: Action>(home: &Home, request: R) -> Authorized<R> {
    home.bus().authorize(&danger::system_principal("test"), request).unwrap()
}

async fn fail(home: &Home, account: &Username, ip: IpAddr, times: u32) {
    for _ in 0..times {
        home.books().throttle.failed(Some(account), ip, now());
        home.ban_after_failures(ip).await;
    }
}

#[tokio::test]
async fn twenty_failures_shut_an_address_out_from_logging_in_for_a_day() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let home = Home::open(Arc::clone(&store) as Arc<dyn store::Store>, Options::default()).await.unwrap();
    let (eve, ann) = (Username::normalise("eve"), Username::normalise("ann"));
    home.books().throttle.succeeded(Some(&ann), FAR, now());
    fail(&home, &eve, FAR, FAILURES - 1).await;
    assert!(home.shut_for(&eve, FAR).is_none() && home.bans(&asked(&home, ListBans {})).is_empty());
    fail(&home, &eve, FAR, 3).await;
    let listed = home.bans(&asked(&home, ListBans {}));
    assert_eq!(listed.len(), 1);
    assert_eq!(listed[0].network.to_string(), "203.0.113.9/32");
    let wait = home.shut_for(&eve, FAR).unwrap().secs;
    assert!((86_300..=86_400).contains(&wait), "{wait}");
    // Sessions go on, and whoever logged in from there before may again.
    assert!(!home.is_shut_out(FAR));
    assert!(home.shut_for(&ann, FAR).is_none());
    assert!(home.shut_for(&eve, "203.0.113.10".parse().unwrap()).is_none());

    // It is on disk, and so survives a restart.
    let again = Home::open(store, Options::default()).await.unwrap();
    assert!(again.shut_for(&eve, FAR).is_some());
    // So does who has a session from there.
    assert!(again.shut_for(&ann, FAR).is_some());
    let add = AddUser {
        name: "Ann".to_owned(),
        username: "ann".to_owned(),
        password: Secret::new("secret".to_owned()),
        group_ids: Vec::new(),
        local_only: false,
    };
    let user_id = again.add_user(asked(&again, add)).await.unwrap().user.id;
    let mut session = RefreshToken::new_normal(user_id, "c".into(), "http://x/", now(), &mut crate::entropy::OsEntropy);
    session.touch(now(), Some(FAR));
    again.books().tokens.insert(session).unwrap();
    assert!(again.shut_for(&ann, FAR).is_none());
    assert!(again.shut_for(&eve, FAR).is_some());
    let forgive = ForgiveFailures { address: Some(FAR), user_id: None };
    assert!(again.forgive_failures(asked(&again, forgive.clone())).await.unwrap());
    assert!(again.shut_for(&eve, FAR).is_none());
    assert!(!again.forgive_failures(asked(&again, forgive)).await.unwrap());
}

#[tokio::test]
async fn the_machine_is_not_shut_out_and_a_household_is_one() {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let eve = Username::normalise("eve");
    fail(&home, &eve, IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 2 * FAILURES).await;
    assert!(home.bans(&asked(&home, ListBans {})).is_empty());
    for n in 0..FAILURES {
        fail(&home, &eve, format!("2001:db8:1:2::{n:x}").parse().unwrap(), 1).await;
    }
    assert!(home.shut_for(&eve, "2001:db8:1:2:ffff::1".parse().unwrap()).is_some());
    assert!(home.shut_for(&eve, "2001:db8:1:3::1".parse().unwrap()).is_none());
}

#[tokio::test]
async fn bans_end_and_are_bounded() {
    let home = Home::open(Arc::new(SqliteStore::in_memory().unwrap()), Options::default()).await.unwrap();
    let add = async |network: &str, until: Option<Timestamp>| {
        let network = network.parse().unwrap();
        home.add_ban(asked(&home, AddBan { network, until, reason: None })).await
    };
    add("203.0.113.0/24", Some(now().plus_secs(1))).await.unwrap();
    assert!(home.is_shut_out(FAR));
    tokio::time::sleep(Duration::from_millis(1100)).await;
    assert!(!home.is_shut_out(FAR));
    home.sweep_bans().await.unwrap();
    assert!(home.inner.bans.0.load().is_empty());

    let eve = Username::normalise("eve");
    fail(&home, &eve, FAR, FAILURES).await;
    for n in 0..MAX_BANS - 1 {
        add(&format!("10.{}.{}.0/24", n / 256, n % 256), None).await.unwrap();
    }
    // Of those that failures cause, the oldest makes room.
    fail(&home, &eve, "198.51.100.7".parse().unwrap(), FAILURES).await;
    assert!(home.shut_for(&eve, FAR).is_none());
    assert!(home.shut_for(&eve, "198.51.100.7".parse().unwrap()).is_some());
    assert_eq!(home.inner.bans.0.load().len(), MAX_BANS);
    // Failures do not keep the owner from shutting somebody out, whose own bans stay.
    add("192.0.2.1", None).await.unwrap();
    assert!(home.shut_for(&eve, "198.51.100.7".parse().unwrap()).is_none());
    assert!(matches!(add("192.0.2.2", None).await, Err(AccountError::TooManyBans(_))));
    fail(&home, &eve, FAR, FAILURES).await;
    assert!(home.bans(&asked(&home, ListBans {})).iter().all(|ban| !ban.is_automatic()));
}
