//! The runtime: what takes the doors' events in, learns, and keeps.
//!
//! One thread does it all in the order of the events: journal first, then the engine, then the
//! index, then the snapshot goes back to the gates. The doors never wait for it.

mod control;
mod engine;
mod lines;
mod overrides;
mod recover;
mod told;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use sortie_engine::step::State;
use sortie_model::event::{Event, What};
use sortie_model::{Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::gate::{EventQueue, Gate};
use sortie_store::checkpoint::Checkpoints;
use sortie_store::index::{Index, Retention};
use sortie_store::journal::Writer;

pub use control::{Operator, policies_of};
pub use overrides::{Override, Overrides, OverridesError};
pub use recover::{RecoverError, Recovered, recover};
pub use told::{Health, Told};

/// Gates by service.
pub type Gates = BTreeMap<ServiceName, Arc<Gate>>;

/// Events that wait for the engine, at most.
pub const QUEUE: usize = 65_536;

/// What the engine's thread works with.
pub struct Parts {
    /// What was known at the start.
    pub state: State,
    /// The journal.
    pub journal: Writer,
    /// The index.
    pub index: Index,
    /// The checkpoints.
    pub checkpoints: Checkpoints,
    /// How long findings are kept.
    pub retention: Retention,
    /// Events of the doors.
    pub events: Receiver<Event>,
    /// The other end, for ticks.
    pub queue: EventQueue,
    /// The clock of the doors.
    pub clock: Clock,
    /// The gates that get the snapshots.
    pub gates: Gates,
    /// What others are told.
    pub told: Arc<Told>,
    /// Alerts to make of findings.
    pub alerts: Vec<crate::config::checked::Alert>,
}

/// The running engine and store.
pub struct Runtime {
    thread: Mutex<Option<JoinHandle<()>>>,
    told: Arc<Told>,
}

impl Runtime {
    /// Starts the engine's thread.
    pub fn start(parts: Parts) -> std::io::Result<Self> {
        let told = Arc::clone(&parts.told);
        for (name, gate) in &parts.gates {
            if let Some(learned) = parts.state.learned(name) {
                gate.publish(Arc::new(learned.clone()));
            }
            if let Some(inflight) = parts.state.inflight(name) {
                let mut inflight = inflight.clone();
                inflight.interrupted(parts.clock.now());
                gate.restore(inflight);
            }
        }
        parts
            .queue
            .push(parts.clock.now(), None, |_| (What::Started { version: env!("CARGO_PKG_VERSION").to_owned() }, ()));
        let thread = std::thread::Builder::new().name("engine".to_owned()).spawn(move || engine::run(parts))?;
        Ok(Self { thread: Mutex::new(Some(thread)), told })
    }

    /// Stops after what is queued, with a checkpoint.
    pub fn stop(&self) {
        self.told.ask_to_stop();
        if let Some(thread) = self.thread.lock().take()
            && thread.join().is_err()
        {
            tracing::error!("the engine's thread had stopped by a panic");
        }
    }
}

/// The policies in force, by service.
fn policies(gates: &Gates) -> BTreeMap<ServiceName, Arc<Policy>> {
    gates.iter().map(|(name, gate)| (name.clone(), gate.policy())).collect()
}
