//! What findings are called.

use sortie_model::ids::FindingId;
use sortie_model::privacy::{Digest, Domain};
use sortie_model::{Key, ServiceName};

use super::StoryKey;

/// Names stories under the key of the installation: whoever does not have it cannot look for a story
/// of his own that would take the name of another.
#[derive(Clone, Debug)]
pub(crate) struct Namer(Key);

/// Names tried for one story. The first is taken one time in 10⁸ where all stories are open.
const TRIES: u8 = 16;

impl Namer {
    pub(crate) fn new(key: Key) -> Self {
        Self(key)
    }

    /// The story's name, or where another story has it, the next one.
    pub(super) fn name(
        &self,
        service: &ServiceName,
        key: &StoryKey,
        is_taken: impl Fn(&FindingId) -> bool,
    ) -> FindingId {
        let text = key.text(service);
        let names = (0..TRIES).map(|number| id(self.0.digest(Domain::Story, format!("{text}|{number}").as_bytes())));
        let free = names.clone().find(|name| !is_taken(name));
        free.unwrap_or_else(|| id(self.0.digest(Domain::Story, text.as_bytes())))
    }
}

fn id(digest: Digest) -> FindingId {
    FindingId::from_digest(digest.short())
}

/// For what is named nowhere else: simulations, tests.
impl Default for Namer {
    fn default() -> Self {
        Self(Key::new(&[0; Key::LENGTH]))
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::AddressClass;
    use sortie_model::{Destination, Host};

    use super::*;

    fn story(host: &str) -> StoryKey {
        StoryKey::of_destination(Destination::new(Host::parse(host), 80), AddressClass::Private)
    }

    #[test]
    fn names_depend_on_key_service_and_story() {
        let (one, two) = (Namer::new(Key::new(&[1; 32])), Namer::new(Key::new(&[2; 32])));
        let free = |_: &FindingId| false;
        let name = one.name(&"shop".into(), &story("billing"), free);
        assert_eq!(name, one.name(&"shop".into(), &story("billing"), free));
        assert_ne!(name, two.name(&"shop".into(), &story("billing"), free));
        assert_ne!(name, one.name(&"news".into(), &story("billing"), free));
        assert_ne!(name, one.name(&"shop".into(), &story("stock"), free));
    }

    #[test]
    fn a_name_that_is_taken_is_not_given_again() {
        let namer = Namer::default();
        let taken = namer.name(&"shop".into(), &story("billing"), |_| false);
        let next = namer.name(&"shop".into(), &story("billing"), |name| *name == taken);
        assert_ne!(next, taken);
    }
}
