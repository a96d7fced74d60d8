//! What the search of calls asks and tells: which operation a destination is an argument of, and whether one may be a
//! proven sink.

use std::sync::Arc;

use sortie_model::{Candidate, Container, Location};

use super::super::proven::ProvenSink;
use super::super::spot::Spot;
use super::Collector;

impl Collector<'_> {
    /// Whether a proven sink stands at a spot, or within what stands there.
    pub(in super::super) fn has_sink_within(&mut self, spot: &Spot<'_>) -> bool {
        self.has_sinks() && self.meets_sink(spot, ProvenSink::is_at_or_within)
    }

    /// Whether a proven sink is in a container that gives its parameters names of their own.
    pub(in super::super) fn has_sinks_in(&self, container: Container) -> bool {
        self.counting().any(|sink| sink.is_in(container))
    }

    /// How many destinations were kept so far.
    pub(in super::super) fn count(&self) -> usize {
        self.found.len()
    }

    /// Keeps those from the `first` on at each proven sink of a container too: which of them they go to is not told.
    pub(in super::super) fn repeat_at_sinks(&mut self, first: usize, container: Container) {
        let (sinks, count) = (self.sinks, self.found.len());
        for sink in sinks.iter().filter(|sink| sink.is_in(container)) {
            for index in first..count {
                let found = &self.found[index];
                if found.nature.is_eligible() {
                    let name = sink.parameter.split_once(':').map_or("", |(_, name)| name);
                    let location = Location { container, name: Arc::from(name) };
                    let repeated = Candidate { location, parameter: Arc::clone(&sink.parameter), ..found.clone() };
                    let text = self.texts.as_ref().and_then(|texts| texts.get(index).cloned());
                    self.keep(repeated, &text.unwrap_or_default());
                }
            }
        }
    }

    /// Begins a call: parts of a destination belong together within one. Returns its number.
    pub(in super::super) fn begin_call(&mut self) -> usize {
        self.calls += 1;
        self.calls
    }
}
