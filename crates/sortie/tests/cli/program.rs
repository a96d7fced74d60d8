//! The program while it runs.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

/// How long the program may take for anything that a test waits for.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A running program. It is killed where a test ends early.
pub(crate) struct Daemon {
    child: Child,
    /// Its first words.
    pub(crate) said: Vec<String>,
    /// Its later ones.
    heard: Receiver<String>,
    /// Where nobody reads it, it stays open.
    _stdout: Option<ChildStdout>,
}

impl Daemon {
    /// Starts it, and returns when its doors stand.
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        Self::launch(folder, args, true)
    }

    /// The same, with a standard output that nobody reads.
    pub(crate) fn start_unread(folder: &Path, args: &[&str]) -> Self {
        Self::launch(folder, args, false)
    }

    fn launch(folder: &Path, args: &[&str], is_read: bool) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sortie"))
            .arg("run")
            .args(args)
            .current_dir(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary runs");
        let (words, heard) = channel();
        listen(child.stderr.take().expect("piped"), words.clone());
        let mut stdout = child.stdout.take();
        if is_read {
            listen(stdout.take().expect("piped"), words);
        }
        let mut daemon = Self { child, said: Vec::new(), heard, _stdout: stdout };
        // The last of its first words.
        daemon.said = daemon.hears("  sortie status");
        daemon
    }

    /// Where its outbound door listens, by its first words.
    pub(crate) fn proxy(&self) -> SocketAddr {
        let proxy = self.said.iter().find_map(|line| line.split("HTTP_PROXY=http://").nth(1)).expect("it says so");
        proxy.split([' ', '/']).next().unwrap_or_default().parse().expect("an address")
    }

    /// Waits until it says a line that begins so, and returns what it said until then.
    pub(crate) fn hears(&self, beginning: &str) -> Vec<String> {
        self.hears_until(beginning, |line| line.starts_with(beginning))
    }

    /// Waits until it says a line that holds this, and returns what it said until then.
    pub(crate) fn hears_part(&self, part: &str) -> Vec<String> {
        self.hears_until(part, |line| line.contains(part))
    }

    fn hears_until(&self, what: &str, is_it: impl Fn(&str) -> bool) -> Vec<String> {
        let mut said = Vec::new();
        loop {
            let Ok(line) = self.heard.recv_timeout(PATIENCE) else { panic!("it never said '{what}', but: {said:#?}") };
            said.push(line);
            if said.last().is_some_and(|line| is_it(line)) {
                return said;
            }
        }
    }

    /// Sends it a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &pid]).status().expect("kill(1)").success());
    }

    /// Asks it to end, and says how it did.
    pub(crate) fn end(mut self) -> Option<i32> {
        self.signal("TERM");
        self.child.wait().expect("it is ours").code()
    }

    /// Ends it as a crash would.
    pub(crate) fn kill(mut self) {
        self.signal("KILL");
        self.child.wait().expect("it is ours");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn listen(from: impl Read + Send + 'static, words: Sender<String>) {
    std::thread::spawn(move || {
        // Ends with the program, or with the test.
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if words.send(line).is_err() {
                return;
            }
        }
    });
}

/// Asks until it is so: a program under test tells nobody when its state changes, so it is asked again and
/// again. How long that takes decides nothing but when the test gives up.
pub(crate) fn until<T>(mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "it never came true");
        std::thread::sleep(Duration::from_millis(20));
    }
}
