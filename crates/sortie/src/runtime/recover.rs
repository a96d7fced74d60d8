//! Going on where the last process stopped, however it stopped.
//!
//! The newest checkpoint, and every event of the journal after it: the same events give the same
//! findings, so a kill at any point loses none that was acknowledged.

use std::collections::BTreeMap;
use std::sync::Arc;

use sortie_engine::step::{Fact, State};
use sortie_model::{Finding, Policy, ServiceName, event};
use sortie_store::checkpoint::Checkpoints;
use sortie_store::error::StoreError;
use sortie_store::folder::Folder;
use sortie_store::index::Index;
use sortie_store::journal::{Reader, Settings, Writer};
use sortie_store::record::meta::Meta;

/// Version of the engine's state; a checkpoint of another is passed over. Raised with the schema of
/// events and with every change of what the engine keeps.
const STATE: u16 = event::SCHEMA * 100 + 3;

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
    let mut found: BTreeMap<_, Finding> = BTreeMap::new();
    for event in Reader::new(folder.layout()).events_from(state.last + 1)? {
        for fact in state.step(&event?, policies) {
            if let Fact::Finding(finding) = fact {
                found.insert(finding.id.clone(), *finding);
            }
        }
    }
    // After a full disk the index may be ahead of the journal: no number is given twice.
    let indexed = index.reader().meta(Meta::LastEvent)?.unwrap_or(0);
    let mut batch = index.begin()?;
    for finding in found.values() {
        batch.put(finding)?;
    }
    let next = state.last.max(journal.last().unwrap_or(0)).max(indexed) + 1;
    batch.set_meta(Meta::LastEvent, next - 1)?;
    batch.commit()?;
    Ok(Recovered { state, journal, index, checkpoints, next })
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
