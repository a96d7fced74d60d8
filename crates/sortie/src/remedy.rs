//! What to do about what the operating system says.

use std::io;

/// What keeps an address from being listened on, and what helps.
pub(crate) fn listening(error: &io::Error) -> String {
    let help = match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there (`ss -ltnp` names it): stop it, or choose another port"
        }
        io::ErrorKind::AddrNotAvailable => "this machine has no such address (`ip address` lists those it has)",
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 take a privilege: choose a higher one, or grant CAP_NET_BIND_SERVICE"
        }
        io::ErrorKind::NotFound => "its folder is not there: make it, or choose another path",
        _ => return error.to_string(),
    };
    format!("{error}; {help}")
}
