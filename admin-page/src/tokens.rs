//! Sessions and tokens: everything that somebody is logged in with. Made, shown once, revoked; and accounts for programs.

use askama::Template;
use axum::{http::StatusCode, response::Response};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    asked::{Asked, Frame},
    groups::{Choice, choices, people},
    part::Part,
    people::href,
    problem::{Problem, Wrong},
    reply,
    shown::{User, cut, short},
};

/// A refresh token, as pages show it.
pub(crate) struct Token {
    pub(crate) id: String,
    pub(crate) user: String,
    pub(crate) user_href: String,
    pub(crate) kind: &'static str,
    pub(crate) name: String,
    pub(crate) created: String,
    pub(crate) used: String,
    pub(crate) expires: String,
    /// What it may do at most, if that is less than its user.
    pub(crate) policy: Option<String>,
    pub(crate) rate_limit: Option<u32>,
    /// The one in use.
    pub(crate) is_this: bool,
}

#[derive(Deserialize)]
struct Told {
    id: String,
    user_id: String,
    #[serde(rename = "type")]
    kind: String,
    client_name: Option<String>,
    client_id: Option<String>,
    created_at: String,
    last_used_at: Option<String>,
    last_used_ip: Option<String>,
    expire_at: Option<String>,
    policy: Option<Value>,
    rate_limit: Option<u32>,
}

/// The most of one page.
const MAX_LISTED: usize = 50;
/// The longest policy that is shown in a list.
const MAX_POLICY: usize = 200;

async fn all(asked: &Asked, users: &[User]) -> Result<Vec<(String, Token)>, Problem> {
    let mut told: Vec<Told> = asked.run("tokens/list", json!({})).await?;
    told.sort_by(|a, b| b.created_at.cmp(&a.created_at));
    let clock = asked.clock();
    let this = asked.session.as_ref().map(|session| session.token_id.to_string());
    let shown = told.into_iter().map(|token| {
        let user = users.iter().find(|user| user.id == token.user_id);
        let from = token.last_used_ip.map_or_else(String::new, |ip| format!(" from {ip}"));
        let shown = Token {
            is_this: this.as_ref() == Some(&token.id),
            user: user.map_or_else(|| token.user_id.clone(), |user| user.name().to_owned()),
            user_href: href(&token.user_id),
            kind: match token.kind.as_str() {
                "normal" => "session",
                "long_lived_access_token" => "token",
                _ => "system",
            },
            name: short(&token.client_name.or(token.client_id).unwrap_or_default()).to_owned(),
            created: clock.show(&token.created_at),
            used: token.last_used_at.map_or_else(|| "never".to_owned(), |at| format!("{}{from}", clock.show(&at))),
            expires: clock.show_any(token.expire_at.as_ref(), "not by itself"),
            policy: token.policy.filter(|policy| !policy.is_null()).map(|policy| cut(&policy.to_string(), MAX_POLICY)),
            rate_limit: token.rate_limit,
            id: token.id,
        };
        (token.user_id, shown)
    });
    Ok(shown.collect())
}

/// Returns what somebody is logged in with, and how much of it is not listed.
pub(crate) async fn tokens_of(asked: &Asked, user: &User) -> Result<(Vec<Token>, usize), Problem> {
    let told = all(asked, std::slice::from_ref(user)).await?;
    let theirs = told.into_iter().filter(|(of, _)| *of == user.id).map(|(_, token)| token);
    let mut theirs: Vec<_> = theirs.collect();
    let more = theirs.len().saturating_sub(MAX_LISTED);
    theirs.truncate(MAX_LISTED);
    Ok((theirs, more))
}

#[derive(Template)]
#[template(path = "tokens.html")]
struct Page {
    frame: Frame,
    tokens: Vec<Token>,
    part: Part,
    choices: Vec<Choice>,
    new: New,
    account: String,
    wrong: Option<Wrong>,
}

#[derive(Template)]
#[template(path = "token_made.html")]
struct Made {
    frame: Frame,
    name: String,
    token: String,
}

