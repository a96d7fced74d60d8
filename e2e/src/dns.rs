//! A name server for a small zone.

use std::io;
use std::net::Ipv4Addr;

use tokio::net::UdpSocket;

use crate::world;

const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
/// How long answers may be kept, in seconds.
const TTL: u32 = 30;
/// Flags of an answer: response, recursion desired and available.
const ANSWER: [u8; 2] = [0x81, 0x80];
/// The same with "no such name".
const NO_SUCH_NAME: [u8; 2] = [0x81, 0x83];

/// What a name has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name that it is an alias of, if it is one.
    pub alias_of: Option<&'static str>,
    /// Its address, or that of the name behind it.
    pub address: Ipv4Addr,
    /// How long the answer may be kept, in seconds.
    pub ttl: u32,
}

impl Record {
    /// A name with an address of its own.
    pub fn of(address: Ipv4Addr) -> Self {
        Self { alias_of: None, address, ttl: TTL }
    }
}

/// Serves the zone of [`world`] on UDP port 53 of 127.0.0.1 until the runtime ends.
pub async fn serve() -> io::Result<()> {
    serve_zone(|name, _| world::resolve(name).map(Record::of)).await
}

/// Serves any zone: what a name in lower case has, asked for its address or for something else.
pub async fn serve_zone(zone: impl Fn(&str, bool) -> Option<Record> + Send + 'static) -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:53").await?;
    tokio::spawn(async move {
        let mut query = [0_u8; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut query).await {
            if let Some(reply) = reply(&query[..length], &zone) {
                let _ = socket.send_to(&reply, peer).await; // a resolver that is gone needs none
            }
        }
    });
    Ok(())
}

/// The reply to a query of one question (RFC 1035 §4.1).
fn reply(query: &[u8], zone: &impl Fn(&str, bool) -> Option<Record>) -> Option<Vec<u8>> {
    let (name, end) = question_name(query)?;
    let kind = u16::from_be_bytes(query.get(end..end + 2)?.try_into().ok()?);
    let question = query.get(12..end + 4)?;
    let record = zone(&name, kind == TYPE_A);
    let mut answers = Vec::new();
    let mut count = 0;
    if let Some(Record { alias_of, address, ttl }) = &record {
        // A pointer to the question's name.
        let mut owner = vec![0xc0, 12];
        if let Some(target) = alias_of {
            let target = written_name(target);
            answers.extend(resource(&owner, TYPE_CNAME, *ttl, &target));
            owner = target;
            count += 1;
        }
        if kind == TYPE_A {
            answers.extend(resource(&owner, TYPE_A, *ttl, &address.octets()));
            count += 1;
        }
    }
    let mut reply = Vec::with_capacity(64);
    reply.extend_from_slice(&query[..2]);
    reply.extend_from_slice(if record.is_some() { &ANSWER } else { &NO_SUCH_NAME });
    reply.extend_from_slice(&[0, 1, 0, count, 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    reply.extend(answers);
    Some(reply)
}

/// A resource record of class IN.
fn resource(owner: &[u8], kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).expect("data of this zone is short");
    [owner, &kind.to_be_bytes(), &[0, 1], &ttl.to_be_bytes(), &length.to_be_bytes(), data].concat()
}

fn written_name(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.split('.') {
        bytes.push(u8::try_from(label.len()).expect("labels have at most 63 bytes"));
        bytes.extend_from_slice(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// The name asked for in lower case, and where the question's type begins.
fn question_name(query: &[u8]) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut at = 12;
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((name, at));
        }
        if !name.is_empty() {
            name.push('.');
        }
        name.push_str(&String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(name: &str, kind: u16) -> Vec<u8> {
        let mut bytes = vec![0xab, 0xcd, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        bytes.extend(written_name(name));
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 1]);
        bytes
    }

    fn in_world(name: &str, _: bool) -> Option<Record> {
        world::resolve(name).map(Record::of)
    }

    #[test]
    fn answers_addresses_of_the_zone() {
        let found = reply(&query("Billing.internal", TYPE_A), &in_world).unwrap();
        assert_eq!(&found[..4], &[0xab, 0xcd, 0x81, 0x80]);
        assert!(found.ends_with(&world::BILLING.octets()));
    }

    #[test]
    fn tells_a_missing_name_from_a_missing_record() {
        assert_eq!(reply(&query("nobody.example", TYPE_A), &in_world).unwrap()[3], 0x83);
        let no_aaaa = reply(&query("billing.internal", 28), &in_world).unwrap();
        assert_eq!((no_aaaa[3], no_aaaa[7]), (0x80, 0));
    }

    #[test]
    fn an_alias_is_answered_with_what_stands_behind_it() {
        let zone = |_: &str, _: bool| Some(Record { alias_of: Some("billing.internal"), ..Record::of(world::BILLING) });
        let found = reply(&query("www.example", TYPE_A), &zone).unwrap();
        assert_eq!(found[7], 2);
        assert!(found.ends_with(&world::BILLING.octets()));
    }

    #[test]
    fn a_short_query_gets_no_reply() {
        let whole = query("billing.internal", TYPE_A);
        for length in 0..whole.len() {
            assert!(reply(&whole[..length], &in_world).is_none(), "{length}");
        }
    }
}
