//! The proven sinks of a request's endpoint: what stands there is dialled, so it is read as a destination in any
//! way that it can be, and in each container in which the service may read it.

use std::sync::Arc;

use sortie_model::{Container, Containers};

/// A proven sink of the endpoint that a request goes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvenSink {
    /// Its canonical parameter.
    pub parameter: Arc<str>,
    /// The containers that the service is known or supposed to find it in, whatever a body declares.
    pub read_in: Containers,
}

impl ProvenSink {
    /// Whether a parameter whose name ends in this may be the sink: told without its whole name.
    pub(super) fn may_end_in(&self, end: &[u8]) -> bool {
        let word = self.parameter.rsplit(['.', ':']).next().unwrap_or_default().as_bytes();
        // A name in an id format is no part of the parameter, and letters beyond ASCII have more cases.
        word == b"{id}"
            || !end.is_ascii()
            || word.is_empty()
            || end.windows(word.len()).any(|part| part.eq_ignore_ascii_case(word))
    }

    /// Whether this part of a name as it was written may be a part of the sink's.
    pub(super) fn may_have_part(&self, part: &str) -> bool {
        let part = part.as_bytes();
        // As above, and controls are written otherwise.
        let is_plain = part.iter().all(|byte| matches!(byte, b' '..=b'~'));
        if part.is_empty() {
            return self.parameter.is_empty() || self.parameter.ends_with(':');
        }
        !is_plain
            || self.parameter.contains("{id}")
            || self.parameter.as_bytes().windows(part.len()).any(|own| own.eq_ignore_ascii_case(part))
    }

    /// Whether its name says that it is in this container.
    pub(super) fn is_in(&self, container: Container) -> bool {
        Containers::of_parameter(&self.parameter) == container.into()
    }

    /// Whether it is this canonical parameter, or stands within what is named so.
    pub(super) fn is_at_or_within(&self, parameter: &str) -> bool {
        let rest = self.parameter.strip_prefix(parameter);
        rest.is_some_and(|rest| rest.is_empty() || !parameter.is_empty() && rest.starts_with('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sink_may_stand_within_what_is_around_it() {
        let sink = ProvenSink { parameter: "a.hook.url".into(), read_in: Containers::NONE };
        for parameter in ["a", "a.hook", "a.hook.url"] {
            assert!(sink.is_at_or_within(parameter), "{parameter}");
        }
        for parameter in ["", "a.ho", "hook", "a.hook.url.x", "xml:"] {
            assert!(!sink.is_at_or_within(parameter), "{parameter}");
        }
        for part in ["HOOK", "url", "\u{e9}", "u\u{1}rl"] {
            assert!(sink.may_have_part(part), "{part}");
        }
        assert!(!sink.may_have_part("other") && !sink.may_have_part(""));
        assert!(ProvenSink { parameter: "".into(), ..sink }.is_at_or_within(""));
    }
}
