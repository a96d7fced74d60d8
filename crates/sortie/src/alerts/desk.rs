//! Where deliveries are handed out and their outcomes come back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use sortie_export::Schedule;
use sortie_proxy::clock::Clock;
use sortie_store::error::StoreError;
use sortie_store::folder::Folder;
use sortie_store::index::{Batch, Index};
use sortie_store::record::delivery::{DeliveryNumber, Waiting};
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use super::carrier::{Carrier, Failure, Outcome, Report};
use super::{Alerting, name, shown};
use crate::config::checked::Alert;
use crate::view::text::chain;

/// How often the queue is looked at when nothing says that it changed.
const IDLE: Duration = Duration::from_secs(5);
/// How long a target may keep an alert before it is said. A webhook has its own, shorter limits.
const SLOW: Duration = Duration::from_mins(1);
/// How long what is on its way may still arrive when the program ends.
const GRACE: Duration = Duration::from_secs(2);
/// Delivered alerts of one target that the index has not taken note of. Beyond it the target waits
/// until the disk can be written again.
const UNSETTLED: usize = 256;
/// What fails when the index cannot be read, or written.
const READING: &str = "reading their queue";
const WRITING: &str = "writing their queue";

/// The desk could not be opened.
#[derive(Debug, thiserror::Error)]
pub(super) enum DeskError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot start a writer")]
    Thread(#[from] io::Error),
}

/// All targets, and the queue on the disk. Each target has a schedule of its own, so a dead one holds
/// up no other.
pub(super) struct Desk<'a> {
    index: Index,
    alerts: Arc<[Alert]>,
    mailboxes: Vec<Mailbox>,
    /// Closed where there is no target: then nothing ever comes of it.
    reports: mpsc::Receiver<(usize, Report)>,
    alerting: &'a Alerting,
    clock: Clock,
    schedule: Schedule,
}

/// One target.
struct Mailbox {
    /// In the queue.
    name: String,
    /// For people.
    shown: String,
    carrier: Carrier,
    /// What is on its way, and since when.
    out: Option<(Waiting, Instant)>,
    /// What has arrived, and still stands in the queue on the disk: it must not be sent again.
    unsettled: Vec<DeliveryNumber>,
    /// Failures in a row.
    failed: u32,
    /// Not before this time.
    until: Option<Instant>,
}

impl Mailbox {
    fn is_free(&self, now: Instant) -> bool {
        self.out.is_none() && self.unsettled.len() < UNSETTLED && self.until.is_none_or(|until| until <= now)
    }

    fn rest(&mut self, schedule: &Schedule) {
        self.failed += 1;
        // A target is never given up; its alerts are, one by one.
        let failed = self.failed.min(schedule.attempts - 1);
        let wait = schedule.wait(failed, &self.name).unwrap_or(schedule.cap);
        self.until = Some(Instant::now() + Duration::from_micros(wait));
    }

    fn works(&mut self) {
        self.failed = 0;
        self.until = None;
    }
}

impl<'a> Desk<'a> {
    pub(super) fn open(folder: &Arc<Folder>, alerting: &'a Alerting, clock: Clock) -> Result<Self, DeskError> {
        let alerts = alerting.alerts();
        let (sender, reports) = mpsc::channel((2 * alerts.len()).max(1));
        alerting.health().begin();
        let mut mailboxes = Vec::new();
        for (number, alert) in alerts.iter().enumerate() {
            let (name, shown) = (name(&alert.to), shown(number, &alert.to));
            let carrier = Carrier::new(&alert.to, number, sender.clone())?;
            mailboxes.push(Mailbox { name, shown, carrier, out: None, unsettled: Vec::new(), failed: 0, until: None });
        }
        let index = Index::open(folder)?;
        Ok(Self { index, alerts, mailboxes, reports, alerting, clock, schedule: Schedule::default() })
    }

