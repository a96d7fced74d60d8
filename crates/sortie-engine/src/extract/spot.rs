//! Where a text stands while it is searched.

use std::sync::Arc;

use sortie_model::place::canonical_parameter;
use sortie_model::{Container, Decoding, Decodings, Location, Nature};

use super::host::Trust;
use super::names::Meaning;
use super::shown;

/// Characters of a parameter's name that are kept.
pub(super) const NAME_LENGTH: usize = 120;

/// How the nature of what is found at a spot is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// By the parameter's name.
    Name,
    /// By the type of the container: an external entity, `src` of an image.
    Type,
    /// As [`Setting::Name`], but dotted texts here are other things than hosts: file names, words of
    /// a path.
    Urls,
    /// As a field that every client sends.
    Ambient,
}

/// One value of a request, and how the search came to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot<'a> {
    pub(super) container: Container,
    /// The name within the container, for people.
    pub(super) name: &'a str,
    /// The name that makes the place, where it is not `name`.
    pub(super) parameter: &'a str,
    pub(super) decodings: Decodings,
    /// Decodings laid one inside another so far.
    pub(super) depth: usize,
    pub(super) setting: Setting,
    /// Which call it is an argument of: see [`Collector::begin_call`](super::collector::Collector::begin_call).
    pub(super) call: usize,
}

impl<'a> Spot<'a> {
    /// A parameter that is judged by its name.
    pub(super) fn new(container: Container, name: &'a str) -> Self {
        Self {
            container,
            name,
            parameter: name,
            decodings: Decodings::PLAIN,
            depth: 0,
            setting: Setting::Name,
            call: 0,
        }
    }

    /// The same spot under another name.
    pub(super) fn named(self, name: &str) -> Spot<'_> {
        Spot { name, parameter: name, ..self }
    }

    /// The same spot with another place than its name says.
    pub(super) fn placed<'b>(self, name: &'b str, parameter: &'b str) -> Spot<'b> {
        Spot { name, parameter, ..self }
    }

    /// The same spot in another setting.
    pub(super) fn set(self, setting: Setting) -> Self {
        Self { setting, ..self }
    }

    /// One container further in that needs no decoding.
    pub(super) fn inside(self) -> Self {
        Self { depth: self.depth + 1, ..self }
    }

    /// One decoding further in.
    pub(super) fn decoded(self, decoding: Decoding) -> Self {
        Self { decodings: self.decodings.with(decoding), depth: self.depth + 1, ..self }
    }

    /// Where it is, for people.
    pub(super) fn location(&self) -> Location {
        Location { container: self.container, name: Arc::from(shown::clean(self.name, NAME_LENGTH)) }
    }

    /// Its canonical parameter.
    pub(super) fn place(&self) -> Arc<str> {
        canonical_parameter(self.container, &shown::clean(self.parameter, NAME_LENGTH))
    }

    /// What the name says; nothing where a setting overrules it.
    pub(super) fn meaning(&self) -> Meaning {
        match self.setting {
            Setting::Name => Meaning::of(self.parameter),
            Setting::Urls | Setting::Ambient => Meaning { label: false, ..Meaning::of(self.parameter) },
            Setting::Type => Meaning { destination: true, ..Meaning::NONE },
        }
    }

    /// How much may be taken for a host here.
    pub(super) fn trust(&self, meaning: Meaning) -> Trust {
        match self.setting {
            Setting::Urls if !meaning.destination => Trust::Strict,
            _ if meaning.host => Trust::Host,
            _ if meaning.destination => Trust::Destination,
            _ => Trust::Value,
        }
    }

    /// The nature of a destination that is the whole value.
    pub(super) fn nature(&self, meaning: Meaning) -> Nature {
        match self.setting {
            Setting::Ambient => Nature::Ambient,
            Setting::Name | Setting::Urls | Setting::Type if meaning.destination => Nature::Named,
            Setting::Name | Setting::Urls | Setting::Type => Nature::Value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_settings_tell_the_nature() {
        let nature = |spot: Spot<'_>| spot.nature(spot.meaning());
        assert_eq!(nature(Spot::new(Container::Query, "url")), Nature::Named);
        assert_eq!(nature(Spot::new(Container::Query, "q")), Nature::Value);
        assert_eq!(nature(Spot::new(Container::Header, "host").set(Setting::Ambient)), Nature::Ambient);
        assert_eq!(nature(Spot::new(Container::Xml, "x").set(Setting::Type)), Nature::Named);
    }

    #[test]
    fn decodings_add_up() {
        let spot = Spot::new(Container::Query, "u").decoded(Decoding::Percent).decoded(Decoding::Base64);
        assert_eq!((spot.depth, spot.decodings.iter().count()), (2, 2));
    }
}
