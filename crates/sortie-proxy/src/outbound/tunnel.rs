//! Inside a CONNECT tunnel: what it holds is found out, and judged for what it is.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use smallvec::SmallVec;
use sortie_model::event::Carrier;
use sortie_model::{Destination, Host, Scheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep_until};

use super::connect::record;
use super::door::{AppStream, Connection};
use super::rewound::Rewound;
use super::sniff::{Content, classify};
use super::tunnel_http;
use crate::gate::{DialRecord, Judged, OutboundDial};
use crate::permit::Permit;
use crate::relay::relay;
use crate::tls::ClientHello;

/// How long an app may take over its first bytes before the tunnel is recorded as opaque, or
/// classified by what there is of them.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes that are read at once while a tunnel's content is unknown.
const FIRST_READ: usize = 4096;
/// A fatal alert `access_denied` (RFC 8446 §6.2), so that the app's TLS does not take a refusal for
/// a broken network.
const ACCESS_DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// A tunnel that stands.
pub(super) struct Tunnel {
    pub(super) destination: Destination,
    /// All addresses that the name resolved to.
    pub(super) addresses: SmallVec<[IpAddr; 4]>,
    /// What the connection was opened under.
    pub(super) permit: Permit,
    pub(super) stream: TcpStream,
    /// The address that `stream` is connected to.
    pub(super) address: IpAddr,
}

/// The app's side, rewound to its first byte.
pub(super) type App = Rewound<AppStream>;

/// The judgement of the CONNECT. It is recorded once it is known that the tunnel holds no visible
/// requests; where it does, each of them is a dial, and the tunnel is none.
pub(super) enum Standing {
    Judged(Box<Judged>),
    Recorded(DialRecord),
}

impl Standing {
    fn recorded(self, address: IpAddr) -> DialRecord {
        match self {
            Self::Judged(judged) => record(*judged, address),
            Self::Recorded(record) => record,
        }
    }
}

impl Tunnel {
    /// Carries the tunnel to its end, or to that of the door.
    pub(super) async fn run(self, connection: Arc<Connection>, judged: Judged, app: OnUpgrade) {
        tokio::select! {
            () = self.carry(&connection, judged, app) => {}
            () = connection.stopped.at_once() => {}
        }
    }

    async fn carry(self, connection: &Arc<Connection>, judged: Judged, app: OnUpgrade) {
        let upgraded = app.await.ok().and_then(|upgraded| upgraded.downcast::<TokioIo<AppStream>>().ok());
        let Some(parts) = upgraded else {
            // The app went away before it had its 200; a connection was opened all the same.
            return record(judged, self.address).ended(0, 0);
        };
        let door = &connection.door;
        let mut app = parts.io.into_inner();
        let mut first = BytesMut::from(parts.read_buf);
        let mut standing = Standing::Judged(Box::new(judged));
        let mut round = Round::Known(Content::Opaque);
        if !door.gate.is_off() {
            round = find_out(&mut app, &self.stream, &mut first, PATIENCE, true).await;
            if round == Round::Silent {
                standing = Standing::Recorded(standing.recorded(self.address));
                round = find_out(&mut app, &self.stream, &mut first, door.timeouts.upgrade_idle, false).await;
            }
        }
        let app = Rewound { first: first.freeze(), io: app };
        match round {
            Round::Silent | Round::Closed => standing.recorded(self.address).ended(0, 0),
            Round::Known(Content::Http) => {
                tunnel_http::serve(connection, self, app).await;
                drop(standing); // ends the record of a tunnel that was silent first, if there is one
            }
            Round::Known(Content::Tls(hello)) => self.carry_tls(connection, standing, &hello, app).await,
            Round::Known(Content::Opaque) => {
                let record = standing.recorded(self.address);
                relayed(app, self.stream, record, connection).await;
            }
        }
    }

    /// A name in the hello that is not the authority's is a further host of the dial, and judged
    /// before the hello goes on.
    async fn carry_tls(self, connection: &Arc<Connection>, standing: Standing, hello: &ClientHello, mut app: App) {
        let named = hello.server_name.as_deref().map(Host::parse);
        let further = named.filter(|name| *name != self.destination.host);
        let record = match standing {
            Standing::Recorded(record) if further.is_none() => record,
            _ => {
                let judged = connection.door.gate.judge(OutboundDial {
                    destination: self.destination,
                    addresses: self.addresses,
                    further_hosts: further.into_iter().collect(),
                    carrier: Carrier::TunnelTls,
                    scheme: (!hello.only_other_protocols).then_some(Scheme::Https),
                    request: None,
                    via: 0,
                });
                if judged.is_denied() {
                    drop(judged.commit());
                    // The app may be gone; then nobody needs to be told.
                    let _ = app.write_all(&ACCESS_DENIED).await;
                    let _ = app.shutdown().await;
                    return;
                }
                record(judged, self.address)
            }
        };
        relayed(app, self.stream, record, connection).await;
    }
}

async fn relayed(app: App, stream: TcpStream, record: DialRecord, connection: &Connection) {
    let relayed = relay(app, stream, connection.door.timeouts.upgrade_idle).await;
    record.ended(relayed.received, relayed.sent);
}

/// How long the app may still take to speak once its destination has: an HTTP client sends its request
/// as soon as it has its 200, and a greeting that is a tenth of a second late harms nobody.
const AFTER_GREETING: Duration = Duration::from_millis(100);

/// What became known of a tunnel's content.
#[derive(Debug, PartialEq, Eq)]
enum Round {
    Known(Content),
    /// Neither side said anything in time.
    Silent,
    /// The app closed without a byte.
    Closed,
}

/// Reads the app's first bytes, and not for long once the destination speaks: then it is a protocol in
/// which servers speak first. But a server could speak only to hide the request that it answers, so the
/// app has a moment left to send one, and `early_answers` that look like HTTP do not count at all.
async fn find_out(
    app: &mut AppStream,
    destination: &TcpStream,
    first: &mut BytesMut,
    within: Duration,
    early_answers: bool,
) -> Round {
    let mut deadline = Instant::now() + within;
    let mut has_spoken = false;
    loop {
        if let Some(content) = classify(first, false) {
            return Round::Known(content);
        }
        first.reserve(FIRST_READ);
        let had_none = first.is_empty();
        tokio::select! {
            biased;
            read = app.read_buf(first) => match read {
                Ok(1..) if had_none => deadline = Instant::now() + PATIENCE,
                Ok(1..) => {}
                Ok(0) | Err(_) if had_none => return Round::Closed,
                Ok(0) | Err(_) => return known_last(first),
            },
            () = server_speaks(destination, early_answers), if !has_spoken => {
                has_spoken = true;
                deadline = deadline.min(Instant::now() + AFTER_GREETING);
            }
            () = sleep_until(deadline) => {
                return if had_none && !has_spoken { Round::Silent } else { known_last(first) };
            }
        }
    }
}

fn known_last(first: &[u8]) -> Round {
    Round::Known(classify(first, true).unwrap_or(Content::Opaque))
}

/// Returns when the destination has sent something, or closed.
async fn server_speaks(destination: &TcpStream, early_answers: bool) {
    const HTTP: &[u8] = b"HTTP/";
    let mut said = [0; HTTP.len()];
    let length = destination.peek(&mut said).await.unwrap_or(0);
    if early_answers && length > 0 && HTTP.starts_with(&said[..length]) {
        std::future::pending::<()>().await;
    }
}