/// The fields of a new token.
#[derive(Default)]
struct New {
    user_id: String,
    name: String,
    days: String,
    policy: String,
    rate_limit: String,
}

pub(crate) async fn list(asked: Asked) -> Result<Response, Problem> {
    page(&asked, New::default(), "", None).await
}

async fn page(asked: &Asked, new: New, account: &str, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let users = people(asked).await?;
    let tokens: Vec<_> = all(asked, &users).await?.into_iter().map(|(_, token)| token).collect();
    let part = Part::of(&asked.query, "from", tokens.len(), MAX_LISTED);
    let page = Page {
        frame: asked.frame("tokens"),
        tokens: part.take(tokens),
        part,
        choices: choices(&users, &new.user_id),
        new,
        account: account.to_owned(),
        wrong,
    };
    reply::page(Wrong::status(page.wrong.as_ref()), &page)
}

/// Makes a token, and shows it this once.
pub(crate) async fn create(asked: Asked) -> Result<Response, Problem> {
    let form = &asked.form;
    let text = |name: &str| form.get(name).to_owned();
    let new = New {
        user_id: text("user_id"),
        name: text("name"),
        days: text("days"),
        policy: form.raw("policy").to_owned(),
        rate_limit: text("rate_limit"),
    };
    let number = |text: &str, what: &str| match text {
        "" => Ok(None),
        text => text.parse::<u32>().map(Some).map_err(|_| format!("{what} is a whole number.")),
    };
    let members = number(&new.days, "How long it lasts, in days,").and_then(|days| {
        let mut members = json!({"user_id": new.user_id, "name": new.name});
        let rate_limit = number(&new.rate_limit, "The limit of requests")?;
        if let Value::Object(members) = &mut members {
            members.extend(days.map(|days| ("lifespan_days".to_owned(), json!(days))));
            members.extend(rate_limit.map(|limit| ("rate_limit".to_owned(), json!(limit))));
            let policy = Some(new.policy.trim()).filter(|policy| !policy.is_empty());
            members.extend(policy.map(|policy| ("policy".to_owned(), json!(policy))));
        }
        if new.user_id.is_empty() { Err("Choose whose token it is.".to_owned()) } else { Ok(members) }
    });
    let members = match members {
        Ok(members) => members,
        Err(text) => return page(&asked, new, "", Some(Wrong::new(text))).await,
    };
    // Administrators make those of programs; of people the owner alone.
    let is_program = people(&asked).await?.iter().any(|user| user.id == new.user_id && user.is_service);
    let operation = if is_program { "service_accounts/create_token" } else { "tokens/create" };
    match asked.run::<Value>(operation, members).await {
        Ok(made) => {
            let token = made.get("token").and_then(Value::as_str).unwrap_or_default().to_owned();
            reply::page(StatusCode::OK, &Made { frame: asked.frame("tokens"), name: new.name, token })
        }
        Err(error) => page(&asked, new, "", Some(Wrong::of(error)?)).await,
    }
}

pub(crate) async fn revoke(asked: Asked) -> Result<Response, Problem> {
    let token_id = asked.form.get("token_id").to_owned();
    match asked.run::<Value>("tokens/revoke", json!({"token_id": token_id})).await {
        Ok(_) => Ok(reply::see_other("/doorward/tokens?done=revoked")),
        Err(error) => page(&asked, New::default(), "", Some(Wrong::of(error)?)).await,
    }
}

/// Makes an account for a program.
pub(crate) async fn create_account(asked: Asked) -> Result<Response, Problem> {
    let name = asked.form.get("account").to_owned();
    if name.is_empty() {
        return page(&asked, New::default(), "", Some(Wrong::new("The account needs a name."))).await;
    }
    match asked.run::<User>("service_accounts/create", json!({"name": name})).await {
        Ok(user) => Ok(reply::see_other(&format!("{}?done=created", href(&user.id)))),
        Err(error) => page(&asked, New::default(), &name, Some(Wrong::of(error)?)).await,
    }
}
