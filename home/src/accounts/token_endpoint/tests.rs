use std::sync::Arc;

use auth_core::{Action, Authorized, User, principal::danger};
use auth_login::{code::Grant, refresh_token::Expiry};
use store::SqliteStore;

use super::*;
use crate::{AccountError, AddUser, CreateToken, CreateTokenFor, MAX_TOKENS, Options, Secret};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const CLIENT: &str = "http://localhost/";

fn asked<R: Action>(home: &Home, request: R) -> Authorized<R> {
    home.bus().authorize(&danger::system_principal("test"), request).unwrap()
}

async fn open(store: &Arc<SqliteStore>) -> Home {
    Home::open(Arc::clone(store) as Arc<dyn store::Store>, Options::default()).await.unwrap()
}

async fn add(home: &Home, name: &str) -> User {
    let add = AddUser {
        name: name.to_owned(),
        username: name.to_owned(),
        password: Secret::new("secret".to_owned()),
        group_ids: Vec::new(),
        local_only: false,
    };
    home.add_user(asked(home, add)).await.unwrap().user
}

async fn log_in(home: &Home, user: &User) -> AccessTokens {
    let code = {
        let mut books = home.books();
        let credential_id = books.logins.credentials_of(&user.id).next().unwrap().id.clone();
        let grant = Grant { credential_id, client_id: CLIENT.to_owned(), redirect_uri: None, challenge: None };
        books.codes.issue(grant, now(), &mut OsEntropy)
    };
    home.redeem_code(Some(CLIENT), Some(code.expose_secret()), None, HERE, None).await.unwrap()
}

#[tokio::test]
async fn a_login_beyond_a_thousand_sessions_ends_the_one_that_was_used_longest_ago() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let home = open(&store).await;
    let (ann, bob) = (add(&home, "ann").await, add(&home, "bob").await);
    let bobs = log_in(&home, &bob).await;
    // The first is to stay for ever, the second is in use, and so the third goes.
    let first: Vec<_> = [log_in(&home, &ann).await, log_in(&home, &ann).await, log_in(&home, &ann).await].into();
    let id = |tokens: &AccessTokens| home.authenticate(tokens.access_token.expose_secret(), HERE).map(|s| s.token_id);
    let ids: Vec<_> = first.iter().map(|tokens| id(tokens).unwrap()).collect();
    home.books().tokens.set_expiry(&ids[0], Expiry::Never, now()).unwrap();
    for _ in 3..MAX_SESSIONS {
        log_in(&home, &ann).await;
    }
    let secret = first[1].refresh_token.as_ref().unwrap().expose_secret();
    home.refresh(Some(CLIENT), Some(secret), HERE, None).await.unwrap();
    assert!(ids.iter().all(|id| home.books().tokens.get(id).is_some()));

    let last = log_in(&home, &ann).await;
    assert_eq!(first.iter().map(|tokens| id(tokens).is_ok()).collect::<Vec<_>>(), [true, true, false]);
    assert!(id(&last).is_ok() && id(&bobs).is_ok());
    assert_eq!(home.books().tokens.of_user(&ann.id).len(), MAX_SESSIONS);
    // And at the next start.
    let again = open(&store).await;
    assert_eq!(again.books().tokens.of_user(&ann.id).len(), MAX_SESSIONS);
    assert!(again.books().tokens.get(&ids[2]).is_none());
}

#[tokio::test]
async fn a_user_has_so_many_long_lived_tokens_and_no_more() {
    let home = open(&Arc::new(SqliteStore::in_memory().unwrap())).await;
    let (ann, bob) = (add(&home, "ann").await, add(&home, "bob").await);
    let make = async |user: &User, name: String| {
        let token = CreateToken { name, icon: None, lifespan_days: 1, policy: None, rate_limit: None };
        home.create_any_token(asked(&home, CreateTokenFor { user_id: user.id.to_string(), token })).await
    };
    for n in 0..MAX_TOKENS {
        make(&ann, n.to_string()).await.unwrap();
    }
    let refused = make(&ann, "more".to_owned()).await.unwrap_err();
    assert!(matches!(refused, AccountError::TooManyTokens(MAX_TOKENS)), "{refused}");
    let taken = make(&ann, "0".to_owned()).await.unwrap_err();
    assert!(matches!(taken, AccountError::TokenName(_)), "{taken}");
    assert_eq!(home.books().tokens.of_user(&ann.id).len(), MAX_TOKENS);
    // Sessions are not counted with them, nor are other people's.
    log_in(&home, &ann).await;
    make(&bob, "0".to_owned()).await.unwrap();
    let any = home.books().tokens.of_user(&ann.id)[7].id().clone();
    home.books().tokens.remove(&any);
    make(&ann, "more".to_owned()).await.unwrap();
}
