//! A back end that reads a body as it streams, and dials before its end. Whatever the client still
//! withholds, what the back end has was judged.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use sortie_model::event::{Dialled, What};
use sortie_model::policy::Scope;
use sortie_model::{Decision, Mode, Policy, Reference, Rule};
use tokio::sync::{mpsc, oneshot};

use super::world::{Choices, Door, HELLO, Wire, back_end, within};
use crate::outbound::world::beside;

const HEAD: &str = "POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=xyzw\r\n";
/// The beginning of the body; nothing is ordered by it.
const START: &str = "--xy";

/// What the back end tells of a request.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It has the start of the body.
    Started,
    /// It dialled before the body's end, and was answered with this status.
    Dialled(u16),
}

/// Both doors of a service, before a back end that obeys a part named `url` as soon as that part ends.
struct World {
    door: Door,
    told: mpsc::UnboundedReceiver<Told>,
    _outbound: oneshot::Sender<()>,
}

impl World {
    async fn with(policy: Policy) -> Self {
        let (tell, told) = mpsc::unbounded_channel();
        let outbound = Arc::<OnceLock<SocketAddr>>::default();
        let dials_by = Arc::clone(&outbound);
        let back_end = back_end(move |wire, _| obey(wire, tell.clone(), Arc::clone(&dials_by))).await;
        let door = Door::with(back_end, Choices { policy, ..Choices::default() }).await;
        let (address, stop) = beside(&door.gate).await;
        outbound.set(address).unwrap();
        Self { door, told, _outbound: stop }
    }

    /// Sends a request that orders `url` and withholds the last byte of its body.
    async fn order(&mut self, url: &str, is_chunked: bool) -> Wire {
        let rest = format!("zw\r\n{}\r\n--xyzw\r\n{}\r\n", named("url", url), named("pad", "x"));
        let mut client = self.door.client().await;
        if is_chunked {
            client.send(format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{START}\r\n", START.len())).await;
        } else {
            client.send(format!("{HEAD}Content-Length: {}\r\n\r\n{START}", START.len() + rest.len() + 1)).await;
        }
        // So the time is over for which the door holds a body back.
        assert_eq!(self.told().await, Told::Started);
        if is_chunked {
            client.send(format!("{:x}\r\n{rest}\r\n", rest.len())).await;
        } else {
            client.send(rest).await;
        }
        client
    }

    async fn told(&mut self) -> Told {
        within(self.told.recv()).await.unwrap()
    }

    /// The request and the dial, as the doors told them.
    fn events(&self) -> (Reference, Dialled) {
        let request = self.door.event(|what| match what {
            What::RequestBegan(began) => Some(began.request),
            _ => None,
        });
        (
            request,
            self.door.event(
                |what| if let What::Dialled(dialled) = what { Some(Arc::unwrap_or_clone(dialled)) } else { None },
            ),
        )
    }
}

fn named(name: &str, value: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
}

async fn obey(mut wire: Wire, tell: mpsc::UnboundedSender<Told>, outbound: Arc<OnceLock<SocketAddr>>) {
    let is_chunked = wire.head().await.unwrap().field("transfer-encoding") == "chunked";
    let mut body = String::new();
    while let Some(piece) = next_piece(&mut wire, is_chunked).await {
        body.push_str(&piece);
        // The test may be over.
        if body == START {
            let _ = tell.send(Told::Started);
        }
        if let Some(url) = ordered(&body) {
            let _ = tell.send(Told::Dialled(dial(*outbound.get().unwrap(), url).await));
            return;
        }
    }
}

async fn next_piece(wire: &mut Wire, is_chunked: bool) -> Option<String> {
    if !is_chunked {
        return Some(String::from_utf8(wire.take(1).await?).unwrap());
    }
    let size = usize::from_str_radix(&wire.line().await?, 16).unwrap();
    let piece = wire.take(size).await?;
    wire.line().await?;
    Some(String::from_utf8(piece).unwrap())
}

/// The value of the part named `url`, once it has ended.
fn ordered(body: &str) -> Option<&str> {
    let (_, after) = body.split_once("name=\"url\"\r\n\r\n")?;
    after.split_once("\r\n--xyzw").map(|(url, _)| url)
}

async fn dial(door: SocketAddr, url: &str) -> u16 {
    let authority = url.split('/').nth(2).unwrap();
    let mut app = Wire::connect(door).await;
    app.send(format!("GET {url} HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
    app.message().await.status()
}

/// The URL of something that answers on loopback.
async fn target() -> String {
    let address = back_end(|mut wire, _| async move {
        while wire.next_message().await.is_some() {
            wire.send(HELLO).await;
        }
    })
    .await;
    format!("http://{address}/latest/meta-data")
}

fn block_at_a_proven_sink() -> Policy {
    let sink: Scope = "POST /hooks multipart url".parse().unwrap();
    Policy { mode: Mode::Block, proven: vec![sink], ..Policy::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_is_known_to_be_ordered_before_the_body_ends() {
    for is_chunked in [false, true] {
        let mut world = World::with(Policy::default()).await;
        let _client = world.order(&target().await, is_chunked).await;
        assert_eq!(world.told().await, Told::Dialled(200));
        let (request, dialled) = world.events();
        let (_, order) = dialled.verdict.leading_order().expect("an order");
        assert_eq!(order.request, request, "{is_chunked}");
        assert_eq!(dialled.verdict.decision, Decision::WouldDeny(Rule::ColdExact));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_to_a_denied_class_is_refused_before_the_body_ends() {
    for is_chunked in [false, true] {
        let mut world = World::with(Policy { mode: Mode::Block, ..Policy::default() }).await;
        let _client = world.order(&target().await, is_chunked).await;
        assert_eq!(world.told().await, Told::Dialled(403), "{is_chunked}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_proven_sink_no_piece_of_the_order_reaches_the_back_end() {
    for is_chunked in [false, true] {
        let mut world = World::with(block_at_a_proven_sink()).await;
        let mut client = world.order(&target().await, is_chunked).await;
        assert_eq!(client.message().await.status(), 403, "{is_chunked}");
        assert!(world.told.try_recv().is_err(), "it dialled");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_a_proven_sink_what_is_harmless_flows_however_slowly_it_comes() {
    for is_chunked in [false, true] {
        let mut world = World::with(block_at_a_proven_sink()).await;
        let _client = world.order("http://hooks.invalid/x", is_chunked).await;
        // There is no such host, but it was asked for.
        assert_eq!(world.told().await, Told::Dialled(502), "{is_chunked}");
    }
}
