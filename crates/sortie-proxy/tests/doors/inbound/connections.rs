//! Connections of both sides: kept, shared in order, never reused after a break, ended in time.

use std::sync::Arc;
use std::time::Duration;

use sortie_proxy::timeouts::Timeouts;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use super::world::{BackEnd, Choices, Door, HELLO, back_end, within};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
const POST: &str = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";

#[tokio::test(flavor = "multi_thread")]
async fn both_sides_are_kept_alive() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    for request in [GET, POST, GET] {
        client.send(request).await;
        assert_eq!(client.message().await.text(), "hello");
        back_end.request().await;
    }
    // Another client rides the same connection to the back end.
    assert_eq!(door.ask(GET).await.text(), "hello");
    assert!(*back_end.connections.lock() <= 2, "{}", back_end.connections.lock());
}

#[tokio::test(flavor = "multi_thread")]
async fn pipelined_requests_are_answered_in_order() {
    let back_end = back_end(|mut wire, _| async move {
        while let Some(request) = wire.next_message().await {
            let body = format!("{} {}", request.line.split(' ').nth(1).unwrap(), request.text());
            wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    let request = |n: usize| format!("POST /{n} HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n{n}");
    client.send((0..9).map(request).collect::<String>()).await;
    for n in 0..9 {
        assert_eq!(client.message().await.text(), format!("/{n} {n}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_body_is_repeated_when_an_idle_connection_closes_under_it() {
    // The first connection answers once and closes when the second request comes.
    let back_end = back_end(|mut wire, number| async move {
        while wire.next_message().await.is_some() {
            wire.send(HELLO).await;
            if number == 0 {
                let _ = wire.next_message().await;
                return;
            }
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    for _ in 0..2 {
        client.send(GET).await;
        assert_eq!(client.message().await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_body_is_not_repeated() {
    let back_end = back_end(|mut wire, number| async move {
        while wire.next_message().await.is_some() {
            wire.send(HELLO).await;
            if number == 0 {
                let _ = wire.next_message().await;
                return;
            }
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send(GET).await;
    assert_eq!(client.message().await.status(), 200);
    client.send(POST).await;
    let answer = client.message().await;
    assert_eq!(answer.status(), 502);
    assert!(answer.field("proxy-status").contains("error=connection_terminated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_not_reused_after_a_broken_answer() {
    let back_end = back_end(|mut wire, number| async move {
        let _ = wire.next_message().await;
        if number == 0 {
            // Too short by far, and what follows would be taken for the next answer.
            wire.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nab").await;
            return;
        }
        wire.send(HELLO).await;
        let _ = wire.next_message().await;
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send(GET).await;
    assert!(within(client.next_message()).await.is_none());
    assert_eq!(door.ask(GET).await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_not_reused_when_the_client_breaks_off() {
    let back_end = back_end(|mut wire, number| async move {
        let request = wire.next_message().await;
        assert_eq!(request.is_none(), number == 0);
        wire.send(HELLO).await;
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").await;
    client.finish().await;
    assert_eq!(client.message().await.status(), 400);
    assert_eq!(door.ask(GET).await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_finished_sending_gets_its_answer() {
    let gate = Arc::new(Notify::new());
    let opened = Arc::clone(&gate);
    let back_end = back_end(move |mut wire, _| {
        let opened = Arc::clone(&opened);
        async move {
            let _ = wire.next_message().await;
            opened.notified().await;
            wire.send(HELLO).await;
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send(POST).await;
    client.finish().await;
    gate.notify_one();
    assert_eq!(client.message().await.text(), "hello");
    assert!(client.is_at_end().await);
}

/// One slot, so that whoever holds it keeps the next client waiting.
fn one_slot(timeouts: Timeouts) -> Choices {
    Choices { timeouts, max_connections: Some(1), ..Choices::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_finished_sending_and_awaits_nothing_holds_no_slot() {
    let back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, one_slot(Timeouts::default())).await;
    for requests in ["", GET] {
        let mut client = door.client().await;
        client.send(requests).await;
        if !requests.is_empty() {
            assert_eq!(client.message().await.status(), 200);
        }
        client.finish().await;
        assert!(client.is_at_end().await);
        assert_eq!(door.ask(GET).await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_vanished_holds_its_slot_no_longer_than_the_back_end_may_take() {
    let back_end = back_end(|mut wire, _| async move { while wire.next_message().await.is_some() {} }).await;
    let timeouts = Timeouts { answer_head: Duration::from_millis(50), ..Timeouts::default() };
    let door = Door::with(back_end, one_slot(timeouts)).await;
    let mut client = door.client().await;
    client.send(POST).await;
    drop(client);
    assert_eq!(door.ended().0, Some(504), "the back end was at work on it");
    assert_eq!(door.ask(GET).await.status(), 504);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_nobody_reads_ends_with_the_client() {
    let (left, broke_off) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (l, b) = (Arc::clone(&left), Arc::clone(&broke_off));
    let back_end = back_end(move |mut wire, number| {
        let (left, broke_off) = (Arc::clone(&l), Arc::clone(&b));
        async move {
            let _ = wire.next_message().await;
            if number > 0 {
                return wire.send(HELLO).await;
            }
            left.notified().await;
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            while wire.stream.write_all(b"3\r\nabc\r\n").await.is_ok() {}
            broke_off.notify_one();
        }
    })
    .await;
    let door = Door::with(back_end, one_slot(Timeouts::default())).await;
    let mut client = door.client().await;
    client.send(GET).await;
    drop(client);
    left.notify_one();
    within(broke_off.notified()).await;
    assert_eq!(door.ended().0, Some(200));
    assert_eq!(door.ask(GET).await.text(), "hello");
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_lets_exchanges_end() {
    let (begun, go) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (b, g) = (Arc::clone(&begun), Arc::clone(&go));
    let back_end = back_end(move |mut wire, _| {
        let (begun, go) = (Arc::clone(&b), Arc::clone(&g));
        async move {
            let _ = wire.next_message().await;
            begun.notify_one();
            go.notified().await;
            wire.send(HELLO).await;
        }
    })
    .await;
    let mut door = Door::before(back_end).await;
    let (mut idle, mut client) = (door.client().await, door.client().await);
    client.send(GET).await;
    within(begun.notified()).await;
    door.stop();
    assert!(idle.is_at_end().await);
    go.notify_one();
    assert_eq!(client.message().await.text(), "hello");
    assert!(client.is_at_end().await);
    door.shut().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_cuts_off_what_does_not_end() {
    let back_end = back_end(|mut wire, _| async move { while wire.next_message().await.is_some() {} }).await;
    let timeouts = Timeouts { drain: Duration::from_millis(20), ..Timeouts::default() };
    let mut door = Door::with(back_end, Choices { timeouts, ..Choices::default() }).await;
    let mut client = door.client().await;
    client.send(GET).await;
    door.event(|what| matches!(what, sortie_model::event::What::RequestBegan(_)).then_some(()));
    door.stop();
    assert!(client.is_at_end().await);
    assert_eq!(door.ended(), (None, 0));
    door.shut().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn shutdown_cuts_off_what_was_not_granted_an_upgrade() {
    let back_end = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send(HELLO).await;
        while wire.next_message().await.is_some() {}
    })
    .await;
    let timeouts = Timeouts { drain: Duration::from_millis(20), ..Timeouts::default() };
    let door = Door::with(back_end, Choices { timeouts, ..Choices::default() }).await;
    let mut client = door.client().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n").await;
    assert_eq!(client.message().await.text(), "hello");
    client.send(GET).await;
    let began = |what| matches!(what, sortie_model::event::What::RequestBegan(_)).then_some(());
    door.event(began);
    door.event(began);
    door.shut().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_are_served_wait() {
    let back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, Choices { max_connections: Some(1), ..Choices::default() }).await;
    let mut first = door.client().await;
    first.send(GET).await;
    assert_eq!(first.message().await.status(), 200);
    let mut second = door.client().await;
    second.send(GET).await;
    assert!(tokio::time::timeout(Duration::from_millis(50), second.next_message()).await.is_err());
    drop(first);
    assert_eq!(second.message().await.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_closed() {
    let back_end = BackEnd::answering(HELLO).await;
    let timeouts = Timeouts { keep_alive: Duration::from_millis(50), ..Timeouts::default() };
    let door = Door::with(back_end.address, Choices { timeouts, ..Choices::default() }).await;
    let mut client = door.client().await;
    client.send(GET).await;
    assert_eq!(client.message().await.status(), 200);
    assert!(client.is_at_end().await);
}
