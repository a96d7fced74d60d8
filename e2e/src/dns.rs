//! A name server for the zone of [`world`].

use std::io;

use tokio::net::UdpSocket;

use crate::world;

const TYPE_A: u16 = 1;
/// Flags of an answer: response, recursion desired and available.
const ANSWER: [u8; 2] = [0x81, 0x80];
/// The same with "no such name".
const NO_SUCH_NAME: [u8; 2] = [0x81, 0x83];

/// Serves on UDP port 53 of 127.0.0.1 until the runtime ends.
pub async fn serve() -> io::Result<()> {
    let socket = UdpSocket::bind("127.0.0.1:53").await?;
    tokio::spawn(async move {
        let mut query = [0_u8; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut query).await {
            if let Some(reply) = reply(&query[..length]) {
                let _ = socket.send_to(&reply, peer).await; // a resolver that is gone needs none
            }
        }
    });
    Ok(())
}

/// The reply to a query of one question (RFC 1035 §4.1).
fn reply(query: &[u8]) -> Option<Vec<u8>> {
    let (name, end) = question_name(query)?;
    let kind = u16::from_be_bytes(query.get(end..end + 2)?.try_into().ok()?);
    let question = query.get(12..end + 4)?;
    let address = world::resolve(&name);
    let answer = address.filter(|_| kind == TYPE_A);
    let mut reply = Vec::with_capacity(64);
    reply.extend_from_slice(&query[..2]);
    reply.extend_from_slice(if address.is_some() { &ANSWER } else { &NO_SUCH_NAME });
    reply.extend_from_slice(&[0, 1, 0, u8::from(answer.is_some()), 0, 0, 0, 0]);
    reply.extend_from_slice(question);
    if let Some(address) = answer {
        // A pointer to the question's name, type A, class IN, TTL 30 s, 4 bytes.
        reply.extend_from_slice(&[0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 30, 0, 4]);
        reply.extend_from_slice(&address.octets());
    }
    Some(reply)
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
        for label in name.split('.') {
            bytes.push(label.len() as u8);
            bytes.extend_from_slice(label.as_bytes());
        }
        bytes.push(0);
        bytes.extend_from_slice(&kind.to_be_bytes());
        bytes.extend_from_slice(&[0, 1]);
        bytes
    }

    #[test]
    fn answers_addresses_of_the_zone() {
        let found = reply(&query("Billing.internal", TYPE_A)).unwrap();
        assert_eq!(&found[..4], &[0xab, 0xcd, 0x81, 0x80]);
        assert!(found.ends_with(&world::BILLING.octets()));
    }

    #[test]
    fn tells_a_missing_name_from_a_missing_record() {
        assert_eq!(reply(&query("nobody.example", TYPE_A)).unwrap()[3], 0x83);
        let no_aaaa = reply(&query("billing.internal", 28)).unwrap();
        assert_eq!((no_aaaa[3], no_aaaa[7]), (0x80, 0));
    }

    #[test]
    fn a_short_query_gets_no_reply() {
        let whole = query("billing.internal", TYPE_A);
        for length in 0..whole.len() {
            assert!(reply(&whole[..length]).is_none(), "{length}");
        }
    }
}
