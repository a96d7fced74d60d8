//! The admin side over real sockets, with a core that remembers what it was told.

use std::io::{Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;

use sortie_model::finding::{Finding, Resolution};
use sortie_model::{Destination, Mode};
use tokio::sync::broadcast;

use super::control::{Control, ControlError};
use super::wire::{
    Close, ClosedAnswer, ModeChange, ModeChanged, Reloaded, ServiceStatus, SetMode, Setting, SinkView, Status, Strike,
    Struck, Switch, Switched, TailLine,
};
use super::{Client, ClientError, Running, Server};
use crate::config::Target;
use crate::config::checked::AdminListen;
use crate::view::explain::Explained;

struct Core {
    did: Mutex<Vec<String>>,
    lines: broadcast::Sender<Arc<TailLine>>,
    ready: bool,
}

impl Core {
    fn new(ready: bool) -> Arc<Self> {
        Arc::new(Self { did: Mutex::default(), lines: broadcast::channel(4).0, ready })
    }

    fn did(&self, what: String) {
        self.did.lock().unwrap().push(what);
    }
}

impl Control for Core {
    fn status(&self) -> Status {
        let services = vec![ServiceStatus { name: "shop".into(), ..ServiceStatus::default() }];
        Status { ready: self.ready, services, ..Status::default() }
    }

    fn set_mode(&self, target: &Target, asked: Setting) -> Result<ModeChanged, ControlError> {
        self.did(format!("mode {asked} {target}"));
        let (target, was, now) = (target.clone(), Mode::Observe, Mode::Block);
        let change = ModeChange { target, asked, was, now, undo: None, apart: Vec::new(), notes: Vec::new() };
        Ok(ModeChanged { changes: vec![change], review: Vec::new(), not_kept: None })
    }

    fn switch(&self, target: &Target, off: bool) -> Result<Switched, ControlError> {
        self.did(format!("off {off} {target}"));
        Ok(Switched { services: vec!["shop".into()], off, not_kept: None })
    }

    fn strike(&self, target: &Target, destination: &Destination) -> Result<Struck, ControlError> {
        self.did(format!("strike {destination} {target}"));
        Ok(Struck { services: vec!["shop".into()] })
    }

    fn keep(&self) -> Result<(), ControlError> {
        Err(ControlError::Failed("the disk is full".into()))
    }

    fn reload(&self) -> Result<Reloaded, ControlError> {
        self.did("reload".to_owned());
        Ok(Reloaded { applied: vec!["alerts".into()], ..Reloaded::default() })
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<TailLine>> {
        let receiver = self.lines.subscribe();
        for count in 1..=6 {
            let _ = self.lines.send(Arc::new(TailLine::Lost { count }));
        }
        receiver
    }

    fn sinks(&self) -> Vec<SinkView> {
        Vec::new()
    }

    fn findings(&self, limit: u32) -> Result<Vec<Finding>, ControlError> {
        self.did(format!("findings {limit}"));
        Ok(Vec::new())
    }

    fn explain(&self, reference: &str) -> Result<Explained, ControlError> {
        Err(ControlError::NotFound(format!("nothing is known of '{reference}'")))
    }

    fn close(&self, close: &Close) -> Result<ClosedAnswer, ControlError> {
        Err(ControlError::Invalid(format!("{} is closed", close.finding)))
    }
}

fn unix(core: &Arc<Core>, data: &Path) -> (Running, Client) {
    let listen = AdminListen::Unix(data.join("elsewhere.sock"));
    let server = Server::bind(&listen, data).unwrap();
    let running = server.start(Arc::clone(core) as Arc<dyn Control>).unwrap();
    (running, Client::of_data(data))
}

fn tcp(core: &Arc<Core>, data: &Path) -> (Running, Client) {
    let listen = AdminListen::Tcp("127.0.0.1:0".parse().unwrap());
    let server = Server::bind(&listen, data).unwrap();
    let running = server.start(Arc::clone(core) as Arc<dyn Control>).unwrap();
    (running, Client::of_data(data))
}

/// Sends bytes as they are and reads the whole answer.
#[expect(clippy::disallowed_methods, reason = "the test speaks to a listener that it made itself")]
fn raw(running: &Running, request: &str) -> String {
    let mut stream = std::net::TcpStream::connect(running.address().unwrap()).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn get(path: &str, headers: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{headers}\r\n")
}

#[tokio::test]
async fn both_transports_carry_orders_and_answers() {
    for bind in [unix, tcp] {
        let folder = tempfile::tempdir().unwrap();
        let core = Core::new(true);
        let (_running, client) = bind(&core, folder.path());
        let status: Status = client.get("/v1/status").await.unwrap();
        assert_eq!(status.services[0].name, "shop");
        let target: Target = "shop /v1/preview $.url".parse().unwrap();
        let changed: ModeChanged = client
            .post("/v1/mode", &SetMode { target: target.clone(), mode: Setting::Own(Mode::Block) })
            .await
            .unwrap();
        assert_eq!(changed.changes[0].target, target);
        let switched: Switched = client.post("/v1/off", &Switch::default()).await.unwrap();
        assert!(switched.off);
        assert_eq!(switched.not_kept.as_deref(), Some("the disk is full"), "it is in force, and is said not to last");
        let _: Switched = client.post("/v1/on", &Switch::default()).await.unwrap();
        let strike = Strike { target: Target::default(), destination: "10.0.0.1:80".into() };
        let _: Struck = client.post("/v1/strike", &strike).await.unwrap();
        let _: Vec<Finding> = client.get("/v1/findings?limit=7").await.unwrap();
        let reloaded: Reloaded = client.post("/v1/reload", &()).await.unwrap();
        assert_eq!(reloaded.applied, ["alerts"]);
        let did = core.did.lock().unwrap().clone();
        assert_eq!(
            did,
            [
                "mode block shop /v1/preview $.url",
                "off true ",
                "off false ",
                "strike 10.0.0.1:80 ",
                "findings 7",
                "reload"
            ]
        );
    }
}

#[tokio::test]
async fn refusals_arrive_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, client) = unix(&Core::new(true), folder.path());
    let refused = |error: ClientError| matches!(&error, ClientError::Refused(_)).then(|| error.to_string()).unwrap();
    assert_eq!(refused(client.get::<Explained>("/v1/explain/R-1").await.unwrap_err()), "nothing is known of 'R-1'");
    let mut close = Close { finding: "F-1".into(), resolution: Resolution::Fixed, reason: "patched".into() };
    assert_eq!(refused(client.post::<ClosedAnswer>("/v1/close", &close).await.unwrap_err()), "F-1 is closed");
    close.reason = " ".into();
    assert_eq!(
        refused(client.post::<ClosedAnswer>("/v1/close", &close).await.unwrap_err()),
        "a finding is closed with a reason"
    );
    assert!(refused(client.get::<Status>("/v2").await.unwrap_err()).starts_with("there is no such page"));
    let large = serde_json::json!({ "mode": "block", "target": "x".repeat(100_000) });
    assert!(client.post::<ModeChanged>("/v1/mode", &large).await.is_err());
    assert!(refused(client.get::<Vec<Finding>>("/v1/findings?limit=x").await.unwrap_err()).contains("limit"));
    let wrong = serde_json::json!({ "mode": "blok" });
    assert!(refused(client.post::<ModeChanged>("/v1/mode", &wrong).await.unwrap_err()).contains("blok"));
}

#[tokio::test]
async fn tail_follows_and_says_what_was_lost() {
    let folder = tempfile::tempdir().unwrap();
    let (_running, client) = unix(&Core::new(true), folder.path());
    let mut lines = Vec::new();
    let each = |line| {
        lines.push(line);
        lines.len() < 5
    };
    client.tail(|| {}, each).await.unwrap();
    let counts: Vec<u64> =
        lines.iter().map(|line| if let TailLine::Lost { count } = line { *count } else { 0 }).collect();
    assert_eq!(counts, [2, 3, 4, 5, 6], "the channel holds four, so the first two are reported as lost");
}

#[tokio::test]
async fn nobody_running_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    let client = Client::of_data(folder.path());
    let error = client.get::<Status>("/v1/status").await.unwrap_err();
    assert!(matches!(error, ClientError::NotRunning { .. }), "{error}");
    assert!(error.to_string().contains(&folder.path().display().to_string()));
    let core = Core::new(true);
    let (running, client) = unix(&core, folder.path());
    drop(running);
    assert!(matches!(client.get::<Status>("/v1/status").await.unwrap_err(), ClientError::NotRunning { .. }));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "socket and address are gone");
}

