//! The runtime: what takes the doors' events in, learns, and keeps.
//!
//! One thread does it all in the order of the events: journal first, then the engine, then the
//! index, then the snapshot goes back to the gates. After a start the engine first catches up with what
//! the journal holds. The doors never wait for it.

mod control;
mod engine;
mod lines;
mod overrides;
mod recover;
mod told;
mod trouble;
mod unkept;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;

use parking_lot::Mutex;
use sortie_engine::step::State;
use sortie_model::event::{Event, What};
use sortie_model::{Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::gate::{EventQueue, Gate};
use sortie_store::Layout;
use sortie_store::checkpoint::Checkpoints;
use sortie_store::index::{Index, Retention};
use sortie_store::journal::Writer;

pub use control::{Framing, Operator, Recent, ReloadError, SAMPLE_MINUTES, policies_of};
pub use overrides::{Override, Overrides, OverridesError};
pub use recover::{RecoverError, Recovered, recover};
pub use told::{Health, Told};
pub use trouble::Part;

use crate::alerts::Alerting;

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
    /// Where the journal is read back from.
    pub layout: Layout,
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
    /// Who is told of findings.
    pub alerting: Arc<Alerting>,
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
        let watched = Arc::clone(&told);
        let thread = std::thread::Builder::new()
            .name("engine".to_owned())
            .spawn(move || supervise(&watched, move || engine::run(parts)))?;
        Ok(Self { thread: Mutex::new(Some(thread)), told })
    }

    /// Returns when everything is known that was before the start.
    pub async fn caught_up(&self) {
        self.told.caught_up().await;
    }

    /// Returns when the engine's thread has ended by a panic.
    pub async fn failed(&self) {
        self.told.failed().await;
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

/// Does the work of the engine's thread. A panic of it is told: without the engine nothing is learned,
/// and the program must not go on as if it were.
fn supervise(told: &Told, work: impl FnOnce()) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(work)) {
        told.fail();
        resume_unwind(panic);
    }
}

/// The policies in force, by service.
fn policies(gates: &Gates) -> BTreeMap<ServiceName, Arc<Policy>> {
    gates.iter().map(|(name, gate)| (name.clone(), gate.policy())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_of_the_engine_is_told() {
        let told = Arc::new(Told::default());
        supervise(&told, || {});
        assert!(futures_now(told.failed()).await.is_none(), "an end is no failure");
        let watched = Arc::clone(&told);
        let thread = std::thread::spawn(move || supervise(&watched, || panic!("at work")));
        told.failed().await;
        assert!(thread.join().is_err());
        told.failed().await; // also to whoever asks later
    }

    /// What a future says when it is asked once.
    async fn futures_now<T>(future: impl Future<Output = T>) -> Option<T> {
        let mut future = std::pin::pin!(future);
        std::future::poll_fn(|context| {
            std::task::Poll::Ready(match future.as_mut().poll(context) {
                std::task::Poll::Ready(value) => Some(value),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
