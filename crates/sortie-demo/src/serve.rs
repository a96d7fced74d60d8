//! Listeners that live as long as the world.

use std::net::SocketAddr;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::DemoError;

/// Running HTTP servers; dropping them ends them.
#[derive(Debug, Default)]
pub(crate) struct Servers(JoinSet<()>);

impl Servers {
    /// Listens, and answers by `router` from now on.
    pub(crate) async fn add(&mut self, address: SocketAddr, router: Router) -> Result<(), DemoError> {
        let listen = |source| DemoError::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(listen)?;
        self.0.spawn(async move {
            // It ends only with the task: accept errors are waited out by the server.
            let _ = axum::serve(listener, router).await;
        });
        Ok(())
    }

    /// Ends them, so that their addresses are free again.
    pub(crate) async fn close(mut self) {
        self.0.shutdown().await;
    }
}
