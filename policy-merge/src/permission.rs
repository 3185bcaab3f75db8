//! The three things one may be allowed to do with an entity.

use core::{fmt, str::FromStr};

/// One thing that a policy can allow on an entity.
///
/// Home Assistant's keys are open strings (`true` grants any of them); here they are these three, and any other is an
/// input error, so an unknown key can never be a grant. As a number, each is its bit of [`Permissions`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Permission {
    /// See the entity: its state, attributes, history, name.
    Read = 1,
    /// Act on the entity through services.
    Control = 2,
    /// Change what the registry says of the entity for people: name, icon, aliases, display options.
    Edit = 4,
}

impl Permission {
    /// Every permission, in the order in which policies are printed.
    pub const ALL: [Self; 3] = [Self::Read, Self::Control, Self::Edit];

    /// Returns the key that stands for it in a policy.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Control => "control",
            Self::Edit => "edit",
        }
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Permission {
    type Err = UnknownPermission;

    /// Parses exactly `read`, `control` or `edit`.
    fn from_str(key: &str) -> Result<Self, UnknownPermission> {
        Self::ALL.into_iter().find(|p| p.as_str() == key).ok_or(UnknownPermission)
    }
}

/// The key is none of `read`, `control` and `edit`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a permission is one of `read`, `control` and `edit`")]
pub struct UnknownPermission;

/// A set of [`Permission`]s: three bits.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Permissions(u8);

impl Permissions {
    /// No permission at all.
    pub const NONE: Self = Self(0);
    /// Read, control and edit.
    pub const ALL: Self = Self(0b111);

    /// Returns the set of the permissions in `bits` (1 read, 2 control, 4 edit); other bits are dropped.
    pub const fn from_bits(bits: u8) -> Self {
        Self(bits & Self::ALL.0)
    }

    /// Returns the bits: 1 read, 2 control, 4 edit.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Tells whether `permission` is in the set. A load and a test.
    pub const fn contains(self, permission: Permission) -> bool {
        self.0 & Self::bit(permission) != 0
    }

    /// Returns the set with `permission` added.
    #[must_use]
    pub const fn with(self, permission: Permission) -> Self {
        Self(self.0 | Self::bit(permission))
    }

    /// Returns what is in either set.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns what is in both sets.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Returns what is in this set and not in `other`.
    #[must_use]
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Tells whether the set is empty.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Iterates over the members in the order read, control, edit.
    pub fn iter(self) -> impl Iterator<Item = Permission> {
        Permission::ALL.into_iter().filter(move |p| self.contains(*p))
    }

    const fn bit(permission: Permission) -> u8 {
        permission as u8
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<I: IntoIterator<Item = Permission>>(permissions: I) -> Self {
        permissions.into_iter().fold(Self::NONE, Self::with)
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::*;

    #[test]
    fn sets_of_permissions_are_sets() {
        for a in (0..8).map(Permissions::from_bits) {
            for b in (0..8).map(Permissions::from_bits) {
                for permission in Permission::ALL {
                    let (in_a, in_b) = (a.contains(permission), b.contains(permission));
                    assert_eq!(a.union(b).contains(permission), in_a || in_b);
                    assert_eq!(a.intersection(b).contains(permission), in_a && in_b);
                    assert_eq!(a.without(b).contains(permission), in_a && !in_b);
                }
            }
            assert_eq!(Permissions::from_bits(a.bits()), a);
            for permission in Permission::ALL {
                assert_eq!(a.with(permission), a.union(Permissions::NONE.with(permission)));
                assert!(a.with(permission).with(permission).contains(permission));
            }
            assert_eq!(a.iter().collect::<Permissions>(), a);
            assert_eq!(a.is_empty(), a == Permissions::NONE);
        }
        assert_eq!(format!("{:?}", Permissions::from_bits(0b1111_0101)), "{Read, Edit}");
        assert_eq!("control".parse(), Ok(Permission::Control));
        assert_eq!(format!("{}", Permission::Control), "control");
    }
}
