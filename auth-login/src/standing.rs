//! Whether a user may sign in right now, however they prove who they are.

use std::net::IpAddr;

use crate::client::is_local;

/// What an account's settings say about signing in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UserStanding {
    /// Whether the account is in use. An account that does not exist counts as not active.
    pub is_active: bool,
    /// Whether the user may sign in from this network only.
    pub local_only: bool,
}

/// Returns why a user may not sign in from `remote_ip` (`None` if it is not known), or `None` if they may.
///
/// To be asked at the end of a login, for both token grants, and for every bearer, signed and WebSocket request.
/// Source: Home Assistant's checks and their texts, which clients see.
pub fn standing_refusal(standing: UserStanding, remote_ip: Option<IpAddr>) -> Option<&'static str> {
    if !standing.is_active {
        return Some("User is not active");
    }
    if !standing.local_only {
        return None;
    }
    match remote_ip {
        None => Some("Invalid remote IP"),
        Some(ip) if is_local(ip) => None,
        Some(_) => Some("User cannot authenticate remotely"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(is_active: bool, local_only: bool, remote_ip: &str, expected: Option<&str>) {
        assert_eq!(standing_refusal(UserStanding { is_active, local_only }, remote_ip.parse().ok()), expected);
    }

    #[test]
    fn the_first_reason_that_applies_is_given() {
        check(true, false, "192.0.2.1", None);
        check(true, false, "?", None);
        check(true, true, "10.0.0.1", None);
        check(true, true, "::ffff:10.0.0.1", None);
        check(true, true, "192.0.2.1", Some("User cannot authenticate remotely"));
        check(true, true, "?", Some("Invalid remote IP"));
        check(false, true, "10.0.0.1", Some("User is not active"));
        check(false, false, "10.0.0.1", Some("User is not active"));
    }
}
