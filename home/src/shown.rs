//! The core configuration as clients see it.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use service_bus::Viewer;

use crate::Home;

/// The version of Home Assistant whose API this is; clients choose what they use by it.
pub const HA_VERSION: &str = "2026.11.0";

/// Returns the core configuration as this viewer may see it: which components there are by what they can read, paths
/// and addresses for administrators alone.
pub fn config_value(home: &Home, viewer: &Viewer<'_>) -> Value {
    let core = home.core_config();
    let admin = viewer.rights().is_admin();
    let local_only = viewer.rights().user().is_some_and(|user| user.local_only);
    let metric = core.unit_system == "metric";
    let unit = |metric_unit: &'static str, other: &'static str| if metric { metric_unit } else { other };
    let mut config = json!({
        "allowlist_external_dirs": [],
        "allowlist_external_urls": [],
        "components": components_for(home, viewer),
        "config_dir": if admin { home.inner.config_dir.as_str() } else { "" },
        "config_source": "storage",
        "country": core.country,
        "currency": core.currency,
        "debug": false,
        "elevation": core.elevation,
        "external_url": core.external_url.as_ref().filter(|_| !local_only),
        "internal_url": core.internal_url,
        "language": core.language,
        "latitude": core.latitude,
        "location_name": core.location_name,
        "logging": {"log_file_disabled_reason": null},
        "longitude": core.longitude,
        "radius": core.radius,
        "recovery_mode": false,
        "safe_mode": false,
        "state": "RUNNING",
        "time_zone": core.time_zone,
        "unit_system": {
            "length": unit("km", "mi"),
            "accumulated_precipitation": unit("mm", "in"),
            "area": unit("m²", "ft²"),
            "mass": unit("g", "lb"),
            "pressure": unit("Pa", "psi"),
            "temperature": unit("°C", "°F"),
            "volume": unit("L", "gal"),
            "wind_speed": unit("m/s", "mph"),
        },
        "version": HA_VERSION,
        "whitelist_external_dirs": [],
    });
    if local_only && let Value::Object(members) = &mut config {
        members.shift_remove("external_url");
    }
    config
}

/// Returns the domains that a viewer learns of: the core's, and those whose services are of use to them.
pub fn components_for(home: &Home, viewer: &Viewer<'_>) -> BTreeSet<String> {
    let core = ["api", "auth", "config", "homeassistant", "http", "websocket_api"];
    let mut components: BTreeSet<_> = core.into_iter().map(str::to_owned).collect();
    if home.has_history() {
        // Pages show a graph and a logbook where they find these.
        components.extend(["history", "logbook", "recorder"].map(str::to_owned));
    }
    components.extend(home.bus().services_for(viewer).into_keys());
    components
}
