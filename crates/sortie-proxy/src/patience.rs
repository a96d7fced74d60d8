//! How long the head of an answer is waited for.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::{Instant, Sleep, sleep_until};

/// The timer of the answers on one client's connection. It is set anew only when it fires, so that
/// answers that come in time cost no change of timers.
#[derive(Debug, Default)]
pub(crate) struct Patience(Mutex<Option<Pin<Box<Sleep>>>>);

impl Patience {
    /// Waits `within`, and again as long as `progress` is another one each time.
    pub(crate) async fn wait<F, P>(&self, future: F, within: Duration, progress: impl Fn() -> P) -> Option<F::Output>
    where
        F: Future,
        P: PartialEq,
    {
        let mut future = pin!(future);
        let mut timer = self.0.lock().take();
        let mut deadline = Instant::now() + within;
        let mut before = progress();
        let output = poll_fn(|cx| {
            if let Poll::Ready(output) = future.as_mut().poll(cx) {
                return Poll::Ready(Some(output));
            }
            let timer = timer.get_or_insert_with(|| Box::pin(sleep_until(deadline)));
            while timer.as_mut().poll(cx).is_ready() {
                // Else it was set for an earlier answer.
                if Instant::now() >= deadline {
                    let now = progress();
                    if now == before {
                        return Poll::Ready(None);
                    }
                    before = now;
                    deadline = Instant::now() + within;
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await;
        *self.0.lock() = timer;
        output
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::time::sleep;

    use super::*;

    const WITHIN: Duration = Duration::from_secs(10);

    #[tokio::test(start_paused = true)]
    async fn every_answer_has_its_whole_time() {
        let patience = Patience::default();
        let start = Instant::now();
        for seconds in [6, 9, 1] {
            let answer = async {
                sleep(Duration::from_secs(seconds)).await;
                seconds
            };
            assert_eq!(patience.wait(answer, WITHIN, || ()).await, Some(seconds));
        }
        assert_eq!(patience.wait(pending::<()>(), WITHIN, || ()).await, None);
        assert_eq!(start.elapsed().as_secs(), 6 + 9 + 1 + 10);
        assert_eq!(patience.wait(pending::<()>(), WITHIN, || ()).await, None, "also after one that did not come");
        assert_eq!(start.elapsed().as_secs(), 6 + 9 + 1 + 10 + 10);
    }

    #[tokio::test(start_paused = true)]
    async fn it_lasts_as_long_as_something_moves() {
        let (patience, moves) = (Patience::default(), AtomicU32::new(0));
        let start = Instant::now();
        let moving = async {
            for _ in 0..3 {
                sleep(Duration::from_secs(8)).await;
                moves.fetch_add(1, Ordering::Relaxed);
            }
            pending::<()>().await;
        };
        assert_eq!(patience.wait(moving, WITHIN, || moves.load(Ordering::Relaxed)).await, None);
        assert_eq!(start.elapsed().as_secs(), 40);
    }
}
