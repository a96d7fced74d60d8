//! Failures of the back end, each told apart.

use std::time::Duration;

use sortie_proxy::timeouts::Timeouts;

use super::world::{Choices, Door, back_end, closed_port, within};

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn hurried() -> Choices {
    let soon = Duration::from_millis(50);
    Choices { timeouts: Timeouts { answer_head: soon, answer_idle: soon, ..Timeouts::default() }, ..Choices::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() {
    let door = Door::before(closed_port().await).await;
    let answer = door.ask(GET).await;
    assert_eq!(answer.status(), 502);
    let reference = door.event(|what| match what {
        sortie_model::event::What::RequestBegan(began) => Some(began.request),
        _ => None,
    });
    assert_eq!(answer.field("proxy-status"), format!("sortie; error=connection_refused; details=\"R-{reference}\""));
    assert_eq!(answer.field("content-type"), "application/problem+json");
    assert_eq!(
        answer.text(),
        format!(r#"{{"type":"about:blank","title":"Bad Gateway","status":502,"reference":"R-{reference}"}}"#)
    );
    assert_eq!(door.ended(), (Some(502), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_end_says_nothing() {
    let silent = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        let _ = wire.is_at_end().await;
    })
    .await;
    let answer = Door::with(silent, hurried()).await.ask(GET).await;
    assert_eq!(answer.status(), 504);
    assert!(answer.field("proxy-status").contains("error=http_response_timeout"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_end_closes() {
    let closing = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
    })
    .await;
    let answer = Door::before(closing).await.ask(GET).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.field("proxy-status").contains("error=connection_terminated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_back_end_speaks_something_else() {
    let other = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send("220 mail.example ESMTP\r\n\r\n").await;
    })
    .await;
    let answer = Door::before(other).await.ask(GET).await;
    assert_eq!(answer.status(), 502);
    assert!(answer.field("proxy-status").contains("error=http_protocol_error"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_stands_still_is_broken_off() {
    let stuck = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc").await;
        let _ = wire.is_at_end().await;
    })
    .await;
    let door = Door::with(stuck, hurried()).await;
    let mut client = door.client().await;
    client.send(GET).await;
    assert_eq!(within(client.head()).await.unwrap().status(), 200);
    assert_eq!(within(client.take(3)).await.unwrap(), b"abc");
    assert!(client.is_at_end().await);
    assert_eq!(door.ended(), (Some(200), 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_opens_no_tunnels() {
    let door = Door::before(closed_port().await).await;
    let answer = door.ask("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n").await;
    assert_eq!(answer.status(), 501);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_before_itself_is_a_loop() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let door = Door::over(listener, address, Choices::default());
    let answer = door.ask(GET).await;
    assert_eq!(answer.status(), 502);
    assert_eq!(answer.field("proxy-status"), "sortie; error=proxy_loop_detected");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_clients_accept_are_accepted() {
    let sloppy = back_end(|mut wire, _| async move {
        let _ = wire.next_message().await;
        wire.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n  2\r\nX-B : 3\r\n\r\nhello").await;
    })
    .await;
    let answer = Door::before(sloppy).await.ask(GET).await;
    assert_eq!((answer.status(), answer.text()), (200, "hello"));
    assert_eq!((answer.field("x-a").as_str(), answer.field("x-b").as_str()), ("1 2", "3"));
}
