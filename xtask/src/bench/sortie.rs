//! Sortie itself, as `sortie run -c` starts it, with everything on and a data folder.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Process;
use crate::paths;
use crate::shell::Failed;

/// What it is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// It refuses nothing.
    Observe,
    /// It refuses, but the traffic does not touch the proven sink.
    BlockElsewhere,
    /// It refuses, and every endpoint of the traffic has a proven sink: every body is held until it
    /// is judged.
    BlockHere,
}

/// A place at every endpoint of the traffic.
const HERE: [&str; 4] = [
    "POST /v1/orders $.callback",
    "PUT /v1/customers/{id} $.avatar",
    "POST /v1/hooks $.url",
    "PATCH /v1/products/{id} $.pictures",
];
const ELSEWHERE: [&str; 1] = ["POST /v1/previews $.url"];

impl Manner {
    pub(super) const ALL: [Self; 3] = [Self::Observe, Self::BlockElsewhere, Self::BlockHere];

    /// Its name in the report.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Observe => "sortie observe",
            Self::BlockElsewhere => "sortie block, proven sink elsewhere",
            Self::BlockHere => "sortie block, proven sinks here",
        }
    }

    fn home(self, folder: &Path) -> PathBuf {
        folder.join(self.name().replace([' ', ','], "-"))
    }
}

/// Starts it between `inbound` and the upstream, with an outbound door.
pub(super) fn start(
    manner: Manner,
    inbound: SocketAddr,
    outbound: SocketAddr,
    upstream: SocketAddr,
    folder: &Path,
) -> Result<Process, Failed> {
    let home = manner.home(folder);
    fs::create_dir_all(&home).map_err(Failed::file(&home))?;
    let file = home.join("sortie.yaml");
    fs::write(&file, configuration(manner, inbound, outbound, upstream)).map_err(Failed::file(&file))?;
    let mut command = Command::new(paths::target().join("release/sortie"));
    // As many threads for the doors as the others have; the engine has one more.
    command.args(["run", "-c"]).arg(&file).env("TOKIO_WORKER_THREADS", "2");
    Process::start(command, manner.name(), &home, &[inbound, outbound])
}

fn configuration(manner: Manner, inbound: SocketAddr, outbound: SocketAddr, upstream: SocketAddr) -> String {
    let (mode, proven): (_, &[&str]) = match manner {
        Manner::Observe => ("observe", &[]),
        Manner::BlockElsewhere => ("block", &ELSEWHERE),
        Manner::BlockHere => ("block", &HERE),
    };
    let sinks = proven.iter().map(|place| format!("{{ at: '{place}', proven: true }}")).collect::<Vec<_>>().join(", ");
    format!(
        "services:
  shop:
    inbound: {{ listen: {inbound}, upstream: 'http://{upstream}' }}
    outbound: {{ listen: {outbound}, locality: same-host }}
    mode: {mode}
sinks: [{sinks}]
data: ./data
"
    )
}

/// Events that its queue had no room for, so that the engine was spared their work. `None` where the
/// program does not say.
pub(super) fn dropped(manner: Manner, folder: &Path) -> Option<u64> {
    let mut command = Command::new(paths::target().join("release/sortie"));
    let output = command.args(["status", "--json", "-c"]).arg(manner.home(folder).join("sortie.yaml")).output().ok()?;
    let status: serde_json::Value = serde_json::from_slice(&output.stdout).ok()?;
    status.pointer("/engine/dropped")?.as_u64()
}
