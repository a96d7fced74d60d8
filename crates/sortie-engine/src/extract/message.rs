//! Destinations in a message of a WebSocket: what its protocol puts around the content is taken off, and the
//! content is read as a body that declares nothing.
//!
//! Socket.IO counts before its JSON (`42/admin,7["event",{…}]`), STOMP has a head of its own. GraphQL's protocols put
//! the call under `payload`, see [`Collector::of_message`].

use super::collector::Collector;
use super::{Body, body};

/// Commands of STOMP 1.2 that a client sends and that may have a body or fields of its own.
const STOMP: [&[u8]; 6] = [b"SEND", b"SUBSCRIBE", b"CONNECT", b"STOMP", b"MESSAGE", b"BEGIN"];
/// Bytes that the head of a STOMP frame may have.
const STOMP_HEAD: usize = 8 * 1024;

/// Searches a message, given as a body without type and coding.
pub(super) fn search(message: &Body<'_>, out: &mut Collector<'_>) {
    if let Some(Stomp { head, content_type, bytes }) = stomp(message.bytes) {
        body::search(&Body { bytes: head, ..*message }, out);
        body::search(&Body { content_type, bytes, ..*message }, out);
        return;
    }
    body::search(&Body { bytes: behind_counts(message.bytes), ..*message }, out);
}

/// What stands behind the numbers of Engine.IO and Socket.IO: types, attachments, a namespace, an id; all of it where
/// no JSON follows.
fn behind_counts(message: &[u8]) -> &[u8] {
    let counts = skip_digits(message);
    if counts.len() == message.len() {
        return message;
    }
    let namespace = counts.strip_prefix(b"-").unwrap_or(counts);
    let id = match namespace {
        [b'/', rest @ ..] => rest.iter().position(|&byte| byte == b',').map_or(rest, |comma| &rest[comma + 1..]),
        _ => namespace,
    };
    let content = skip_digits(id);
    if matches!(content.first(), Some(b'[' | b'{' | b'"')) { content } else { message }
}

fn skip_digits(bytes: &[u8]) -> &[u8] {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &bytes[digits..]
}

struct Stomp<'m> {
    head: &'m [u8],
    content_type: Option<&'m str>,
    bytes: &'m [u8],
}

/// A frame of STOMP taken apart.
fn stomp(message: &[u8]) -> Option<Stomp<'_>> {
    let command = message.split(|&byte| byte == b'\n').next()?;
    if !STOMP.contains(&command.strip_suffix(b"\r").unwrap_or(command)) {
        return None;
    }
    let within = &message[..message.len().min(STOMP_HEAD)];
    let ends = |end: &[u8]| memchr::memmem::find(within, end).map(|at| (at, at + end.len()));
    let (head_end, start) = [ends(b"\n\n"), ends(b"\n\r\n")].into_iter().flatten().min()?;
    let (head, bytes) = (&message[..head_end], &message[start..]);
    let typed = head.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"content-type:"));
    let content_type = typed.and_then(|value| std::str::from_utf8(value).ok()).map(str::trim);
    let is_of_content = |byte: &u8| !matches!(byte, 0 | b'\n' | b'\r');
    let end = bytes.iter().rposition(is_of_content).map_or(0, |last| last + 1);
    Some(Stomp { head, content_type, bytes: &bytes[..end] })
}

#[cfg(test)]
mod tests {
    use sortie_model::event::Cut;
    use sortie_model::{Containers, limits};

    use super::super::tests::key;
    use super::super::{Extraction, Message, ProvenSink, from_message};

    fn message(bytes: &[u8]) -> Extraction {
        from_message(&Message { bytes, is_whole: true, sinks: &[] }, &key())
    }

    fn places(text: &str) -> Vec<String> {
        let found = message(text.as_bytes());
        assert_eq!(found.cut, None, "{text}");
        found.candidates.iter().map(|c| format!("{} = {}", c.location, c.shown)).collect()
    }

    const URL: &str = "http://h.example/x";

