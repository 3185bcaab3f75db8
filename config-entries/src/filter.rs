//! Which entries a list or a listener is about.

use serde_json::Value;

/// Which entries a list or a listener is about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EntryFilter {
    /// Of this domain alone.
    pub domain: Option<String>,
    /// Of integrations of these types alone, such as `hub`. Entries of integrations that are not here have no type:
    /// they are included unless helpers alone are wanted, as Home Assistant has it.
    pub types: Option<Vec<String>>,
}

impl EntryFilter {
    /// Tells whether an entry is wanted: its wire form, and the type of its integration if that is here.
    pub fn wants(&self, entry: &Value, kind: Option<&str>) -> bool {
        let domain = entry.get("domain").and_then(Value::as_str);
        if self.domain.as_deref().is_some_and(|wanted| Some(wanted) != domain) {
            return false;
        }
        match (&self.types, kind) {
            (None, _) => true,
            (Some(types), Some(kind)) => types.iter().any(|wanted| wanted == kind),
            (Some(types), None) => types.iter().any(|wanted| wanted != "helper"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_integrations_are_no_helpers() {
        let entry = json!({"domain": "mqtt"});
        let check = |types: &[&str], kind| {
            let types = Some(types.iter().map(|kind| (*kind).to_owned()).collect());
            EntryFilter { domain: None, types }.wants(&entry, kind)
        };
        assert!(check(&["hub", "service"], Some("service")) && !check(&["hub"], Some("service")));
        assert!(check(&["hub"], None) && check(&["hub", "helper"], None) && !check(&["helper"], None));
        let only = |domain: &str| EntryFilter { domain: Some(domain.to_owned()), types: None }.wants(&entry, None);
        assert!(only("mqtt") && !only("demo"));
    }
}
