//! Child processes that end with the test.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How long anything may take to become ready.
pub const DEADLINE: Duration = Duration::from_secs(30);
/// Pause between two looks at something that is awaited.
const POLL: Duration = Duration::from_millis(20);

/// A running program, killed when it goes out of scope. Its output goes to a file.
#[derive(Debug)]
pub struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts `command`; stdout and stderr are added to `folder/name.log`.
    pub fn start(mut command: Command, name: &str, folder: &Path) -> Self {
        let log = folder.join(format!("{name}.log"));
        let file = File::options()
            .append(true)
            .create(true)
            .open(&log)
            .unwrap_or_else(|e| panic!("cannot make {}: {e}", log.display()));
        let both = file.try_clone().expect("a file handle is copied");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(both).spawn();
        let child = child.unwrap_or_else(|e| panic!("cannot start {command:?}: {e}"));
        Self { child, name: name.to_owned(), log }
    }

    /// Panics with the program's output if it has ended.
    pub fn must_run(&mut self) {
        if let Ok(Some(status)) = self.child.try_wait() {
            panic!("{} ended: {status}\n{}", self.name, self.output());
        }
    }

    /// What it printed so far.
    pub fn output(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Ends it without asking, as a crash would.
    pub fn kill(mut self) {
        self.child.kill().unwrap_or_else(|e| panic!("cannot kill {}: {e}", self.name));
        self.child.wait().unwrap_or_else(|e| panic!("cannot wait for {}: {e}", self.name));
    }

    /// Asks it to end and waits until it has.
    pub async fn stop(&mut self) -> ExitStatus {
        let asked = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(asked.is_ok_and(|status| status.success()), "cannot signal {}", self.name);
        let what = format!("the end of {}", self.name);
        until(&what, async || self.child.try_wait().ok().flatten()).await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already: then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- {} printed ---\n{}", self.name, tail(&self.output(), 40));
        }
    }
}

/// Looks again and again until `ready` has something, at most [`DEADLINE`].
pub async fn until<T>(what: &str, mut ready: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + DEADLINE;
    loop {
        if let Some(value) = ready().await {
            return value;
        }
        assert!(Instant::now() < end, "waited {} s in vain for {what}", DEADLINE.as_secs());
        tokio::time::sleep(POLL).await;
    }
}

fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}
