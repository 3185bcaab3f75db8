//! The web frontend that is served: found at the start, and said so.

use std::sync::Arc;

use frontend::{Frontend, Releases};
use http_adapter::Web;

use crate::{
    cli::{FrontendFiles, FrontendRelease},
    output,
};

/// Opens the frontend that the command line names. One that cannot be used does not keep the hub from starting: the log says
/// why, and so does the page at the hub's address.
pub(crate) fn open(files: &FrontendFiles) -> Web {
    let Some(dir) = &files.dir else { return Web::None };
    let releases = match files.release {
        FrontendRelease::Tried => Releases::Tried,
        FrontendRelease::Any => Releases::Any,
    };
    match Frontend::open(dir, releases) {
        Ok(found) => Web::Served(Arc::new(found)),
        Err(reason) => {
            tracing::error!(directory = %dir.display(), %reason, "the web frontend cannot be shown");
            Web::Unusable(Arc::new(reason))
        }
    }
}

/// Says what is served.
pub(crate) fn say(web: &Web) {
    match web {
        Web::None => {}
        Web::Unusable(reason) => output::line(format!("no web frontend: {reason}")),
        Web::Served(found) => {
            output::line(format!("web frontend {}", found.version().unwrap_or("of no known version")));
        }
    }
}
