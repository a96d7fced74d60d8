//! Alerts on their way from a finding to real receivers.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::mpsc::{Receiver, channel};

use serde_json::Value;

use crate::http::{exchange, free_address, get, get_through, serve};
use crate::program::{Daemon, PATIENCE, until};
use crate::{code, sortie, stderr, works};

/// A shop with a preview that fetches what it is told, an internal host, and one who hears of it.
struct Place {
    folder: tempfile::TempDir,
    door: SocketAddr,
    internal: SocketAddr,
    receiver: Hook,
}

/// A webhook's receiver: what it hears, and what it answers.
struct Hook {
    address: SocketAddr,
    heard: Receiver<Value>,
    status: Arc<AtomicU16>,
}

impl Hook {
    fn open(status: u16) -> Self {
        let (told, heard) = channel();
        let status = Arc::new(AtomicU16::new(status));
        let answered = Arc::clone(&status);
        let address = serve(move |request| {
            // Read before the test hears of it, and so before it changes it.
            let status = answered.load(Ordering::SeqCst);
            told.send(serde_json::from_str(&request.body).expect("an alert is JSON")).expect("the test listens");
            (status, String::new())
        });
        Self { address, heard, status }
    }

    fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn hears(&self) -> Value {
        self.heard.recv_timeout(PATIENCE).expect("an alert arrives")
    }
}

