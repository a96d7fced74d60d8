//! A name server with a small zone of its own.

use std::collections::HashMap;
use std::net::{IpAddr, UdpSocket};

const TYPE_A: u16 = 1;
const TYPE_CNAME: u16 = 5;
const TYPE_AAAA: u16 = 28;
const NO_ERROR: u8 = 0;
const SERVER_FAILED: u8 = 2;
const NO_SUCH_NAME: u8 = 3;

/// What a name holds: `A`/`AAAA` addresses and aliases by their text, `fail` for a server that
/// fails, `empty` for a name without an address. A name that is not there does not exist.
pub(super) type Zone = HashMap<&'static str, &'static [&'static str]>;

/// Serves on port 53 of 127.0.0.1 for the rest of the process.
pub(super) fn serve(zone: Zone) {
    let socket = UdpSocket::bind("127.0.0.1:53").unwrap();
    std::thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            socket.send_to(&reply(&query[..length], &zone), peer).unwrap();
        }
    });
}

fn reply(query: &[u8], zone: &Zone) -> Vec<u8> {
    let (name, end) = question(query);
    let kind = u16::from_be_bytes([query[end], query[end + 1]]);
    let mut records = Vec::new();
    let mut owner = name;
    let code = loop {
        let Some(texts) = zone.get(owner.as_str()) else { break NO_SUCH_NAME };
        if *texts == ["fail"] {
            break SERVER_FAILED;
        }
        let alias = texts.iter().find(|text| **text != "empty" && text.parse::<IpAddr>().is_err());
        if let Some(alias) = alias {
            records.push(record(&owner, TYPE_CNAME, &labels(alias)));
            owner = (*alias).to_owned();
            continue;
        }
        for address in texts.iter().filter_map(|text| text.parse().ok()) {
            match address {
                IpAddr::V4(v4) if kind == TYPE_A => records.push(record(&owner, TYPE_A, &v4.octets())),
                IpAddr::V6(v6) if kind == TYPE_AAAA => records.push(record(&owner, TYPE_AAAA, &v6.octets())),
                _ => {}
            }
        }
        break NO_ERROR;
    };
    let mut reply = query[..2].to_vec();
    reply.extend([0x81, 0x80 | code, 0, 1, 0, records.len() as u8, 0, 0, 0, 0]);
    reply.extend(&query[12..end + 4]);
    reply.extend(records.concat());
    reply
}

/// The name in lower case, and where its type begins.
fn question(query: &[u8]) -> (String, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] != 0 {
        let length = usize::from(query[at]);
        labels.push(String::from_utf8_lossy(&query[at + 1..=at + length]).to_ascii_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 1)
}

fn record(owner: &str, kind: u16, data: &[u8]) -> Vec<u8> {
    let class_and_ttl = [0, 1, 0, 0, 0, 30];
    [&labels(owner)[..], &kind.to_be_bytes(), &class_and_ttl, &(data.len() as u16).to_be_bytes(), data].concat()
}

fn labels(name: &str) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat()).collect();
    bytes.push(0);
    bytes
}
