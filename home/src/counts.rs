//! What has happened since the start, in numbers, and whether the disk works.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering::Relaxed};

use crate::Home;

/// Counters of a running home. Reading and counting never wait.
#[derive(Debug, Default)]
pub struct Counts {
    pub(crate) commits: AtomicU64,
    pub(crate) failed_commits: AtomicU64,
    pub(crate) is_failing: AtomicBool,
    pub(crate) logins: AtomicU64,
    pub(crate) failed_logins: AtomicU64,
    pub(crate) denials: AtomicU64,
    sockets: AtomicI64,
}

/// A socket that counts until it is dropped.
#[derive(Debug)]
pub struct OpenSocket(Home);

impl Home {
    /// Tells whether what was last to be kept could not be: the disk is full, read-only or broken. What is read still is.
    pub fn is_store_failing(&self) -> bool {
        self.inner.counts.is_failing.load(Relaxed)
    }

    /// Counts an open socket as long as what is returned lives.
    pub fn count_socket(&self) -> OpenSocket {
        self.inner.counts.sockets.fetch_add(1, Relaxed);
        OpenSocket(self.clone())
    }

    /// Returns names, help texts, whether it only grows, and values: what can be measured of a running home.
    pub fn measurements(&self) -> Vec<(&'static str, &'static str, bool, i64)> {
        let counts = &self.inner.counts;
        let grown = |counter: &AtomicU64| i64::try_from(counter.load(Relaxed)).unwrap_or(i64::MAX);
        let size = |n: usize| i64::try_from(n).unwrap_or(i64::MAX);
        let world = self.bus().world();
        let history = self.history_measured();
        let n_tokens = self.books().tokens.iter().count();
        vec![
            ("doorward_entities", "Registered entities.", false, size(world.registries.entities().count())),
            ("doorward_users", "Users, system users included.", false, size(world.auth.users().count())),
            ("doorward_tokens", "Refresh tokens.", false, size(n_tokens)),
            ("doorward_sockets", "Open WebSockets of people who are logged in.", false, counts.sockets.load(Relaxed)),
            ("doorward_logins_total", "Logins that succeeded.", true, grown(&counts.logins)),
            ("doorward_failed_logins_total", "Logins that failed or were refused.", true, grown(&counts.failed_logins)),
            ("doorward_denials_total", "Requests that were refused for want of rights.", true, grown(&counts.denials)),
            ("doorward_commits_total", "Changes put on disk.", true, grown(&counts.commits)),
            ("doorward_failed_commits_total", "Changes that could not be.", true, grown(&counts.failed_commits)),
            ("doorward_history_states", "States of before that are kept.", false, size(history.n_states)),
            ("doorward_history_bytes", "About how much memory they take.", false, size(history.bytes)),
            ("doorward_history_gaps_total", "Times that states were lost to the history.", true, grown(history.n_gaps)),
            ("doorward_store_failing", "1 while changes cannot be put on disk.", false, self.is_store_failing().into()),
        ]
    }
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        self.0.inner.counts.sockets.fetch_sub(1, Relaxed);
    }
}
