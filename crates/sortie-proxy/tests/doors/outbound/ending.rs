//! The end of the door, and its bound on connections.

use std::time::Duration;

use sortie_proxy::outbound::OutboundConfig;
use sortie_proxy::timeouts::Timeouts;
use tokio::io::AsyncWriteExt as _;

use super::world::{Choices, Door, HELLO, Origin, destination, read_message};

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_an_exchange_end() {
    let (release, released) = tokio::sync::watch::channel(false);
    let address = destination(move |stream| {
        let mut released = released.clone();
        async move {
            let mut stream = tokio::io::BufReader::new(stream);
            read_message(&mut stream).await.unwrap();
            released.changed().await.unwrap();
            stream.write_all(HELLO.as_bytes()).await.unwrap();
        }
    })
    .await;
    let mut door = Door::open().await;
    let mut app = door.app().await;
    app.send(&format!("GET http://{address}/ HTTP/1.1\r\nHost: {address}\r\n\r\n")).await;
    door.dialled();
    let closing = tokio::spawn(async move { door.close().await });
    release.send(true).unwrap();
    assert_eq!(app.reply().await.body, "hello");
    assert_eq!(app.rest().await, b"");
    closing.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_cuts_off_what_does_not_end() {
    let timeouts = Timeouts { drain: Duration::from_millis(20), ..Timeouts::default() };
    let config = OutboundConfig { timeouts, ..OutboundConfig::default() };
    let mut door = Door::with(Choices { config, ..Choices::default() }).await;
    let banner = destination(|mut stream| async move {
        stream.write_all(b"220 hello\r\n").await.unwrap();
        std::future::pending::<()>().await;
    })
    .await;
    let mut app = door.app().await;
    app.connect_to(&banner.to_string()).await;
    assert_eq!(app.exactly(11).await, b"220 hello\r\n");
    door.close().await;
    assert_eq!(app.rest().await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tunnel_holds_its_slot() {
    let config = OutboundConfig { max_connections: 1, ..OutboundConfig::default() };
    let (door, origin) = (Door::with(Choices { config, ..Choices::default() }).await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    app.connect_to(&origin.address.to_string()).await;
    let mut next = door.app().await; // queued by the kernel
    next.send(&format!("GET http://{0}/next HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
    app.send(&format!("GET /first HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    let requests = origin.requests();
    assert_eq!(requests.len(), 1, "the next app waits for the tunnel's end");
    assert!(requests[0].head.starts_with("GET /first "));
    drop(app);
    assert_eq!(next.reply().await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_finished_sending_and_awaits_nothing_holds_no_slot() {
    let config = OutboundConfig { max_connections: 1, ..OutboundConfig::default() };
    let (door, origin) = (Door::with(Choices { config, ..Choices::default() }).await, Origin::answering(HELLO).await);
    let get = format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address);
    let mut app = door.app().await;
    app.send(&get).await;
    app.stream.shutdown().await.unwrap();
    assert_eq!(app.reply().await.status(), 200, "its answer comes all the same");
    assert_eq!(app.rest().await, b"");
    assert_eq!(door.ask(&get).await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_vanished_holds_its_slot_no_longer_than_the_destination_may_take() {
    let silent = destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        while read_message(&mut stream).await.is_some() {}
    })
    .await;
    let timeouts = Timeouts { answer_head: Duration::from_millis(50), ..Timeouts::default() };
    let config = OutboundConfig { timeouts, max_connections: 1, ..OutboundConfig::default() };
    let door = Door::with(Choices { config, ..Choices::default() }).await;
    let get = format!("GET http://{silent}/ HTTP/1.1\r\nHost: {silent}\r\n\r\n");
    let mut app = door.app().await;
    app.send(&get).await;
    drop(app);
    assert_eq!(door.ended().status, None);
    assert_eq!(door.ask(&get).await.status(), 504);
}
