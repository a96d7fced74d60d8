//! How an alert gets to one target.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::mpsc::Sender;

use super::post::{self, PostError};
use crate::append;
use crate::config::checked::{AlertTarget, Webhook};

/// What became of a delivery.
pub(super) type Outcome = Result<(), Failure>;

/// Why an alert did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The target takes nothing at present: whatever else waits for it need not be tried now.
    #[error("{0}")]
    Target(String),
    /// The target does not take this alert; others it may.
    #[error("{0}")]
    Alert(String),
}

/// What a carrier says of its target.
pub(super) enum Report {
    /// Before anything is sent: whether what the target needs is at hand. What it can be asked for only by
    /// sending is not asked.
    Ready(Outcome),
    /// What became of a delivery.
    Carried(Outcome),
}

/// Reports of all carriers, each under its target's number.
pub(super) type Reports = Sender<(usize, Report)>;

/// Carries alerts to one target, one at a time, and reports each.
pub(super) struct Carrier {
    way: Way,
    number: usize,
    reports: Reports,
}

enum Way {
    Webhook(Arc<Webhook>),
    /// A thread of its own, for writing may block: a full pipe, a hanging network folder.
    Writer(SyncSender<String>),
}

impl Carrier {
    pub(super) fn new(to: &AlertTarget, number: usize, reports: Reports) -> io::Result<Self> {
        let way = match to {
            AlertTarget::Webhook(webhook) => {
                let ready = post::secret(webhook).map(drop).map_err(Failure::from);
                // There is room for one of each target, and one more of each.
                let _ = reports.try_send((number, Report::Ready(ready)));
                Way::Webhook(Arc::new(webhook.clone()))
            }
            AlertTarget::Stdout => {
                writer(number, reports.clone(), || Ok(()), |line| print(&mut io::stdout().lock(), line))?
            }
            AlertTarget::File(path) => {
                let (path, tried) = (path.clone(), path.clone());
                writer(number, reports.clone(), move || append::try_it(&tried), move |line| append(&path, line))?
            }
        };
        Ok(Self { way, number, reports })
    }

    /// Sends an alert on its way. Each is reported before the next may be sent.
    pub(super) fn carry(&self, payload: &str) {
        match &self.way {
            Way::Webhook(webhook) => {
                let (webhook, payload) = (Arc::clone(webhook), payload.to_owned());
                let (number, reports) = (self.number, self.reports.clone());
                tokio::spawn(async move {
                    let posted = post::post(&webhook, &payload).await;
                    // Nobody listens any more where the program ends.
                    let _ = reports.send((number, Report::Carried(posted.map_err(Failure::from)))).await;
                });
            }
            Way::Writer(lines) => {
                if lines.try_send(payload.to_owned()).is_err() {
                    let gone = Failure::Target("its writer is gone".to_owned());
                    let _ = self.reports.try_send((self.number, Report::Carried(Err(gone))));
                }
            }
        }
    }
}

impl From<PostError> for Failure {
    fn from(error: PostError) -> Self {
        // What these say is about the body, not about the receiver.
        let is_about_this = matches!(&error, PostError::Status(status) if [400, 413, 422].contains(&status.as_u16()));
        if is_about_this { Self::Alert(error.to_string()) } else { Self::Target(error.to_string()) }
    }
}

fn writer(
    number: usize,
    reports: Reports,
    ready: impl FnOnce() -> io::Result<()> + Send + 'static,
    write: impl Fn(&str) -> io::Result<()> + Send + 'static,
) -> io::Result<Way> {
    let (lines, waiting): (_, Receiver<String>) = sync_channel(1);
    // It is never joined: it may hang in the kernel for as long as the process lives.
    std::thread::Builder::new().name("alert writer".to_owned()).spawn(move || {
        let failed = |error: io::Error| Failure::Target(error.to_string());
        let ready = std::iter::once_with(|| Report::Ready(ready().map_err(failed)));
        let written = waiting.into_iter().map(|line| Report::Carried(write(&line).map_err(failed)));
        for report in ready.chain(written) {
            if reports.blocking_send((number, report)).is_err() {
                return;
            }
        }
    })?;
    Ok(Way::Writer(lines))
}

fn print(to: &mut impl Write, line: &str) -> io::Result<()> {
    to.write_all(format!("{line}\n").as_bytes()).and_then(|()| to.flush())
}

/// Adds a line to a file, durably. Half a line, as a full disk leaves it, is taken back.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = append::open(path)?;
    let before = file.metadata()?.len();
    let written = print(&mut file, line).and_then(|()| sync(&file));
    if written.is_err() {
        // A pipe has no length to go back to, and needs none.
        let _ = file.set_len(before);
    }
    written
}

/// Pipes and terminals cannot be synced, and hold nothing that could be.
fn sync(file: &File) -> io::Result<()> {
    match file.sync_data() {
        Err(error) if error.kind() == ErrorKind::InvalidInput => Ok(()),
        synced => synced,
    }
}
