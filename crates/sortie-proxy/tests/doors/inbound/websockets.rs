//! What a client sends over a WebSocket is judged before the back end can obey it.

use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};

use flate2::{Compress, Compression, FlushCompress};
use futures_util::{SinkExt as _, StreamExt as _};
use sortie_model::event::{Cut, Part, RequestInspected, What};
use sortie_model::policy::Scope;
use sortie_model::{Decision, Mode, Policy, Rule};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async, client_async};

use super::world::{BackEnd, Choices, Door, HELLO, Wire, back_end, within};
use crate::outbound::world::beside;

/// A back end that answers every message.
async fn answering<F>(answer: impl Fn(Message) -> F + Clone + Send + 'static) -> SocketAddr
where
    F: Future<Output = Message> + Send,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                let mut socket = accept_async(stream).await.unwrap();
                while let Some(Ok(message)) = socket.next().await {
                    if message.is_close() || socket.send(answer(message).await).await.is_err() {
                        return;
                    }
                }
            });
        }
    });
    address
}

/// A client at the door of a back end.
struct Chat {
    door: Door,
    socket: WebSocketStream<TcpStream>,
}

impl Chat {
    /// With a back end that says every message again.
    async fn begin(choices: Choices) -> Self {
        let echo = answering(|message| async { message }).await;
        Self::at(Door::with(echo, choices).await).await
    }

    async fn at(door: Door) -> Self {
        let stream = TcpStream::connect(door.address).await.unwrap();
        let (socket, _) = within(client_async("ws://shop.example/ws", stream)).await.unwrap();
        Self { door, socket }
    }

