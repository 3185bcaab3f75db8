//! Updates.

use components::feature::update as feature;
use serde_json::{Map, Value, json};

use super::{Answer, Ask, Model, Tick, invalid, members};

/// An update of something's software. Installing takes a few steps.
#[derive(Clone)]
pub(crate) struct Update {
    installed: &'static str,
    latest: &'static str,
    title: &'static str,
    skipped: bool,
    /// Percent.
    progress: Option<u8>,
}

impl Update {
    pub(crate) const fn new(title: &'static str, installed: &'static str, latest: &'static str) -> Self {
        Self { installed, latest, title, skipped: false, progress: None }
    }

    fn is_available(&self) -> bool {
        self.installed != self.latest
    }
}

impl Model for Update {
    fn features(&self) -> Option<u64> {
        Some(feature::INSTALL | feature::PROGRESS)
    }

    fn state(&self) -> String {
        if self.is_available() && !self.skipped { "on" } else { "off" }.to_owned()
    }

    fn attributes(&self) -> Map<String, Value> {
        members(json!({
            "auto_update": false,
            "display_precision": 0,
            "installed_version": self.installed,
            "in_progress": self.progress.is_some(),
            "latest_version": self.latest,
            "release_summary": null,
            "release_url": null,
            "skipped_version": self.skipped.then_some(self.latest),
            "title": self.title,
            "update_percentage": self.progress,
        }))
    }

    fn call(&mut self, ask: &Ask<'_>) -> Answer {
        let id = ask.entity_id;
        match ask.service {
            "install" if ask.has("version") => {
                return Err(invalid(format!("Installing a specific version is not supported for {id}")));
            }
            "install" if ask.flag("backup") == Some(true) => {
                return Err(invalid(format!("Backup is not supported for {id}")));
            }
            "install" if self.progress.is_some() => return Err(invalid(format!("Update of {id} is in progress"))),
            "install" | "skip" if !self.is_available() => {
                return Err(invalid(format!("No update available for {id}")));
            }
            "install" => (self.progress, self.skipped) = (Some(0), false),
            "skip" => self.skipped = true,
            "clear_skipped" => self.skipped = false,
            _ => return Err(ask.unsupported()),
        }
        Ok(None)
    }

    fn step(&mut self, _: Tick) -> bool {
        let Some(progress) = self.progress else { return false };
        self.progress = Some(progress + 25).filter(|percent| *percent < 100);
        if self.progress.is_none() {
            self.installed = self.latest;
        }
        true
    }
}
