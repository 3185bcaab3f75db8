//! The states of an entry and the only ways from one to another.

use crate::Reason;

/// What state an entry is in. Moves only by [`EntryState::after`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EntryState {
    /// Not set up; every entry starts so.
    #[default]
    NotLoaded,
    /// The integration is setting it up.
    SetupInProgress,
    /// It works.
    Loaded,
    /// It could not be set up, and will not be until somebody does something. With the reason.
    SetupError(Reason),
    /// It could not be set up yet; another try is due. With the reason.
    SetupRetry(Reason),
    /// Its data could not be brought to the version of the integration.
    MigrationError,
    /// The integration is taking it down.
    UnloadInProgress,
    /// It could not be taken down: the hub must restart.
    FailedUnload(Reason),
}

/// What moves an entry from one state to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Setting up begins: asked for, or a retry is due.
    Setup,
    /// Setting up succeeded.
    SetUp,
    /// Setting up failed.
    Failed(Setback),
    /// Taking down begins. An entry without running code is down at once.
    Unload,
    /// Taking down succeeded.
    Unloaded,
    /// Taking down failed, or is not supported.
    UnloadFailed(Reason),
    /// Somebody asks for another try to bring the data to the integration's version.
    RetryMigration,
}

/// How setting up failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setback {
    /// For good, until somebody does something; also for credentials that are refused.
    Fatal(Reason),
    /// Not ready yet.
    NotReady(Reason),
    /// The stored version is newer, or migrating it failed.
    Migration,
}

/// There is no such way. The entry stays as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry that is {from} cannot go on to {cause:?}")]
pub struct IllegalTransition {
    /// The entry's state.
    pub from: &'static str,
    /// What was wanted.
    pub cause: Cause,
}

impl EntryState {
    /// Returns the state that `cause` leads to.
    ///
    /// # Errors
    /// [`IllegalTransition`] for every pair that Home Assistant's table does not list.
    pub fn after(&self, cause: Cause) -> Result<Self, IllegalTransition> {
        use EntryState as S;
        match (self, cause) {
            (S::NotLoaded | S::SetupRetry(_) | S::SetupError(_), Cause::Setup) => Ok(S::SetupInProgress),
            (S::SetupInProgress, Cause::SetUp) => Ok(S::Loaded),
            (S::SetupInProgress, Cause::Failed(setback)) => Ok(match setback {
                Setback::Fatal(reason) => S::SetupError(reason),
                Setback::NotReady(reason) => S::SetupRetry(reason),
                Setback::Migration => S::MigrationError,
            }),
            (S::Loaded, Cause::Unload) => Ok(S::UnloadInProgress),
            (S::SetupError(_) | S::SetupRetry(_), Cause::Unload) => Ok(S::NotLoaded),
            (S::UnloadInProgress, Cause::Unloaded) => Ok(S::NotLoaded),
            (S::Loaded | S::UnloadInProgress, Cause::UnloadFailed(reason)) => Ok(S::FailedUnload(reason)),
            (S::MigrationError, Cause::RetryMigration) => Ok(S::NotLoaded),
            (from, cause) => Err(IllegalTransition { from: from.as_str(), cause }),
        }
    }

    /// Tells whether the entry may be taken down or set up again.
    pub const fn is_recoverable(&self) -> bool {
        matches!(self, Self::NotLoaded | Self::Loaded | Self::SetupError(_) | Self::SetupRetry(_))
    }

    /// Returns the word on the wire.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::NotLoaded => "not_loaded",
            Self::SetupInProgress => "setup_in_progress",
            Self::Loaded => "loaded",
            Self::SetupError(_) => "setup_error",
            Self::SetupRetry(_) => "setup_retry",
            Self::MigrationError => "migration_error",
            Self::UnloadInProgress => "unload_in_progress",
            Self::FailedUnload(_) => "failed_unload",
        }
    }

    /// Returns why it is in this state, for people.
    pub const fn reason(&self) -> Option<&Reason> {
        match self {
            Self::SetupError(reason) | Self::SetupRetry(reason) | Self::FailedUnload(reason) => Some(reason),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn causes() -> [Cause; 9] {
        [
            Cause::Setup,
            Cause::SetUp,
            Cause::Failed(Setback::Fatal(Reason::default())),
            Cause::Failed(Setback::NotReady(Reason::default())),
            Cause::Failed(Setback::Migration),
            Cause::Unload,
            Cause::Unloaded,
            Cause::UnloadFailed(Reason::default()),
            Cause::RetryMigration,
        ]
    }

    /// For each state, where each cause leads; `-` for nowhere.
    #[track_caller]
    fn check(from: &EntryState, expected: [&str; 9]) {
        let got = causes().map(|cause| from.after(cause).map_or("-", |state| state.as_str()));
        assert_eq!(got, expected, "{from:?}");
    }

    #[test]
    fn only_listed_transitions_exist() {
        use EntryState as S;
        let none = ["-"; 9];
        check(&S::NotLoaded, ["setup_in_progress", "-", "-", "-", "-", "-", "-", "-", "-"]);
        check(
            &S::SetupInProgress,
            ["-", "loaded", "setup_error", "setup_retry", "migration_error", "-", "-", "-", "-"],
        );
        check(&S::Loaded, ["-", "-", "-", "-", "-", "unload_in_progress", "-", "failed_unload", "-"]);
        for state in [S::SetupError(Reason::default()), S::SetupRetry(Reason::default())] {
            check(&state, ["setup_in_progress", "-", "-", "-", "-", "not_loaded", "-", "-", "-"]);
        }
        check(&S::UnloadInProgress, ["-", "-", "-", "-", "-", "-", "not_loaded", "failed_unload", "-"]);
        check(&S::MigrationError, ["-", "-", "-", "-", "-", "-", "-", "-", "not_loaded"]);
        check(&S::FailedUnload(Reason::default()), none);
    }
}
