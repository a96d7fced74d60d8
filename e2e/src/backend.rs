//! The back ends: the same small shop in Python and in Node.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use crate::process::{Process, until};
use crate::{client, paths};

/// Which back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// Flask with requests, urllib, httpx and urllib3.
    Python,
    /// `node:http` with axios and undici.
    Node,
}

/// A running back end.
#[derive(Debug)]
pub struct Backend {
    process: Process,
}

/// What a back end says of itself.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct State {
    /// Stored orders that are still to be obeyed.
    pub pending: u64,
    /// Own calls that succeeded.
    pub own_ok: u64,
    /// Own calls that failed.
    pub own_failed: u64,
}

impl Backend {
    /// Where a back end listens.
    pub const ADDRESS: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 5000);

    /// Starts the shop, with `proxy` as its HTTP proxy, and waits until it serves and its own calls
    /// went out once.
    pub async fn start(language: Language, proxy: Option<SocketAddr>, folder: &Path) -> Self {
        Self::start_app("shop", language, proxy, folder).await
    }

    /// The same for the back end of a name.
    pub async fn start_app(app: &str, language: Language, proxy: Option<SocketAddr>, folder: &Path) -> Self {
        let mut command = command(app, language, folder);
        for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"] {
            command.env_remove(name);
        }
        if let Some(proxy) = proxy {
            command.env("HTTP_PROXY", format!("http://{proxy}")).env("http_proxy", format!("http://{proxy}"));
        }
        // Empty, so that loopback and internal calls pass the door too.
        command.env("NO_PROXY", "").env("no_proxy", "").env("PORT", Self::ADDRESS.port().to_string());
        let mut backend = Self { process: Process::start(command, "backend", folder) };
        until("the back end's first own calls", async || {
            backend.process.must_run();
            read_state().await.filter(|state| state.own_ok + state.own_failed >= 2)
        })
        .await;
        backend
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        Self::ADDRESS
    }

    /// What it says of itself, past Sortie.
    pub async fn state(&self) -> State {
        read_state().await.expect("the back end tells its state")
    }

    /// Waits until no stored order is left to be obeyed.
    pub async fn settle(&self) {
        until("the back end's deliveries", async || read_state().await.filter(|state| state.pending == 0)).await;
    }
}

fn command(app: &str, language: Language, folder: &Path) -> Command {
    match language {
        Language::Python => {
            let mut command = Command::new(paths::python());
            command.arg(paths::app(&format!("{app}.py")));
            command
        }
        Language::Node => {
            // Node looks for packages in the folders above the module.
            let module = folder.join(format!("{app}.mjs"));
            std::fs::copy(paths::app(&format!("{app}.mjs")), &module).expect("the Node back end is copied");
            let packages = paths::node_folder().join("node_modules");
            std::os::unix::fs::symlink(packages, folder.join("node_modules")).expect("a link to its packages is made");
            let mut command = Command::new("node");
            command.arg(module);
            command
        }
    }
}

async fn read_state() -> Option<State> {
    let answer = client::get(Backend::ADDRESS, "/internal/state").await.ok()?;
    serde_json::from_slice(&answer.body).ok()
}
