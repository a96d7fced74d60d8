//! Who is measured, running side by side for the whole run; who is not asked costs nothing.

use std::net::SocketAddr;
use std::path::Path;

use super::load::Target;
use super::process::{Process, free_address};
use super::sortie::{self, Manner};
use super::{nginx, squid};
use crate::paths;
use crate::shell::{Failed, command};

pub(super) const DIRECT: &str = "direct";
pub(super) const HYPER: &str = "bare hyper";
pub(super) const NGINX: &str = "nginx";
pub(super) const SQUID: &str = "squid";

/// All of them.
pub(super) struct Field {
    origin: SocketAddr,
    processes: Vec<Process>,
    inbound: Vec<Contender>,
    outbound: Vec<Contender>,
}

/// One way from the load to the origin.
pub(super) struct Contender {
    /// Its name in the report.
    pub(super) name: &'static str,
    address: SocketAddr,
    /// Its place among the processes; nobody stands between on the direct way.
    process: Option<usize>,
}

impl Field {
    /// Starts everybody.
    pub(super) fn start(folder: &Path) -> Result<Self, Failed> {
        let origin = free_address()?;
        let mut field = Self { origin, processes: Vec::new(), inbound: Vec::new(), outbound: Vec::new() };
        field.processes.push(own("origin", &[], origin, folder)?);
        field.inbound.push(Contender { name: DIRECT, address: origin, process: None });

        let (pass, proxy) = (free_address()?, free_address()?);
        let upstream = origin.to_string();
        field.add_inbound(HYPER, pass, own("pass", &["--upstream", &upstream], pass, folder)?);
        let web = free_address()?;
        field.add_inbound(NGINX, web, nginx::start(web, origin, folder)?);
        for manner in Manner::ALL {
            let name = manner.name();
            let (inbound, outbound) = (free_address()?, free_address()?);
            field.add_inbound(name, inbound, sortie::start(manner, inbound, outbound, origin, folder)?);
            if manner == Manner::Observe {
                field.add_outbound(name, outbound);
            }
        }
        let cache = free_address()?;
        field.processes.push(own("forward", &[], proxy, folder)?);
        field.add_outbound(HYPER, proxy);
        field.processes.push(squid::start(cache, folder)?);
        field.add_outbound(SQUID, cache);
        Ok(field)
    }

    fn add_inbound(&mut self, name: &'static str, address: SocketAddr, process: Process) {
        self.processes.push(process);
        self.inbound.push(Contender { name, address, process: Some(self.processes.len() - 1) });
    }

    /// A further door of the process that was added last.
    fn add_outbound(&mut self, name: &'static str, address: SocketAddr) {
        self.outbound.push(Contender { name, address, process: Some(self.processes.len() - 1) });
    }

    /// Those who stand at the inbound or at the outbound side.
    pub(super) fn at(&self, is_inbound: bool) -> &[Contender] {
        if is_inbound { &self.inbound } else { &self.outbound }
    }

    /// What to put a load on.
    pub(super) fn target(&self, contender: &Contender) -> Target {
        let pids = contender.process.map(|process| self.processes[process].pids()).unwrap_or_default();
        Target { address: contender.address, origin: self.origin, pids }
    }

    /// Memory of a contender in bytes.
    pub(super) fn memory(&self, contender: &Contender) -> Option<u64> {
        self.processes[contender.process?].memory()
    }
}

/// A program of the crate `sortie-bench`.
fn own(name: &str, arguments: &[&str], listen: SocketAddr, folder: &Path) -> Result<Process, Failed> {
    let mut command = command(paths::target().join("release").join(name), arguments);
    command.arg("--listen").arg(listen.to_string());
    Process::start(command, name, folder, &[listen])
}
