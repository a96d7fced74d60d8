//! Going on where the last process stopped, however it stopped.
//!
//! The newest checkpoint, and every event of the journal after it: the same events give the same
//! findings and alerts, so a kill at any point loses none that was acknowledged.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use sortie_engine::step::{Fact, State};
use sortie_model::ids::FindingId;
use sortie_model::{Finding, Policy, ServiceName, event};
use sortie_store::checkpoint::Checkpoints;
use sortie_store::error::StoreError;
use sortie_store::folder::Folder;
use sortie_store::index::Index;
use sortie_store::journal::{Reader, Settings, Writer};
use sortie_store::record::meta::Meta;

use crate::alerts;
use crate::config::checked::Alert;

/// Version of the engine's state; a checkpoint of another is passed over. Raised with the schema of
/// events and with every change of what the engine keeps.
pub(super) const STATE: u16 = event::SCHEMA * 100;

/// What a start goes on from.
pub struct Recovered {
    /// What is known.
    pub state: State,
    /// The journal, ready to be written to.
    pub journal: Writer,
    /// The index, with every finding of the journal.
    pub index: Index,
    /// The checkpoints.
    pub checkpoints: Checkpoints,
    /// Number of the next event.
    pub next: u64,
}

/// The data folder cannot be gone on from.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RecoverError(#[from] StoreError);

/// Opens the store of a data folder and brings everything up to the last event of the journal.
pub fn recover(
    folder: &Folder,
    settings: Settings,
    policies: &BTreeMap<ServiceName, Arc<Policy>>,
    alerts: &[Alert],
) -> Result<Recovered, RecoverError> {
    let (journal, torn) = Writer::open(folder, settings)?;
    for tail in &torn {
        tracing::warn!(
            ?tail,
            "the journal's last block was not whole and is set aside; nothing acknowledged was in it"
        );
    }
    let (checkpoints, loaded) = Checkpoints::open(folder, STATE)?;
    for error in &loaded.passed_over {
        tracing::warn!("a checkpoint is passed over, the journal is read instead: {error}");
    }
    let mut state = loaded.checkpoint.and_then(|checkpoint| decode(&checkpoint.state)).unwrap_or_default();
    let mut index = Index::open(folder)?;
    let found = replay(folder, &mut state, policies)?;
    // After a full disk the index may be ahead of the journal: no number is given twice.
    let indexed = index.reader().meta(Meta::LastEvent)?.unwrap_or(0);
    let mut batch = index.begin()?;
    for finding in found.values() {
        batch.put(finding)?;
        // The process may have ended before it came to this; who was told already is not told again.
        alerts::enqueue(&mut batch, alerts, finding, state.last_at)?;
    }
    let next = state.last.max(journal.last().unwrap_or(0)).max(indexed) + 1;
    batch.set_meta(Meta::LastEvent, next - 1)?;
    batch.commit()?;
    Ok(Recovered { state, journal, index, checkpoints, next })
}

/// Brings the state up to the last event, and returns the findings that changed. What of the journal
/// is damaged, or is more than the engine can take, is passed over: a service must not stay down for
/// one bad record.
fn replay(
    folder: &Folder,
    state: &mut State,
    policies: &BTreeMap<ServiceName, Arc<Policy>>,
) -> Result<BTreeMap<FindingId, Finding>, StoreError> {
    let mut found = BTreeMap::new();
    for event in Reader::new(folder.layout()).events_from(state.last + 1)? {
        let event = match event {
            Ok(event) => event,
            Err(error @ StoreError::Damaged { .. }) => {
                tracing::warn!("events are missing and are passed over: {error}");
                continue;
            }
            Err(error) => return Err(error),
        };
        let Ok(facts) = catch_unwind(AssertUnwindSafe(|| state.step(&event, policies))) else {
            tracing::error!("event {} is more than the engine can take and is passed over", event.number);
            continue;
        };
        for fact in facts {
            if let Fact::Finding(finding) = fact {
                found.insert(finding.id.clone(), *finding);
            }
        }
    }
    Ok(found)
}

/// The state as a checkpoint holds it.
pub(super) fn encode(state: &State) -> postcard::Result<Vec<u8>> {
    postcard::to_stdvec(state)
}

fn decode(bytes: &[u8]) -> Option<State> {
    match postcard::from_bytes(bytes) {
        Ok(state) => Some(state),
        Err(error) => {
            tracing::warn!("the checkpoint does not read, the journal is read instead: {error}");
            None
        }
    }
}

#[cfg(test)]
mod tests;