#[test]
fn tcp_asks_for_loopback_and_token() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _) = tcp(&Core::new(true), folder.path());
    let status = |request: &str| raw(&running, request).split(' ').nth(1).unwrap_or_default().to_owned();
    let token = std::fs::read_to_string(folder.path().join("admin.token")).unwrap();
    let bearer =
        format!("Host: 127.0.0.1\r\nAuthorization: Bearer {token}").replace('\n', "\r\n").replace("\r\r\n", "\r\n");
    assert_eq!(status(&get("/v1/status", &bearer)), "200");
    assert_eq!(status(&get("/v1/status", "Host: 127.0.0.1\r\n")), "401");
    assert_eq!(status(&get("/v1/status", "Host: 127.0.0.1\r\nAuthorization: Bearer 00\r\n")), "401");
    assert_eq!(status(&get("/readyz", "Host: localhost:1\r\n")), "200");
    assert_eq!(status(&get("/metrics", "Host: [::1]\r\n")), "200");
    assert_eq!(status(&get("/readyz", "Host: evil.example\r\n")), "421");
    assert_eq!(status(&get("/v1/status", &bearer.replace("127.0.0.1", "evil.example"))), "421");
    assert_eq!(status(&get("/metrics", "Host: localhost\r\nHost: evil.example\r\n")), "421");
}

#[test]
fn readiness_is_not_guessed() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _) = tcp(&Core::new(false), folder.path());
    let answer = raw(&running, &get("/readyz", "Host: localhost\r\n"));
    assert!(answer.starts_with("HTTP/1.1 503") && answer.ends_with("not ready\n"), "{answer}");
}

#[test]
fn a_foreign_address_gets_no_token() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("admin.address"), "203.0.113.9:80\n").unwrap();
    let shown = format!("{:?}", Client::of_data(folder.path()));
    assert!(shown.contains("admin.sock") && !shown.contains("203.0.113.9"), "{shown}");
}
