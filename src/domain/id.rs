//! Identifiers: random, never renumbered, short enough to type.
//!
//! Stores of several clones will be merged one day, so nothing counts upwards. A person or an agent may
//! shorten an id to any unique prefix.

/// What an id names; decides its prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Noun {
    /// A task.
    Task,
    /// A message.
    Message,
    /// A decision.
    Decision,
    /// An entry of the activity log.
    Activity,
    /// A vote.
    Vote,
    /// A call that waits for an approval.
    Request,
    /// A plan.
    Plan,
}

impl Noun {
    /// The letters before the dash.
    #[must_use]
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Task => "task",
            Self::Message => "msg",
            Self::Decision => "dec",
            Self::Activity => "act",
            Self::Vote => "vote",
            Self::Request => "req",
            Self::Plan => "plan",
        }
    }

    /// The id made of five random bytes: the prefix and 8 base32 characters (40 bits).
    ///
    /// The alphabet is Crockford's: digits and lower-case letters without `i l o u`, so that an id read
    /// aloud or copied by hand survives.
    #[must_use]
    pub fn id(self, random: [u8; 5]) -> String {
        const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let bits = random
            .iter()
            .fold(0u64, |bits, byte| bits << 8 | u64::from(*byte));
        let mut id = String::with_capacity(13);
        id.push_str(self.prefix());
        id.push('-');
        for place in (0..8).rev() {
            let index = usize::try_from(bits >> (place * 5) & 31).unwrap_or_default();
            id.push(char::from(ALPHABET[index]));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_its_prefix_and_eight_characters() {
        assert_eq!(Noun::Task.id([0; 5]), "task-00000000");
        assert_eq!(Noun::Message.id([0xff; 5]), "msg-zzzzzzzz");
        assert_eq!(Noun::Decision.id([0, 0, 0, 0, 33]), "dec-00000011");
    }
}
