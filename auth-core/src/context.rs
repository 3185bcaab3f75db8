//! Where an action comes from.

use core::fmt;

use crate::UserId;

/// Says which action caused something, and who asked for it.
///
/// Every state, event and service call carries one. `user_id` is attribution only: whose rights count is the
/// [`Principal`](crate::Principal)'s business, so that an automation may act with its own rights for somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Context {
    /// Unique for each action.
    pub id: ContextId,
    /// The context of the action that set this one off.
    pub parent_id: Option<ContextId>,
    /// Who asked; `None` for what nobody asked for.
    pub user_id: Option<UserId>,
}

/// A context's identifier: a ULID, 26 characters of Crockford's base 32, the first ten of them the time.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContextId([u8; 26]);

impl Context {
    /// Returns the context of an action that `user_id` asked for directly.
    pub const fn new(id: ContextId, user_id: Option<UserId>) -> Self {
        Self { id, parent_id: None, user_id }
    }

    /// Returns the context of an action that this one sets off: same user, this one as its parent.
    #[must_use]
    pub fn child(&self, id: ContextId) -> Self {
        Self { id, parent_id: Some(self.id), user_id: self.user_id.clone() }
    }
}

impl ContextId {
    /// Makes a ULID of the time in milliseconds since the Unix epoch (48 bits are used) and 80 random bits (likewise).
    pub fn from_parts(millis: u64, random: u128) -> Self {
        let mut value = (u128::from(millis) & 0xFFFF_FFFF_FFFF) << 80 | random & ((1 << 80) - 1);
        let mut text = [b'0'; 26];
        for place in text.iter_mut().rev() {
            *place = ALPHABET.get((value & 31) as usize).copied().unwrap_or(b'0');
            value >>= 5;
        }
        Self(text)
    }

    /// Parses 26 characters of the alphabet; capitals only, as they are written.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 26] = text.as_bytes().try_into().ok()?;
        bytes.iter().all(|b| ALPHABET.contains(b)).then_some(Self(bytes))
    }

    /// Returns the 26 characters.
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl fmt::Debug for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ContextId({})", self.as_str())
    }
}

impl fmt::Display for ContextId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use alloc::{format, string::ToString};

    use super::*;

    #[test]
    fn ulids_print_time_first() {
        assert_eq!(ContextId::from_parts(0, 0).as_str(), "00000000000000000000000000");
        // The example of the ULID specification's time part.
        assert!(ContextId::from_parts(1_469_918_176_385, 0).as_str().starts_with("01ARYZ6S41"));
        let all = ContextId::from_parts(u64::MAX, u128::MAX);
        assert_eq!(all.as_str(), "7ZZZZZZZZZZZZZZZZZZZZZZZZZ");
        assert_eq!(ContextId::parse(all.as_str()), Some(all));
        assert_eq!(ContextId::parse("01ARYZ6S41I"), None);
        assert_eq!(all.to_string(), all.as_str());
        assert_eq!(format!("{all:?}"), "ContextId(7ZZZZZZZZZZZZZZZZZZZZZZZZZ)");
    }
}
