//! The table of routes.

use std::{future::Future, pin::Pin, sync::LazyLock};

use axum::response::Response;
use frontend::PANELS;
use management::{OPERATIONS, Operation};

use crate::{api, auth, openapi, request::Request, web};

/// Who may use a route. There is no default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Anybody, without a token. Each such route is reviewed in the sweep.
    Public,
    /// Whoever has a live token; what comes back is filtered by what they may read.
    Authenticated,
    /// Whoever may read the entity in the path. Checked before existence.
    ReadEntity,
    /// Whoever the service asks for.
    Service,
    /// Administrators.
    Admin,
    /// The owner.
    Owner,
}

/// One route.
#[derive(Debug)]
pub struct Route {
    /// `GET`, `POST`, `DELETE`. HEAD goes with GET.
    pub method: &'static str,
    /// The path; open parts in braces.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    pub(crate) serve: Serve,
}

/// What a route comes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Serve {
    /// A handler.
    Handler(Handler),
    /// A page or a file of the web frontend: no part of the API.
    Page(Handler),
    /// One of Doorward's own operations.
    Operation(&'static Operation),
}

pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<Response, Response>> + Send>>;
pub(crate) type Handler = fn(Request) -> Answer;

impl Access {
    /// Returns the word in the matrix.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Authenticated => "authenticated",
            Self::ReadEntity => "entity:read",
            Self::Service => "service",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// Returns the largest body, in bytes.
    pub(crate) const fn max_body(self) -> usize {
        match self {
            Self::Public => 64 << 10,
            Self::Authenticated | Self::ReadEntity | Self::Service | Self::Admin | Self::Owner => 16 << 20,
        }
    }
}

/// Returns every route there is: those of Home Assistant's API, Doorward's own, and the pages of the frontend's panels.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    static OWN: LazyLock<Vec<Route>> = LazyLock::new(|| OPERATIONS.iter().map(Route::of).collect());
    static OF_PANELS: LazyLock<Vec<Route>> =
        LazyLock::new(|| PANELS.iter().flat_map(|panel| Route::of_panel(panel.url_path)).collect());
    ROUTES.iter().chain(OWN.iter()).chain(PAGES).chain(OF_PANELS.iter())
}

impl Route {
    /// Tells whether it is a page or a file of the web frontend, and so no part of the API.
    pub const fn is_page(&self) -> bool {
        matches!(self.serve, Serve::Page(_))
    }

    /// Returns the routes of a panel: its page, and whatever it opens below. The page is the same for everybody.
    fn of_panel(panel: &str) -> [Self; 2] {
        [format!("/{panel}"), format!("/{panel}/{{*rest}}")].map(|path| Self {
            method: "GET",
            // Once for each panel, for as long as the process runs.
            path: path.leak(),
            access: Access::Public,
            serve: Serve::Page(|request| Box::pin(web::page::panel(request))),
        })
    }

    fn of(operation: &'static Operation) -> Self {
        let Operation { method, path, access, .. } = operation;
        let access = match access {
            management::Access::Account => Access::Authenticated,
            management::Access::Admin => Access::Admin,
            management::Access::Owner => Access::Owner,
        };
        Self { method, path, access, serve: Serve::Operation(operation) }
    }
}

macro_rules! routes {
    ($name:ident $kind:ident: $($method:ident $path:literal $access:ident $handler:path;)*) => {
        const $name: &[Route] = &[$(Route {
            method: stringify!($method),
            path: $path,
            access: Access::$access,
            serve: Serve::$kind(|request| Box::pin($handler(request))),
        },)*];
    };
}

