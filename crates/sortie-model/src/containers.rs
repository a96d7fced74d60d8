//! Sets of containers.

use serde::{Deserialize, Serialize};

use crate::place::Container;

/// A set of containers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Containers(u16);

impl Containers {
    /// No container.
    pub const NONE: Self = Self(0);

    /// All containers.
    pub const ALL: Self = Self((1 << Container::ALL.len()) - 1);

    /// The containers in which a parameter of this canonical name may stand.
    pub fn of_parameter(parameter: &str) -> Self {
        let is_its_kind = |container: &Container| {
            let prefix = container.prefix();
            !prefix.is_empty() && parameter.starts_with(prefix)
        };
        match Container::ALL.into_iter().find(is_its_kind) {
            Some(container) => Self::from(container),
            None => Container::ALL.into_iter().filter(|container| container.prefix().is_empty()).collect(),
        }
    }

    /// This set and one more.
    #[must_use]
    pub fn with(self, container: Container) -> Self {
        Self(self.0 | Self::from(container).0)
    }

    /// What is in either set.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// This set without what is in another.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether it holds `container`.
    pub fn contains(self, container: Container) -> bool {
        self.meets(container.into())
    }

    /// Whether something is in both sets.
    pub fn meets(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// The containers in a fixed order.
    pub fn iter(self) -> impl Iterator<Item = Container> {
        Container::ALL.into_iter().filter(move |&container| self.contains(container))
    }
}

impl From<Container> for Containers {
    fn from(container: Container) -> Self {
        Self(1 << container as u16)
    }
}

impl FromIterator<Container> for Containers {
    fn from_iter<I: IntoIterator<Item = Container>>(containers: I) -> Self {
        containers.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::canonical_parameter;

    #[test]
    fn a_parameter_may_stand_in_the_containers_that_its_name_allows() {
        for container in Container::ALL {
            let of_name = Containers::of_parameter(&canonical_parameter(container, "url"));
            let alike = |other: &Container| other.prefix() == container.prefix();
            assert_eq!(of_name, Container::ALL.into_iter().filter(alike).collect(), "{container:?}");
            assert!(of_name.contains(container));
        }
    }

    #[test]
    fn sets_are_added_and_taken_away() {
        let both = Containers::from(Container::Form).with(Container::Json);
        assert_eq!(both.without(Container::Form.into()), Container::Json.into());
        assert_eq!(both.or(Container::Form.into()), both);
        assert_eq!(Containers::ALL, Container::ALL.into_iter().collect());
        assert!(Containers::NONE.iter().next().is_none() && both.iter().eq([Container::Json, Container::Form]));
    }
}
