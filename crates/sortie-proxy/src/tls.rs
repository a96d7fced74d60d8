//! What the first flight of TLS says in clear: the ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2).
//!
//! A small reader of its own, for it must work on bytes that are forwarded unchanged, and must see
//! a hello that no library would accept.

use smallvec::SmallVec;

/// Bytes of a hello that are waited for; browsers send some 2 KB, with post-quantum keys.
pub const HELLO_BYTES: usize = 16 * 1024;
/// Protocol names of ALPN that are looked at.
const PROTOCOLS: usize = 16;

const HANDSHAKE_RECORD: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const SERVER_NAME: u16 = 0;
const ALPN: u16 = 16;
const HOST_NAME: u8 = 0;

/// What the bytes that a client sent first are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hello {
    /// No TLS.
    NotTls,
    /// TLS as far as it goes; more bytes are needed.
    Incomplete,
    /// TLS whose hello does not read; it names nothing.
    Unreadable,
    /// A whole hello.
    Complete(ClientHello),
}

/// The parts of a ClientHello that a judgement needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientHello {
    /// The name that is asked for (RFC 6066 §3), as it was sent.
    pub server_name: Option<Box<str>>,
    /// Whether protocols are offered (RFC 7301) and none of them is HTTP.
    pub only_other_protocols: bool,
}

/// Reads the beginning of a stream, at most [`HELLO_BYTES`] of it.
pub fn read_hello(bytes: &[u8]) -> Hello {
    let bytes = &bytes[..bytes.len().min(HELLO_BYTES)];
    let mut handshake: SmallVec<[u8; 2048]> = SmallVec::new();
    let mut rest = bytes;
    loop {
        match record(rest) {
            Record::Foreign => return if handshake.is_empty() { Hello::NotTls } else { Hello::Unreadable },
            Record::Partial(fragment) => {
                handshake.extend_from_slice(fragment);
                return match hello_length(&handshake) {
                    Err(NoHello) => Hello::Unreadable,
                    Ok(Some(length)) if length > HELLO_BYTES => Hello::Unreadable,
                    Ok(_) if bytes.len() == HELLO_BYTES => Hello::Unreadable,
                    Ok(_) => Hello::Incomplete,
                };
            }
            Record::Whole(fragment, behind) => {
                handshake.extend_from_slice(fragment);
                rest = behind;
                match hello_length(&handshake) {
                    Err(NoHello) => return Hello::Unreadable,
                    Ok(Some(length)) if handshake.len() >= length => {
                        return client_hello(&handshake[4..length]).map_or(Hello::Unreadable, Hello::Complete);
                    }
                    Ok(_) => {}
                }
            }
        }
    }
}

enum Record<'a> {
    /// Not a handshake record of SSL 3.0 or later.
    Foreign,
    /// A record that has not arrived whole, and what has of its content.
    Partial(&'a [u8]),
    /// The content of a record, and what follows it.
    Whole(&'a [u8], &'a [u8]),
}

fn record(bytes: &[u8]) -> Record<'_> {
    let [kind, major, _minor, high, low, content @ ..] = bytes else {
        let begins_like_tls = bytes.iter().zip([HANDSHAKE_RECORD, 3]).all(|(&byte, expected)| byte == expected);
        return if begins_like_tls { Record::Partial(&[]) } else { Record::Foreign };
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    // A record of handshake has at least a byte and at most 2^14 (RFC 8446 §5.1).
    if *kind != HANDSHAKE_RECORD || *major != 3 || length == 0 || length > 1 << 14 {
        return Record::Foreign;
    }
    content
        .split_at_checked(length)
        .map_or(Record::Partial(content), |(content, behind)| Record::Whole(content, behind))
}

/// The handshake message is no ClientHello.
struct NoHello;

/// Length of the hello with its four bytes of header, once they are there.
fn hello_length(handshake: &[u8]) -> Result<Option<usize>, NoHello> {
    match handshake {
        [kind, ..] if *kind != CLIENT_HELLO => Err(NoHello),
        [_, a, b, c, ..] => Ok(Some(4 + (usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c)))),
        _ => Ok(None),
    }
}

fn client_hello(body: &[u8]) -> Option<ClientHello> {
    let mut reader = Reader(body);
    reader.take(2 + 32)?; // version and random
    reader.vector8()?; // session id
    reader.vector16()?; // cipher suites
    reader.vector8()?; // compression methods
    let mut hello = ClientHello::default();
    if reader.0.is_empty() {
        return Some(hello); // extensions are optional before TLS 1.3
    }
    let mut extensions = Reader(reader.vector16()?);
    while !extensions.0.is_empty() {
        let kind = extensions.u16()?;
        let content = extensions.vector16()?;
        match kind {
            SERVER_NAME => hello.server_name = Some(server_name(content)?),
            ALPN => hello.only_other_protocols = !offers_http(content)?,
            _ => {}
        }
    }
    Some(hello)
}

