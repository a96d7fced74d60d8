//! A door, a back end and a client, each speaking byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use parking_lot::Mutex;
use sortie_model::event::What;
use sortie_model::{Event, Policy};
use sortie_proxy::framing::FramingCounts;
use sortie_proxy::gate::Gate;
use sortie_proxy::inbound::{InboundConfig, Upstream, serve};
use sortie_proxy::timeouts::Timeouts;
use sortie_proxy::workers::Workers;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};

/// A bound on waiting that only a failing test reaches.
pub(super) const LONG: Duration = Duration::from_secs(30);

/// An inbound door.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) gate: Arc<Gate>,
    pub(super) framing: Arc<FramingCounts>,
    events: Receiver<Event>,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

/// What a test may choose.
#[derive(Default)]
pub(super) struct Choices {
    pub(super) policy: Policy,
    pub(super) timeouts: Timeouts,
    pub(super) trusted_proxies: &'static [&'static str],
    pub(super) max_connections: Option<usize>,
}

impl Door {
    pub(super) async fn before(upstream: SocketAddr) -> Self {
        Self::with(upstream, Choices::default()).await
    }

    pub(super) async fn with(upstream: SocketAddr, choices: Choices) -> Self {
        Self::over(TcpListener::bind("127.0.0.1:0").await.unwrap(), upstream, choices)
    }

    pub(super) fn over(listener: TcpListener, upstream: SocketAddr, choices: Choices) -> Self {
        let (gate, events) = Gate::for_tests(choices.policy);
        let address = listener.local_addr().unwrap();
        let upstream = Upstream { host: upstream.ip().to_string(), port: upstream.port() };
        let defaults = InboundConfig::new(upstream);
        let config = InboundConfig {
            trusted_proxies: choices.trusted_proxies.iter().map(|net| net.parse().unwrap()).collect(),
            timeouts: choices.timeouts,
            max_connections: choices.max_connections.unwrap_or(defaults.max_connections),
            ..defaults
        };
        let framing = Arc::<FramingCounts>::default();
        let (stop, stopped) = oneshot::channel::<()>();
        let (gate_of_door, framing_of_door) = (Arc::clone(&gate), Arc::clone(&framing));
        let served = tokio::spawn(async move {
            let shutdown = async {
                let _ = stopped.await;
            };
            serve(listener, config, gate_of_door, framing_of_door, &Workers::here(), shutdown).await.unwrap();
        });
        Self { address, gate, framing, events, stop: Some(stop), served }
    }

    /// A client's connection.
    pub(super) async fn client(&self) -> Wire {
        Wire::connect(self.address).await
    }

    /// One request and its answer, over a connection of its own.
    pub(super) async fn ask(&self, request: &str) -> Message {
        let mut client = self.client().await;
        client.send(request).await;
        client.message().await
    }

    /// The next event that `pick` takes.
    pub(super) fn event<T>(&self, pick: impl Fn(What) -> Option<T>) -> T {
        tokio::task::block_in_place(|| {
            loop {
                let event = self.events.recv_timeout(LONG).expect("an event");
                if let Some(picked) = pick(event.what) {
                    return picked;
                }
            }
        })
    }

    /// The next exchange that is over.
    pub(super) fn ended(&self) -> (Option<u16>, u64) {
        self.event(|what| match what {
            What::RequestEnded(ended) => Some((ended.status, ended.bytes)),
            _ => None,
        })
    }

    /// Asks for shutdown.
    pub(super) fn stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until the door is shut.
    pub(super) async fn shut(mut self) {
        self.stop();
        tokio::time::timeout(LONG, self.served).await.expect("the door shuts").unwrap();
    }
}

/// One side of a connection, read message by message.
pub(super) struct Wire {
    pub(super) stream: TcpStream,
    read: Vec<u8>,
}

/// A request or a response as it came.
#[derive(Debug, Default)]
pub(super) struct Message {
    /// The first line.
    pub(super) line: String,
    /// Fields in their order, names as they came.
    pub(super) fields: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) trailers: Vec<(String, String)>,
}

impl Message {
    pub(super) fn status(&self) -> u16 {
        self.line.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The values of a field, joined.
    pub(super) fn field(&self, name: &str) -> String {
        let values = self.fields.iter().filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        values.collect::<Vec<_>>().join(" | ")
    }

    pub(super) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }
}

