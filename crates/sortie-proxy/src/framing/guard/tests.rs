use proptest::prelude::*;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};

use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";

fn guarded(room: usize) -> (Guarded<DuplexStream>, GuardHandle, DuplexStream) {
    let (client, door) = duplex(room);
    let (guarded, handle) = Guarded::new(door, Role::Server, &Timeouts::default(), Arc::default());
    (guarded, handle, client)
}

/// Sends `bytes` in pieces, and reads with a small buffer what comes through.
async fn through(bytes: Vec<u8>, piece: usize, buffer: usize) -> Vec<u8> {
    let (mut guarded, _handle, mut client) = guarded(64 * 1024);
    let sending = async move {
        for piece in bytes.chunks(piece) {
            client.write_all(piece).await.unwrap();
            tokio::task::yield_now().await;
        }
        client.shutdown().await.unwrap();
        client // stays open until all is read
    };
    let reading = async {
        let mut all = Vec::new();
        let mut block = vec![0; buffer];
        loop {
            let count = guarded.read(&mut block).await.unwrap();
            if count == 0 {
                return all;
            }
            all.extend_from_slice(&block[..count]);
        }
    };
    tokio::join!(sending, reading).1
}

fn block_on<F: Future>(future: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(future)
}

/// Requests, good and bad, and bytes of none.
fn stream() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        4 => Just(GET.to_owned()),
        2 => "[a-z]{0,40}".prop_map(|body| format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())),
        2 => "[a-z]{1,40}".prop_map(|body| {
            format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
        }),
        1 => "[ -~\r\n]{0,20}",
        1 => Just("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n".to_owned()),
    ];
    prop::collection::vec(part, 0..8).prop_map(|parts| parts.concat().into_bytes())
}

proptest! {
    #[test]
    fn what_comes_through_is_what_the_scanner_passes(bytes in stream(), piece in 1_usize..200, buffer in 1_usize..100) {
        let passed = Scanner::new(Role::Server).scan(&bytes).pass;
        prop_assert_eq!(block_on(through(bytes.clone(), piece, buffer)), &bytes[..passed]);
    }
}

#[tokio::test]
async fn a_refusal_is_said_at_the_end_and_once() {
    let (mut guarded, handle, mut client) = guarded(64 * 1024);
    client.write_all(format!("{GET}BAD\r\n\r\n").as_bytes()).await.unwrap();
    let mut read = String::new();
    guarded.read_to_string(&mut read).await.unwrap();
    assert_eq!((read.as_str(), handle.problem()), (GET, Some(Problem::RequestLine)));
    guarded.write_all(b"answer").await.unwrap();
    drop(tokio::spawn(async move {
        guarded.shutdown().await.unwrap();
        guarded.shutdown().await.unwrap();
    }));
    let mut answers = String::new();
    client.read_to_string(&mut answers).await.unwrap();
    assert!(answers.starts_with("answerHTTP/1.1 400 Bad Request\r\n"), "{answers}");
    assert_eq!(answers.matches("HTTP/1.1").count(), 1);
}

#[tokio::test]
async fn a_reader_that_leaves_early_says_nothing_for_the_guard() {
    let (mut guarded, _handle, mut client) = guarded(64 * 1024);
    client.write_all(format!("{GET}BAD\r\n\r\n").as_bytes()).await.unwrap();
    guarded.read_exact(&mut [0; GET.len()]).await.unwrap();
    drop(tokio::spawn(async move { guarded.shutdown().await }));
    let mut answers = String::new();
    client.read_to_string(&mut answers).await.unwrap();
    assert_eq!(answers, "");
}

#[tokio::test]
async fn a_decision_wakes_the_reader() {
    let upgrade = "GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n";
    for (granted, behind) in [(true, "anything\n"), (false, GET)] {
        let (mut guarded, handle, mut client) = guarded(64 * 1024);
        client.write_all(format!("{upgrade}{behind}").as_bytes()).await.unwrap();
        guarded.read_exact(&mut vec![0; upgrade.len()]).await.unwrap();
        let reading = tokio::spawn(async move {
            let mut rest = vec![0; behind.len()];
            guarded.read_exact(&mut rest).await.unwrap();
            rest
        });
        tokio::task::yield_now().await;
        handle.decide(granted);
        assert_eq!(reading.await.unwrap(), behind.as_bytes());
    }
}

#[tokio::test(start_paused = true)]
async fn each_wait_has_its_bound() {
    let timeouts = Timeouts::default();
    for (sent, bound, problem) in [
        ("", timeouts.keep_alive, None),
        (GET, timeouts.keep_alive, None),
        ("GET / HT", timeouts.head, Some(Problem::HeadTimedOut)),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab", timeouts.body_idle, Some(Problem::BodyTimedOut)),
    ] {
        let (mut guarded, handle, mut client) = guarded(64 * 1024);
        client.write_all(sent.as_bytes()).await.unwrap();
        let begun = tokio::time::Instant::now();
        guarded.read_to_end(&mut Vec::new()).await.unwrap();
        let lasted = begun.elapsed();
        assert!(lasted >= bound && lasted < bound + bound / 2, "{sent}: {lasted:?}");
        assert_eq!(handle.problem(), problem);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_read_is_let_go() {
    let timeouts = Timeouts::default();
    let (mut guarded, _handle, client) = guarded(16);
    let begun = tokio::time::Instant::now();
    let error = guarded.write_all(&[0; 17]).await.unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::TimedOut);
    assert!(begun.elapsed() >= timeouts.write_idle);
    drop(client);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_stop_sending_is_cut_off() {
    let (mut guarded, _handle, mut client) = guarded(1024);
    client.write_all(b"BAD\r\n\r\n").await.unwrap();
    guarded.read_to_end(&mut Vec::new()).await.unwrap();
    let begun = tokio::time::Instant::now();
    let sending = tokio::spawn(async move {
        while client.write_all(b"x").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    guarded.shutdown().await.unwrap();
    assert!(begun.elapsed() >= Timeouts::default().linger);
    drop(guarded);
    sending.await.unwrap();
}
