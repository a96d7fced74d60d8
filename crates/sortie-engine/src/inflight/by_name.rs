//! Candidates by what they name: a host, or a label that may be completed to one.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sortie_model::{Candidate, Host};

use super::of_host::{OfHost, Pick, Picked};

/// Which candidates name what.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ByName {
    by_host: BTreeMap<Host, OfHost>,
    /// Labels, each as the host that it would be by itself.
    by_label: BTreeMap<Host, OfHost>,
}

/// What a candidate is found by: the hosts of all its readings, or its label.
pub(super) fn names(candidate: &Candidate) -> impl Iterator<Item = &Host> {
    std::iter::once(&candidate.host).chain(&candidate.other_hosts)
}

impl ByName {
    fn of_kind(&mut self, candidate: &Candidate) -> &mut BTreeMap<Host, OfHost> {
        if candidate.label().is_some() { &mut self.by_label } else { &mut self.by_host }
    }

    /// Those that name the same as one candidate does by `name`.
    pub(super) fn entry(&mut self, candidate: &Candidate, name: &Host) -> &mut OfHost {
        self.of_kind(candidate).entry(name.clone()).or_default()
    }

    /// Changes what is kept of all that a candidate names.
    pub(super) fn change(&mut self, candidate: &Candidate, change: impl Fn(&mut OfHost)) {
        for name in names(candidate) {
            let of_kind = self.of_kind(candidate);
            if let Some(of_name) = of_kind.get_mut(name) {
                change(of_name);
                if of_name.is_empty() {
                    of_kind.remove(name);
                }
            }
        }
    }

    /// Lets go of a name that no candidate has any more.
    pub(super) fn remove(&mut self, candidate: &Candidate, name: &Host) {
        self.of_kind(candidate).remove(name);
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.by_host.is_empty() && self.by_label.is_empty()
    }

    /// Those that name a host, by a label of it too; of each name see [`OfHost::weighed`].
    pub(super) fn of(&self, host: &Host, pick: Pick) -> impl Iterator<Item = Picked> {
        let labels = (!self.by_label.is_empty()).then(|| host.lower_labels()).into_iter().flatten();
        let by_label = labels.filter_map(|label| self.by_label.get(&Host::name(label)));
        self.by_host.get(host).into_iter().chain(by_label).flat_map(move |of_name| of_name.weighed(pick))
    }
}
