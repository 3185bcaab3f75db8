//! Finding the package's files, and whether they are all there.

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::page::{BadTemplate, Page};

/// The version that everything here was tried with.
pub const VERSION: &str = "20261028.4";

/// Which versions of the package are taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Releases {
    /// Those of the release that was tried: [`VERSION`], whatever its last number.
    #[default]
    Tried,
    /// Whatever is there.
    Any,
}

/// The frontend's files, found and whole.
#[derive(Debug)]
pub struct Frontend {
    root: PathBuf,
    version: Option<String>,
    index: Page,
    authorize: Page,
    onboarding: Page,
}

/// Why there is no frontend to serve. Files are named within the package: this is shown to whoever opens the hub's address.
#[derive(Debug, Error)]
pub enum NoFrontend {
    /// There is no such directory, or not the package in it.
    #[error("the directory that was given has no folder `hass_frontend`, nor is it one")]
    NoPackage,
    /// A file that the pages need is missing.
    #[error(
        "`{0}` is missing: the package is not whole, or two versions are mixed; unpack it again into an empty directory"
    )]
    Missing(String),
    /// A file cannot be read.
    #[error("`{0}` cannot be read: {1}")]
    Unreadable(String, io::Error),
    /// A template is none.
    #[error("`{0}` is not the template that it should be: {1}")]
    Template(String, BadTemplate),
    /// The package is of a release that was not tried.
    #[error("version {0} is there, this hub was tried with {VERSION}")]
    OtherVersion(String),
    /// Nothing says which version it is.
    #[error(
        "nothing says which version it is (no `home_assistant_frontend-….dist-info` beside it), this hub was tried with {VERSION}"
    )]
    UnknownVersion,
}

/// What must be there besides the pages.
const NEEDED: [&str; 4] = ["service_worker.js", "static/translations", "frontend_latest", "frontend_es5"];

impl Frontend {
    /// Opens the frontend in a directory that holds the folder `hass_frontend`, or is it. Reads three pages, and looks
    /// whether the files that they start with are there.
    ///
    /// # Errors
    /// [`NoFrontend`].
    pub fn open(dir: &Path, releases: Releases) -> Result<Self, NoFrontend> {
        let inner = dir.join("hass_frontend");
        let candidates = [inner.as_path(), dir].into_iter();
        let root = candidates.into_iter().find(|root| root.join("index.html").is_file());
        let root = root.ok_or(NoFrontend::NoPackage)?.to_owned();
        let version = version_of(&root);
        if releases == Releases::Tried {
            match &version {
                None => return Err(NoFrontend::UnknownVersion),
                Some(version) if release_of(version) != release_of(VERSION) => {
                    return Err(NoFrontend::OtherVersion(version.clone()));
                }
                Some(_) => {}
            }
        }
        for needed in NEEDED {
            if !root.join(needed).exists() {
                return Err(NoFrontend::Missing(needed.to_owned()));
            }
        }
        let page = |name: &str| -> Result<Page, NoFrontend> {
            let template = std::fs::read_to_string(root.join(name)).map_err(|error| match error.kind() {
                io::ErrorKind::NotFound => NoFrontend::Missing(name.to_owned()),
                _ => NoFrontend::Unreadable(name.to_owned(), error),
            })?;
            let page = Page::render(&template).map_err(|problem| NoFrontend::Template(name.to_owned(), problem))?;
            // What a page loads has the hash of its contents in its name: a page of another version names others.
            let missing = page.scripts().find(|script| !root.join(script).is_file()).map(str::to_owned);
            missing.map_or(Ok(page), |script| Err(NoFrontend::Missing(script)))
        };
        let (index, authorize, onboarding) = (page("index.html")?, page("authorize.html")?, page("onboarding.html")?);
        Ok(Self { root, version, index, authorize, onboarding })
    }

    /// Returns the folder whose files are served as they are.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Returns which version it is, if that is known.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Returns the page of every panel.
    pub const fn index(&self) -> &Page {
        &self.index
    }

    /// Returns the page on which people log in.
    pub const fn authorize(&self) -> &Page {
        &self.authorize
    }

    /// Returns the page of the first start.
    pub const fn onboarding(&self) -> &Page {
        &self.onboarding
    }
}

/// Returns the day of a version such as `20261028.4`.
fn release_of(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

/// Returns the version that the package's metadata beside it names; none if there is not exactly one.
fn version_of(root: &Path) -> Option<String> {
    let beside = std::fs::read_dir(root.parent()?).ok()?;
    let names = beside.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut versions = names
        .filter_map(|name| Some(name.strip_prefix("home_assistant_frontend-")?.strip_suffix(".dist-info")?.to_owned()));
    let version = versions.next()?;
    versions.next().is_none().then_some(version)
}

#[cfg(test)]
mod tests;