impl Wire {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        Self::over(stream)
    }

    pub(super) fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub(super) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.stream.write_all(bytes.as_ref()).await.unwrap();
    }

    /// Ends this side's sending.
    pub(super) async fn finish(&mut self) {
        self.stream.shutdown().await.unwrap();
    }

    /// The next message, which must come.
    pub(super) async fn message(&mut self) -> Message {
        within(self.next_message()).await.expect("a message")
    }

    /// The next message; `None` where the stream ends before it is whole.
    pub(super) async fn next_message(&mut self) -> Option<Message> {
        let mut message = self.head().await?;
        let status = message.status();
        let has_none = message.line.starts_with("HTTP/") && (status < 200 || status == 204 || status == 304);
        if message.field("transfer-encoding").eq_ignore_ascii_case("chunked") {
            self.chunks(&mut message).await?;
        } else if !has_none && let Ok(length) = message.field("content-length").parse() {
            message.body = self.take(length).await?;
        }
        Some(message)
    }

    /// The head of the next message.
    pub(super) async fn head(&mut self) -> Option<Message> {
        let line = self.line().await?;
        let fields = self.fields().await?;
        Some(Message { line, fields, ..Message::default() })
    }

    async fn fields(&mut self) -> Option<Vec<(String, String)>> {
        let mut fields = Vec::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                return Some(fields);
            }
            let (name, value) = line.split_once(": ").expect("a field");
            fields.push((name.to_owned(), value.to_owned()));
        }
    }

    async fn chunks(&mut self, message: &mut Message) -> Option<()> {
        loop {
            let size = usize::from_str_radix(&self.line().await?, 16).expect("a chunk size");
            if size == 0 {
                message.trailers = self.fields().await?;
                return Some(());
            }
            message.body.extend(self.take(size).await?);
            assert_eq!(self.line().await?, "");
        }
    }

    /// A line without its end.
    pub(super) async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.read.windows(2).position(|two| two == b"\r\n") {
                let line = String::from_utf8(self.read.drain(..end + 2).collect()).unwrap();
                return Some(line.trim_end().to_owned());
            }
            self.more().await?;
        }
    }

    /// So many bytes.
    pub(super) async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.read.len() < count {
            self.more().await?;
        }
        Some(self.read.drain(..count).collect())
    }

    /// Throws away so many bytes, and looks on meanwhile.
    pub(super) async fn discard(&mut self, count: usize, mut look: impl FnMut()) -> Option<()> {
        let mut left = count.checked_sub(self.read.len())?;
        self.read.clear();
        let mut block = vec![0; 64 * 1024];
        while left > 0 {
            let got = self.stream.read(&mut block).await.ok().filter(|&got| got > 0)?;
            left = left.checked_sub(got)?;
            look();
        }
        Some(())
    }

    /// Whether the other side sends nothing more.
    pub(super) async fn is_at_end(&mut self) -> bool {
        within(self.more()).await.is_none() && self.read.is_empty()
    }

    async fn more(&mut self) -> Option<()> {
        // A reset ends a stream just as well.
        let count = self.stream.read_buf(&mut self.read).await.unwrap_or(0);
        (count > 0).then_some(())
    }
}

/// A back end that does with each connection what it likes; the number says which it is.
pub(super) async fn back_end<F>(serve: impl Fn(Wire, usize) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (stream, _) = listener.accept().await.unwrap();
            tokio::spawn(serve(Wire::over(stream), number));
        }
    });
    address
}

/// A back end that answers every request with `answer` and remembers what it read.
pub(super) struct BackEnd {
    pub(super) address: SocketAddr,
    requests: mpsc::UnboundedReceiver<(usize, Message)>,
    pub(super) connections: Arc<Mutex<usize>>,
}

impl BackEnd {
    pub(super) async fn answering(answer: &'static str) -> Self {
        let (sender, requests) = mpsc::unbounded_channel();
        let connections = Arc::<Mutex<usize>>::default();
        let count = Arc::clone(&connections);
        let address = back_end(move |mut wire, number| {
            *count.lock() += 1;
            let sender = sender.clone();
            async move {
                while let Some(message) = wire.next_message().await {
                    // The test may be over.
                    let _ = sender.send((number, message));
                    wire.send(answer).await;
                }
            }
        })
        .await;
        Self { address, requests, connections }
    }

    /// The next request and the number of its connection.
    pub(super) async fn numbered(&mut self) -> (usize, Message) {
        within(self.requests.recv()).await.expect("a request")
    }

    /// The next request.
    pub(super) async fn request(&mut self) -> Message {
        self.numbered().await.1
    }

    /// Whether no request came.
    pub(super) fn is_untouched(&mut self) -> bool {
        self.requests.try_recv().is_err()
    }
}

/// Waits, but not for ever.
pub(super) async fn within<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(LONG, future).await.expect("in time")
}

/// A port that was free a moment ago.
pub(super) async fn closed_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap()
}

/// A short answer.
pub(super) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Back: End\r\n\r\nhello";
