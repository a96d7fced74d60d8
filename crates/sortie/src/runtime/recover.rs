//! Going on where the last process stopped, however it stopped.
//!
//! From the newest checkpoint, and every event of the journal after it: the same events give the same
//! findings and alerts, so a kill at any point loses none that was acknowledged.

use sortie_engine::step::State;
use sortie_model::{Micros, event};
use sortie_store::checkpoint::Checkpoints;
use sortie_store::error::StoreError;
use sortie_store::folder::Folder;
use sortie_store::index::Index;
use sortie_store::journal::{Reader, Settings, Writer};

/// Version of the engine's state; a checkpoint of another is passed over. Raised with the schema of
/// events and with every change of what the engine keeps.
pub(super) const STATE: u16 = event::SCHEMA * 100 + 5;

/// What a start goes on from.
pub struct Recovered {
    /// What is known.
    pub state: State,
    /// The journal, ready to be written to.
    pub journal: Writer,
    /// The index.
    pub index: Index,
    /// The checkpoints.
    pub checkpoints: Checkpoints,
    /// Number of the next event.
    pub next: u64,
    /// Time of the last event.
    pub last_at: Micros,
}

/// The data folder cannot be gone on from.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct RecoverError(#[from] StoreError);

/// Opens the store of a data folder. What the journal holds behind the newest checkpoint is left to
/// the engine's thread.
pub fn recover(folder: &Folder, settings: Settings) -> Result<Recovered, RecoverError> {
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
    let state = loaded.checkpoint.and_then(|checkpoint| decode(&checkpoint.state)).unwrap_or_default();
    let mut index = Index::open(folder)?;
    let last_at = last_time(folder, &journal, &state)?;
    // After a full disk the index may be ahead of the journal: no number is given twice.
    let indexed = index.reader().last_event()?.unwrap_or(0);
    let next = state.last.max(journal.last().unwrap_or(0)).max(indexed) + 1;
    let mut batch = index.begin()?;
    batch.set_last_event(next - 1)?;
    batch.commit()?;
    Ok(Recovered { state, journal, index, checkpoints, next, last_at })
}

/// The time of the last event. What is to be read is looked into on the way: a journal of another
/// version is an error now, not later.
fn last_time(folder: &Folder, journal: &Writer, state: &State) -> Result<Micros, StoreError> {
    let mut reader = Reader::new(folder.layout());
    match reader.events_from(state.last + 1)?.next() {
        None | Some(Ok(_) | Err(StoreError::Damaged { .. })) => {}
        Some(Err(error)) => return Err(error),
    }
    let last = match journal.last().map(|last| reader.find(last)) {
        None | Some(Err(StoreError::Damaged { .. })) => None,
        Some(found) => found?,
    };
    Ok(last.map_or(state.last_at, |event| event.at.max(state.last_at)))
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
