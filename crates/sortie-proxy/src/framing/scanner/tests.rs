use proptest::prelude::*;

use super::*;

/// Shows `bytes` whole.
fn verdict(bytes: &[u8]) -> Then {
    Scanner::new(Role::Server).scan(bytes).then
}

fn refused(problem: Problem) -> Then {
    Then::Refused { problem, in_body: false }
}

fn refused_in_body(problem: Problem) -> Then {
    Then::Refused { problem, in_body: true }
}

/// Shows `bytes` in pieces, as a caller that keeps what does not pass; and says how many passed.
fn in_pieces(bytes: &[u8], cuts: &[usize]) -> (usize, Then, Phase) {
    let mut scanner = Scanner::new(Role::Server);
    let (mut passed, mut then) = (0, Then::More);
    let ends = cuts.iter().map(|cut| cut % (bytes.len() + 1)).chain([bytes.len()]);
    let mut ends: Vec<usize> = ends.collect();
    ends.sort_unstable();
    for end in ends {
        let scanned = scanner.scan(&bytes[passed..end.max(passed)]);
        passed += scanned.pass;
        then = scanned.then;
        if matches!(then, Then::Refused { .. }) {
            break;
        }
    }
    (passed, then, scanner.phase())
}

fn post(fields: &str) -> String {
    format!("POST /x HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n")
}

#[test]
fn passes_what_is_plain() {
    for bytes in [
        "GET / HTTP/1.1\r\nHost: a.example\r\n\r\n",
        "GET / HTTP/1.0\r\n\r\n",
        "\r\n\r\nGET / HTTP/1.1\r\nHost:\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost:\t[::1]:80 \r\n\r\n",
        "GET http://a.example/x HTTP/1.1\r\nHost: A.EXAMPLE:80\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;e=f\r\nabc\r\n0\r\nX: y\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    ] {
        let scanned = Scanner::new(Role::Server).scan(bytes.as_bytes());
        assert_eq!(scanned, Scanned { pass: bytes.len(), then: Then::More }, "{bytes}");
    }
}

