//! The load: requests through a contender, measured from outside.

mod closed;
mod connection;
mod open;
mod pacer;
mod tunnels;
mod window;

use std::net::SocketAddr;
use std::time::Duration;

use crate::figures::Figures;
use crate::traffic::Size;

pub use window::Window;

/// How requests are asked for.
#[derive(Clone, Copy, Debug, PartialEq, clap::Subcommand)]
pub enum Shape {
    /// Every connection sends its next request as soon as its last one is answered.
    Closed,
    /// Requests arrive at their own times, whatever became of the earlier ones: what has to wait for
    /// a connection has its waiting counted.
    Open {
        /// Requests per second.
        #[arg(long)]
        rate: f64,
    },
    /// Every connection asks for a tunnel, sends one request through it, and closes.
    Tunnels,
}

/// One load on one contender.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Plan {
    /// The contender.
    #[arg(long)]
    pub to: SocketAddr,
    /// The destination to name to a forward proxy; without it requests are in origin form.
    #[arg(long)]
    pub through_to: Option<SocketAddr>,
    /// Processes whose CPU time is counted, by their ids.
    #[arg(long = "pid")]
    pub pids: Vec<u32>,
    /// Bytes of the bodies in both directions.
    #[arg(long, default_value = "1k")]
    pub size: Size,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    pub connections: usize,
    /// Seconds that are measured.
    #[arg(long, default_value_t = 4.0)]
    pub seconds: f64,
    /// Seconds before them that are not.
    #[arg(long, default_value_t = 0.7)]
    pub warm_up: f64,
}

impl Plan {
    fn window(&self) -> Window {
        Window::after(Duration::from_secs_f64(self.warm_up), Duration::from_secs_f64(self.seconds))
    }
}

/// A load that did not go as it must, so that its figures would mean nothing.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No connection.
    #[error("cannot connect to {address}: {source}")]
    Connect {
        /// Where to.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A connection broke, also a new one in its place.
    #[error("a request failed: {0}")]
    Http(#[from] hyper::Error),
    /// Reading or writing failed.
    #[error("a connection failed: {0}")]
    Io(#[from] std::io::Error),
    /// The answer is neither the origin's in its length nor a refusal.
    #[error("the answer is {status} with {bytes} bytes")]
    Answer {
        /// Its status.
        status: u16,
        /// Bytes of its body.
        bytes: usize,
    },
    /// The proxy granted no tunnel.
    #[error("no tunnel: '{0}'")]
    Tunnel(String),
    /// A task of the load ended by a panic.
    #[error("a task of the load failed: {0}")]
    Task(#[from] tokio::task::JoinError),
}

/// Puts the load on, and measures it.
pub async fn run(plan: &Plan, shape: Shape) -> Result<Figures, LoadError> {
    match shape {
        Shape::Closed => closed::run(plan).await,
        Shape::Open { rate } => open::run(plan, rate).await,
        Shape::Tunnels => tunnels::run(plan).await,
    }
}
