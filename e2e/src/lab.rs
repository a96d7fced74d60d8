//! Programs that nobody here wrote, played by drivers that lie beside the project.
//!
//! The lab (name server, listeners) and the drivers are used where they are, in
//! `../shared/apps` seen from the workspace; without that folder there is nothing to run.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sortie_model::{Destination, Host};
use tokio::net::TcpStream;

use crate::paths;
use crate::process::{Process, until};
use crate::world::Hosts;

/// The hosts of the lab.
pub const HOSTS: Hosts = Hosts {
    addresses: &[
        Ipv4Addr::new(169, 254, 169, 254),
        Ipv4Addr::new(10, 20, 0, 5),
        Ipv4Addr::new(203, 0, 113, 10),
        Ipv4Addr::new(203, 0, 113, 11),
        Ipv4Addr::new(203, 0, 113, 12),
        Ipv4Addr::new(203, 0, 113, 99),
    ],
    file: "203.0.113.10 cdn.example.test\n203.0.113.11 feeds.example.test\n\
           203.0.113.12 hooks.example.test\n10.20.0.5 intranet.example.test\n",
};

/// The lab's own forward proxy, which judges nothing.
pub const PROXY: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 3128);

/// The folder with lab and drivers, where it exists.
pub fn folder() -> Option<PathBuf> {
    let folder = paths::workspace().parent()?.join("shared/apps");
    folder.is_dir().then_some(folder)
}

/// The running lab.
#[derive(Debug)]
pub struct Lab {
    _process: Process,
    log: PathBuf,
}

/// A request that reached a listener of the lab.
#[derive(Clone, Debug, Deserialize)]
pub struct Sink {
    /// Unix seconds.
    pub ts: f64,
    /// Address and port of the listener.
    pub at: String,
    /// Path and query.
    pub path: String,
}

impl Lab {
    /// Starts it and waits until its listeners are there.
    pub async fn start(scripts: &Path, folder: &Path) -> Self {
        let log = folder.join("lab.jsonl");
        let mut command = Command::new("python3");
        command.arg(scripts.join("lab.py")).arg(&log);
        let mut process = Process::start(command, "lab", folder);
        until("the lab's listeners", async || {
            process.must_run();
            TcpStream::connect(PROXY).await.ok().map(drop)
        })
        .await;
        Self { _process: process, log }
    }

    /// What reached its listeners so far.
    pub fn sinks(&self) -> Vec<Sink> {
        let text = std::fs::read_to_string(&self.log).expect("the lab writes its log");
        text.lines().filter(|line| line.contains(r#""k": "sink""#)).map(read).collect()
    }
}

/// One row of a driver's truth.
#[derive(Clone, Debug, Deserialize)]
pub struct Row {
    /// Unix seconds before the request.
    pub ts: f64,
    /// Unix seconds after its answer.
    pub te: f64,
    /// `benign`, `benign-fetch`, `attack` or `setup`.
    pub label: String,
    /// What the user did.
    pub action: String,
    /// Where the ordered dial must go, the last one of a chain of redirects; empty if none was ordered.
    pub target: String,
    /// The whole chain, where there is one.
    #[serde(default)]
    pub hops: Vec<String>,
    /// Status of the answer.
    pub status: u16,
    /// Kind of attack.
    #[serde(default)]
    pub technique: String,
}

impl Row {
    /// Whether it is an attack by HTTP: those pass the outbound door.
    pub fn is_http_attack(&self) -> bool {
        self.label == "attack" && self.target.starts_with("http")
    }

    /// Where its dials go, one by one: the target, and before it each hop.
    pub fn destinations(&self) -> BTreeSet<Destination> {
        self.hops.iter().chain([&self.target]).filter_map(|url| destination(url)).collect()
    }

    /// Whether a listener saw the dial that this row ordered.
    pub fn is_seen(&self, sinks: &[Sink]) -> bool {
        let Ok(target) = self.target.parse::<url::Url>() else { return false };
        let at = format!("{}:{}", address(&target), target.port().unwrap_or(80));
        let path = target.path().trim_end_matches('/');
        let in_time = |sink: &&Sink| sink.ts >= self.ts - 0.1 && sink.ts <= self.te + 0.5;
        sinks.iter().filter(in_time).any(|sink| sink.at == at && sink.path.starts_with(path))
    }
}

/// For messages.
impl std::fmt::Display for Row {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {} {} -> {}", self.label, self.action, self.technique, self.target, self.status)
    }
}

fn destination(url: &str) -> Option<Destination> {
    let url = url.parse::<url::Url>().ok()?;
    Some(Destination::new(Host::parse(url.host_str()?), url.port_or_known_default()?))
}

/// The address that a host of a truth row stands for.
pub fn address(target: &url::Url) -> String {
    let host = target.host_str().unwrap_or_default();
    let listed = HOSTS.file.lines().find_map(|line| line.strip_suffix(host)?.split_whitespace().next());
    listed.unwrap_or(host).to_owned()
}

/// Lets a driver play against `base`, and returns what it says is true. The driver fails where a
/// benign action did.
pub async fn drive(scripts: &Path, driver: &str, base: SocketAddr, folder: &Path) -> Vec<Row> {
    let truth = folder.join("truth.jsonl");
    let mut command = tokio::process::Command::new("python3");
    command.arg(scripts.join(driver)).args([
        "--base",
        &format!("http://{base}"),
        "--seed",
        "1",
        "--benign",
        "60",
        "--attacks",
        "10",
    ]);
    let output = command.arg("--out").arg(&truth).output().await.expect("the driver starts");
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "a benign action failed:\n{said}");
    println!("{said}");
    let text = std::fs::read_to_string(&truth).expect("the driver writes its truth");
    text.lines().map(read).collect()
}

fn read<T: serde::de::DeserializeOwned>(line: &str) -> T {
    serde_json::from_str(line).unwrap_or_else(|e| panic!("not in the stated form: {e}\n{line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_names_each_destination_of_its_dials() {
        let of = |rest: &str| {
            let row = format!(r#"{{"ts":1,"te":2,"label":"attack","action":"a","status":200,{rest}}}"#);
            read::<Row>(&row).destinations().iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(of(r#""target":"""#), [""; 0]);
        assert_eq!(of(r#""target":"tcp://10.20.0.5:8080""#), ["10.20.0.5:8080"]);
        assert_eq!(of(r#""target":"http://169.254.169.254/x""#), ["169.254.169.254:80"]);
        let hops =
            r#""target":"http://127.0.0.1:9000/x","hops":["http://cdn.example.test/redir","http://127.0.0.1:9000/x"]"#;
        assert_eq!(of(hops), ["127.0.0.1:9000", "cdn.example.test:80"]);
    }
}
