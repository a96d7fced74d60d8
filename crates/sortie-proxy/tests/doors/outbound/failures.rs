//! Every way to fail is told apart, to the app and in the record.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use sortie_model::event::Outcome;
use sortie_model::{Decision, Rule};
use sortie_proxy::outbound::OutboundConfig;
use sortie_proxy::timeouts::Timeouts;
use tokio::io::AsyncWriteExt as _;

use super::world::{Choices, Door, HELLO, Origin, Reply, closed_port, destination, read_message};

fn get(authority: &str) -> String {
    format!("GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n")
}

/// The status and the error of `Proxy-Status`; its details are the dial's reference.
fn told(reply: &Reply, door: &Door) -> (u16, String) {
    let reference = door.dialled().dial.dial;
    let status = reply.field("proxy-status");
    let (error, details) = status.rsplit_once("; details=").unwrap_or_else(|| panic!("{status}"));
    assert_eq!(details, format!("\"D-{reference}\""));
    (reply.status(), error.trim_start_matches("sortie; error=").to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_connection() {
    let door = Door::open().await;
    let authority = format!("127.0.0.1:{}", closed_port().await);
    let reply = door.ask(&get(&authority)).await;
    assert_eq!(told(&reply, &door), (502, "connection_refused".to_owned()));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.address), (Outcome::Refused, Some([127, 0, 0, 1].into())));

    let reply = door.app().await.connect_to(&authority).await;
    assert_eq!(told(&reply, &door), (502, "connection_refused".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::Refused);
}

/// A door that gives a connection `millis` to come about.
async fn door_with_connect(millis: u64) -> Door {
    let timeouts = Timeouts { connect: Duration::from_millis(millis), ..Timeouts::default() };
    Door::with(Choices { config: OutboundConfig { timeouts, ..OutboundConfig::default() }, ..Choices::default() }).await
}

/// A listener whose queue is full, so that what comes is dropped, and the sockets that keep it so.
fn silent_listener() -> (SocketAddr, Vec<Socket>) {
    let listener = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    listener.listen(0).unwrap();
    let address = listener.local_addr().unwrap().as_socket().unwrap();
    let mut held = vec![listener];
    for _ in 0..4 {
        let client = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
        client.set_nonblocking(true).unwrap();
        let _ = client.connect(&address.into()); // in progress
        held.push(client);
    }
    (address, held)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_connection_in_time() {
    let door = door_with_connect(20).await;
    let (silent, _held) = silent_listener();
    let reply = door.ask(&get(&silent.to_string())).await;
    assert_eq!(told(&reply, &door), (504, "connection_timeout".to_owned()));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.address), (Outcome::TimedOut, Some(silent.ip())));
    let reply = door.app().await.connect_to(&silent.to_string()).await;
    assert_eq!(told(&reply, &door), (504, "connection_timeout".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::TimedOut);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dial_that_is_broken_off_leaves_a_record() {
    let (silent, _held) = silent_listener();
    let timeouts =
        Timeouts { connect: Duration::from_mins(1), drain: Duration::from_millis(20), ..Timeouts::default() };
    let config = OutboundConfig { timeouts, ..OutboundConfig::default() };
    let mut door = Door::with(Choices { config, ..Choices::default() }).await;
    let mut app = door.app().await;
    app.send(&get(&silent.to_string())).await;
    door.dialled(); // now it connects
    door.close().await;
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.address), (Outcome::TimedOut, Some(silent.ip())));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_does_not_exist() {
    let door = Door::open().await;
    // RFC 6761 §6.4: nobody needs to be asked about this one.
    let reply = door.ask(&get("nothing.invalid.")).await;
    assert_eq!(told(&reply, &door), (502, "dns_error; rcode=\"NXDOMAIN\"".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::NameNotFound);
    let reply = door.app().await.connect_to("nothing.invalid.:443").await;
    assert_eq!(told(&reply, &door), (502, "dns_error; rcode=\"NXDOMAIN\"".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::NameNotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_closes_without_an_answer() {
    let door = Door::open().await;
    let closing = destination(|stream| async move {
        read_message(&mut tokio::io::BufReader::new(stream)).await.unwrap();
    })
    .await;
    let reply = door.ask(&get(&closing.to_string())).await;
    assert_eq!(told(&reply, &door), (502, "connection_terminated".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::Reset);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_no_http() {
    let door = Door::open().await;
    let strange = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        read_message(&mut stream).await.unwrap();
        stream.write_all(b"+PONG\r\n\r\n").await.unwrap();
    })
    .await;
    let reply = door.ask(&get(&strange.to_string())).await;
    assert_eq!(told(&reply, &door), (502, "http_protocol_error".to_owned()));
    assert_eq!(door.ended().outcome, Outcome::BadAnswer);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_in_time() {
    let timeouts = Timeouts { answer_head: Duration::from_millis(20), ..Timeouts::default() };
    let config = OutboundConfig { timeouts, ..OutboundConfig::default() };
    let door = Door::with(Choices { config, ..Choices::default() }).await;
    let silent = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        while read_message(&mut stream).await.is_some() {}
    })
    .await;
    let reply = door.ask(&get(&silent.to_string())).await;
    assert_eq!(told(&reply, &door), (504, "http_response_timeout".to_owned()));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.status, ended.address), (Outcome::Connected, None, Some(silent.ip())));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_breaks_off_breaks_off_for_the_app() {
    let door = Door::open().await;
    let broken = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        read_message(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
    })
    .await;
    let mut app = door.app().await;
    app.send(&get(&broken.to_string())).await;
    let received = String::from_utf8(app.rest().await).unwrap();
    assert!(received.ends_with("\r\n\r\nhalf"), "{received}");
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.status, ended.bytes_in), (Outcome::Answered, Some(200), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stalls_is_given_up() {
    let timeouts = Timeouts { answer_idle: Duration::from_millis(20), ..Timeouts::default() };
    let config = OutboundConfig { timeouts, ..OutboundConfig::default() };
    let door = Door::with(Choices { config, ..Choices::default() }).await;
    let stalling = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        while read_message(&mut stream).await.is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").await.unwrap();
        }
    })
    .await;
    let mut app = door.app().await;
    app.send(&get(&stalling.to_string())).await;
    assert!(app.rest().await.ends_with(b"half"));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.status, ended.bytes_in), (Outcome::Answered, Some(200), 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_policy_forbids_is_refused_and_says_a_reference_only() {
    let origin = Origin::answering(HELLO).await;
    let door = Door::with(Choices { refused: vec![origin.address], ..Choices::default() }).await;
    let reply = door.ask(&get(&origin.address.to_string())).await;
    let dialled = door.dialled();
    assert_eq!(dialled.verdict.decision, Decision::Deny(Rule::OwnListener));
    let reference = format!("D-{}", dialled.dial.dial);
    assert_eq!((reply.status(), reply.body.trim_end()), (403, reference.as_str()));
    assert_eq!(reply.field("proxy-status"), format!("sortie; error=http_request_denied; details=\"{reference}\""));

    let mut app = door.app().await;
    let reply = app.connect_to(&origin.address.to_string()).await;
    assert_eq!(told(&reply, &door), (403, "http_request_denied".to_owned()));
    // The same connection goes on as plain HTTP.
    app.send("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert_eq!(app.reply().await.status(), 400);
    assert_eq!(origin.connections(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_came_by_too_often_is_a_loop() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let via = "1.1 sortie, ".repeat(5);
    let reply = door
        .ask(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nVia: {1}1.1 cdn\r\n\r\n", origin.address, via))
        .await;
    assert_eq!(reply.status(), 403);
    assert_eq!(door.dialled().verdict.decision, Decision::Deny(Rule::Loop));
    assert_eq!(origin.connections(), 0);
}
