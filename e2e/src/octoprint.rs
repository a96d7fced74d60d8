//! OctoPrint between the doors.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use http::StatusCode;

use crate::process::{Process, until};
use crate::{client, paths};

/// Where it listens.
pub const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 5000);
/// Set-up done, accounts with a fixed salt, nothing phoned home that can be turned off.
const CONFIG: &str = "server: {firstRun: false, onlineCheck: {enabled: false}}\n\
                      accessControl: {salt: 3f1c9a7e5d2b4608}\n\
                      plugins: {tracking: {enabled: false}}\n";

/// A running OctoPrint with a user `admin`.
#[derive(Debug)]
pub struct OctoPrint {
    _process: Process,
}

impl OctoPrint {
    /// Starts it with `proxy` as its HTTP proxy, and waits until it serves.
    pub async fn start(proxy: SocketAddr, folder: &Path) -> Self {
        let program = paths::installed().join("octoprint/bin/octoprint");
        assert!(program.exists(), "{} is missing: run `cargo xtask test`", program.display());
        let base = folder.join("octoprint");
        std::fs::create_dir_all(&base).expect("its folder is made");
        std::fs::write(base.join("config.yaml"), CONFIG).expect("its configuration is written");
        let with_base = || {
            let mut command = Command::new(&program);
            command.arg("--basedir").arg(&base);
            command
        };
        let mut user = with_base();
        let added = user.args(["user", "add", "admin", "--password", "admin", "--admin"]).output().expect("it starts");
        assert!(added.status.success(), "no user was added: {}", String::from_utf8_lossy(&added.stderr));
        let mut serve = with_base();
        serve.args(["serve", "--iknowwhatimdoing", "--host", "127.0.0.1", "--port", &LISTEN.port().to_string()]);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"] {
            serve.env(name, format!("http://{proxy}"));
        }
        // Empty, so that loopback calls pass the door too.
        serve.env("NO_PROXY", "").env("no_proxy", "");
        let mut process = Process::start(serve, "octoprint", folder);
        until("OctoPrint", async || {
            process.must_run();
            // A stand-in serves pages while it starts, but has no API; the API asks who one is.
            let answer = client::get(LISTEN, "/api/version").await.ok()?;
            (answer.status == StatusCode::FORBIDDEN).then_some(())
        })
        .await;
        Self { _process: process }
    }
}
