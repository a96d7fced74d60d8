//! Following what happens, and asking for it at once.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::http::{free_address, get, post, serve};
use crate::program::{Daemon, PATIENCE};
use crate::works;

/// `sortie tail --json`, ended with the test.
struct Tail {
    child: Child,
    lines: Receiver<Value>,
}

impl Tail {
    fn start(folder: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sortie"));
        command.args(["tail", "--json", "-c", "sortie.yaml"]).current_dir(folder).stdout(Stdio::piped());
        let mut child = command.stderr(Stdio::null()).spawn().expect("the binary runs");
        let (told, lines) = channel();
        let stdout = BufReader::new(child.stdout.take().expect("piped"));
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let _ = told.send(serde_json::from_str(&line).expect("a line is JSON")); // the test may be over
            }
        });
        Self { child, lines }
    }

    /// Orders what is refused until a line tells of it: it may not have followed from the beginning.
    fn hears_of(&self, door: SocketAddr) -> Value {
        let end = std::time::Instant::now() + PATIENCE;
        loop {
            assert_eq!(post(door, "/v1/hooks", r#"{"url": "http://169.254.169.254/"}"#), 403);
            while let Ok(line) = self.lines.recv_timeout(Duration::from_millis(200)) {
                // Of one whose head came before it followed only the body is known.
                if line["type"] == "request" && line["request"] != "a body" {
                    return line;
                }
            }
            assert!(std::time::Instant::now() < end, "no line");
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A service in block whose hooks and previews are known to be dialled.
fn configure(folder: &Path, door: SocketAddr) {
    let upstream = serve(|_| (200, String::new()));
    let text = format!(
        "services:
  shop:
    inbound:  {{ listen: {door}, upstream: \"http://{upstream}\" }}
    outbound: {{ listen: 127.0.0.1:0 }}
    mode: block
sinks:
  - {{ at: \"POST /v1/hooks $.url\", proven: true }}
  - {{ at: \"GET /v1/preview query url\", proven: true }}
"
    );
    std::fs::write(folder.join("sortie.yaml"), text).unwrap();
}

#[test]
fn refused_bodies_are_shown_and_a_restart_is_outlived() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, door) = (folder.path(), free_address());
    configure(folder, door);
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    let tail = Tail::start(folder);
    let line = tail.hears_of(door);
    assert_eq!((&line["request"], &line["denied"]), (&"POST /v1/hooks".into(), &true.into()));
    assert_eq!(daemon.end(), Some(0));
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    while tail.lines.try_recv().is_ok() {}
    assert_eq!(tail.hears_of(door)["denied"], true);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_reference_is_known_as_soon_as_it_is_given() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, door) = (folder.path(), free_address());
    configure(folder, door);
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    for _ in 0..5 {
        let (status, body) = get(door, "/v1/preview?url=http://169.254.169.254/", "198.51.100.7");
        assert_eq!(status, 403);
        let start = body.find("R-").expect("the refusal names the request");
        let reference: String = body[start..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        works(folder, &["explain", &reference, "-c", "sortie.yaml"]);
    }
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn the_first_words_say_what_is_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let (folder, door) = (folder.path(), free_address());
    configure(folder, door);
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    works(folder, &["mode", "shadow", "-c", "sortie.yaml"]);
    assert_eq!(daemon.end(), Some(0));
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    let said = daemon.said.join("\n");
    assert!(said.contains("mode shadow, by `sortie mode` (configured: block)"), "{said}");
    assert_eq!(daemon.end(), Some(0));
}
