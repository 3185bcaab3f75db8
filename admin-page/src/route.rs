//! The table of routes.

use std::{future::Future, pin::Pin};

use axum::response::Response;

use crate::{
    asked::Asked, assets, audit, bans, first_run, groups, login, matrix, overview, people, problem::Problem, reasons,
    settings, sign_on, tokens,
};

/// Who may use a route. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody. Each such route is reviewed in the sweep.
    Public,
    /// Administrators. Nobody is sent to the login, others are told that they may not.
    Admin,
}

/// One route.
#[derive(Debug)]
pub struct Route {
    /// `GET` or `POST`. HEAD goes with GET.
    pub method: &'static str,
    /// The path; open parts in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(crate) handler: Handler,
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response, Problem>> + Send>>;
pub(crate) type Handler = fn(Asked) -> Answer;

/// Returns every route there is.
pub fn routes() -> &'static [Route] {
    ROUTES
}

macro_rules! routes {
    ($($method:ident $path:literal $access:ident $handler:path;)*) => {
        const ROUTES: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            access: Access::$access,
            handler: |asked| Box::pin($handler(asked)),
        },)*];
    };
}

routes! {
    GET  "/doorward/first-run"                      Public first_run::show;
    POST "/doorward/first-run"                      Public first_run::submit;
    POST "/doorward/first-run/import"               Public first_run::import::start;
    GET  "/doorward/first-run/progress"             Public first_run::import::progress;

    GET  "/doorward/login"                          Public login::show;
    POST "/doorward/login"                          Public login::submit;
    POST "/doorward/logout"                         Public login::log_out;
    POST "/doorward/session"                        Public login::take_session;
    GET  "/doorward/sign-on/{provider}"             Public sign_on::start;
    GET  "/doorward/callback"                       Public sign_on::callback;
    GET  "/doorward/static/{hash}/{file}"           Public assets::file;

    GET  "/doorward"                                Admin  overview::show;

    GET  "/doorward/groups"                         Admin  groups::list;
    GET  "/doorward/new-group"                      Admin  groups::create::show;
    POST "/doorward/new-group"                      Admin  groups::create::submit;
    GET  "/doorward/groups/{group_id}"              Admin  groups::one::show;
    POST "/doorward/groups/{group_id}"              Admin  groups::one::submit;
    POST "/doorward/groups/{group_id}/members"      Admin  groups::members::set;
    POST "/doorward/groups/{group_id}/remove"       Admin  groups::members::remove;
    POST "/doorward/groups/{group_id}/delete"       Admin  groups::one::delete;

    GET  "/doorward/matrix"                         Admin  matrix::show;
    GET  "/doorward/why"                            Admin  reasons::why;
    GET  "/doorward/who"                            Admin  reasons::who;

    GET  "/doorward/people"                         Admin  people::list;
    POST "/doorward/people"                         Admin  people::create;
    GET  "/doorward/people/{user_id}"               Admin  people::one::show;
    POST "/doorward/people/{user_id}"               Admin  people::one::update;
    POST "/doorward/people/{user_id}/join"          Admin  people::one::join;
    POST "/doorward/people/{user_id}/password"      Admin  people::one::set_password;
    POST "/doorward/people/{user_id}/factor"        Admin  people::one::remove_factor;
    POST "/doorward/people/{user_id}/delete"        Admin  people::one::delete;

    GET  "/doorward/tokens"                         Admin  tokens::list;
    POST "/doorward/tokens"                         Admin  tokens::create;
    POST "/doorward/tokens/revoke"                  Admin  tokens::revoke;
    POST "/doorward/accounts"                       Admin  tokens::create_account;

    GET  "/doorward/audit"                          Admin  audit::show;

    GET  "/doorward/bans"                           Admin  bans::show;
    POST "/doorward/bans"                           Admin  bans::add;
    POST "/doorward/bans/lift"                      Admin  bans::lift;
    POST "/doorward/bans/forgive"                   Admin  bans::forgive;

    GET  "/doorward/settings"                       Admin  settings::show;
    POST "/doorward/settings/step-up"               Admin  settings::step_up;
    POST "/doorward/settings/audit"                 Admin  settings::audit;
}
