//! A door, destinations, and an app that speaks to it byte by byte.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use parking_lot::Mutex;
use sortie_model::event::{DialProgressed, Dialled, What};
use sortie_model::{Event, Key, Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::framing::FramingCounts;
use sortie_proxy::gate::{EventQueue, Gate, GateSettings, OwnListeners};
use sortie_proxy::outbound::{OutboundConfig, serve};
use sortie_proxy::resolve::Resolver;
use sortie_proxy::workers::Workers;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A bound on waiting that only a failing test reaches.
const LONG: Duration = Duration::from_secs(30);

/// An outbound door in observe mode.
pub(super) struct Door {
    pub(super) address: SocketAddr,
    pub(super) gate: Arc<Gate>,
    events: Receiver<Event>,
    stop: Option<oneshot::Sender<()>>,
    served: tokio::task::JoinHandle<()>,
}

/// What a test may choose.
#[derive(Default)]
pub(super) struct Choices {
    pub(super) policy: Policy,
    pub(super) config: OutboundConfig,
    /// Addresses that the gate refuses in every mode.
    pub(super) refused: Vec<SocketAddr>,
    /// Lines of the hosts file.
    pub(super) hosts: String,
}

impl Door {
    pub(super) async fn open() -> Self {
        Self::with(Choices::default()).await
    }

    pub(super) async fn with(choices: Choices) -> Self {
        let (queue, events) = EventQueue::new(1, 65_536);
        let key = Key::new(&[7; Key::LENGTH]);
        let listeners = OwnListeners { closed: choices.refused, inbound: Vec::new() };
        let settings = GateSettings { listeners, ..GateSettings::new(ServiceName::from("test"), key) };
        let gate = Gate::new(settings, Clock::start(), queue, Arc::new(choices.policy));
        let (stop, stopped) = oneshot::channel();
        let (address, served) = open(&gate, choices.config, &choices.hosts, stopped).await;
        Self { address, gate, events, stop: Some(stop), served }
    }

    /// A connection of an app.
    pub(super) async fn app(&self) -> App {
        App::connect(self.address).await
    }

    /// One request of an app, its response read to the end of the connection.
    pub(super) async fn ask(&self, request: &str) -> Reply {
        let mut app = self.app().await;
        app.send(request).await;
        app.reply().await
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

    /// The next dial.
    pub(super) fn dialled(&self) -> Dialled {
        self.event(|what| if let What::Dialled(dialled) = what { Some(Arc::unwrap_or_clone(dialled)) } else { None })
    }

    /// The next dial that is over.
    pub(super) fn ended(&self) -> DialProgressed {
        self.event(|what| match what {
            What::DialProgressed(progressed) if progressed.ended => Some(*progressed),
            _ => None,
        })
    }

    /// Whether nothing more was told.
    pub(super) fn is_silent(&self) -> bool {
        self.events.try_recv().is_err()
    }

    /// Asks for shutdown and waits for it.
    pub(super) async fn close(&mut self) {
        drop(self.stop.take());
        (&mut self.served).await.unwrap();
    }
}

/// Serves an outbound door of a gate until `stopped`.
async fn open(
    gate: &Arc<Gate>,
    config: OutboundConfig,
    hosts: &str,
    stopped: oneshot::Receiver<()>,
) -> (SocketAddr, tokio::task::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let resolver = Arc::new(resolver(hosts, address.port()));
    let gate = Arc::clone(gate);
    let served = tokio::spawn(async move {
        let (framing, workers) = (Arc::<FramingCounts>::default(), Workers::here());
        let shutdown = async {
            let _ = stopped.await;
        };
        serve(listener, config, gate, resolver, framing, &workers, shutdown).await.unwrap();
    });
    (address, served)
}

/// An outbound door beside another door of the same service, for as long as the second value lives.
pub(crate) async fn beside(gate: &Arc<Gate>) -> (SocketAddr, oneshot::Sender<()>) {
    let (stop, stopped) = oneshot::channel();
    (open(gate, OutboundConfig::default(), "", stopped).await.0, stop)
}

/// A resolver with a hosts file of its own, and nobody to ask.
fn resolver(hosts: &str, unique: u16) -> Resolver {
    let folder = std::env::temp_dir().join(format!("sortie-door-{}-{unique}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("hosts"), hosts).unwrap();
    std::fs::write(folder.join("resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n").unwrap();
    let resolver = Resolver::with_files(folder.join("hosts"), folder.join("resolv.conf"));
    std::fs::remove_dir_all(&folder).unwrap();
    resolver
}

/// One side of a connection, read message by message.
pub(super) struct App {
    pub(super) stream: BufReader<TcpStream>,
}

/// A response, or a request as a destination read it.
#[derive(Debug)]
pub(super) struct Reply {
    /// Start line and fields, names as they came.
    pub(super) head: String,
    pub(super) body: String,
}

impl Reply {
    pub(super) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The value of a field, or nothing.
    pub(super) fn field(&self, name: &str) -> &str {
        let fields = self.head.lines().skip(1).filter_map(|line| line.split_once(": "));
        fields.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
    }
}

impl App {
    pub(super) async fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    pub(super) async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Asks for a tunnel and gives the answer.
    pub(super) async fn connect_to(&mut self, authority: &str) -> Reply {
        self.send(&format!("CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
        self.reply().await
    }

    pub(super) async fn reply(&mut self) -> Reply {
        tokio::time::timeout(LONG, read_message(&mut self.stream)).await.expect("a reply").expect("a whole reply")
    }

    /// A head and nothing behind it.
    pub(super) async fn head(&mut self) -> String {
        tokio::time::timeout(LONG, read_head(&mut self.stream)).await.expect("a head").expect("a whole head")
    }

    /// Everything up to the end.
    pub(super) async fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let read = tokio::time::timeout(LONG, self.stream.read_to_end(&mut rest)).await.expect("an end");
        // A reset ends a connection just as well.
        let _ = read;
        rest
    }

    pub(super) async fn exactly(&mut self, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        tokio::time::timeout(LONG, self.stream.read_exact(&mut bytes)).await.expect("bytes").unwrap();
        bytes
    }
}

async fn read_head(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut head = String::new();
    loop {
        let before = head.len();
        if stream.read_line(&mut head).await.ok()? == 0 {
            return None;
        }
        if head[before..].trim_end().is_empty() {
            return Some(head);
        }
    }
}

/// Reads a head and the body that it announces. `None` where the stream ends before.
pub(super) async fn read_message(stream: &mut BufReader<TcpStream>) -> Option<Reply> {
    let head = read_head(stream).await?;
    let mut reply = Reply { head, body: String::new() };
    if reply.field("transfer-encoding") == "chunked" {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).await.ok()?;
            let size = usize::from_str_radix(size.trim_end(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            stream.read_exact(&mut chunk).await.ok()?;
            if size == 0 {
                return Some(reply);
            }
            reply.body.push_str(&String::from_utf8_lossy(&chunk[..size]));
        }
    }
    let mut body = vec![0; reply.field("content-length").parse().unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    reply.body = String::from_utf8_lossy(&body).into_owned();
    Some(reply)
}

/// A destination that answers requests.
pub(super) struct Origin {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<Reply>>>,
    connections: Arc<Mutex<usize>>,
}

impl Origin {
    /// Answers every request with `answer`, as often as the connection lasts.
    pub(super) async fn answering(answer: impl Into<String>) -> Self {
        let answer = answer.into();
        Self::at("127.0.0.1:0", answer, usize::MAX).await
    }

    /// The same at an address, closing after a number of requests without saying so.
    pub(super) async fn at(address: &str, answer: String, per_connection: usize) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let origin =
            Self { address: listener.local_addr().unwrap(), requests: Arc::default(), connections: Arc::default() };
        let (requests, connections) = (origin.requests.clone(), origin.connections.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                *connections.lock() += 1;
                let (requests, answer) = (requests.clone(), answer.clone());
                tokio::spawn(async move {
                    let mut stream = BufReader::new(stream);
                    for _ in 0..per_connection {
                        let Some(request) = read_message(&mut stream).await else { return };
                        requests.lock().push(request);
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        origin
    }

    /// The requests that came since the last call.
    pub(super) fn requests(&self) -> Vec<Reply> {
        std::mem::take(&mut *self.requests.lock())
    }

    pub(super) fn connections(&self) -> usize {
        *self.connections.lock()
    }
}

/// A destination that does with each connection what it likes.
pub(super) async fn destination<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    address
}

/// A port that was free a moment ago.
pub(super) async fn closed_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port()
}

/// A short answer.
pub(super) const HELLO: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-Origin: Yes\r\n\r\nhello";