/// What each proxy does with ambiguous HTTP/1.1 differs; here every case has one outcome.
#[test]
fn refuses_what_two_parsers_read_differently() {
    for (bytes, wanted) in [
        (post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), Problem::LengthAndCoding),
        (post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"), Problem::LengthAndCoding),
        (post("Content-Length: 3\r\nContent-Length: 4\r\n"), Problem::LengthRepeated),
        (post("Content-Length: 3\r\nContent-Length: 3\r\n"), Problem::LengthRepeated),
        (post("Content-Length: 3, 3\r\n"), Problem::LengthMalformed),
        (post("Content-Length: +5\r\n"), Problem::LengthMalformed),
        (post("Content-Length: -5\r\n"), Problem::LengthMalformed),
        (post("Content-Length: 0x5\r\n"), Problem::LengthMalformed),
        (post("Content-Length:\r\n"), Problem::LengthMalformed),
        (post("Content-Length: 18446744073709551616\r\n"), Problem::LengthMalformed),
        (post("Content-Length : 5\r\n"), Problem::FieldColon),
        (post("Content_Length: 5\r\n"), Problem::UnderscoredFraming),
        (post("Transfer_Encoding: chunked\r\n"), Problem::UnderscoredFraming),
        (post("Transfer-Encoding: xchunked\r\n"), Problem::CodingUnknown),
        (post("Transfer-Encoding: chunked, identity\r\n"), Problem::CodingUnknown),
        (post("Transfer-Encoding: gzip, chunked\r\n"), Problem::CodingUnknown),
        (post("Transfer-Encoding: chunked, chunked\r\n"), Problem::CodingUnknown),
        (post("Transfer-Encoding: \"chunked\"\r\n"), Problem::CodingUnknown),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), Problem::CodingRepeated),
        (post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n"), Problem::CodingRepeated),
        (post("Transfer-Encoding: \x0bchunked\r\n"), Problem::FieldValue),
        (post("Transfer-Encoding\r\n"), Problem::FieldColon),
        (post("X: a\r\n b\r\n"), Problem::Folding),
        (post("X: a\r\n\tb\r\n"), Problem::Folding),
        (post("Host: b.example\r\n"), Problem::HostRepeated),
        (post("Host: a.example\r\n"), Problem::HostRepeated),
        (post("X(: a\r\n"), Problem::FieldName),
        (post(": a\r\n"), Problem::FieldName),
        (post("X\0: a\r\n"), Problem::FieldName),
        (post("X: a\0b\r\n"), Problem::FieldValue),
        (post("X: a\rb\r\n"), Problem::BareLineEnd),
        (post("X: a\nY: b\r\n"), Problem::BareLineEnd),
        ("GET / HTTP/1.1\nHost: a\n\n".to_owned(), Problem::BareLineEnd),
        ("\nGET / HTTP/1.1\r\nHost: a\r\n\r\n".to_owned(), Problem::BareLineEnd),
        ("GET / HTTP/1.1\r\n\r\n".to_owned(), Problem::HostMissing),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n".to_owned(), Problem::HostMalformed),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n".to_owned(), Problem::HostMalformed),
        ("GET http://b.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n".to_owned(), Problem::HostDisagrees),
        ("GET http://b.example/ HTTP/1.0\r\nHost: a.example\r\n\r\n".to_owned(), Problem::HostDisagrees),
        ("GET http://a@b/ HTTP/1.1\r\nHost: b\r\n\r\n".to_owned(), Problem::HostMalformed),
        ("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned(), Problem::CodingInOldVersion),
        ("GET / HTTP/2.0\r\n\r\n".to_owned(), Problem::Version),
        ("GET / HTTP/1.12\r\n\r\n".to_owned(), Problem::Version),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), Problem::Version),
        ("GET / http/1.1\r\n\r\n".to_owned(), Problem::RequestLine),
        ("GET /\r\n\r\n".to_owned(), Problem::RequestLine),
        ("GET  / HTTP/1.1\r\n\r\n".to_owned(), Problem::RequestLine),
        ("GET /a b HTTP/1.1\r\n\r\n".to_owned(), Problem::RequestLine),
        ("G\"T / HTTP/1.1\r\n\r\n".to_owned(), Problem::RequestLine),
        ("\x16\x03\x01".to_owned(), Problem::RequestLine),
        ("\r\n\r\n\r\n\r\n\r\n".to_owned(), Problem::RequestLine),
        ("GET a.example HTTP/1.1\r\nHost: a.example\r\n\r\n".to_owned(), Problem::Target),
    ] {
        assert_eq!(verdict(bytes.as_bytes()), refused(wanted), "{bytes}");
    }
}

#[test]
fn a_proxy_is_asked_for_a_host_beside_the_target() {
    let proxy = |host: &str| {
        let bytes = format!("GET http://10.0.0.1/ HTTP/1.1\r\n{host}\r\n\r\n");
        Scanner::new(Role::Proxy).scan(bytes.as_bytes()).then
    };
    assert_eq!(proxy("Host: a.example"), Then::More);
    assert_eq!(proxy("Host: a,b"), refused(Problem::HostMalformed));
    assert_eq!(proxy("Host: a.example\r\nHost: a.example"), refused(Problem::HostRepeated));
    assert_eq!(proxy("X: a"), refused(Problem::HostMissing));
}

