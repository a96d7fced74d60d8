//! Requests are judged before the back end has read them.

use sortie_model::event::{Cut, RequestInspected, What};
use sortie_model::policy::Scope;
use sortie_model::{Mode, Policy, limits};

use super::world::{BackEnd, Choices, Door, HELLO, back_end, within};

fn inspected(door: &Door) -> RequestInspected {
    door.event(|what| if let What::RequestInspected(inspected) = what { Some(*inspected) } else { None })
}

/// Blocks at a sink that the operator has proven.
fn blocking() -> Choices {
    let sink: Scope = "POST /hooks $.url".parse().unwrap();
    Choices { policy: Policy { mode: Mode::Block, proven: vec![sink], ..Policy::default() }, ..Choices::default() }
}

fn hook(url: &str) -> String {
    let body = format!(r#"{{"url":"{url}"}}"#);
    format!(
        "POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn candidates_are_told_before_the_back_end_has_the_whole_body() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    for chunked in [false, true] {
        let mut client = door.client().await;
        let body = r#"{"url":"http://partner.example/x"}"#;
        if chunked {
            let (first, second) = body.split_at(12);
            client
                .send(format!(
                    "POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n\
                     {:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
                    first.len(),
                    second.len()
                ))
                .await;
        } else {
            client.send(hook("http://partner.example/x")).await;
        }
        assert_eq!(back_end.request().await.text(), body);
        // The event was told before the request could arrive.
        let inspected = inspected(&door);
        assert_eq!((inspected.candidates.len(), inspected.cut), (1, None), "{chunked}");
        assert_eq!(client.message().await.status(), 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_body_is_cut_and_passes_whole() {
    let body = "x".repeat(300_000);
    for head in
        ["Content-Length: 300000\r\n\r\n".to_owned(), format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len())]
    {
        let mut back_end = BackEnd::answering(HELLO).await;
        let door = Door::before(back_end.address).await;
        let end = if head.starts_with('T') { "\r\n0\r\n\r\n" } else { "" };
        let answer = door.ask(&format!("POST / HTTP/1.1\r\nHost: a\r\n{head}{body}{end}")).await;
        assert_eq!(answer.status(), 200);
        assert_eq!(back_end.request().await.text(), body);
        assert_eq!(inspected(&door).cut, Some(Cut::Bytes));
        door.ended();
        let counters = door.gate.counters();
        assert_eq!(counters.bytes.get(), 300_000, "{head}");
        assert_eq!(counters.bytes_uninspected.get(), 300_000 - limits::INSPECT_REQUEST_BYTES as u64, "{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_does_not_reach_the_back_end() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, blocking()).await;
    let mut client = door.client().await;
    client.send(hook("http://169.254.169.254/latest")).await;
    let answer = client.message().await;
    assert_eq!(answer.status(), 403);
    let reference = inspected(&door).request;
    assert_eq!(
        answer.text(),
        format!(r#"{{"type":"about:blank","title":"Forbidden","status":403,"reference":"R-{reference}"}}"#)
    );
    assert_eq!(answer.field("content-type"), "application/problem+json");
    assert!(back_end.is_untouched());
    assert_eq!(door.ended(), (Some(403), 0));
    // The connection is as good as before.
    client.send(hook("http://partner.example/x")).await;
    assert_eq!(client.message().await.status(), 200);
    assert_eq!(back_end.request().await.text(), r#"{"url":"http://partner.example/x"}"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_that_comes_late_is_never_completed() {
    let back_end = back_end(|mut wire, _| async move {
        assert!(wire.next_message().await.is_none(), "a whole request");
    })
    .await;
    let door = Door::with(back_end, blocking()).await;
    let order = r#""url":"http://169.254.169.254/latest"}"#;
    for chunked in [false, true] {
        let mut client = door.client().await;
        let head = "POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
        let start = r#"{"a":1,"#;
        if chunked {
            client.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{start}\r\n", start.len())).await;
        } else {
            client.send(format!("{head}Content-Length: {}\r\n\r\n{start}", start.len() + order.len())).await;
        }
        // Longer than the door holds a prefix back.
        tokio::time::sleep(std::time::Duration::from_millis(120)).await;
        if chunked {
            client.send(format!("{:x}\r\n{order}\r\n0\r\n\r\n", order.len())).await;
        } else {
            client.send(order).await;
        }
        assert_eq!(client.message().await.status(), 403, "{chunked}");
    }
}

/// Blocks at a header field that the operator has proven.
fn blocking_at_a_field() -> Choices {
    let sink: Scope = "POST /hooks header x-callback".parse().unwrap();
    Choices { policy: Policy { mode: Mode::Block, proven: vec![sink], ..Policy::default() }, ..Choices::default() }
}

const BEFORE_TRAILERS: &str =
    "POST /hooks HTTP/1.1\r\nHost: a\r\nTrailer: X-Callback\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n";

#[tokio::test(flavor = "multi_thread")]
async fn trailers_are_judged_as_header_fields() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, blocking_at_a_field()).await;
    let denied = door.ask(&format!("{BEFORE_TRAILERS}0\r\nX-Callback: http://169.254.169.254/\r\n\r\n")).await;
    assert_eq!(denied.status(), 403);
    assert!(inspected(&door).refused.is_some() && back_end.is_untouched());
    let allowed = door.ask(&format!("{BEFORE_TRAILERS}0\r\nX-Callback: http://partner.example/\r\n\r\n")).await;
    assert_eq!(allowed.status(), 200);
    let trailers = [("x-callback".to_owned(), "http://partner.example/".to_owned())];
    assert_eq!(back_end.request().await.trailers, trailers);
    assert_eq!(inspected(&door).candidates.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_with_refused_trailers_is_never_completed() {
    let (told, mut lines) = tokio::sync::mpsc::unbounded_channel();
    let back_end = back_end(move |mut wire, _| {
        let told = told.clone();
        async move {
            wire.head().await;
            while let Some(line) = wire.line().await {
                told.send(line).unwrap();
            }
            told.send("(end)".to_owned()).unwrap();
        }
    })
    .await;
    let door = Door::with(back_end, blocking_at_a_field()).await;
    let mut client = door.client().await;
    client.send(BEFORE_TRAILERS).await;
    assert_eq!(within(lines.recv()).await.as_deref(), Some("3"), "the body streams");
    client.send("0\r\nX-Callback: http://169.254.169.254/\r\n\r\n").await;
    assert_eq!(client.message().await.status(), 403);
    assert_eq!(within(lines.recv()).await.as_deref(), Some("abc"));
    assert_eq!(within(lines.recv()).await.as_deref(), Some("(end)"), "neither a last chunk nor trailers");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_too_long_to_inspect_is_refused_at_a_proven_sink() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, blocking()).await;
    let body = format!(r#"{{"pad":"{}","url":"http://169.254.169.254/"}}"#, "x".repeat(200_000));
    let head = "POST /hooks HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n";
    let sized = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len());
    for request in [sized, chunked] {
        assert_eq!(door.ask(&request).await.status(), 413);
    }
    assert!(back_end.is_untouched());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_is_off_passes_everything_and_tells_nothing() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::with(back_end.address, blocking()).await;
    door.gate.set_off(true);
    assert_eq!(door.ask(&hook("http://169.254.169.254/latest")).await.status(), 200);
    back_end.request().await;
    door.gate.set_off(false);
    assert_eq!(door.ask(&hook("http://169.254.169.254/latest")).await.status(), 403);
    let first = door.event(|what| if let What::RequestBegan(began) = what { Some(began.request.number) } else { None });
    assert_eq!(first, inspected(&door).request.number);
}
