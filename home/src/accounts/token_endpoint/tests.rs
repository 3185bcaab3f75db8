use std::sync::Arc;

use auth_core::{Action, Authorized, User, principal::danger};
use auth_login::refresh_token::TokenKind;
use store::SqliteStore;

use super::*;
use crate::{
    AccountError, AddUser, AuditQuery, CreateToken, CreateTokenFor, MAX_TOKENS, NotAdmitted, Options, ReadAudit,
    Secret, Session,
};

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
    let credential = home.books().logins.credentials_of(&user.id).next().unwrap().clone();
    let code = home.issue_code(&credential, CLIENT);
    home.redeem_code(Some(CLIENT), Some(code.expose_secret()), None, HERE, None).await.unwrap()
}

async fn make_token(home: &Home, user: &User, name: &str) -> Result<TokenId, AccountError> {
    let token = CreateToken { name: name.to_owned(), icon: None, lifespan_days: 1, policy: None, rate_limit: None };
    let made = home.create_any_token(asked(home, CreateTokenFor { user_id: user.id.to_string(), token })).await?;
    Ok(home.authenticate(made.expose_secret(), HERE).unwrap().token_id)
}

fn session_of(home: &Home, tokens: &AccessTokens) -> Result<Session, NotAdmitted> {
    home.authenticate(tokens.access_token.expose_secret(), HERE)
}

#[tokio::test]
async fn a_login_beyond_a_thousand_sessions_ends_the_one_that_was_used_longest_ago() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let home = open(&store).await;
    let (ann, bob) = (add(&home, "ann").await, add(&home, "bob").await);
    let bobs = log_in(&home, &bob).await;
    let of_program = make_token(&home, &ann, "program").await.unwrap();
    // The first has something open, the second makes an access token, and so the third goes.
    let first: Vec<_> = [log_in(&home, &ann).await, log_in(&home, &ann).await, log_in(&home, &ann).await].into();
    let sessions: Vec<_> = first.iter().map(|tokens| session_of(&home, tokens).unwrap()).collect();
    for _ in 3..MAX_SESSIONS {
        log_in(&home, &ann).await;
    }
    home.note_use(&sessions[0]);
    let secret = first[1].refresh_token.as_ref().unwrap().expose_secret();
    home.refresh(Some(CLIENT), Some(secret), HERE, None).await.unwrap();
    assert!(sessions.iter().all(|session| home.is_live(session)));

    // What is open by it is told to close.
    let told = home.standing_now();
    let last = log_in(&home, &ann).await;
    assert_eq!(sessions.iter().map(|session| home.is_live(session)).collect::<Vec<_>>(), [true, true, false]);
    assert!(home.standing_now() > told);
    assert!(session_of(&home, &last).is_ok() && session_of(&home, &bobs).is_ok());
    let kinds = |home: &Home| {
        let books = home.books();
        let of_ann = books.tokens.of_user(&ann.id).into_iter().map(RefreshToken::kind);
        let (normal, others): (Vec<_>, Vec<_>) = of_ann.partition(|kind| *kind == TokenKind::Normal);
        (normal.len(), others)
    };
    assert_eq!(kinds(&home), (MAX_SESSIONS, vec![TokenKind::LongLived]));
    let found = home.find_audit(&asked(&home, ReadAudit {}), AuditQuery::default()).await.unwrap();
    let (record, ended) = (&found.records[0], json!([sessions[2].token_id]));
    assert_eq!((&record["action"], &record["detail"]["ended"]), (&json!("create_session"), &ended), "{record}");
    // And at the next start.
    let again = open(&store).await;
    assert_eq!(kinds(&again), (MAX_SESSIONS, vec![TokenKind::LongLived]));
    assert!(again.books().tokens.get(&sessions[2].token_id).is_none());
    assert!(again.books().tokens.get(&of_program).is_some());
}

/// Where a home was brought in with more.
#[tokio::test]
async fn of_far_too_many_sessions_a_few_go_at_each_login() {
    let home = open(&Arc::new(SqliteStore::in_memory().unwrap())).await;
    let ann = add(&home, "ann").await;
    for n in 0..MAX_SESSIONS + 20 {
        let at = now().plus_secs(n as i64 - 10_000);
        let token = RefreshToken::new_normal(ann.id.clone(), "c".into(), CLIENT, at, &mut OsEntropy);
        home.books().tokens.insert(token).unwrap();
    }
    let mut counts = Vec::new();
    for _ in 0..5 {
        log_in(&home, &ann).await;
        counts.push(home.books().tokens.of_user(&ann.id).len() - MAX_SESSIONS);
    }
    assert_eq!(counts, [13, 6, 0, 0, 0]);
}

#[tokio::test]
async fn a_user_has_so_many_long_lived_tokens_and_no_more() {
    let store = Arc::new(SqliteStore::in_memory().unwrap());
    let home = open(&store).await;
    let (ann, bob) = (add(&home, "ann").await, add(&home, "bob").await);
    for n in 1..MAX_TOKENS {
        make_token(&home, &ann, &n.to_string()).await.unwrap();
    }
    let a_day_ago = now().plus_secs(-86_400);
    let spent = RefreshToken::new_long_lived(ann.id.clone(), "0", None, 1, a_day_ago, &mut OsEntropy);
    let spent_id = spent.id().clone();
    home.books().tokens.insert(spent).unwrap();
    // One that is over makes room, and none that is not.
    make_token(&home, &ann, "more").await.unwrap();
    assert!(home.books().tokens.get(&spent_id).is_none());
    let found = home.find_audit(&asked(&home, ReadAudit {}), AuditQuery::default()).await.unwrap();
    assert_eq!(found.records[0]["detail"]["ended"], json!([spent_id]), "{}", found.records[0]);
    let refused = make_token(&home, &ann, "one more").await.unwrap_err();
    assert!(matches!(refused, AccountError::TooManyTokens(MAX_TOKENS)), "{refused}");
    let taken = make_token(&home, &ann, "1").await.unwrap_err();
    assert!(matches!(taken, AccountError::TokenName(_)), "{taken}");
    assert_eq!(home.books().tokens.of_user(&ann.id).len(), MAX_TOKENS);
    // Sessions are not counted with them, nor are other people's.
    log_in(&home, &ann).await;
    make_token(&home, &bob, "0").await.unwrap();
    assert_eq!(open(&store).await.books().tokens.of_user(&ann.id).len(), MAX_TOKENS + 1);
}
