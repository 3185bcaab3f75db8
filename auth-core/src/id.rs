//! Identifiers: opaque strings made elsewhere (32 hex digits in Home Assistant), cheap to clone.

use alloc::{string::String, sync::Arc};
use core::{borrow::Borrow, fmt};

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Wraps `id` as it stands. O(length), allocates once.
            pub fn new(id: impl AsRef<str>) -> Self {
                Self(Arc::from(id.as_ref()))
            }

            /// Returns the identifier as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(id: &str) -> Self {
                Self::new(id)
            }
        }

        impl From<String> for $name {
            fn from(id: String) -> Self {
                Self(Arc::from(id))
            }
        }
    };
}

id!(
    /// Identifies a user for good; never given to another one.
    UserId
);
id!(
    /// Identifies a group. `system-admin`, `system-users` and `system-read-only` are fixed.
    GroupId
);
id!(
    /// Identifies a refresh token (not its secret): a session, a program's long-lived token, or a system token.
    TokenId
);
id!(
    /// Identifies a credential: one way in which a user can prove who they are.
    CredentialId
);
