//! What the hub is.

use axum::response::Response;
use home::{components_for, config_value};
use serde_json::json;
use service_bus::Viewer;

use crate::{reply::ok, request::Request};

pub(crate) async fn running(_request: Request) -> Result<Response, Response> {
    Ok(ok(&json!({"message": "API running."})))
}

pub(crate) async fn config(request: Request) -> Result<Response, Response> {
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    Ok(ok(&config_value(&request.app.home, &viewer)))
}

pub(crate) async fn components(request: Request) -> Result<Response, Response> {
    let world = request.world();
    let viewer = Viewer::new(&world, request.principal()?);
    Ok(ok(&json!(components_for(&request.app.home, &viewer))))
}

pub(crate) async fn state(_request: Request) -> Result<Response, Response> {
    let recorder = json!({"migration_in_progress": false, "migration_is_live": false});
    Ok(ok(&json!({"state": "RUNNING", "recorder_state": recorder})))
}

pub(crate) async fn check_config(_request: Request) -> Result<Response, Response> {
    // There is no configuration file that could be wrong: what is stored was checked when it was.
    Ok(ok(&json!({"result": "valid", "errors": null, "warnings": null})))
}