    /// Delivers until it is told to stop, or there are other targets. True where it was told.
    pub(super) async fn work(mut self, stopped: &mut oneshot::Receiver<()>) -> bool {
        let forgotten = self.forget_strangers();
        self.has_read(forgotten);
        let is_to_stop = loop {
            if !Arc::ptr_eq(&self.alerts, &self.alerting.alerts()) {
                break false;
            }
            self.settle();
            let handed_out = self.hand_out();
            self.has_read(handed_out);
            self.say_slow();
            let next_look = self.next_look();
            tokio::select! {
                _ = &mut *stopped => break true,
                Some((number, report)) = self.reports.recv() => self.hear(number, report),
                () = self.alerting.queued() => {}
                () = tokio::time::sleep_until(next_look) => {}
            }
        };
        self.end().await;
        is_to_stop
    }

    /// What is on its way may still arrive, so that it is not sent again at the next start.
    async fn end(mut self) {
        let until = Instant::now() + GRACE;
        while self.mailboxes.iter().any(|mailbox| mailbox.out.is_some()) {
            let Ok(Some((number, report))) = tokio::time::timeout_at(until, self.reports.recv()).await else { break };
            self.hear(number, report);
        }
        self.settle();
    }

    /// A target that was taken out of the configuration gets nothing more.
    fn forget_strangers(&mut self) -> Result<(), StoreError> {
        for target in self.index.reader().targets()? {
            if self.mailboxes.iter().all(|mailbox| mailbox.name != target) {
                let Some(gone) = self.write(|batch| batch.forget_target(&target)) else { continue };
                tracing::warn!("{gone} alerts waited for {target}, which is not configured any more: they are let go");
            }
        }
        Ok(())
    }

    /// Takes off the queue what has arrived. Where that fails it is remembered, and tried again.
    fn settle(&mut self) {
        let arrived: Vec<DeliveryNumber> =
            self.mailboxes.iter().flat_map(|mailbox| mailbox.unsettled.iter().copied()).collect();
        let settle = |batch: &mut Batch<'_>| arrived.iter().try_for_each(|&number| batch.settle(number));
        if !arrived.is_empty() && self.write(settle).is_some() {
            self.mailboxes.iter_mut().for_each(|mailbox| mailbox.unsettled.clear());
        }
    }

    fn hand_out(&mut self) -> Result<(), StoreError> {
        let (now, at) = (self.clock.now(), Instant::now());
        for mailbox in self.mailboxes.iter_mut().filter(|mailbox| mailbox.is_free(at)) {
            let due = self.index.reader().due(&mailbox.name, now, mailbox.unsettled.len() as u32 + 1)?;
            let next = due.into_iter().find(|waiting| !mailbox.unsettled.contains(&waiting.number));
            let Some(waiting) = next else { continue };
            mailbox.carrier.carry(&waiting.delivery.payload);
            mailbox.out = Some((waiting, at));
        }
        self.alerting.health().waiting(self.index.reader().waiting()?);
        Ok(())
    }

    fn say_slow(&self) {
        for mailbox in &self.mailboxes {
            if let Some((_, since)) = &mailbox.out
                && since.elapsed() >= SLOW
            {
                let why = format!("it has not taken an alert for {} s", since.elapsed().as_secs());
                self.alerting.health().fails(&mailbox.shown, &why);
            }
        }
    }

    /// What a target's carrier says. What it lacks is told now, and not only when something is to be sent.
    fn hear(&mut self, number: usize, report: Report) {
        match (report, self.mailboxes.get(number)) {
            (Report::Carried(outcome), _) => self.take(number, outcome),
            (Report::Ready(Err(why)), Some(mailbox)) => self.alerting.health().fails(&mailbox.shown, &why.to_string()),
            (Report::Ready(_), _) => {}
        }
    }

