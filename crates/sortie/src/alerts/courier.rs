//! The thread that delivers.

use std::io;
use std::sync::Arc;
use std::thread::JoinHandle;

use sortie_proxy::clock::Clock;
use sortie_store::folder::Folder;
use tokio::sync::oneshot;

use super::Alerting;
use super::desk::{Desk, DeskError};
use crate::view::text::chain;

/// Delivers what is queued, on a thread and a runtime of its own: neither a slow disk nor a slow
/// target takes a worker from the doors.
#[derive(Debug)]
pub struct Courier {
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Courier {
    /// Starts to deliver to the targets of `alerting`.
    pub fn start(folder: Arc<Folder>, alerting: Arc<Alerting>, clock: Clock) -> io::Result<Self> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        let work = move || {
            let done = runtime.block_on(async {
                let mut stopped = stopped;
                // Anew, whenever there are other targets.
                while !Desk::open(&folder, &alerting, clock)?.work(&mut stopped).await {}
                Ok::<_, DeskError>(())
            });
            if let Err(error) = done {
                alerting.health().fails("their delivery", &chain(&error));
            }
        };
        let thread = std::thread::Builder::new().name("alerts".to_owned()).spawn(work)?;
        Ok(Self { stop, thread })
    }

    /// Stops, with a moment for what is on its way. Blocks until then.
    pub fn stop(self) {
        // It is gone already where its queue could not be opened.
        let _ = self.stop.send(());
        if self.thread.join().is_err() {
            tracing::error!("the delivery of alerts had stopped by a panic");
        }
    }
}
