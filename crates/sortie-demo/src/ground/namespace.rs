//! A network namespace, entered and furnished without any program's help.

use std::net::{IpAddr, Ipv4Addr};

use nix::sched::{CloneFlags, unshare};
use nix::unistd::{getgid, getuid};
use rtnetlink::LinkUnspec;

use crate::DemoError;

/// The loopback device is the first one of every namespace.
const LOOPBACK: u32 = 1;

/// Returns whether the process is inside.
pub(super) fn enter_as_root() -> bool {
    getuid().is_root() && unshare(CloneFlags::CLONE_NEWNET).is_ok()
}

/// Enters a user namespace, in which the process may change its network.
pub(super) fn enter_as_user() -> Result<(), DemoError> {
    let (user, group) = (getuid(), getgid());
    let refused = |error| DemoError::Namespace { what: format!("unshare: {error}") };
    unshare(CloneFlags::CLONE_NEWUSER | CloneFlags::CLONE_NEWNET).map_err(refused)?;
    // Without a mapping to root there is no right to change the new network.
    write("setgroups", "deny")?;
    write("uid_map", &format!("0 {user} 1"))?;
    write("gid_map", &format!("0 {group} 1"))
}

fn write(file: &str, text: &str) -> Result<(), DemoError> {
    let path = format!("/proc/self/{file}");
    std::fs::write(&path, text).map_err(|error| DemoError::Namespace { what: format!("{path}: {error}") })
}

pub(super) async fn furnish(addresses: &[Ipv4Addr]) -> Result<(), DemoError> {
    let failed = |what: &str, error: &dyn std::fmt::Display| DemoError::Namespace { what: format!("{what}: {error}") };
    let (connection, handle, _) = rtnetlink::new_connection().map_err(|error| failed("netlink", &error))?;
    let connection = tokio::spawn(connection);
    let up = LinkUnspec::new_with_index(LOOPBACK).up().build();
    handle.link().set(up).execute().await.map_err(|error| failed("bring lo up", &error))?;
    for address in addresses.iter().filter(|address| !address.is_loopback()) {
        let add = handle.address().add(LOOPBACK, IpAddr::V4(*address), 32).replace();
        add.execute().await.map_err(|error| failed(&format!("add {address}"), &error))?;
    }
    connection.abort();
    Ok(())
}
