use std::{
    fs,
    sync::atomic::{AtomicU32, Ordering},
};

use super::*;

/// A made-up package that is removed with its test.
struct Package(PathBuf);

impl Package {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = std::env::temp_dir().join(format!("doorward-frontend-{}-{n}", std::process::id()));
        let root = dir.join("hass_frontend");
        for folder in ["static/translations", "frontend_latest", "frontend_es5"] {
            fs::create_dir_all(root.join(folder)).unwrap();
        }
        fs::create_dir(dir.join(format!("home_assistant_frontend-{VERSION}.dist-info"))).unwrap();
        fs::write(root.join("service_worker.js"), "").unwrap();
        fs::write(root.join("frontend_latest/app.1.js"), "").unwrap();
        for page in ["index.html", "authorize.html", "onboarding.html"] {
            fs::write(root.join(page), "<html><script>import(\"/frontend_latest/app.1.js\")</script></html>").unwrap();
        }
        Self(dir)
    }

    #[track_caller]
    fn check(&self, releases: Releases, expected: &str) {
        let found = Frontend::open(&self.0, releases);
        let said = found.map_or_else(|error| error.to_string(), |found| found.version().unwrap_or("?").to_owned());
        assert!(said.contains(expected), "{said}");
    }
}

impl Drop for Package {
    fn drop(&mut self) {
        _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_whole_package_is_opened() {
    let package = Package::new();
    package.check(Releases::Tried, VERSION);
    let found = Frontend::open(&package.0.join("hass_frontend"), Releases::Tried).unwrap();
    assert_eq!(found.version(), Some(VERSION));
}

#[test]
fn what_is_missing_is_named() {
    for missing in ["service_worker.js", "frontend_latest/app.1.js", "authorize.html"] {
        let package = Package::new();
        fs::remove_file(package.0.join("hass_frontend").join(missing)).unwrap();
        package.check(Releases::Any, missing);
    }
    let package = Package::new();
    fs::remove_file(package.0.join("hass_frontend/index.html")).unwrap();
    package.check(Releases::Any, "has no folder `hass_frontend`");
}

#[test]
fn another_version_is_for_who_wants_any() {
    let package = Package::new();
    let info = |version: &str| package.0.join(format!("home_assistant_frontend-{version}.dist-info"));
    fs::rename(info(VERSION), info("20251001.0")).unwrap();
    package.check(Releases::Tried, "version 20251001.0 is there");
    package.check(Releases::Any, "20251001.0");
    // Of the same release: a later correction.
    fs::rename(info("20251001.0"), info("20261028.9")).unwrap();
    package.check(Releases::Tried, "20261028.9");
    // Two are none.
    fs::create_dir(info("20251001.0")).unwrap();
    package.check(Releases::Tried, "nothing says which version");
    package.check(Releases::Any, "?");
}

#[test]
fn a_broken_template_is_named() {
    let package = Package::new();
    fs::write(package.0.join("hass_frontend/index.html"), "<html>{{ what }}</html>").unwrap();
    package.check(Releases::Any, "index.html` is not the template");
}
