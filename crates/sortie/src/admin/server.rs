//! The admin side's listener and its thread.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;

use axum::Router;
use tokio::sync::oneshot;

use super::control::Control;
use super::limited::Limited;
use super::token::Token;
use super::{CONNECTIONS, files, listener, routes};
use crate::config::checked::AdminListen;

/// Why the admin side could not start.
#[derive(Debug, thiserror::Error)]
#[error("the admin side cannot {action} {at}")]
pub struct ServerError {
    action: &'static str,
    at: String,
    source: io::Error,
}

/// A bound admin side that does not answer yet.
#[derive(Debug)]
pub struct Server {
    runtime: tokio::runtime::Runtime,
    bound: Bound,
    data: PathBuf,
}

#[derive(Debug)]
enum Bound {
    Unix(tokio::net::UnixListener, PathBuf),
    Tcp(tokio::net::TcpListener, Token),
}

/// A running admin side. It stops when the value is dropped.
#[derive(Debug)]
pub struct Running {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
    address: Option<SocketAddr>,
}

impl Server {
    /// Binds the listener and leaves in the data folder, which must be there, where it is.
    pub fn bind(listen: &AdminListen, data: &Path) -> Result<Self, ServerError> {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(error("start at", listen))?;
        let entered = runtime.enter();
        let bound = match listen {
            AdminListen::Unix(path) => {
                Bound::Unix(listener::bind(path).map_err(error("listen on", listen))?, path.clone())
            }
            AdminListen::Tcp(address) => {
                let path = files::token(data);
                let token = Token::load_or_make(&path).map_err(error("use the token", path.display()))?;
                Bound::Tcp(bind_tcp(*address).map_err(error("listen on", listen))?, token)
            }
        };
        drop(entered);
        let server = Self { runtime, bound, data: data.to_owned() };
        server.leave_address().map_err(error("write", files::address(data).display()))?;
        Ok(server)
    }

    /// The address that was bound, where it is TCP.
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.bound {
            Bound::Unix(..) => None,
            Bound::Tcp(listener, _) => listener.local_addr().ok(),
        }
    }

    /// Answers from now on, on a thread of its own, so that `sortie off` is heard while the doors'
    /// threads are busy.
    pub fn start(self, control: Arc<dyn Control>) -> io::Result<Running> {
        let (stop, stopped) = oneshot::channel::<()>();
        let address = self.address();
        let Self { runtime, bound, data } = self;
        let serve = move || {
            runtime.block_on(async {
                let stopped = async move {
                    // An error means that the sender is gone, and with it the program.
                    let _ = stopped.await;
                };
                match bound {
                    Bound::Unix(listener, path) => {
                        serve(listener, routes::router(control, None), stopped).await;
                        remove(&path);
                    }
                    Bound::Tcp(listener, token) => {
                        serve(listener, routes::router(control, Some(token)), stopped).await;
                    }
                }
            });
            remove(&files::address(&data));
            // A request that hangs in the store must not keep the program from ending.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("admin".to_owned()).spawn(serve)?;
        Ok(Running { stop: Some(stop), thread: Some(thread), address })
    }

    fn leave_address(&self) -> io::Result<()> {
        let text = match &self.bound {
            Bound::Unix(_, path) => format!("unix:{}\n", std::path::absolute(path)?.display()),
            Bound::Tcp(listener, _) => format!("{}\n", listener.local_addr()?),
        };
        std::fs::write(files::address(&self.data), text)
    }
}

impl Running {
    /// The address it listens on, where it is TCP.
    pub fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            // The thread may have ended by itself.
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the admin side had stopped by a panic");
        }
    }
}

/// Serves until `stopped`, and then drops what is open: a `tail` would never end by itself.
async fn serve<L>(listener: L, router: Router, stopped: impl Future<Output = ()>)
where
    L: axum::serve::Listener,
    L::Addr: std::fmt::Debug,
{
    tokio::select! {
        result = axum::serve(Limited::new(listener, CONNECTIONS), router).into_future() => {
            if let Err(error) = result {
                tracing::error!("the admin side stopped: {error}");
            }
        }
        () = stopped => {}
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<tokio::net::TcpListener> {
    let socket = if address.is_ipv4() { tokio::net::TcpSocket::new_v4()? } else { tokio::net::TcpSocket::new_v6()? };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS as u32)
}

fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!("cannot remove {}: {error}", path.display());
    }
}

fn error(action: &'static str, at: impl std::fmt::Display) -> impl FnOnce(io::Error) -> ServerError {
    let at = at.to_string();
    move |source| ServerError { action, at, source }
}