fn server_name(extension: &[u8]) -> Option<Box<str>> {
    let mut names = Reader(Reader(extension).vector16()?);
    while !names.0.is_empty() {
        let kind = names.u8()?;
        let name = names.vector16()?;
        if kind == HOST_NAME {
            let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty() && name.is_ascii())?;
            return Some(name.into());
        }
    }
    None
}

fn offers_http(extension: &[u8]) -> Option<bool> {
    let mut protocols = Reader(Reader(extension).vector16()?);
    for _ in 0..PROTOCOLS {
        if protocols.0.is_empty() {
            return Some(false);
        }
        if matches!(protocols.vector8()?, b"h2" | b"http/1.1" | b"http/1.0") {
            return Some(true);
        }
    }
    Some(false)
}

/// Takes bytes from the front; `None` where there are too few.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn u8(&mut self) -> Option<u8> {
        self.take(1).map(|bytes| bytes[0])
    }

    fn u16(&mut self) -> Option<u16> {
        self.take(2).map(|bytes| u16::from_be_bytes([bytes[0], bytes[1]]))
    }

    fn vector8(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(length.into())
    }

    fn vector16(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(length.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn vector16(content: &[u8]) -> Vec<u8> {
        [&(content.len() as u16).to_be_bytes(), content].concat()
    }

    fn extension(kind: u16, content: &[u8]) -> Vec<u8> {
        [&kind.to_be_bytes()[..], &vector16(content)].concat()
    }

    /// A handshake message with the given extensions.
    fn hello(extensions: &[Vec<u8>]) -> Vec<u8> {
        let mut body = vec![3, 3];
        body.extend([7; 32]);
        body.push(0);
        body.extend(vector16(&[0x13, 0x01]));
        body.extend([1, 0]);
        body.extend(vector16(&extensions.concat()));
        let length = (body.len() as u32).to_be_bytes();
        [&[CLIENT_HELLO], &length[1..], &body[..]].concat()
    }

    /// The message in records of at most `size` bytes.
    fn records(message: &[u8], size: usize) -> Vec<u8> {
        message.chunks(size).flat_map(|chunk| [&[22, 3, 1][..], &vector16(chunk)].concat()).collect()
    }

    fn named(name: &str, protocol: &[u8]) -> Vec<u8> {
        let name = vector16(&[&[HOST_NAME], &vector16(name.as_bytes())[..]].concat());
        let protocols = vector16(&[&[protocol.len() as u8], protocol].concat());
        hello(&[extension(43, &[2, 3, 4]), extension(SERVER_NAME, &name), extension(ALPN, &protocols)])
    }

    fn complete(bytes: &[u8]) -> ClientHello {
        match read_hello(bytes) {
            Hello::Complete(hello) => hello,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn reads_name_and_protocols() {
        let web = complete(&records(&named("Billing.example", b"h2"), 1 << 14));
        assert_eq!(web, ClientHello { server_name: Some("Billing.example".into()), only_other_protocols: false });
        let mail = complete(&records(&named("mail.example", b"imap"), 1 << 14));
        assert!(mail.only_other_protocols);
        assert_eq!(complete(&records(&hello(&[]), 1 << 14)), ClientHello::default());
    }

    #[test]
    fn a_name_is_found_across_records() {
        for size in [1, 3, 50] {
            let hello = complete(&records(&named("split.example", b"h2"), size));
            assert_eq!(hello.server_name.as_deref(), Some("split.example"), "{size}");
        }
    }

    #[test]
    fn every_prefix_is_incomplete_and_nothing_else() {
        let bytes = records(&named("a.example", b"http/1.1"), 40);
        for length in 0..bytes.len() {
            assert_eq!(read_hello(&bytes[..length]), Hello::Incomplete, "{length}");
        }
    }

    #[test]
    fn tells_what_is_no_tls_or_no_hello() {
        assert_eq!(read_hello(b"GET / HTTP/1.1\r\n"), Hello::NotTls);
        assert_eq!(read_hello(b"SSH-2.0-x\r\n"), Hello::NotTls);
        assert_eq!(read_hello(&[22, 3, 1, 0, 4, 2, 0, 0, 0]), Hello::Unreadable, "a ServerHello");
        let broken = records(&hello(&[extension(SERVER_NAME, &[0, 9, 0])]), 1 << 14);
        assert_eq!(read_hello(&broken), Hello::Unreadable);
        assert_eq!(read_hello(&[22, 3, 1, 0, 4, 1, 0xff, 0xff, 0xff]), Hello::Unreadable, "too long");
    }

    proptest! {
        #[test]
        fn survives_any_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_hello(&bytes);
        }

        #[test]
        fn survives_a_hello_with_any_byte_changed(at in 0_usize..120, byte: u8) {
            let mut bytes = records(&named("a.example", b"h2"), 60);
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read_hello(&bytes);
        }
    }
}
