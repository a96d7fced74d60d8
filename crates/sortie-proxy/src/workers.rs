//! The runtimes that serve connections, one on each thread.
//!
//! A connection stays where it was put, with its timers and the connections that it opens to the
//! other side. So no task, wake-up or buffer of an exchange crosses from one core to another, and no
//! thread looks for work of others. What decides has one owner still: the gate.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use tokio::net::TcpStream;
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;

/// Runtimes that serve connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Workers(Arc<[Handle]>);

/// The threads of [`Workers`]. Dropped, they end by themselves, and what they serve is cut off.
#[derive(Debug)]
pub struct WorkerThreads {
    workers: Workers,
    threads: Vec<(oneshot::Sender<()>, JoinHandle<()>)>,
}

impl Workers {
    /// The runtime in which this is called, and no other.
    pub fn here() -> Self {
        Self(Arc::new([Handle::current()]))
    }

    /// How many there are, at least one.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Has one of them, the one with the fewest tasks, serve an accepted connection. `serve` gets the
    /// number of that worker.
    pub(crate) fn serve<F, S>(&self, stream: TcpStream, serve: S)
    where
        F: Future<Output = ()> + Send + 'static,
        S: FnOnce(TcpStream, usize) -> F + Send + 'static,
    {
        let by_tasks = self.0.iter().enumerate().min_by_key(|(_, worker)| worker.metrics().num_alive_tasks());
        let Some((number, worker)) = by_tasks else { return };
        // The stream reports to the runtime that accepted it; the worker is to hear of it itself.
        let stream = stream.into_std();
        worker.spawn(async move {
            match stream.and_then(TcpStream::from_std) {
                Ok(stream) => serve(stream, number).await,
                Err(error) => tracing::warn!(%error, "cannot serve a connection"),
            }
        });
    }
}

impl WorkerThreads {
    /// Starts `count` of them, at least one.
    pub fn start(count: usize) -> io::Result<Self> {
        let mut handles = Vec::new();
        let mut threads = Vec::new();
        for number in 0..count.max(1) {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            handles.push(runtime.handle().clone());
            let (stop, stopped) = oneshot::channel();
            let thread = thread::Builder::new().name(format!("door-{number}")).spawn(move || run(&runtime, stopped))?;
            threads.push((stop, thread));
        }
        Ok(Self { workers: Workers(handles.into()), threads })
    }

    /// What is to be given to doors.
    pub fn workers(&self) -> &Workers {
        &self.workers
    }

    /// Ends them and waits for that; blocks the thread. Doors are to be shut before.
    pub fn stop(self) {
        let (stops, threads): (Vec<_>, Vec<_>) = self.threads.into_iter().unzip();
        drop(stops);
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("a thread of the doors had stopped by a panic");
            }
        }
    }
}

fn run(runtime: &Runtime, stopped: oneshot::Receiver<()>) {
    // Nothing is ever sent: the other end is dropped.
    let _ = runtime.block_on(stopped);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::SocketAddr;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpSocket};
    use tokio::sync::mpsc;

    use super::*;

    #[expect(clippy::disallowed_methods, reason = "a client of the test")]
    async fn client(address: SocketAddr) -> TcpStream {
        TcpSocket::new_v4().unwrap().connect(address).await.unwrap()
    }

    #[tokio::test]
    async fn connections_are_dealt_out_and_stay_where_they_are() {
        let threads = WorkerThreads::start(3).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (seen, mut places) = mpsc::unbounded_channel();
        let mut clients = Vec::new();
        for _ in 0..6 {
            clients.push(client(address).await);
            let (stream, _) = listener.accept().await.unwrap();
            let seen = seen.clone();
            threads.workers().serve(stream, move |mut stream, number| async move {
                let before = thread::current().id();
                let byte = stream.read_u8().await.unwrap();
                stream.write_u8(byte).await.unwrap();
                seen.send((number, before == thread::current().id())).unwrap();
            });
        }
        let mut numbers = Vec::new();
        for client in &mut clients {
            client.write_u8(7).await.unwrap();
            assert_eq!(client.read_u8().await.unwrap(), 7);
            let (number, stayed) = places.recv().await.unwrap();
            assert!(stayed);
            numbers.push(number);
        }
        assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), 3, "{numbers:?}");
        tokio::task::spawn_blocking(move || threads.stop()).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_still_served_is_cut_off_at_the_end() {
        let threads = WorkerThreads::start(1).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut client = client(listener.local_addr().unwrap()).await;
        let (stream, _) = listener.accept().await.unwrap();
        threads.workers().serve(stream, |stream, _| async move {
            let _held = stream;
            std::future::pending::<()>().await;
        });
        tokio::task::spawn_blocking(move || threads.stop()).await.unwrap();
        assert!(matches!(client.read(&mut [0]).await, Ok(0) | Err(_)));
    }
}
