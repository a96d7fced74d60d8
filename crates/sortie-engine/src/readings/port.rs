//! The port of a reading.

/// The port that a parser hands out beside a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// None is given: the scheme's own.
    Default,
    /// This one.
    Number(u16),
    /// Something that is no port and that the parser lets pass, as in `h:99999` and `h:x`. A dial
    /// there fails, or goes to the scheme's port, as the client pleases.
    Invalid,
}

impl Port {
    /// Of what stands behind the colon; of nothing the default.
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            return Self::Default;
        }
        // `u16::from_str` would take a sign.
        let number = text.parse().ok().filter(|_| is_digits(text));
        number.map_or(Self::Invalid, Self::Number)
    }
}

/// Whether a text is digits only, perhaps none.
pub(super) fn is_digits(text: &str) -> bool {
    text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_digits_in_range_are_a_number() {
        assert_eq!(Port::of(""), Port::Default);
        assert_eq!(Port::of("000000080"), Port::Number(80));
        for text in ["65536", "+80", "-1", "x", " 80", "８０"] {
            assert_eq!(Port::of(text), Port::Invalid, "{text}");
        }
    }
}
