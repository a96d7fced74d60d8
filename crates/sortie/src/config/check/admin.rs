//! Where the admin side listens.

use std::path::PathBuf;

use super::{Context, net};
use crate::config::checked::AdminListen;
use crate::config::problem::{Problem, Problems};
use crate::config::raw;

/// Bytes that a Unix socket's path may have (`sun_path` of unix(7), less its closing zero).
const SOCKET_PATH: usize = 107;
/// The socket's name in the data folder, where the file names none.
const SOCKET: &str = "admin.sock";

/// The listener.
pub(super) fn listen(raw: &raw::Admin, context: &Context<'_>, problems: &mut Problems) -> Option<AdminListen> {
    let Some(at) = &raw.listen else { return unix(None, context.data.join(SOCKET), problems) };
    if let Some(path) = at.value().strip_prefix("unix:") {
        return unix(at.span(), context.path(path), problems);
    }
    let address = net::listen(at, problems)?;
    if !address.ip().is_loopback() {
        problems.push(
            Problem::error(at.span(), format!("the admin side at {address} could be reached from elsewhere"))
                .remedy("use unix:PATH or a loopback address, and a tunnel such as ssh -L from elsewhere"),
        );
        return None;
    }
    Some(AdminListen::Tcp(address))
}

fn unix(span: Option<crate::config::at::Span>, path: PathBuf, problems: &mut Problems) -> Option<AdminListen> {
    let length = path.as_os_str().len();
    if length > SOCKET_PATH {
        problems.push(
            Problem::error(span, format!("the admin socket's path has {length} bytes, and {SOCKET_PATH} is the limit"))
                .remedy("name a shorter one: admin: { listen: unix:/run/sortie/admin.sock }"),
        );
        return None;
    }
    Some(AdminListen::Unix(path))
}
