//! The verdict of the text alone.

use std::fmt;

use sortie_model::Location;

use super::{Sign, Text};

/// What the text of a URL or a request says by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// What there is to say, in the order of the candidates.
    pub reasons: Vec<Reason>,
}

/// One thing to say about one candidate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Where the candidate stands.
    pub location: Option<Location>,
    /// What it is.
    pub sign: Sign,
    /// Whether it is enough to call the text an attack.
    pub is_attack: bool,
    /// It in a sentence, as sent by the client.
    pub words: String,
}

impl Verdict {
    /// Of all candidates.
    pub fn of(text: &Text) -> Self {
        let mut reasons = Vec::new();
        for written in &text.candidates {
            let reason = |sign: Sign| Reason {
                location: written.location.clone(),
                sign,
                is_attack: sign.is_attack(written),
                words: sign.words(written),
            };
            reasons.extend(Sign::of(written).into_iter().map(reason));
        }
        Self { reasons }
    }

    /// Whether the text is an attack, as far as a text can be one.
    pub fn is_attack(&self) -> bool {
        self.reasons.iter().any(|reason| reason.is_attack)
    }
}

/// `$.url: confusing: parsers read different hosts: a, b`.
impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(location) = &self.location {
            write!(f, "{location}: ")?;
        }
        write!(f, "{}: {}", self.sign.as_str(), self.words)
    }
}
