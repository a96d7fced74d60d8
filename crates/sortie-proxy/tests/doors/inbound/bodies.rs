//! Bodies: in chunks, with trailers, asked for, answered early, and large.

use std::sync::Arc;

use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use super::world::{BackEnd, Door, HELLO, back_end, within};

#[tokio::test(flavor = "multi_thread")]
async fn chunks_and_trailers_pass_both_ways() {
    let answer = "HTTP/1.1 200 OK\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n";
    let mut back_end = BackEnd::answering(answer).await;
    let door = Door::before(back_end.address).await;
    let request = "POST / HTTP/1.1\r\nHost: a\r\nTE: trailers\r\nConnection: TE\r\nTrailer: X-End\r\nTransfer-Encoding: chunked\r\n\r\n\
                   2\r\nab\r\n1\r\nc\r\n0\r\nX-End: yes\r\n\r\n";
    let mut client = door.client().await;
    for _ in 0..2 {
        client.send(request).await;
        let answer = client.message().await;
        assert_eq!((answer.text(), answer.field("transfer-encoding").as_str()), ("abcde", "chunked"));
        assert_eq!(answer.trailers, [("x-sum".to_owned(), "5".to_owned())]);
        let seen = back_end.request().await;
        assert_eq!((seen.text(), seen.field("te").as_str()), ("abc", "trailers"));
        assert_eq!(seen.trailers, [("x-end".to_owned(), "yes".to_owned())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_a_get_stays_a_body() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc",
    ] {
        assert_eq!(door.ask(request).await.status(), 200);
        assert_eq!(back_end.request().await.text(), "abc");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pieces_go_on_as_they_come() {
    let go = Arc::new(Notify::new());
    let going = Arc::clone(&go);
    let back_end = back_end(move |mut wire, _| {
        let go = Arc::clone(&going);
        async move {
            let head = wire.head().await.unwrap();
            assert_eq!(head.field("content-length"), "6");
            assert_eq!(wire.take(3).await.unwrap(), b"abc");
            go.notify_one();
            assert_eq!(wire.take(3).await.unwrap(), b"def");
            wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nuvw\r\n").await;
            let _ = wire.take(1).await;
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").await;
    within(go.notified()).await;
    client.send("def").await;
    assert_eq!(within(client.head()).await.unwrap().status(), 200);
    assert_eq!(within(client.line()).await.unwrap(), "3");
    assert_eq!(within(client.line()).await.unwrap(), "uvw");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_door_asks_for_an_expected_body() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").await;
    assert_eq!(within(client.head()).await.unwrap().line, "HTTP/1.1 100 Continue");
    client.send("abc").await;
    assert_eq!(client.message().await.text(), "hello");
    let seen = back_end.request().await;
    assert_eq!((seen.field("expect").as_str(), seen.text()), ("", "abc"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_may_come_before_the_body_is_through() {
    let back_end = back_end(|mut wire, _| async move {
        let _ = wire.head().await;
        wire.send("HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nContent-Length: 3\r\n\r\nno!").await;
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\nabc").await;
    let answer = client.message().await;
    assert_eq!((answer.status(), answer.text()), (413, "no!"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_goes_on_after_an_early_answer() {
    let back_end = back_end(|mut wire, _| async move {
        let _ = wire.head().await;
        wire.send(HELLO).await;
        assert_eq!(wire.take(6).await.unwrap(), b"abcdef");
        let second = wire.message().await;
        wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{}", second.line.len(), second.line)).await;
    })
    .await;
    let door = Door::before(back_end).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc").await;
    assert_eq!(client.message().await.text(), "hello");
    client.send("def").await;
    client.send("PUT /next HTTP/1.1\r\nHost: a\r\n\r\n").await;
    // Over the first connection, or over a new one whose second message never comes.
    let answer = client.next_message();
    if let Ok(Some(answer)) = tokio::time::timeout(std::time::Duration::from_millis(500), answer).await {
        assert!(["PUT /next HTTP/1.1", "hello"].contains(&answer.text()), "{}", answer.text());
    }
}

/// Resident memory of this process, bytes.
fn resident() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

const LARGE: usize = 512 * 1024 * 1024;
/// What all tests of this process together may add meanwhile; a fraction of what passes.
const CONSTANT: u64 = 128 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_large_upload_passes_in_constant_memory() {
    let back_end = back_end(|mut wire, _| async move {
        let head = wire.head().await.unwrap();
        wire.discard(head.field("content-length").parse().unwrap(), || ()).await.unwrap();
        wire.send(HELLO).await;
    })
    .await;
    let door = Door::before(back_end).await;
    let before = resident();
    let mut client = door.client().await;
    client.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {LARGE}\r\n\r\n")).await;
    let block = vec![b'x'; 1024 * 1024];
    let mut most = 0;
    for _ in 0..LARGE / block.len() {
        client.stream.write_all(&block).await.unwrap();
        most = most.max(resident());
    }
    assert_eq!(client.message().await.text(), "hello");
    assert!(most < before + CONSTANT, "{} MB", (most - before) >> 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_passes_in_constant_memory() {
    let back_end = back_end(|mut wire, _| async move {
        let _ = wire.head().await;
        wire.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {LARGE}\r\n\r\n")).await;
        let block = vec![b'x'; 1024 * 1024];
        for _ in 0..LARGE / block.len() {
            wire.send(&block).await;
        }
    })
    .await;
    let door = Door::before(back_end).await;
    let before = resident();
    let mut client = door.client().await;
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(within(client.head()).await.unwrap().status(), 200);
    let mut most = 0;
    client.discard(LARGE, || most = most.max(resident())).await.unwrap();
    assert!(most < before + CONSTANT, "{} MB", (most - before) >> 20);
}
