//! The end of a door: first nothing new, then nothing at all.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::{Poll, Waker};

use tokio::sync::watch;

/// How far a door's shutdown has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Serving,
    /// Exchanges in progress may end.
    Draining,
    /// What is still there is cut off.
    AtOnce,
}

/// Ends a door's connections.
#[derive(Debug)]
pub(crate) struct Stop(watch::Sender<Stage>);

/// A connection's view of [`Stop`]. As long as there is one, there is a connection.
#[derive(Clone, Debug)]
pub(crate) struct Stopped(watch::Receiver<Stage>);

pub(crate) fn channel() -> (Stop, Stopped) {
    let (sender, receiver) = watch::channel(Stage::Serving);
    (Stop(sender), Stopped(receiver))
}

impl Stop {
    /// Lets connections end after their exchanges.
    pub(crate) fn drain(&self) {
        self.0.send_replace(Stage::Draining);
    }

    /// Ends connections at once.
    pub(crate) fn at_once(&self) {
        self.0.send_replace(Stage::AtOnce);
    }

    /// Waits until there is no connection any more.
    pub(crate) async fn all_gone(&self) {
        self.0.closed().await;
    }
}

impl Stopped {
    /// Serves a connection until it ends or the door has to. `last` tells it that the exchange in
    /// progress is its last.
    pub(crate) async fn serve<C, E>(&self, mut connection: Pin<&mut C>, last: impl FnOnce(Pin<&mut C>)) -> Result<(), E>
    where
        C: Future<Output = Result<(), E>>,
    {
        tokio::select! {
            result = &mut connection => return result,
            () = self.draining() => last(connection.as_mut()),
        }
        tokio::select! {
            result = &mut connection => result,
            () = self.at_once() => Ok(()),
        }
    }

    /// Waits until connections are to end after their exchanges.
    async fn draining(&self) {
        self.reached(Stage::Draining).await;
    }

    /// Waits until connections are to end at once.
    pub(crate) async fn at_once(&self) {
        self.reached(Stage::AtOnce).await;
    }

    async fn reached(&self, stage: Stage) {
        let mut receiver = self.0.clone();
        // A door that is gone stops everything too.
        let mut reached = pin!(receiver.wait_for(|&now| now >= stage));
        let mut registered: Option<Waker> = None;
        poll_fn(|cx| {
            // A connection asks whenever anything happens on it: as long as it will be woken, one look
            // at a counter is enough.
            let will_wake = registered.as_ref().is_some_and(|waker| waker.will_wake(cx.waker()));
            if will_wake && self.0.has_changed().is_ok_and(|changed| !changed) {
                return Poll::Pending;
            }
            registered = Some(cx.waker().clone());
            reached.as_mut().poll(cx).map(|_| ())
        })
        .await;
    }
}
