//! Between the hub's outer gate and a handler: is it our own page that asks, who is it, may they, how much may they send.

use std::{collections::HashMap, net::IpAddr, net::Ipv4Addr};

use auth_login::client::Origin;
use axum::{
    body::Body,
    extract::{RawPathParams, Request as HttpRequest},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use home::{Importer, NotAdmitted};
use http_adapter::{App, Caller, Extra, read_body};

use crate::{
    Access, Route,
    asked::Asked,
    cookie::{self, Credential},
    first_run,
    form::{Form, encoded},
    login,
    problem::Problem,
    reply, routes,
    shown::problem_page,
    step_up,
};

/// Returns the page's services, for [`http_adapter::router`]: so everything that holds for all requests holds for these.
/// With an importer, whoever comes first may bring a home in.
pub fn serve(app: &App, importer: Option<&Importer>) -> Vec<Extra> {
    let mut extra: Vec<Extra> = Vec::new();
    for route in routes().iter().chain([&NOTHING_THERE]) {
        let (app, importer) = (app.clone(), importer.cloned());
        let serve = move |params, request| pass(route, (app.clone(), importer.clone()), params, request);
        let filter = if route.method == "POST" { MethodFilter::POST } else { MethodFilter::GET };
        match extra.iter_mut().find(|extra| extra.path == route.path) {
            Some(known) => known.service = std::mem::take(&mut known.service).on(filter, serve),
            None => extra.push(Extra { path: route.path, service: on(filter, serve) as MethodRouter }),
        }
    }
    extra
}

/// What answers for addresses that no page has.
const NOTHING_THERE: Route = Route {
    method: "GET",
    path: "/doorward/{*rest}",
    access: Access::Admin,
    handler: |_| Box::pin(async { Err(Problem::NotFound("There is no such page.".to_owned())) }),
};

/// The largest form of an administrator: a policy may have 4 MiB, and stands in it twice.
const MAX_FORM: usize = 16 << 20;
/// The largest form of anybody else.
const MAX_PUBLIC_FORM: usize = 64 << 10;

/// What is served.
type Of = (App, Option<Importer>);

async fn pass(route: &'static Route, of: Of, params: RawPathParams, request: HttpRequest) -> Response {
    let mut response = match admit(route, of, params, request).await {
        Ok(asked) => {
            // What changes something runs in a task of its own: a browser that hangs up does not leave it half done.
            let answer = tokio::spawn(answer(route, asked.clone()));
            answer.await.unwrap_or_else(|error| {
                tracing::error!(%error, "a page failed");
                problem_page(&asked, &Problem::Failed)
            })
        }
        Err(response) => response,
    };
    reply::headers(response.headers_mut());
    response
}

async fn answer(route: &'static Route, mut asked: Asked) -> Response {
    if route.access == Access::Admin
        && route.method == "POST"
        && let Err(answer) = step_up::take(&mut asked).await
    {
        return answer;
    }
    match (route.handler)(asked.clone()).await {
        Ok(response) => response,
        Err(Problem::Unproved(code)) => step_up::ask(&asked, code, None),
        Err(problem) => problem_page(&asked, &problem),
    }
}

async fn admit(
    route: &'static Route,
    (app, importer): Of,
    params: RawPathParams,
    request: HttpRequest,
) -> Result<Asked, Response> {
    let (parts, body) = request.into_parts();
    let nobody = Caller { ip: IpAddr::V4(Ipv4Addr::UNSPECIFIED), own: None };
    let caller = parts.extensions.get::<Caller>().cloned().unwrap_or(nobody);
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
    let mut open = HashMap::new();
    for (name, value) in &params {
        open.insert(name.to_owned(), value.to_owned());
    }
    let too_much = || reply::empty(StatusCode::BAD_REQUEST);
    let mut asked = Asked {
        app,
        importer,
        session: None,
        credential: None,
        visit: caller.own.as_ref().and_then(|own| cookie::visit(&parts.headers, own)),
        caller,
        params: open,
        path: target,
        query: Form::read(parts.uri.query().unwrap_or_default().as_bytes()).ok_or_else(too_much)?,
        form: Form::default(),
    };
    // Nothing of this is for anybody yet but the first.
    if !leads_in(route) && !asked.home().is_onboarded() {
        return Err(reply::see_other(first_run::PATH));
    }
    let is_post = route.method == "POST";
    if is_post && !is_our_own(&parts.headers, asked.caller.own.as_ref()) {
        tracing::warn!(address = %asked.caller.ip, path = route.path, "a form of another page was refused");
        return Err(problem_page(&asked, &Problem::Foreign));
    }
    let credential = asked.caller.own.as_ref().and_then(|own| Credential::read(&parts.headers, own));
    if let (Some(credential), Some(own)) = (&credential, &asked.caller.own) {
        match credential.session(asked.home(), own, asked.caller.ip) {
            Ok(session) => asked.session = Some(session),
            Err(NotAdmitted::TooOften(secs)) => return Err(too_often(&asked, secs)),
            Err(NotAdmitted::Token | NotAdmitted::User(_)) => {}
        }
    }
    let (had_cookie, is_admin) = (credential.is_some(), asked.frame("").is_admin);
    asked.credential = credential;
    if route.access == Access::Public || asked.session.is_none() {
        let is_read = is_post && (route.access == Access::Public || had_cookie);
        if is_read {
            asked.form = read_form(&asked, body, MAX_PUBLIC_FORM).await?;
        }
        return match route.access {
            Access::Public => Ok(asked),
            // Their session ended while they typed.
            Access::Admin if is_read => Err(login::again(&asked)),
            Access::Admin => Err(to_login(is_post, &asked, had_cookie)),
        };
    }
    if !is_admin {
        if let Some(session) = &asked.session {
            asked.home().record_refused(session, &format!("{} {}", route.method, route.path), "an administrator");
        }
        return Err(problem_page(&asked, &Problem::Forbidden));
    }
    if is_post {
        asked.form = read_form(&asked, body, MAX_FORM).await?;
        // A form may take its time: whoever was let in for it must still be.
        if asked.session.as_ref().is_some_and(|session| !asked.home().is_live(session)) {
            asked.session = None;
            return Err(login::again(&asked));
        }
    }
    Ok(asked)
}

/// Tells whether a route is for whoever comes first.
fn leads_in(route: &Route) -> bool {
    route.path.starts_with(first_run::PATH) || route.path.starts_with("/doorward/static/")
}

/// Tells whether a form was sent by a page of the hub itself. Browsers say so, in one of two ways, and no page can have them
/// say anything else.
fn is_our_own(headers: &HeaderMap, own: Option<&Origin>) -> bool {
    let one = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let value: Option<&HeaderValue> = values.next().filter(|_| values.next().is_none());
        value.and_then(|value| value.to_str().ok())
    };
    if headers.contains_key("sec-fetch-site") {
        return one("sec-fetch-site") == Some("same-origin");
    }
    let origin = one("origin").and_then(|text| Origin::parse(text).ok());
    match (origin, own) {
        (Some(origin), Some(own)) => origin.is_same_server(own),
        _ => false,
    }
}