    /// With a back end that fetches what a message orders through an outbound door, and tells the status. The door
    /// is open for as long as the second value lives.
    async fn fetching(mode: Mode) -> (Self, oneshot::Sender<()>) {
        let outbound = Arc::<OnceLock<SocketAddr>>::default();
        let dials_by = Arc::clone(&outbound);
        let back_end = answering(move |message| {
            let proxy = *dials_by.get().expect("the outbound door is open");
            async move {
                let order: serde_json::Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
                let mut wire = Wire::connect(proxy).await;
                let url = order["url"].as_str().unwrap();
                wire.send(format!("GET {url} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).await;
                Message::text(wire.message().await.status().to_string())
            }
        });
        let policy = Policy { mode, ..Policy::default() };
        let door = Door::with(back_end.await, Choices { policy, ..Choices::default() }).await;
        let (address, stop) = beside(&door.gate).await;
        outbound.set(address).unwrap();
        (Self::at(door).await, stop)
    }

    async fn send(&mut self, message: impl Into<Message>) {
        self.socket.send(message.into()).await.unwrap();
    }

    /// What comes next; `None` where the connection is at its end.
    async fn next(&mut self) -> Option<Message> {
        within(self.socket.next()).await.and_then(Result::ok)
    }

    /// Sends a message, which comes back.
    async fn say(&mut self, message: impl Into<Message>) {
        let message = message.into();
        self.send(message.clone()).await;
        assert_eq!(self.next().await, Some(message));
    }
}

fn inspected(door: &Door) -> RequestInspected {
    door.event(|what| if let What::RequestInspected(inspected) = what { Some(*inspected) } else { None })
}

/// What was told of each part that was inspected: candidates as they are shown, and cuts.
fn told(door: &Door) -> (Part, Vec<String>, Option<Cut>) {
    let RequestInspected { part, candidates, cut, .. } = inspected(door);
    (part, candidates.iter().map(|c| format!("{} {}", c.location, c.shown)).collect(), cut)
}

/// A mode at a sink that the operator has proven.
fn hooks(mode: Mode) -> Choices {
    let sink: Scope = "GET /ws $.url".parse().unwrap();
    Choices { policy: Policy { mode, proven: vec![sink], ..Policy::default() }, ..Choices::default() }
}

fn order(url: &str) -> String {
    format!(r#"{{"url":"{url}"}}"#)
}

/// A short frame as a client sends it, its mask all zeros.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    [&[first, 0x80 | payload.len() as u8, 0, 0, 0, 0], payload].concat()
}

const ASKED: &str =
    "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";
const GRANTED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n";
const GRANTED_COMPRESSED: &str = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n\r\n";

/// A door before a back end that grants an upgrade by this head and says every byte again, and a client that asked.
async fn upgraded(asked: &str, granted: &'static str, choices: Choices) -> (Door, Wire) {
    let back_end = back_end(move |mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send(granted).await;
        while let Some(bytes) = wire.take(1).await {
            wire.send(bytes).await;
        }
    })
    .await;
    let door = Door::with(back_end, choices).await;
    let mut client = door.client().await;
    client.send(asked).await;
    assert_eq!(within(client.head()).await.unwrap().status(), 101);
    (door, client)
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_searched_as_bodies_and_pass_unchanged() {
    let mut chat = Chat::begin(Choices::default()).await;
    let goes_on = chat.door.event(|what| if let What::RequestBegan(began) = what { Some(began.goes_on) } else { None });
    assert!(goes_on, "what is told of messages belongs to a request that is noted");
    chat.say("hello").await;
    chat.say(order("http://partner.example/x")).await;
    assert_eq!(told(&chat.door), (Part::Message, vec!["$.url http://partner.example/x".into()], None));
    chat.say(Message::binary(order("http://partner.example/x"))).await;
    assert_eq!(told(&chat.door), (Part::Message, vec!["$.url http://partner.example/x".into()], None), "once more");
    chat.say(format!(r#"42["import",{}]"#, order("http://other.example/y"))).await;
    assert_eq!(told(&chat.door).1, ["$[1].url http://other.example/y"]);
    assert_eq!(chat.door.gate.counters().wildcards.get(), 0, "all of it was read");
    let Chat { door, socket } = chat;
    drop(socket);
    assert_eq!(door.ended().0, Some(101));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_is_told_before_the_back_end_has_the_whole_message() {
    let (door, mut client) = upgraded(ASKED, GRANTED, Choices::default()).await;
    let order = order("http://partner.example/x");
    let (first, second) = order.split_at(12);
    // Fragments with a ping between them, and all of it byte by byte.
    let bytes = [frame(0x01, first.as_bytes()), frame(0x89, b""), frame(0x80, second.as_bytes())].concat();
    for byte in &bytes {
        client.send([*byte]).await;
    }
    assert_eq!(within(client.take(bytes.len())).await.unwrap(), bytes);
    // The event was told before the last byte could come back.
    assert_eq!(told(&door).1, ["$.url http://partner.example/x"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_is_attributed_to_the_message_that_ordered_it() {
    let destination = BackEnd::answering(HELLO).await;
    let url = format!("http://{}/7f3a", destination.address);
    for (mode, status) in [(Mode::Observe, "200"), (Mode::Block, "403")] {
        let (mut chat, _outbound) = Chat::fetching(mode).await;
        chat.send(order(&url)).await;
        assert_eq!(chat.next().await, Some(Message::text(status)));
        let request = inspected(&chat.door).request;
        let dialled = chat.door.event(|what| if let What::Dialled(dialled) = what { Some(dialled) } else { None });
        let (_, order) = dialled.verdict.leading_order().expect("an order");
        assert_eq!((order.request, order.place.to_string().as_str()), (request, "/ws url"));
        let is_denied = dialled.verdict.decision == Decision::Deny(Rule::ColdExact);
        assert_eq!(is_denied, mode == Mode::Block, "{:?}", dialled.verdict.decision);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_never_arrives_and_ends_the_connection() {
    let mut chat = Chat::begin(hooks(Mode::Block)).await;
    chat.say(order("http://partner.example/x")).await;
    assert_eq!(inspected(&chat.door).refused, None);
    chat.send(order("http://169.254.169.254/latest")).await;
    let refused = inspected(&chat.door).refused.expect("it is refused");
    assert_eq!((refused.rule, refused.is_enforced()), (Rule::OrderedDeny, true));
    assert_eq!(chat.next().await, None, "it would have come back");
    assert_eq!(chat.door.gate.counters().requests_refused.get(), 1);
    assert_eq!(chat.door.ended().0, Some(101));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_be_refused_passes_outside_block() {
    let mut chat = Chat::begin(hooks(Mode::Shadow)).await;
    chat.say(order("http://169.254.169.254/latest")).await;
    let refused = inspected(&chat.door).refused.expect("it would be refused");
    assert_eq!((refused.rule, refused.is_enforced()), (Rule::OrderedDeny, false));
    chat.say("still here").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_bytes_are_read_and_what_follows_makes_a_wildcard() {
    let mut chat = Chat::begin(hooks(Mode::Block)).await;
    chat.say("x".repeat(60_000)).await;
    chat.say("x".repeat(60_000)).await;
    assert_eq!(told(&chat.door), (Part::Message, vec![], Some(Cut::Upgrade)));
    chat.say(order("http://169.254.169.254/latest")).await;
    assert_eq!(chat.door.gate.counters().wildcards.get(), 1);
    assert_eq!(chat.door.gate.counters().requests_refused.get(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_brings_so_many_candidates() {
    let mut chat = Chat::begin(Choices::default()).await;
    let text = |n: usize| order(&format!("http://h{n}.example/"));
    for n in 0..70 {
        chat.say(text(n)).await;
    }
    let all: Vec<_> = (0..65).map(|_| told(&chat.door)).collect();
    assert_eq!(all.iter().map(|(_, candidates, _)| candidates.len()).sum::<usize>(), 64);
    assert_eq!(all.last().unwrap().2, Some(Cut::Upgrade));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_frame_passes_and_makes_a_wildcard() {
    let (door, mut client) = upgraded(ASKED, GRANTED, hooks(Mode::Block)).await;
    let bytes = [&b"GET / nothing\r\n\0"[..], &frame(0x81, order("http://169.254.169.254/").as_bytes())].concat();
    client.send(&bytes).await;
    assert_eq!(within(client.take(bytes.len())).await.unwrap(), bytes);
    assert_eq!(told(&door), (Part::Message, vec![], Some(Cut::Upgrade)));
}

#[tokio::test(flavor = "multi_thread")]
async fn compressed_messages_are_undone_where_that_was_granted() {
    let mut deflater = Compress::new(Compression::best(), false);
    let mut packed = Vec::with_capacity(200);
    deflater.compress_vec(order("http://partner.example/x").as_bytes(), &mut packed, FlushCompress::Sync).unwrap();
    // Senders leave out the four bytes at which every message ends.
    let message = frame(0xc1, packed.strip_suffix(&[0, 0, 0xff, 0xff]).unwrap());
    for (granted, expected) in [(GRANTED_COMPRESSED, None), (GRANTED, Some(Cut::Upgrade))] {
        let (door, mut client) = upgraded(ASKED, granted, Choices::default()).await;
        client.send(&message).await;
        assert_eq!(within(client.take(message.len())).await.unwrap(), message);
        let (_, candidates, cut) = told(&door);
        assert_eq!((candidates.len(), cut), (usize::from(expected.is_none()), expected));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_upgrades_are_not_read() {
    let without_key = ASKED.replace("Sec-WebSocket-Key: x\r\n", "");
    let other = ASKED.replace("Upgrade: websocket", "Upgrade: other");
    for asked in [without_key, other] {
        let (door, mut client) = upgraded(&asked, GRANTED, hooks(Mode::Block)).await;
        assert_eq!(told(&door).2, Some(Cut::Upgrade), "before a byte is sent");
        let message = frame(0x81, order("http://169.254.169.254/").as_bytes());
        client.send(&message).await;
        assert_eq!(within(client.take(message.len())).await.unwrap(), message);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_read_while_the_service_is_passed_through() {
    let mut chat = Chat::begin(hooks(Mode::Block)).await;
    chat.door.gate.set_off(true);
    chat.say(order("http://169.254.169.254/latest")).await;
    chat.door.gate.set_off(false);
    chat.send(order("http://169.254.169.254/latest")).await;
    assert_eq!(chat.next().await, None);
}