    #[test]
    fn a_message_is_read_as_a_body() {
        for (text, place) in [
            (r#"{"url":"URL"}"#, "$.url"),
            (r#"[null,"7","room:1","import",{"url":"URL"}]"#, "$[4].url"),
            ("{\"type\":1,\"arguments\":[{\"url\":\"URL\"}]}\u{1e}", "$.arguments[0].url"),
            (r#"["{\"url\":\"URL\"}"]"#, "$[0].url"),
            (r#"{"jsonrpc":"2.0","id":1,"method":"import","params":{"url":"URL"}}"#, "rpc import.url"),
            ("<?xml version='1.0'?><m><url>URL</url></m>", "xml m.url"),
            ("see URL", "body"),
        ] {
            let found = places(&text.replace("URL", URL));
            assert_eq!(found, [format!("{place} = {URL}")], "{text}");
        }
    }

    #[test]
    fn what_socket_io_counts_is_no_part_of_it() {
        for before in ["42", "420", "42/admin,", "42/admin,17", "451-", "4", "2"] {
            let found = places(&format!(r#"{before}["import",{{"url":"{URL}"}}]"#));
            assert_eq!(found, [format!("$[1].url = {URL}")], "{before}");
        }
        assert_eq!(places(&format!("40/admin,{{\"url\":\"{URL}\"}}")), [format!("$.url = {URL}")]);
        for text in ["2probe", "3", "42", "12-/", "40/admin,"] {
            assert_eq!(places(text), [""; 0]);
        }
    }

    #[test]
    fn a_stomp_frame_is_a_head_and_a_body() {
        for end in ["\0", "\0\n", ""] {
            for line in ["\n", "\r\n"] {
                let head = format!("SEND{line}destination:/app/import{line}content-type:application/json{line}");
                let found = places(&format!("{head}{line}{{\"url\":\"{URL}\"}}{end}"));
                assert_eq!(found, [format!("$.url = {URL}")], "{end:?} {line:?}");
            }
        }
        assert_eq!(places(&format!("SEND\nx:{URL}\n\n\0")).len(), 1, "of the head");
    }

    #[test]
    fn a_call_of_graphql_stands_under_payload() {
        let query = "mutation($u:String!){importPaste(url:$u){id}}";
        let call = format!(r#"{{"query":"{query}","variables":{{"u":"{URL}"}}}}"#);
        for kind in ["subscribe", "start"] {
            let found = places(&format!(r#"{{"type":"{kind}","id":"1","payload":{call}}}"#));
            assert_eq!(found, [format!("graphql importPaste.url = {URL}")]);
            let found = places(&format!(r#"{{"id":"1","payload":{call},"type":"{kind}"}}"#));
            assert_eq!(found, [format!("graphql importPaste.url = {URL}")]);
        }
        assert_eq!(places(&format!(r#"{{"payload":{{"url":"{URL}"}}}}"#)), [format!("$.payload.url = {URL}")]);
        let deep = format!(r#"{{"payload":{{"payload":{call}}}}}"#);
        assert_eq!(places(&deep), [format!("$.payload.payload.variables.u = {URL}")], "one envelope, not two");
        let body = super::super::tests::body("application/json", format!(r#"{{"payload":{call}}}"#).as_bytes());
        assert_eq!(&*body.candidates[0].location.name, "payload.variables.u", "of messages alone");
    }

    #[test]
    fn a_payload_that_is_a_sink_by_its_path_stays_one() {
        let text = format!(r#"{{"payload":{{"query":"{{a}}","variables":{{"u":"{URL}"}}}}}}"#);
        let sinks = [ProvenSink {
            parameter: "payload.variables.u".into(),
            read_in: Containers::of_parameter("payload.variables.u"),
        }];
        let found = from_message(&Message { bytes: text.as_bytes(), is_whole: true, sinks: &sinks }, &key());
        assert!(found.candidates.iter().any(|c| &*c.parameter == "payload.variables.u"), "{:?}", found.candidates);
    }

    #[test]
    fn binary_messages_are_read_where_they_are_text_and_told_where_not() {
        let packed = message(b"\x01\x00\x12\x93\x00\x02");
        assert_eq!((packed.candidates.len(), packed.cut), (0, Some(Cut::Format)));
    }

    #[test]
    fn of_a_message_that_is_not_whole_what_is_settled_counts() {
        let text = format!(r#"{{"url":"{URL}","next":"http://10."#);
        let found = from_message(&Message { bytes: text.as_bytes(), is_whole: false, sinks: &[] }, &key());
        assert_eq!((found.candidates.len(), found.cut), (1, None));
        assert!(found.work > text.len() && found.work < limits::EXTRACTION_WORK);
    }
}