#[test]
fn refuses_malformed_chunks_after_passing_the_head() {
    let head = post("Transfer-Encoding: chunked\r\n");
    for (body, wanted) in [
        ("x\r\n", Problem::Chunk),
        ("3\nabc\r\n", Problem::Chunk),
        ("3 \r\nabc\r\n", Problem::Chunk),
        ("3;a\x01\r\nabc\r\n", Problem::Chunk),
        ("3\r\nabcd\r\n", Problem::Chunk),
        ("3\r\nabc\n0\r\n\r\n", Problem::Chunk),
        ("3\r\nabc0\r\n\r\n", Problem::Chunk),
        ("0\r\nContent-Length: 3\r\n\r\n", Problem::Trailer),
        ("0\r\nTransfer-Encoding: chunked\r\n\r\n", Problem::Trailer),
        ("0\r\nHost: a\r\n\r\n", Problem::Trailer),
        ("0\r\n a\r\n\r\n", Problem::Trailer),
        ("0\r\nX: a\nY: b\r\n\r\n", Problem::BareLineEnd),
    ] {
        let bytes = format!("{head}{body}");
        let scanned = Scanner::new(Role::Server).scan(bytes.as_bytes());
        assert_eq!(scanned.then, refused_in_body(wanted), "{body}");
        assert!(scanned.pass >= head.len(), "{body}");
    }
}

#[test]
fn a_pipelined_bad_head_does_not_take_the_good_one_with_it() {
    let good = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
    let bytes = format!("{good}{good}GET / HTTP/1.1\r\n\r\n");
    let scanned = Scanner::new(Role::Server).scan(bytes.as_bytes());
    assert_eq!(scanned, Scanned { pass: 2 * good.len(), then: refused(Problem::HostMissing) });
}

#[test]
fn heads_and_sections_are_bounded() {
    let long = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}", "a".repeat(limits::HEAD_BYTES));
    assert_eq!(verdict(long.as_bytes()), refused(Problem::HeadTooLarge));
    let many = post(&"X: a\r\n".repeat(limits::HEAD_FIELDS));
    assert_eq!(verdict(many.as_bytes()), refused(Problem::TooManyFields));
    let just = post(&"X: a\r\n".repeat(limits::HEAD_FIELDS - 1));
    assert_eq!(verdict(just.as_bytes()), Then::More);
    let chunked = post("Transfer-Encoding: chunked\r\n");
    let line = format!("{chunked}5;{}", "a".repeat(chunk::SIZE_LINE_BYTES));
    assert_eq!(verdict(line.as_bytes()), refused_in_body(Problem::Chunk));
    let trailers = format!("{chunked}0\r\nX: {}", "a".repeat(TRAILER_BYTES));
    assert_eq!(verdict(trailers.as_bytes()), refused_in_body(Problem::Trailer));
}

#[test]
fn what_follows_an_upgrade_waits_for_the_decision() {
    let head = "GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n";
    let next = "GET /second HTTP/1.1\r\nHost: a\r\n\r\n";
    let bytes = format!("{head}{next}");
    let mut scanner = Scanner::new(Role::Server);
    assert_eq!(scanner.scan(bytes.as_bytes()), Scanned { pass: head.len(), then: Then::Undecided });
    scanner.decide(false);
    assert_eq!(scanner.scan(next.as_bytes()), Scanned { pass: next.len(), then: Then::More });

    let mut scanner = Scanner::new(Role::Server);
    assert_eq!(scanner.scan(bytes.as_bytes()).pass, head.len());
    scanner.decide(true);
    assert_eq!(scanner.phase(), Phase::Aside);
    assert_eq!(scanner.scan(b"\x81\x05\nany\n"), Scanned { pass: 7, then: Then::More });
}

#[test]
fn a_decision_that_comes_during_the_body_holds_after_it() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\nContent-Length: 4\r\n\r\n";
    for (granted, wanted) in [(true, Phase::Aside), (false, Phase::Head)] {
        let mut scanner = Scanner::new(Role::Server);
        scanner.scan(head.as_bytes());
        scanner.scan(b"ab");
        scanner.decide(granted);
        assert_eq!(scanner.phase(), Phase::Body);
        scanner.scan(b"cd");
        assert_eq!(scanner.phase(), wanted);
    }
}