routes! {
    ROUTES Handler:

    GET    "/auth/providers"                                Public        auth::login::providers;
    POST   "/auth/login_flow"                               Public        auth::login::start;
    POST   "/auth/login_flow/{flow_id}"                     Public        auth::login::step;
    GET    "/auth/login_flow/{flow_id}"                     Public        auth::login::look;
    DELETE "/auth/login_flow/{flow_id}"                     Public        auth::login::abort;
    POST   "/auth/token"                                    Public        auth::token::token;
    POST   "/auth/revoke"                                   Public        auth::token::revoke;
    GET    "/auth/external/callback"                        Public        auth::external::callback;
    GET    "/auth/oidc"                                     Public        auth::single_sign_on::providers;
    GET    "/auth/oidc/{provider}/start"                    Public        auth::single_sign_on::start;
    GET    "/auth/oidc/{provider}/callback"                 Public        auth::single_sign_on::callback;
    GET    "/.well-known/oauth-authorization-server"        Public        auth::well_known::authorization_server;
    GET    "/.well-known/oauth-protected-resource"          Public        auth::well_known::protected_resource;
    GET    "/api/onboarding"                                Public        auth::onboarding::steps;
    POST   "/api/onboarding/users"                          Public        auth::onboarding::create_owner;

    GET    "/api/"                                          Authenticated api::core::running;
    GET    "/api/config"                                    Authenticated api::core::config;
    GET    "/api/components"                                Authenticated api::core::components;
    GET    "/api/core/state"                                Authenticated api::core::state;
    POST   "/api/config/core/check_config"                  Admin         api::core::check_config;

    GET    "/api/states"                                    Authenticated api::states::list;
    GET    "/api/states/{entity_id}"                        ReadEntity    api::states::show;
    POST   "/api/states/{entity_id}"                        Admin         api::states::write;
    DELETE "/api/states/{entity_id}"                        Admin         api::states::remove;

    GET    "/api/services"                                  Authenticated api::services::list;
    POST   "/api/services/{domain}/{service}"               Service       api::services::call;

    GET    "/api/events"                                    Authenticated api::events::list;
    POST   "/api/events/{event_type}"                       Admin         api::events::fire;
    GET    "/api/stream"                                    Admin         api::events::stream;

    POST   "/api/template"                                  Authenticated api::template::render;
    GET    "/api/calendars"                                 Authenticated api::calendars::list;
    GET    "/api/calendars/{entity_id}"                     ReadEntity    api::calendars::events;
    GET    "/api/history/period"                            Authenticated api::history::period;
    GET    "/api/history/period/{start}"                    Authenticated api::history::period;
    GET    "/api/logbook"                                   Authenticated api::history::logbook;
    GET    "/api/logbook/{start}"                           Authenticated api::history::logbook;

    GET    "/api/config/config_entries/entry"               Authenticated api::entries::list;
    DELETE "/api/config/config_entries/entry/{entry_id}"    Admin         api::entries::remove;
    GET    "/api/config/config_entries/flow_handlers"       Authenticated api::entries::flow_handlers;
    POST   "/api/config/config_entries/entry/{entry_id}/reload"  Admin    api::entries::reload;
    POST   "/api/doorward/entry/{entry_id}/reauth"          Admin         api::entries::reauth;
    GET    "/api/doorward/backup"                           Owner         api::backup::create;
    GET    "/api/doorward/openapi.json"                     Authenticated openapi::show;
    GET    "/api/doorward/health"                           Public        api::operating::health;
    GET    "/api/doorward/metrics"                          Admin         api::operating::metrics;

    POST   "/api/config/config_entries/flow"                        Admin api::flows::config::start;
    GET    "/api/config/config_entries/flow/{flow_id}"              Admin api::flows::config::look;
    POST   "/api/config/config_entries/flow/{flow_id}"              Admin api::flows::config::step;
    DELETE "/api/config/config_entries/flow/{flow_id}"              Admin api::flows::config::abort;
    POST   "/api/config/config_entries/options/flow"                Admin api::flows::options::start;
    GET    "/api/config/config_entries/options/flow/{flow_id}"      Admin api::flows::options::look;
    POST   "/api/config/config_entries/options/flow/{flow_id}"      Admin api::flows::options::step;
    DELETE "/api/config/config_entries/options/flow/{flow_id}"      Admin api::flows::options::abort;
    POST   "/api/config/config_entries/subentries/flow"             Admin api::flows::subentries::start;
    GET    "/api/config/config_entries/subentries/flow/{flow_id}"   Admin api::flows::subentries::look;
    POST   "/api/config/config_entries/subentries/flow/{flow_id}"   Admin api::flows::subentries::step;
    DELETE "/api/config/config_entries/subentries/flow/{flow_id}"   Admin api::flows::subentries::abort;
}

routes! {
    PAGES Page:

    GET    "/"                                              Public        web::page::panel;
    GET    "/auth/authorize"                                Public        web::page::authorize;
    GET    "/onboarding.html"                               Public        web::page::onboarding;
    GET    "/manifest.json"                                 Public        web::page::manifest;
    GET    "/static/{*file}"                                Public        web::file::lasting;
    GET    "/frontend_latest/{*file}"                       Public        web::file::lasting;
    GET    "/frontend_es5/{*file}"                          Public        web::file::lasting;
    GET    "/service_worker.js"                             Public        web::file::fresh;
    GET    "/sw-modern.js"                                  Public        web::file::fresh;
    GET    "/sw-legacy.js"                                  Public        web::file::fresh;
    GET    "/robots.txt"                                    Public        web::file::fresh;
    GET    "/api/brands/integration/{domain}/{image}"       Public        web::file::brand;
    GET    "/.well-known/change-password"                   Public        web::page::change_password;
    GET    "/developer-tools"                               Public        web::page::tools;
    GET    "/developer-tools/{*rest}"                       Public        web::page::tools;
    GET    "/config/developer-tools"                        Public        web::page::tools;
    GET    "/config/developer-tools/{*rest}"                Public        web::page::tools;
}
