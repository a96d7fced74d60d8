//! What two parsers read differently is refused at the door, and nothing of it gets further.

use std::time::Duration;

use sortie_proxy::framing::{Oddity, Problem};
use sortie_proxy::timeouts::Timeouts;

use super::world::{BackEnd, Choices, Door, HELLO};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends a request that must be refused, whole and in two pieces.
async fn refused(door: &Door, request: &str) -> (u16, String) {
    let mut outcomes = Vec::new();
    for cut in [request.len(), request.len() / 2, 1] {
        let mut client = door.client().await;
        client.send(&request[..cut]).await;
        tokio::task::yield_now().await;
        // The door may have closed already.
        let _ = tokio::io::AsyncWriteExt::write_all(&mut client.stream, &request.as_bytes()[cut..]).await;
        let answer = client.message().await;
        assert_eq!(answer.field("connection"), "close", "{request}");
        assert!(client.is_at_end().await, "{request}");
        let (text, _reference) = answer.text().split_once(r#","reference""#).unwrap_or((answer.text(), ""));
        outcomes.push((answer.status(), text.to_owned()));
    }
    assert!(outcomes.iter().all(|outcome| *outcome == outcomes[0]), "{outcomes:?}");
    outcomes.remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn ambiguous_requests_are_refused() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    for (request, problem) in [
        (
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            Problem::LengthAndCoding,
        ),
        (
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
            Problem::LengthAndCoding,
        ),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", Problem::LengthRepeated),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +5\r\n\r\nabcde", Problem::LengthMalformed),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\nabcde", Problem::FieldColon),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", Problem::CodingUnknown),
        ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", Problem::CodingUnknown),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", Problem::Folding),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", Problem::HostRepeated),
        ("GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", Problem::HostDisagrees),
        ("GET / HTTP/1.1\r\n\r\n", Problem::HostMissing),
        ("GET / HTTP/1.1\nHost: a\n\n", Problem::BareLineEnd),
        ("GET / HTTP/1.1\r\nHost: a\r\nX(: b\r\n\r\n", Problem::FieldName),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n", Problem::FieldValue),
        ("GET / HTTP/3.0\r\nHost: a\r\n\r\n", Problem::Version),
    ] {
        let before = door.framing.refused(problem);
        let (status, body) = refused(&door, request).await;
        assert_eq!(status, problem.status(), "{request}");
        assert!(body.contains(problem.detail()), "{body}");
        assert_eq!(door.framing.refused(problem), before + 3, "{problem:?}");
    }
    assert!(back_end.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_request_before_a_bad_one_is_answered_first() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    client.send(format!("{GET}{GET}GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n{GET}")).await;
    assert_eq!(client.message().await.text(), "hello");
    assert_eq!(client.message().await.text(), "hello");
    assert_eq!(client.message().await.status(), 400);
    assert!(client.is_at_end().await);
    back_end.request().await;
    back_end.request().await;
    assert!(back_end.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_breaks_is_not_completed() {
    for body in ["3\r\nabcX\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\nContent-Length: 3\r\n\r\n"] {
        let mut back_end = BackEnd::answering(HELLO).await;
        let door = Door::before(back_end.address).await;
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{body}");
        let (status, body) = refused(&door, &request).await;
        assert_eq!(status, 400, "{body}");
        assert!(body.contains("malformed"), "{body}");
        assert!(back_end.is_untouched());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_still_sends_can_read_why_it_was_refused() {
    let back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4194304\r\nContent-Length: 4194304\r\n\r\n").await;
    client.send(vec![b'x'; 4 * 1024 * 1024]).await;
    assert_eq!(client.message().await.status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_trickles_is_timed_out() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let timeouts = Timeouts { head: Duration::from_millis(60), ..Timeouts::default() };
    let door = Door::with(back_end.address, Choices { timeouts, ..Choices::default() }).await;
    let client = door.client().await;
    let (read, mut write) = client.stream.into_split();
    let trickle = tokio::spawn(async move {
        let mut text = GET.strip_suffix("\r\n").unwrap().to_owned();
        text.push_str(&"X: y\r\n".repeat(1000));
        for byte in text.into_bytes() {
            if tokio::io::AsyncWriteExt::write_all(&mut write, &[byte]).await.is_err() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    });
    let mut text = String::new();
    let mut read = read;
    let _ = super::world::within(tokio::io::AsyncReadExt::read_to_string(&mut read, &mut text)).await;
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert_eq!(door.framing.refused(Problem::HeadTimedOut), 1);
    assert!(back_end.is_untouched());
    trickle.abort();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_stands_still_is_timed_out() {
    let back_end = BackEnd::answering(HELLO).await;
    let timeouts = Timeouts { body_idle: Duration::from_millis(60), ..Timeouts::default() };
    let door = Door::with(back_end.address, Choices { timeouts, ..Choices::default() }).await;
    let answer = door.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc").await;
    assert_eq!(answer.status(), 408);
    assert_eq!(door.framing.refused(Problem::BodyTimedOut), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn oddities_pass_and_are_counted() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let request = "\r\nPOST /a#b HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\n\r\n";
    assert_eq!(door.ask(request).await.status(), 200);
    let seen = back_end.request().await;
    assert_eq!((seen.line.as_str(), seen.text()), ("POST /a HTTP/1.1", "abc"));
    for oddity in [Oddity::BlankLines, Oddity::Fragment, Oddity::ChunkExtension] {
        assert_eq!(door.framing.odd(oddity), 1, "{oddity:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_in_many_pieces_passes() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    let long = "z".repeat(30_000);
    let request = format!(
        "POST /{long} HTTP/1.1\r\nHost: a\r\nX: {long}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"
    );
    for piece in request.as_bytes().chunks(7001) {
        client.send(piece).await;
        tokio::task::yield_now().await;
    }
    assert_eq!(client.message().await.status(), 200);
    let seen = back_end.request().await;
    assert_eq!((seen.field("x").len(), seen.text()), (30_000, "hello"));
    for byte in b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n" {
        client.send([*byte]).await;
    }
    assert_eq!(client.message().await.status(), 200);
    assert_eq!(back_end.request().await.text(), "hello");
}
