//! Programs that run while they are measured, and end with the measurement.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::shell::Failed;

/// How long a program may take until it listens, or until it has ended.
const DEADLINE: Duration = Duration::from_secs(20);
/// Pause between two looks at what is awaited.
const POLL: Duration = Duration::from_millis(20);

/// A running program. It is ended when the value is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts a program, its output in `folder/NAME.log`, and waits until it listens everywhere.
    pub(super) fn start(
        mut command: Command,
        name: &str,
        folder: &Path,
        listens: &[SocketAddr],
    ) -> Result<Self, Failed> {
        let log = folder.join(format!("{name}.log"));
        let out = File::create(&log).map_err(Failed::file(&log))?;
        let errors = out.try_clone().map_err(Failed::file(&log))?;
        let child = command.stdin(Stdio::null()).stdout(out).stderr(errors).spawn();
        let child = child.map_err(|source| Failed::Start { program: name.to_owned(), source })?;
        let mut process = Self { child, name: name.to_owned(), log };
        process.wait_for(listens)?;
        Ok(process)
    }

    fn wait_for(&mut self, listens: &[SocketAddr]) -> Result<(), Failed> {
        let end = Instant::now() + DEADLINE;
        // A plain connect to a program of this measurement, on loopback.
        #[allow(clippy::disallowed_methods)]
        let is_open = |address: &SocketAddr| TcpStream::connect_timeout(address, POLL).is_ok();
        while !listens.iter().all(is_open) {
            let has_ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if has_ended || Instant::now() > end {
                let said = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(Failed::Wrong(format!("{} does not listen on {listens:?}: {said}", self.name)));
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    /// The program and its children: nginx has workers.
    pub(super) fn pids(&self) -> Vec<u32> {
        let own = self.child.id();
        let children = fs::read_to_string(format!("/proc/{own}/task/{own}/children")).unwrap_or_default();
        std::iter::once(own).chain(children.split_whitespace().filter_map(|pid| pid.parse().ok())).collect()
    }

    /// Memory of all of them in bytes, shared pages divided by who shares them.
    pub(super) fn memory(&self) -> Option<u64> {
        self.pids().into_iter().map(proportional_set_size).sum()
    }
}

fn proportional_set_size(pid: u32) -> Option<u64> {
    let maps = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let line = maps.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}

impl Drop for Process {
    /// Asks it to end, for a parent that is killed would leave its workers behind.
    fn drop(&mut self) {
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let end = Instant::now() + DEADLINE;
        while Instant::now() < end {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            thread::sleep(POLL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An address of loopback at which nobody listens.
pub(super) fn free_address() -> Result<SocketAddr, Failed> {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).and_then(|listener| listener.local_addr());
    bound.map_err(|error| Failed::Wrong(format!("no free port on loopback: {error}")))
}
