//! The time that is measured.

use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::LoadError;
use super::connection::Answer;
use crate::cpu;
use crate::figures::{Figures, Noted};

/// The time that is measured.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Its first moment.
    pub from: Instant,
    /// The first moment after it.
    pub to: Instant,
}

impl Window {
    /// A window of `length` that begins `wait` from now.
    pub fn after(wait: Duration, length: Duration) -> Self {
        let from = Instant::now() + wait;
        Self { from, to: from + length }
    }

    /// Keeps the latency of what was asked for at `asked` and has just ended, if it ended within the
    /// window.
    pub(super) fn note_ended(&self, noted: &mut Noted, asked: Instant, answer: Answer) {
        self.note(noted, asked, Instant::now(), answer);
    }

    /// Keeps the latency of what was planned for `planned` and has just ended, if it was planned
    /// within the window: what is still waiting at the window's end must not be left out.
    pub(super) fn note_planned(&self, noted: &mut Noted, planned: Instant, answer: Answer) {
        self.note(noted, planned, planned, answer);
    }

    fn note(&self, noted: &mut Noted, since: Instant, counts_at: Instant, answer: Answer) {
        if self.from <= counts_at && counts_at < self.to {
            noted.latencies.push(since.elapsed().as_micros() as u32);
            noted.refused += u64::from(answer == Answer::Refused);
        }
    }

    /// Whether there is no need to ask for more.
    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.to
    }

    /// Measures the CPU time of `pids` within the window, while `tasks` fill it with requests; then takes
    /// what they noted.
    pub(super) async fn measure(
        &self,
        pids: &[u32],
        mut tasks: JoinSet<Result<Noted, LoadError>>,
    ) -> Result<Figures, LoadError> {
        sleep_until(self.from).await;
        let (begun, before) = (Instant::now(), cpu::used_by(pids)?);
        sleep_until(self.to).await;
        let (length, used) = (begun.elapsed(), cpu::used_by(pids)?.saturating_sub(before));
        let mut noted = Noted::default();
        while let Some(of_one) = tasks.join_next().await {
            noted.add(of_one??);
        }
        Ok(Figures::new(noted, length, used))
    }
}
