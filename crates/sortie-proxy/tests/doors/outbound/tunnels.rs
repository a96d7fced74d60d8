//! CONNECT, and what tunnels hold.

use sortie_model::event::{Carrier, Outcome};
use sortie_model::{Host, Scheme};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::world::{Choices, Door, HELLO, Origin, destination};

/// A ClientHello that names a host.
pub(super) fn hello(name: &str) -> Vec<u8> {
    fn vector(content: &[u8]) -> Vec<u8> {
        [&(content.len() as u16).to_be_bytes(), content].concat()
    }
    let server_name = vector(&[&[0], &vector(name.as_bytes())[..]].concat());
    let extensions = vector(&[&[0, 0][..], &vector(&server_name)].concat());
    let body = [&[3, 3][..], &[9; 32], &[0], &vector(&[0x13, 0x01]), &[1, 0], &extensions].concat();
    let message = [&[1, 0][..], &vector(&body)].concat();
    [&[22, 3, 1][..], &vector(&message)].concat()
}

/// A destination that sends back what it gets.
async fn echo() -> std::net::SocketAddr {
    destination(|mut stream| async move {
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_recorded_by_its_name_and_passes_unchanged() {
    let (door, echo) = (Door::open().await, echo().await);
    let mut app = door.app().await;
    assert_eq!(app.connect_to(&echo.to_string()).await.status(), 200);
    let hello = hello("api.example");
    app.stream.write_all(&hello).await.unwrap();
    assert_eq!(app.exactly(hello.len()).await, hello);
    drop(app);
    let dial = door.dialled().dial;
    assert_eq!((dial.carrier, dial.scheme, dial.request.is_none()), (Carrier::TunnelTls, Some(Scheme::Https), true));
    assert_eq!(dial.further_hosts.as_slice(), [Host::name("api.example")]);
    let ended = door.ended();
    assert_eq!(
        (ended.outcome, ended.bytes_in, ended.bytes_out),
        (Outcome::Connected, hello.len() as u64, hello.len() as u64)
    );
    assert!(door.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_authority_is_no_further_host() {
    let echo = echo().await;
    let door = Door::with(Choices { hosts: "127.0.0.1 api.example\n".into(), ..Choices::default() }).await;
    let mut app = door.app().await;
    assert_eq!(app.connect_to(&format!("api.example:{}", echo.port())).await.status(), 200);
    app.stream.write_all(&hello("API.example")).await.unwrap();
    let dial = door.dialled().dial;
    assert_eq!((dial.carrier, dial.further_hosts.len()), (Carrier::TunnelTls, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_plain_request_in_a_tunnel_is_a_dial() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    assert_eq!(app.connect_to(&origin.address.to_string()).await.status(), 200);
    for path in ["/one", "/two"] {
        app.send(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\nX-CamelCase: 1\r\nCookie: a=b\r\n\r\n", origin.address))
            .await;
        let reply = app.reply().await;
        assert_eq!(reply.body, "hello");
        assert!(reply.head.contains("X-Origin: Yes\r\n"), "letter case is kept: {}", reply.head);
        assert_eq!(reply.field("via"), "", "nobody expects a proxy inside");
        let dial = door.dialled().dial;
        assert_eq!((dial.carrier, &*dial.request.unwrap().shown), (Carrier::TunnelHttp, path));
        assert_eq!((dial.further_hosts.len(), dial.credentials.len()), (0, 1));
        assert_eq!(door.ended().status, Some(200));
    }
    let requests = origin.requests();
    assert!(requests[1].head.starts_with("GET /two HTTP/1.1\r\n"));
    assert!(requests[1].head.contains("X-CamelCase: 1\r\n"), "{}", requests[1].head);
    assert_eq!((requests[1].field("via"), origin.connections()), ("", 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_seen_whatever_its_method_and_what_stands_before_it() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    for line in ["patch /x HTTP/1.1", "\r\nGET /x HTTP/1.1"] {
        let mut app = door.app().await;
        assert_eq!(app.connect_to(&origin.address.to_string()).await.status(), 200);
        app.send(&format!("{line}\r\nHost: {}\r\n\r\n", origin.address)).await;
        assert_eq!(app.reply().await.status(), 200, "{line}");
        let dial = door.dialled().dial;
        assert_eq!((dial.carrier, dial.request.map(|seen| seen.shown)), (Carrier::TunnelHttp, Some("/x".into())));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_of_requests_is_no_dial_itself() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    app.send(&format!("GET / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    app.rest().await;
    assert_eq!(door.dialled().dial.carrier, Carrier::TunnelHttp);
    door.ended();
    assert!(door.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inner_host_that_differs_is_a_further_host() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    app.send("GET / HTTP/1.1\r\nHost: Billing.internal:8080\r\n\r\n").await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(origin.requests()[0].field("host"), "Billing.internal:8080", "it is passed as it is");
    assert_eq!(door.dialled().dial.further_hosts.as_slice(), [Host::name("billing.internal")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_host_of_a_connect_does_not_matter() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.send(&format!("CONNECT {} HTTP/1.1\r\nHost: shop.example\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    app.send("GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n").await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(door.dialled().dial.destination.to_string(), origin.address.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_a_tunnel_is_refused_for_itself() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    let via = "1.1 sortie, ".repeat(5);
    app.send(&format!("GET /loop HTTP/1.1\r\nHost: {}\r\nVia: {via}\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 403);
    app.send(&format!("GET /other HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(origin.requests().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_of_requests_connects_again() {
    let (door, origin) = (Door::open().await, Origin::at("127.0.0.1:0", HELLO.to_owned(), 1).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    for _ in 0..3 {
        app.send(&format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
        assert_eq!(app.reply().await.status(), 200);
    }
    assert_eq!(origin.connections(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_readings_are_refused_inside_a_tunnel_too() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    app.send(&format!(
        "POST / HTTP/1.1\r\nHost: {}\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        origin.address
    ))
    .await;
    assert_eq!(app.reply().await.status(), 400);
    assert!(origin.requests().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_speaks_first_is_not_kept_waiting() {
    let banner = destination(|mut stream| async move {
        stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap();
        let mut said = [0; 6];
        stream.read_exact(&mut said).await.unwrap();
        stream.write_all(b"221 bye\r\n").await.unwrap();
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.connect_to(&banner.to_string()).await;
    assert_eq!(app.exactly(24).await, b"220 mail.example ESMTP\r\n");
    app.send("QUIT\r\n").await;
    assert_eq!(app.rest().await, b"221 bye\r\n");
    assert_eq!(door.dialled().dial.carrier, Carrier::TunnelOpaque);
    drop(app);
    let ended = door.ended();
    assert_eq!((ended.bytes_in, ended.bytes_out), (33, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_behind_the_connect_is_not_lost() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.send(&format!(
        "CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\nGET /eager HTTP/1.1\r\nHost: {0}\r\n\r\n",
        origin.address
    ))
    .await;
    assert_eq!((app.reply().await.status(), app.reply().await.body.as_str()), (200, "hello"));
    assert_eq!(door.dialled().dial.carrier, Carrier::TunnelHttp);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_passes_inside_a_tunnel_or_is_declined() {
    let websocket = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        let declined = super::world::read_message(&mut stream).await.unwrap();
        assert_eq!(declined.field("upgrade"), "websocket");
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        super::world::read_message(&mut stream).await.unwrap();
        let granted = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi";
        stream.write_all(granted.as_bytes()).await.unwrap();
        let mut echo = [0; 4];
        stream.read_exact(&mut echo).await.unwrap();
        stream.write_all(&echo).await.unwrap();
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.connect_to(&websocket.to_string()).await;
    let ask = format!("GET /ws HTTP/1.1\r\nHost: {websocket}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    app.send(&ask).await;
    assert_eq!(app.reply().await.body, "hello");
    app.send(&format!("{ask}ping")).await;
    assert_eq!(app.reply().await.status(), 101);
    assert_eq!(app.exactly(6).await, b"hiping");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_does_not_hide_a_request() {
    let early = destination(|mut stream| async move {
        stream.write_all(HELLO.as_bytes()).await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.connect_to(&early.to_string()).await;
    app.send(&format!("GET /hidden HTTP/1.1\r\nHost: {early}\r\n\r\n")).await;
    let status = app.reply().await.status();
    let dial = door.dialled().dial;
    assert_eq!(dial.carrier, Carrier::TunnelHttp, "the app got {status}");
    assert_eq!(&*dial.request.unwrap().shown, "/hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_greeting_does_not_hide_a_request() {
    let greeting = destination(|mut stream| async move {
        stream.write_all(b"\r\n").await.unwrap();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.connect_to(&greeting.to_string()).await;
    app.send(&format!("GET /hidden HTTP/1.1\r\nHost: {greeting}\r\n\r\n")).await;
    let dial = door.dialled().dial;
    assert_eq!(dial.carrier, Carrier::TunnelHttp);
    assert_eq!(&*dial.request.unwrap().shown, "/hidden");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_that_is_opened_and_closed_is_a_dial() {
    let (door, echo) = (Door::open().await, echo().await);
    let mut app = door.app().await;
    app.connect_to(&echo.to_string()).await;
    drop(app);
    let dialled = door.dialled();
    assert_eq!((dialled.dial.carrier, dialled.dial.request.is_none()), (Carrier::TunnelOpaque, true));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.address, ended.bytes_in), (Outcome::Connected, Some(echo.ip()), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_silent_tunnel_is_recorded_and_still_looked_into() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    assert_eq!(door.dialled().dial.carrier, Carrier::TunnelOpaque); // after a second of silence
    app.send(&format!("GET /late HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(door.dialled().dial.carrier, Carrier::TunnelHttp);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_half_closed_tunnel_still_answers() {
    let counting = destination(|mut stream| async move {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        stream.write_all(all.len().to_string().as_bytes()).await.unwrap();
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.connect_to(&counting.to_string()).await;
    app.send("\u{1}binary").await;
    app.stream.shutdown().await.unwrap();
    assert_eq!(app.rest().await, b"7");
}

#[tokio::test(flavor = "multi_thread")]
async fn pass_through_records_nothing() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    door.gate.set_off(true);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    app.send(&format!("GET / HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    let reply = door.ask(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
    assert_eq!(reply.status(), 200);
    assert!(door.is_silent());
}
