//! What the home is called and where it is.

use std::sync::Arc;

use auth_core::{Authorized, Context};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use service_bus::{new_context_id, now};
use store::{Change, CoreConfig, Record};

use crate::{ChangeError, Home, UpdateCore};

/// A change to the core configuration. What is not mentioned stays.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "the members of CoreConfig")]
pub struct CorePatch {
    pub location_name: Option<String>,
    pub latitude: Option<f64>,
    pub longitude: Option<f64>,
    pub elevation: Option<i64>,
    pub radius: Option<i64>,
    pub unit_system: Option<String>,
    pub time_zone: Option<String>,
    pub currency: Option<String>,
    pub country: Option<String>,
    pub language: Option<String>,
    pub external_url: Option<String>,
    pub internal_url: Option<String>,
    /// Accepted and without effect: no unit of an entity is converted here.
    pub update_units: Option<bool>,
}

impl Home {
    /// Changes what the home is called and where it is.
    ///
    /// # Errors
    /// [`ChangeError::Invalid`], naming the member; [`ChangeError::Store`].
    pub async fn update_core(&self, request: Authorized<UpdateCore>) -> Result<(), ChangeError> {
        let (mut turn, principal, UpdateCore { patch }) = self.begin(request).await?;
        let before = self.inner.core.load_full();
        let after = patch.apply(&before)?;
        if after == *before {
            return Ok(());
        }
        let changed = changed(&before, &after);
        turn.with(Value::Object(changed.clone()));
        self.commit(&mut turn, vec![Change::Put(Box::new(Record::Core(after.clone())))]).await?;
        self.inner.core.store(Arc::new(after));
        let context = Context::new(new_context_id(now()), principal.user_id().cloned());
        self.announce("core_config_updated", Value::Object(changed), context);
        Ok(())
    }
}

impl CorePatch {
    fn apply(self, before: &CoreConfig) -> Result<CoreConfig, ChangeError> {
        let invalid = |what: &str| Err(ChangeError::Invalid(what.to_owned()));
        let mut after = before.clone();
        if let Some(latitude) = self.latitude {
            if !(-90.0..=90.0).contains(&latitude) {
                return invalid("latitude is from -90 to 90");
            }
            after.latitude = latitude;
        }
        if let Some(longitude) = self.longitude {
            if !(-180.0..=180.0).contains(&longitude) {
                return invalid("longitude is from -180 to 180");
            }
            after.longitude = longitude;
        }
        if let Some(radius) = self.radius {
            if radius <= 0 {
                return invalid("radius is positive");
            }
            after.radius = radius;
        }
        if let Some(unit_system) = self.unit_system {
            if !["metric", "us_customary"].contains(&unit_system.as_str()) {
                return invalid("unit_system is `metric` or `us_customary`");
            }
            after.unit_system = unit_system;
        }
        if let Some(time_zone) = self.time_zone {
            if !time_zone.chars().all(|c| c.is_ascii_alphanumeric() || "/_+-".contains(c)) || time_zone.is_empty() {
                return invalid("time_zone is an IANA name");
            }
            after.time_zone = time_zone;
        }
        after.location_name = self.location_name.unwrap_or(after.location_name);
        after.elevation = self.elevation.unwrap_or(after.elevation);
        after.currency = self.currency.unwrap_or(after.currency);
        after.language = self.language.unwrap_or(after.language);
        after.country = self.country.or(after.country);
        after.external_url = self.external_url.or(after.external_url);
        after.internal_url = self.internal_url.or(after.internal_url);
        Ok(after)
    }
}

fn changed(before: &CoreConfig, after: &CoreConfig) -> Map<String, Value> {
    let (Value::Object(before), Value::Object(after)) = (json!(before), json!(after)) else { return Map::new() };
    // Where the home is reached from outside is not everybody's business.
    let shown = |name: &str| !matches!(name, "external_url" | "internal_url");
    after.into_iter().filter(|(name, value)| shown(name) && before.get(name) != Some(value)).collect()
}
