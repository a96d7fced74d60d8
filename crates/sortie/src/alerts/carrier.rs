//! How an alert gets to one target.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use tokio::sync::mpsc::Sender;

use super::post::{self, PostError};
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

/// Carries alerts to one target, one at a time, and reports each under the target's number.
pub(super) struct Carrier {
    way: Way,
    number: usize,
    outcomes: Sender<(usize, Outcome)>,
}

enum Way {
    Webhook(Arc<Webhook>),
    /// A thread of its own, for writing may block: a full pipe, a hanging network folder.
    Writer(SyncSender<String>),
}

impl Carrier {
    pub(super) fn new(to: &AlertTarget, number: usize, outcomes: Sender<(usize, Outcome)>) -> io::Result<Self> {
        let way = match to {
            AlertTarget::Webhook(webhook) => Way::Webhook(Arc::new(webhook.clone())),
            AlertTarget::Stdout => writer(number, outcomes.clone(), |line| print(&mut io::stdout().lock(), line))?,
            AlertTarget::File(path) => {
                let path = path.clone();
                writer(number, outcomes.clone(), move |line| append(&path, line))?
            }
        };
        Ok(Self { way, number, outcomes })
    }

    /// Whether what a target needs is at hand. What it can be asked for only by sending is not asked.
    pub(super) fn is_ready(&self) -> Result<(), PostError> {
        match &self.way {
            Way::Webhook(webhook) => post::secret(webhook).map(drop),
            Way::Writer(_) => Ok(()),
        }
    }

    /// Sends an alert on its way. Each is reported before the next may be sent.
    pub(super) fn carry(&self, payload: &str) {
        match &self.way {
            Way::Webhook(webhook) => {
                let (webhook, payload) = (Arc::clone(webhook), payload.to_owned());
                let (number, outcomes) = (self.number, self.outcomes.clone());
                tokio::spawn(async move {
                    let posted = post::post(&webhook, &payload).await;
                    // Nobody listens any more where the program ends.
                    let _ = outcomes.send((number, posted.map_err(Failure::from))).await;
                });
            }
            Way::Writer(lines) => {
                if lines.try_send(payload.to_owned()).is_err() {
                    let gone = Failure::Target("its writer is gone".to_owned());
                    let _ = self.outcomes.try_send((self.number, Err(gone)));
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
    outcomes: Sender<(usize, Outcome)>,
    write: impl Fn(&str) -> io::Result<()> + Send + 'static,
) -> io::Result<Way> {
    let (lines, waiting): (_, Receiver<String>) = sync_channel(1);
    // It is never joined: it may hang in the kernel for as long as the process lives.
    std::thread::Builder::new().name("alert writer".to_owned()).spawn(move || {
        for line in waiting {
            let written = write(&line).map_err(|error| Failure::Target(error.to_string()));
            if outcomes.blocking_send((number, written)).is_err() {
                return;
            }
        }
    })?;
    Ok(Way::Writer(lines))
}

fn print(to: &mut impl Write, line: &str) -> io::Result<()> {
    to.write_all(format!("{line}\n").as_bytes()).and_then(|()| to.flush())
}

/// Access for the owner alone, as in the data folder: alerts name clients and internal hosts.
const OWNER_ONLY: u32 = 0o600;

/// Adds a line to a file, durably. Half a line, as a full disk leaves it, is taken back. A file that is
/// there already keeps its mode: whoever made it chose it.
fn append(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().create(true).append(true).mode(OWNER_ONLY).open(path)?;
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

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_reads_a_new_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("alerts.jsonl");
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        append(&path, "{}").unwrap();
        assert_eq!(mode(), OWNER_ONLY);
        fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        append(&path, "{}").unwrap();
        assert_eq!((mode(), fs::read_to_string(&path).unwrap().as_str()), (0o640, "{}\n{}\n"));
    }
}