/// Sends nobody to the login page, which knows where they wanted to go.
fn to_login(is_post: bool, asked: &Asked, had_cookie: bool) -> Response {
    let next =
        if is_post || asked.path == "/doorward" { String::new() } else { format!("?next={}", encoded(&asked.path)) };
    let mut response = reply::see_other(&format!("/doorward/login{next}"));
    if let (true, Some(own)) = (had_cookie, &asked.caller.own) {
        cookie::clear(&mut response, own);
    }
    response
}

fn too_often(asked: &Asked, secs: u32) -> Response {
    let text = format!("Too much is asked by this token: try again in {secs} seconds.");
    let mut response = problem_page(asked, &Problem::Refused(StatusCode::TOO_MANY_REQUESTS, text));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(secs));
    response
}

async fn read_form(asked: &Asked, body: Body, limit: usize) -> Result<Form, Response> {
    let refused = |status, text: &str| problem_page(asked, &Problem::Refused(status, text.to_owned()));
    let too_large = || refused(StatusCode::PAYLOAD_TOO_LARGE, "That is larger than any form of this page.");
    let bytes = read_body(body, limit).await.map_err(|status| match status {
        StatusCode::PAYLOAD_TOO_LARGE => too_large(),
        StatusCode::REQUEST_TIMEOUT => refused(status, "The form took too long to come."),
        status => refused(status, "The form did not come whole."),
    })?;
    Form::read(&bytes).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(headers: &[(&'static str, &'static str)], own: Option<&str>, expected: bool) {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_static(value));
        }
        let own = own.map(|own| Origin::parse(own).unwrap());
        assert_eq!(is_our_own(&map, own.as_ref()), expected, "{headers:?} {own:?}");
    }

    #[test]
    fn only_pages_of_the_hub_itself_send_forms() {
        let own = Some("http://hub.local:8123");
        check(&[("sec-fetch-site", "same-origin")], own, true);
        check(&[("sec-fetch-site", "same-origin"), ("origin", "http://hub.local:8123")], own, true);
        for site in ["same-site", "cross-site", "none", "", "Same-Origin"] {
            check(&[("sec-fetch-site", site), ("origin", "http://hub.local:8123")], own, false);
        }
        check(&[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")], own, false);
        check(&[("origin", "http://hub.local:8123")], own, true);
        check(&[("origin", "http://hub.local:8123"), ("origin", "http://hub.local:8123")], own, false);
        for origin in ["null", "http://hub.local", "https://hub.local:8123", "http://evil.example", ""] {
            check(&[("origin", origin)], own, false);
        }
        check(&[], own, false);
        check(&[("origin", "http://hub.local:8123")], None, false);
        check(&[("origin", "https://hub.example:443")], Some("https://hub.example"), true);
    }
}