impl Place {
    /// `more` targets, as YAML, stand beside the receiver.
    fn new(status: u16, more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (door, egress, receiver) = (free_address(), free_address(), Hook::open(status));
        let internal =
            serve(|_| (200, "an internal document that nobody outside should ever read, number 1729".into()));
        let shop = serve(move |request| match request.target.split_once("?url=") {
            Some((_, url)) => get_through(egress, url),
            None => (404, String::new()),
        });
        let text = format!(
            "services:
  shop:
    inbound:  {{ listen: {door}, upstream: \"http://{shop}\", trusted_proxies: [127.0.0.0/8] }}
    outbound: {{ listen: {egress} }}
    mode: block
sinks:
  - {{ at: \"GET /v1/preview query url\", proven: true }}
alerts:
  - {{ webhook: \"http://{}/hook\", min: low }}
{more}",
            receiver.address
        );
        std::fs::write(folder.path().join("sortie.yaml"), text).unwrap();
        Self { folder, door, internal, receiver }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn start(&self) -> Daemon {
        Daemon::start(self.path(), &["-c", "sortie.yaml"])
    }

    /// Orders a fetch of the internal host; returns the status.
    fn attack(&self, client: &str) -> u16 {
        get(self.door, &format!("/v1/preview?url=http://{}/secret", self.internal), client).0
    }

    fn status(&self) -> Value {
        serde_json::from_str(&works(self.path(), &["status", "--json", "-c", "sortie.yaml"])).unwrap()
    }

    /// What takes no alerts, and why, as JSON; `None` while all do.
    fn trouble(&self) -> Option<String> {
        let troubles = &self.status()["alerts"]["troubles"];
        troubles.as_object().filter(|troubles| !troubles.is_empty()).map(|_| troubles.to_string())
    }

    fn file(&self) -> PathBuf {
        self.path().join("alerts.jsonl")
    }
}

#[test]
fn a_story_is_told_once_and_once_per_rise_beside_a_dead_target() {
    let dead = free_address();
    let more = format!("  - {{ webhook: \"http://{dead}/\", min: low }}\n  - {{ jsonl: alerts.jsonl, min: low }}\n");
    let place = Place::new(500, &more);
    let daemon = place.start();
    assert_eq!(place.attack("198.51.100.7"), 403);
    let refused = place.receiver.hears();
    assert_eq!((&refused["event"], &refused["finding"]["severity"]), (&"finding.opened".into(), &"medium".into()));
    // Neither the dead target nor the one that is ill holds up the file.
    until(|| std::fs::read_to_string(place.file()).ok().filter(|text| text.ends_with('\n')));
    place.receiver.answers(200);
    assert_eq!(place.receiver.hears(), refused, "the same again, after a while");

    assert_eq!(place.attack("198.51.100.7"), 403);
    works(place.path(), &["mode", "observe", "-c", "sortie.yaml"]);
    assert_eq!(place.attack("198.51.100.7"), 200);
    let mut told = vec![refused];
    while told.last().is_some_and(|alert| alert["finding"]["severity"] != "critical") {
        told.push(place.receiver.hears());
    }
    for pair in told.windows(2) {
        assert_eq!(pair[1]["event"], "finding.raised");
        assert_eq!(pair[1]["raised_from"], pair[0]["finding"]["severity"]);
        assert_eq!(pair[1]["finding"]["id"], pair[0]["finding"]["id"]);
    }
    let trouble = until(|| place.trouble());
    assert!(trouble.contains("refused") && !trouble.contains("alerts.jsonl"), "{trouble}");
    assert_eq!(daemon.end(), Some(0));

    // Another story comes right behind the last: nothing was told twice in between, by a restart neither.
    let daemon = place.start();
    place.attack("198.51.100.8");
    assert_eq!(place.receiver.hears()["finding"]["actor"]["address"], "198.51.100.8");
    let lines = until(|| std::fs::read_to_string(place.file()).ok().filter(|text| text.contains("198.51.100.8")));
    let ids: Vec<String> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["id"].to_string()).collect();
    assert!(ids.iter().all(|id| ids.iter().filter(|other| *other == id).count() == 1), "{ids:?}");
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn an_alert_outlives_a_kill() {
    let place = Place::new(500, "");
    let daemon = place.start();
    assert_eq!(place.attack("198.51.100.7"), 403);
    let first = place.receiver.hears();
    daemon.kill();
    place.receiver.answers(200);
    let daemon = place.start();
    assert_eq!(place.receiver.hears(), first);
    until(|| (place.status()["alerts"]["waiting"] == 0).then_some(()));
    daemon.kill();

    let daemon = place.start();
    place.attack("198.51.100.8");
    assert_eq!(place.receiver.hears()["finding"]["actor"]["address"], "198.51.100.8", "the first was settled");
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn an_alert_that_is_refused_holds_up_no_other() {
    let place = Place::new(422, "");
    let daemon = place.start();
    for client in ["198.51.100.7", "198.51.100.8"] {
        assert_eq!(place.attack(client), 403);
        assert_eq!(place.receiver.hears()["finding"]["actor"]["address"], client);
    }
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_standard_output_that_nobody_reads_harms_nobody() {
    const STORIES: u32 = 200; // more than a pipe of 64 KB holds
    const WAIT: u64 = 50;
    let place = Place::new(200, "  - { jsonl: stdout, min: low }\n");
    let daemon = Daemon::start_unread(place.path(), &["-c", "sortie.yaml"]);
    for client in 1..=STORIES {
        assert_eq!(place.attack(&format!("198.51.100.{client}")), 403);
        place.receiver.hears();
    }
    until(|| place.status()["alerts"]["waiting"].as_u64().filter(|&waiting| waiting >= WAIT));
    assert_eq!(place.attack("198.51.100.1"), 403);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn what_was_called_fixed_is_told_anew_when_it_happens_again() {
    let place = Place::new(200, "");
    let daemon = place.start();
    assert_eq!(place.attack("198.51.100.7"), 403);
    let first = place.receiver.hears();
    let id = first["finding"]["id"].as_str().unwrap();
    let close = |resolution: &str| {
        works(place.path(), &["close", id, "--as", resolution, "--reason", "for the test", "-c", "sortie.yaml"])
    };
    assert!(close("accepted").contains("it opens again"));
    assert_eq!(place.attack("198.51.100.7"), 403);
    assert_eq!(place.attack("198.51.100.8"), 403);
    assert_eq!(place.receiver.hears()["finding"]["actor"]["address"], "198.51.100.8", "an accepted one stays closed");
    let again = close("fixed");
    assert!(again.contains("it was closed as accepted at ") && again.contains(": for the test\n"), "{again}");
    assert!(again.ends_with("is now closed as fixed; it opens again when it happens again\n"), "{again}");
    assert_eq!(place.attack("198.51.100.7"), 403);
    let again = place.receiver.hears();
    assert_eq!((&again["finding"]["id"], &again["event"]), (&first["finding"]["id"], &first["event"]));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_story_is_told_by_the_order_that_got_furthest() {
    let place = Place::new(200, "");
    let daemon = place.start();
    works(place.path(), &["mode", "observe", "-c", "sortie.yaml"]);
    assert_eq!(place.attack("198.51.100.7"), 200);
    get(place.door, &format!("/v1/preview?url=http://{}/nobody", free_address()), "198.51.100.7");
    let finding = until(|| {
        let list = works(place.path(), &["findings", "--format", "jsonl", "-c", "sortie.yaml"]);
        let finding: Value = serde_json::from_str(list.lines().next()?).unwrap();
        (finding["dials"].as_array()?.last()?["outcome"] == "refused").then_some(finding)
    });
    assert_eq!(finding["rung"], "E5");
    assert_eq!(finding["candidate"], format!("http://{}/secret", place.internal));
    assert_eq!(finding["destination"]["port"], place.internal.port());
    let told = works(place.path(), &["explain", finding["id"].as_str().unwrap(), "-c", "sortie.yaml"]);
    let first = finding["requests"][0]["id"].as_str().unwrap();
    assert!(told.contains(&format!("/secret\"  request {first} and 1 other")), "{told}");
    assert_eq!(daemon.end(), Some(0));
}

/// As a full disk does: what has arrived cannot be taken off the queue.
#[test]
fn what_has_arrived_is_not_sent_again_while_the_queue_cannot_be_written() {
    let place = Place::new(200, "");
    let daemon = place.start();
    let index = rusqlite::Connection::open(place.path().join("sortie-data/index.sqlite")).unwrap();
    let broken = "CREATE TRIGGER broken BEFORE DELETE ON delivery BEGIN SELECT RAISE(ABORT, 'broken'); END";
    index.execute_batch(broken).unwrap();
    for client in ["198.51.100.7", "198.51.100.8", "198.51.100.9"] {
        assert_eq!(place.attack(client), 403);
        assert_eq!(place.receiver.hears()["finding"]["actor"]["address"], client);
    }
    until(|| place.trouble().filter(|why| why.contains("writing")));
    index.execute_batch("DROP TRIGGER broken").unwrap();
    until(|| (place.status()["alerts"]["waiting"] == 0).then_some(()));
    assert!(place.receiver.heard.try_recv().is_err(), "each was heard once");
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_webhook_with_a_secret_is_signed_and_hears_nothing_unsigned() {
    let (told, heard) = channel();
    let signed = serve(move |request| {
        told.send((request.signature, request.body)).expect("the test listens");
        (200, String::new())
    });
    let more = format!("  - {{ webhook: \"http://{signed}/\", min: low, secret_file: hook.secret }}\n");
    let place = Place::new(200, &more);
    let daemon = place.start();
    let untold = || place.trouble().filter(|trouble| trouble.contains("cannot take the secret that signs"));
    until(untold); // before there is anything to sign
    assert_eq!(place.attack("198.51.100.7"), 403);
    assert!(place.receiver.hears()["finding"].is_object());
    until(untold);
    assert!(heard.try_recv().is_err());
    std::fs::write(place.path().join("hook.secret"), "whsec_test\nthe second line is a comment\n").unwrap();
    drop(daemon);
    // The next start tries again at once.
    let _daemon = place.start();
    let (signature, body) = heard.recv_timeout(PATIENCE).expect("an alert arrives");
    let signature = signature.expect("it is signed");
    let seconds =
        signature.strip_prefix("t=").and_then(|rest| rest.split(',').next()).expect("it begins with its time");
    let at = sortie_model::Micros(seconds.parse::<u64>().unwrap() * 1_000_000);
    assert_eq!(signature, sortie_export::webhook::Secret::new(b"whsec_test").sign(at, body.as_bytes()));
}

/// Told by `check` with the line, at the start, and in `status`, before there is anything to send.
#[test]
fn targets_that_cannot_work_are_told_at_once() {
    let more =
        "  - { jsonl: none/alerts.jsonl, min: low }\n  - { webhook: \"http://127.0.0.1:9/\", secret_file: none }\n";
    let place = Place::new(200, more);
    let checked = sortie(place.path(), &["check"]);
    assert_eq!(code(&checked), 0, "it may run on another machine");
    let said = stderr(&checked);
    for part in ["[sortie.yaml:10:14]", "'none/alerts.jsonl'", "[sortie.yaml:11:", "cannot be taken from 'none'"] {
        assert!(said.contains(part), "{part} is not in {said}");
    }
    let _daemon = place.start();
    until(|| place.trouble().filter(|told| told.contains("alerts[1], file") && told.contains("alerts[2], webhook")));
    let shown = works(place.path(), &["status", "-c", "sortie.yaml"]);
    assert_eq!(shown.lines().filter(|line| line.starts_with("  TROUBLE alerts[")).count(), 2, "{shown}");
}

#[test]
fn a_request_is_explained_by_the_id_that_its_client_gave() {
    let place = Place::new(200, "");
    let _daemon = place.start();
    let send = |target: &str, id: &str| {
        exchange(place.door, &format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\nX-Request-Id: {id}\r\n")).0
    };
    assert_eq!(send(&format!("/v1/preview?url=http://{}/secret", place.internal), "c0ffee/attack"), 403);
    assert_eq!(send("/v1/orders", "c0ffee/benign"), 404);
    let explain = |reference: &str| works(place.path(), &["explain", reference, "-c", "sortie.yaml"]);
    let id = place.receiver.hears()["finding"]["id"].as_str().expect("a finding has a name").to_owned();
    let attack = explain("c0ffee/attack");
    assert!(attack.contains("(x-request-id c0ffee/attack)") && attack.contains(&id), "{attack}");
    let benign = explain("c0ffee/benign");
    assert!(benign.contains("GET /v1/orders") && !benign.contains("finding"), "{benign}");
    // Stories of others do not hide that nobody sent this.
    let output = sortie(place.path(), &["explain", "c0ffee/nobody", "-c", "sortie.yaml"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("nothing is known of 'c0ffee/nobody'") && said.contains("X-Request-Id"), "{said}");
}