#[test]
fn a_decision_without_an_upgrade_changes_nothing() {
    let mut scanner = Scanner::new(Role::Server);
    scanner.decide(true);
    scanner.scan(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    scanner.decide(true);
    assert_eq!(scanner.phase(), Phase::Head);
}

#[test]
fn http_1_0_does_not_upgrade() {
    let mut scanner = Scanner::new(Role::Server);
    scanner.scan(b"GET / HTTP/1.0\r\nUpgrade: x\r\n\r\n");
    assert_eq!(scanner.phase(), Phase::Head);
    scanner.scan(b"CONNECT a:1 HTTP/1.0\r\n\r\n");
    assert_eq!(scanner.phase(), Phase::Undecided);
}

#[test]
fn oddities_are_counted_and_taken() {
    let mut scanner = Scanner::new(Role::Server);
    scanner.scan(
        "\r\nPOST /#x HTTP/1.1\r\nHost:\r\nX: \u{e9}\r\nTransfer-Encoding: chunked\r\n\r\n0;a\r\n\r\n".as_bytes(),
    );
    let met: Vec<Oddity> = scanner.take_oddities().iter().collect();
    assert_eq!(met, Oddity::ALL);
    assert!(scanner.take_oddities().is_empty());
}

/// Pieces of messages, good and bad, that are strung together at random.
fn fragment() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        Just("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n"),
        Just("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"),
        Just("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: x\r\n\r\n"),
        Just("GET http://b/ HTTP/1.1\r\nHost: a\r\n\r\n"),
        Just("3\r\nabc\r\n"),
        Just("0\r\n\r\n"),
        Just("0\r\nX: y\r\n\r\n"),
        Just("\r\n"),
        Just("\r"),
        Just("\n"),
        Just("GET"),
        Just(" "),
        Just("X: y\r\n"),
        Just("Content-Length: 3\r\n"),
        Just("abcdefg"),
    ]
    .prop_map(|text| text.as_bytes().to_vec())
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let strung = prop::collection::vec(fragment(), 0..12).prop_map(|parts| parts.concat());
    let mutated = (strung, any::<prop::sample::Index>(), any::<u8>(), any::<bool>());
    mutated.prop_map(|(mut bytes, at, byte, mutate)| {
        if mutate && !bytes.is_empty() {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        bytes
    })
}

proptest! {
    #[test]
    fn cuts_make_no_difference(bytes in stream(), cuts in prop::collection::vec(any::<usize>(), 0..20)) {
        prop_assert_eq!(in_pieces(&bytes, &cuts), in_pieces(&bytes, &[]));
    }

    #[test]
    fn byte_by_byte_is_the_same_as_whole(bytes in stream()) {
        let every: Vec<usize> = (0..bytes.len()).collect();
        prop_assert_eq!(in_pieces(&bytes, &every), in_pieces(&bytes, &[]));
    }

    #[test]
    fn survives_anything(bytes: Vec<u8>) {
        let scanned = Scanner::new(Role::Server).scan(&bytes);
        prop_assert!(scanned.pass <= bytes.len());
    }

    /// What passed is read by another parser in the same way: as whole requests and nothing else.
    #[test]
    fn heads_that_pass_are_heads_to_httparse(bytes in stream()) {
        let mut scanner = Scanner::new(Role::Server);
        let mut at = 0;
        while scanner.phase() == Phase::Head && at < bytes.len() {
            let Some(end) = (at + 1..=bytes.len()).find(|&end| {
                let mut probe = Scanner::new(Role::Server);
                probe.scan(&bytes[at..end]).pass > 0
            }) else { break };
            let mut fields = [httparse::EMPTY_HEADER; limits::HEAD_FIELDS];
            let mut request = httparse::Request::new(&mut fields);
            let parsed = request.parse(&bytes[at..end]);
            prop_assert_eq!(parsed, Ok(httparse::Status::Complete(end - at)));
            let scanned = scanner.scan(&bytes[at..end]);
            at += scanned.pass;
        }
    }
}
