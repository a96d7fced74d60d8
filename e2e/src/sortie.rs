//! The program under test.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tokio::net::TcpStream;

use crate::findings::Finding;
use crate::paths;
use crate::process::{Process, until};
use crate::tail::Explained;

/// The inbound door.
pub const INBOUND: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 8080);
/// The outbound door; not on the usual 3128, where labs of other people's programs have theirs.
pub const OUTBOUND: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 3129);

/// A running Sortie with one service, `shop`.
#[derive(Debug)]
pub struct Sortie {
    process: Process,
    config: PathBuf,
}

impl Sortie {
    /// Starts it between the clients and a back end, and waits until both doors are open.
    pub async fn start(mode: &str, upstream: SocketAddr, folder: &Path) -> Self {
        let config = folder.join("sortie.yaml");
        std::fs::write(&config, configuration(mode, upstream)).expect("the configuration is written");
        let mut command = Command::new(paths::sortie());
        command.arg("run").arg("-c").arg(&config);
        let mut sortie = Self { process: Process::start(command, "sortie", folder), config };
        until("Sortie's doors", async || {
            sortie.process.must_run();
            let doors = (TcpStream::connect(INBOUND).await, TcpStream::connect(OUTBOUND).await);
            (doors.0.is_ok() && doors.1.is_ok()).then_some(())
        })
        .await;
        until("Sortie's answer", async || sortie.ask(&["status"]).status.success().then_some(())).await;
        sortie
    }

    /// Runs a subcommand against the running program; it must succeed.
    pub fn command(&self, words: &[&str]) -> String {
        said(words, &self.ask(words))
    }

    fn ask(&self, words: &[&str]) -> Output {
        let mut command = Command::new(paths::sortie());
        command.args(words).arg("-c").arg(&self.config).output().expect("sortie starts")
    }

    /// Starts to follow what happens; the lines go to the process's output.
    pub fn tail(&self, folder: &Path) -> Process {
        let mut command = Command::new(paths::sortie());
        command.args(["tail", "--json", "-c"]).arg(&self.config);
        Process::start(command, "tail", folder)
    }

    /// A request as it is explained.
    pub fn explained(&self, request: &str) -> Explained {
        let text = self.command(&["explain", request, "--json"]);
        serde_json::from_str(&text)
            .unwrap_or_else(|e| panic!("{request} is not explained in the stated form: {e}\n{text}"))
    }

    /// Waits until `sortie status` tells what `tells` asks for: what a place led to is known only
    /// when its requests can no longer order anything.
    pub async fn until_status(&self, what: &str, tells: impl Fn(&str) -> bool) {
        until(what, async || tells(&self.command(&["status"])).then_some(())).await;
    }

    /// What it printed so far.
    pub fn output(&self) -> String {
        self.process.output()
    }

    /// Ends it as a crash would; what it wrote stays.
    pub fn crash(self) {
        self.process.kill();
    }

    /// Ends it as an operator would, and reads all findings from what it left.
    pub async fn finish(mut self) -> Vec<Finding> {
        let status = self.process.stop().await;
        assert!(status.success(), "sortie ended with {status}\n{}", self.process.output());
        let text = self.command(&["findings", "--format", "json", "--all"]);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("findings are not in the stated form: {e}\n{text}"))
    }
}

fn said(words: &[&str], output: &Output) -> String {
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sortie {}: {}\n{errors}", words.join(" "), output.status);
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The lab's public hosts lie in a documentation network, and its clients behind a load balancer
/// on this host.
fn configuration(mode: &str, upstream: SocketAddr) -> String {
    format!(
        "services:\n  shop:\n    inbound: {{ listen: {INBOUND}, upstream: 'http://{upstream}', trusted_proxies: [127.0.0.1] }}\n    \
         outbound: {{ listen: {OUTBOUND}, locality: same-host }}\n    mode: {mode}\n\
         addresses: {{ public: [203.0.113.0/24] }}\n\
         data: ./data\n"
    )
}