    /// What became of a delivery.
    fn take(&mut self, number: usize, outcome: Outcome) {
        let Some(mailbox) = self.mailboxes.get_mut(number) else { return };
        let Some((waiting, _)) = mailbox.out.take() else { return };
        let health = self.alerting.health();
        match outcome {
            Ok(()) => {
                mailbox.works();
                mailbox.unsettled.push(waiting.number);
                health.works(&mailbox.shown);
                health.delivered();
            }
            Err(failure) => {
                health.fails(&mailbox.shown, &failure.to_string());
                match failure {
                    Failure::Target(_) => self.missed(number),
                    Failure::Alert(_) => self.refused(number, &waiting),
                }
            }
        }
    }

    /// The target was down: that counts for everything that waits for it.
    fn missed(&mut self, number: usize) {
        let mailbox = &mut self.mailboxes[number];
        mailbox.rest(&self.schedule);
        let (name, attempts) = (mailbox.name.clone(), self.schedule.attempts);
        let gone = self.write(|batch| batch.missed(&name, attempts)).unwrap_or(0);
        if gone > 0 {
            self.alerting.health().given_up(gone);
            let shown = &self.mailboxes[number].shown;
            tracing::error!("{gone} alerts for {shown} are given up after {attempts} attempts each");
        }
    }

    /// The target does not take this alert: others need not wait for it.
    fn refused(&mut self, number: usize, waiting: &Waiting) {
        let (finding, now) = (&waiting.delivery.finding, self.clock.now());
        let noted = match self.schedule.wait(waiting.attempts + 1, finding.as_str()) {
            Some(wait) => self.write(|batch| batch.retry(waiting.number, now.plus(wait))),
            None => {
                self.alerting.health().given_up(1);
                tracing::error!(%finding, "an alert is given up after {} attempts", waiting.attempts + 1);
                self.write(|batch| batch.settle(waiting.number))
            }
        };
        if noted.is_none() {
            // Nothing on the disk keeps it from being the next one again.
            self.mailboxes[number].rest(&self.schedule);
        }
    }

    /// A transaction of its own; `None` where it failed, which is noted.
    fn write<T>(&mut self, work: impl FnOnce(&mut Batch<'_>) -> Result<T, StoreError>) -> Option<T> {
        let written = self.index.begin().and_then(|mut batch| {
            let done = work(&mut batch)?;
            batch.commit()?;
            Ok(done)
        });
        match written {
            Ok(done) => {
                self.alerting.health().works(WRITING);
                Some(done)
            }
            Err(error) => {
                self.alerting.health().fails(WRITING, &chain(&error));
                None
            }
        }
    }

    fn has_read(&self, outcome: Result<(), StoreError>) {
        match outcome {
            Ok(()) => self.alerting.health().works(READING),
            Err(error) => self.alerting.health().fails(READING, &chain(&error)),
        }
    }

    /// When a target has rested, or the queue is to be looked at anyway.
    fn next_look(&self) -> Instant {
        let now = Instant::now();
        let rests = self.mailboxes.iter().filter_map(|mailbox| mailbox.until).filter(|&until| until > now);
        rests.fold(now + IDLE, Instant::min)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::*;

    #[derive(Debug, Default)]
    struct Wakes(AtomicUsize);

    impl Wake for Wakes {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A loop that never waits uses up its budget with the runtime, and is woken at once.
    #[tokio::test]
    async fn rests_where_there_is_no_target() {
        let root = tempfile::tempdir().unwrap();
        let folder = Arc::new(Folder::open(root.path()).unwrap());
        let alerting = Alerting::default();
        let desk = Desk::open(&folder, &alerting, Clock::start()).unwrap();
        let (_stop, mut stopped) = oneshot::channel();
        let wakes = Arc::new(Wakes::default());

        let mut work = pin!(desk.work(&mut stopped));
        assert!(work.as_mut().poll(&mut Context::from_waker(&Waker::from(Arc::clone(&wakes)))).is_pending());
        // The runtime wakes then what has used up its budget.
        tokio::task::yield_now().await;

        assert_eq!(wakes.0.load(Ordering::Relaxed), 0);
    }
}
