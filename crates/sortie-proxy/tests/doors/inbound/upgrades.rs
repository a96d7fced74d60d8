//! Connections that leave HTTP.

use sortie_model::event::{Cut, What};

use super::world::{BackEnd, Door, HELLO, back_end, within};

const UPGRADE: &str =
    "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_passes_both_ways() {
    let back_end = back_end(|mut wire, _| async move {
        let request = wire.next_message().await.unwrap();
        assert_eq!((request.field("connection"), request.field("upgrade")), ("upgrade".into(), "websocket".into()));
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nfirst\r\n")
            .await;
        // Bytes that no framing guard would let pass.
        assert_eq!(wire.line().await.unwrap(), "GET / nothing\n\0");
        wire.send("second\r\n").await;
        assert!(wire.is_at_end().await);
        wire.send("last\r\n").await;
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send(UPGRADE).await;
    let answer = within(client.head()).await.unwrap();
    assert_eq!(
        (answer.status(), answer.field("upgrade"), answer.field("connection")),
        (101, "websocket".into(), "upgrade".into())
    );
    assert_eq!(within(client.line()).await.unwrap(), "first");
    client.send("GET / nothing\n\0\r\n").await;
    assert_eq!(within(client.line()).await.unwrap(), "second");
    client.finish().await;
    assert_eq!(within(client.line()).await.unwrap(), "last");
    assert!(client.is_at_end().await);
    let cut = door.event(|what| if let What::RequestInspected(inspected) = what { Some(inspected.cut) } else { None });
    assert_eq!(cut, Some(Cut::Upgrade));
    assert_eq!(door.ended(), (Some(101), "first\r\nsecond\r\nlast\r\n".len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_follows_a_declined_upgrade_is_judged() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    client.send(format!("{UPGRADE}GET /second HTTP/1.1\r\nHost: a\r\n\r\n{UPGRADE}GET / HTTP/1.1\r\n\r\n")).await;
    for _ in 0..3 {
        assert_eq!(client.message().await.text(), "hello");
    }
    assert_eq!(client.message().await.status(), 400);
    assert!(client.is_at_end().await);
    for target in ["/chat", "/second", "/chat"] {
        assert_eq!(back_end.request().await.line, format!("GET {target} HTTP/1.1"));
    }
    assert!(back_end.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn http_2_is_not_upgraded_to() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let request = "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    let mut client = door.client().await;
    for _ in 0..2 {
        client.send(request).await;
        assert_eq!(client.message().await.status(), 200);
        let seen = back_end.request().await;
        assert_eq!((seen.field("upgrade"), seen.field("http2-settings"), seen.field("connection")), Default::default());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_nobody_asked_for_is_a_bad_answer() {
    let back_end =
        BackEnd::answering("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n").await;
    let door = Door::before(back_end.address).await;
    let answer = door.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(answer.status(), 502);
    assert!(answer.field("proxy-status").contains("http_protocol_error"));
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_waits_for_upgraded_connections_too() {
    let back_end = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n").await;
        while let Some(line) = wire.line().await {
            wire.send(format!("{line}\r\n")).await;
        }
    })
    .await;
    let mut door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send(UPGRADE).await;
    assert_eq!(within(client.head()).await.unwrap().status(), 101);
    door.stop();
    client.send("still\r\n").await;
    assert_eq!(within(client.line()).await.unwrap(), "still");
    drop(client);
    door.shut().await;
}
