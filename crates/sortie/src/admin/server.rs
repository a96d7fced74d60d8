//! The admin side's listener and its thread.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread::JoinHandle;

use axum::Router;
use tokio::sync::oneshot;

use super::control::Control;
use super::limited::Limited;
use super::token::Token;
use super::{CONNECTIONS, files, listener, routes};
use crate::config::checked::AdminListen;
use crate::remedy;

/// Why the admin side could not start.
#[derive(Debug, thiserror::Error)]
#[error("the admin side cannot {action} {at}: {}", remedy::listening(source))]
pub struct ServerError {
    action: &'static str,
    at: String,
    source: io::Error,
}

/// A bound admin side that does not answer yet. It holds no runtime: that is made on the thread it is
/// for, so that a server can be dropped anywhere.
#[derive(Debug)]
pub struct Server {
    bound: Bound,
    data: PathBuf,
}

#[derive(Debug)]
enum Bound {
    Unix(UnixListener, PathBuf),
    Tcp(TcpListener, Token),
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
        let server = Self { bound, data: data.to_owned() };
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
        let Self { bound, data } = self;
        let (begun, beginning) = channel();
        let work = move || match listening(bound) {
            Ok((runtime, listening)) => {
                // Whoever started it waits for this, or has given up.
                let _ = begun.send(Ok(()));
                runtime.block_on(answer(listening, control, stopped));
                remove(&files::address(&data));
                // A request that hangs in the store must not keep the program from ending.
                runtime.shutdown_background();
            }
            Err(error) => {
                let _ = begun.send(Err(error));
            }
        };
        let thread = std::thread::Builder::new().name("admin".to_owned()).spawn(work)?;
        beginning.recv().map_err(|_| io::Error::other("its thread ended"))??;
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

enum Listening {
    Unix(tokio::net::UnixListener, PathBuf),
    Tcp(tokio::net::TcpListener, Token),
}

/// A runtime, and the listener on it.
fn listening(bound: Bound) -> io::Result<(tokio::runtime::Runtime, Listening)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let entered = runtime.enter();
    let listening = match bound {
        Bound::Unix(listener, path) => Listening::Unix(tokio::net::UnixListener::from_std(listener)?, path),
        Bound::Tcp(listener, token) => Listening::Tcp(tokio::net::TcpListener::from_std(listener)?, token),
    };
    drop(entered);
    Ok((runtime, listening))
}

async fn answer(listening: Listening, control: Arc<dyn Control>, stopped: oneshot::Receiver<()>) {
    let stopped = async move {
        // An error means that the sender is gone, and with it the program.
        let _ = stopped.await;
    };
    match listening {
        Listening::Unix(listener, path) => {
            serve(listener, routes::router(control, None), stopped).await;
            remove(&path);
        }
        Listening::Tcp(listener, token) => serve(listener, routes::router(control, Some(token)), stopped).await,
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

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address)?;
    listener.set_nonblocking(true)?;
    Ok(listener)
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
