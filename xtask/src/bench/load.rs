//! The loads, and the program that puts them on.

use std::net::SocketAddr;
use std::process::Stdio;

use serde::Serialize;

use super::figures::Figures;
use crate::paths;
use crate::shell::{Failed, command};

/// A load, under the name that stands in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) enum Load {
    /// Inbound, as much as it takes.
    #[serde(rename = "inbound 1 KiB, closed loop")]
    Inbound,
    /// The same with large bodies.
    #[serde(rename = "inbound 64 KiB, closed loop")]
    InboundLarge,
    /// Inbound at a fixed rate, for the latency.
    #[serde(rename = "inbound 1 KiB, open loop")]
    InboundOpen,
    /// Absolute-form requests on connections that stay open, as much as it takes.
    #[serde(rename = "outbound 1 KiB, absolute form")]
    Outbound,
    /// The same with large bodies.
    #[serde(rename = "outbound 64 KiB, absolute form")]
    OutboundLarge,
    /// CONNECT, one request, and the end.
    #[serde(rename = "outbound 1 KiB, a tunnel for each")]
    Tunnels,
}

impl Load {
    pub(super) const ALL: [Self; 6] =
        [Self::Inbound, Self::InboundLarge, Self::InboundOpen, Self::Outbound, Self::OutboundLarge, Self::Tunnels];

    pub(super) fn is_inbound(self) -> bool {
        matches!(self, Self::Inbound | Self::InboundLarge | Self::InboundOpen)
    }

    fn size(self) -> &'static str {
        if matches!(self, Self::InboundLarge | Self::OutboundLarge) { "64k" } else { "1k" }
    }
}

/// What a load is put on.
#[derive(Clone, Debug)]
pub(super) struct Target {
    /// Where it listens.
    pub(super) address: SocketAddr,
    /// The destination that a forward proxy is asked for.
    pub(super) origin: SocketAddr,
    /// Processes whose CPU time counts.
    pub(super) pids: Vec<u32>,
}

/// Puts a load on for so many seconds. `rate` is in requests per second, for the open loop.
pub(super) fn put(load: Load, target: &Target, seconds: f64, rate: f64) -> Result<Figures, Failed> {
    let program = paths::target().join("release/load");
    let mut command = command(&program, &["--size", load.size(), "--seconds", &seconds.to_string()]);
    command.arg("--to").arg(target.address.to_string());
    for pid in &target.pids {
        command.arg("--pid").arg(pid.to_string());
    }
    if !load.is_inbound() {
        command.arg("--through-to").arg(target.origin.to_string());
    }
    match load {
        Load::InboundOpen => command.args(["open", "--rate", &rate.to_string()]),
        Load::Tunnels => command.arg("tunnels"),
        Load::Inbound | Load::InboundLarge | Load::Outbound | Load::OutboundLarge => command.arg("closed"),
    };
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output();
    let output = output.map_err(|source| Failed::Start { program: program.display().to_string(), source })?;
    if !output.status.success() {
        return Err(Failed::Status { program: format!("{command:?}"), status: output.status });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Failed::Wrong(format!("the load printed no figures: {error}")))
}
