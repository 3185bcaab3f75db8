//! Where the lines of a file find the homes and the users that they name.

use std::{
    collections::{HashMap, VecDeque},
    fs,
    path::{Path, PathBuf},
    rc::Rc,
};

use anyhow::{Context, Result};

use super::{
    house::House,
    line::{self, Line},
    mismatch::{Mismatch, Outcome},
};

/// The homes and users in a file, and in those beside it: read when first needed, in the order of likelihood.
pub(crate) struct Library {
    own: Shelf,
    beside: Shelf,
    unread: VecDeque<PathBuf>,
}

/// Lines by id; homes are built once.
#[derive(Default)]
struct Shelf {
    homes: HashMap<String, String>,
    users: HashMap<String, String>,
    built: HashMap<String, Rc<House>>,
}

impl Library {
    /// Returns the library of a file, whose text is given.
    pub(crate) fn new(path: &Path, text: &str) -> Self {
        let mut own = Shelf::default();
        own.take_in(text);
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut unread = vector_files(folder).unwrap_or_default();
        unread.retain(|other| other.file_name() != path.file_name());
        unread.sort_by_key(|file| {
            let name = file.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
            (name != "registries.jsonl", name != "users.jsonl")
        });
        Self { own, beside: Shelf::default(), unread: unread.into() }
    }

    /// Returns the home that a line names.
    pub(crate) fn house(&mut self, id: &str) -> Outcome<Rc<House>> {
        loop {
            if let Some(house) = self.own.house(id)? {
                return Ok(house);
            }
            if let Some(house) = self.beside.house(id)? {
                return Ok(house);
            }
            if !self.read_next() {
                return Err(Mismatch::not_understood("a registry in this file or beside it", id));
            }
        }
    }

    /// Returns the line of the user case that another line names.
    pub(crate) fn user(&mut self, id: &str) -> Outcome<String> {
        loop {
            if let Some(text) = self.own.users.get(id).or_else(|| self.beside.users.get(id)) {
                return Ok(text.clone());
            }
            if !self.read_next() {
                return Err(Mismatch::not_understood("a user case in this file or beside it", id));
            }
        }
    }

    fn read_next(&mut self) -> bool {
        let Some(file) = self.unread.pop_front() else { return false };
        // A file that cannot be read holds nothing; whoever runs it is told.
        if let Ok(text) = fs::read_to_string(file) {
            self.beside.take_in(&text);
        }
        true
    }
}

impl Shelf {
    fn take_in(&mut self, text: &str) {
        for line in text.split('\n') {
            // A cheap look before the whole line is read: both have these words, and few others do.
            let maybe_home = line.contains("\"entities\"") && line.contains("\"devices\"");
            let maybe_user = line.contains("\"group_ids\"");
            if !maybe_home && !maybe_user {
                continue;
            }
            let (Ok(parsed), Some(id)) = (Line::parse(line), line::id_of(line)) else { continue };
            match parsed {
                Line::Registry(_) => _ = self.homes.entry(id).or_insert_with(|| line.to_owned()),
                Line::User(_) => _ = self.users.entry(id).or_insert_with(|| line.to_owned()),
                _ => {}
            }
        }
    }

    fn house(&mut self, id: &str) -> Outcome<Option<Rc<House>>> {
        if let Some(house) = self.built.get(id) {
            return Ok(Some(Rc::clone(house)));
        }
        let Some(text) = self.homes.get(id) else { return Ok(None) };
        let house = Rc::new(House::new(&line::read(text)?)?);
        self.built.insert(id.to_owned(), Rc::clone(&house));
        Ok(Some(house))
    }
}

/// Returns the `.jsonl` files of a folder, by name.
pub(crate) fn vector_files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).context("cannot be read")? {
        let path = entry.context("cannot be read")?.path();
        if path.extension().is_some_and(|extension| extension == "jsonl") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}
