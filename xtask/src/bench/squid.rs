//! Squid as a forward proxy without a cache.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use super::process::Process;
use crate::install::Needed;
use crate::shell::Failed;

pub(super) const NEEDED: Needed = Needed { probe: &["/usr/sbin/squid", "-v"], package: "squid" };

/// One worker, in one process. It keeps its connections to servers open for every method, which it
/// does by default only for those that it may repeat.
pub(super) fn start(listen: SocketAddr, folder: &Path) -> Result<Process, Failed> {
    let file = folder.join("squid.conf");
    fs::write(&file, configuration(listen)).map_err(Failed::file(&file))?;
    let mut command = Command::new(NEEDED.probe[0]);
    command.args(["-N", "-f"]).arg(&file);
    Process::start(command, "squid", folder, &[listen])
}

fn configuration(listen: SocketAddr) -> String {
    format!(
        "http_port {listen}
http_access allow all
cache deny all
cache_mem 0
access_log none
cache_log /dev/null
cache_store_log none
pid_filename none
coredump_dir /
visible_hostname bench
server_pconn_for_nonretriable allow all
shutdown_lifetime 1 second
"
    )
}
