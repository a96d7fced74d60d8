//! Whether addresses are for the public or not, as guard libraries have it.

use std::net::IpAddr;

use super::classifier::Classifier;
use super::corpus::Corpora;
use super::table::{Row, Table};
use crate::shell::Failed;

/// Where libraries differ from each other or from the registries, and Sortie takes a side
/// (`docs/decisions/0013`): the network and its prefix length.
const SIDES: [(&str, u8, &str); 14] = [
    ("224.0.0.0", 4, "multicast is for no customer"),
    ("192.168.0.0", 16, "private use; the label is a slip"),
    ("::", 8, "outside 2000::/3 nothing is assigned"),
    ("64:ff9a::", 32, "outside 2000::/3 nothing is assigned"),
    ("64:ff9c::", 32, "outside 2000::/3 nothing is assigned"),
    ("99::", 16, "outside 2000::/3 nothing is assigned"),
    ("101::", 16, "outside 2000::/3 nothing is assigned"),
    ("fb00::", 8, "outside 2000::/3 nothing is assigned"),
    ("fec0::", 10, "site-local is old, and still routed inside"),
    ("2001::", 23, "IETF protocol assignments are special as a whole"),
    ("64:ff9b::", 96, "a translator leads to the IPv4 address inside"),
    ("64:ff9b:1::", 48, "a translator of one's own, whatever is inside"),
    ("2002::", 16, "a tunnel leads to the IPv4 address inside"),
    ("2001::", 32, "Teredo is special as a whole"),
];

pub(super) fn table(corpora: &Corpora, classifier: &Classifier) -> Result<Table, Failed> {
    let records = corpora.records("ip_vectors_permissive")?;
    let answers = classifier.ask(&records)?;
    let (mut alike, mut aside) =
        (Row::new("where no side is taken", Some(1.0)), Row::new("where a side is taken, as labelled", None));
    for (record, answer) in records.iter().zip(&answers).filter(|(record, _)| !record.is("disputed")) {
        let class = answer.first().and_then(|candidate| candidate.ip_class.as_deref());
        let is_right = match class {
            None => record.says("invalid"),
            Some(class) => (class == "public") == record.is("benign"),
        };
        let class = class.unwrap_or("no address");
        match side(&record.payload).filter(|_| !is_right) {
            Some(why) => aside.count(&record.id, Some(format!("`{}` is {class}: {why}", record.payload))),
            None => alike.count(&record.id, (!is_right).then(|| format!("`{}` is {class}", record.payload))),
        }
    }
    Ok(Table { name: "Addresses", counted: "right", rows: vec![alike, aside] })
}

fn side(address: &str) -> Option<&'static str> {
    let address = address.parse().ok()?;
    let sides = SIDES.into_iter().filter(|&(network, length, _)| holds(network, length, address));
    sides.max_by_key(|&(_, length, _)| length).map(|(_, _, why)| why)
}

fn holds(network: &str, length: u8, address: IpAddr) -> bool {
    match (network.parse().expect("a network"), address) {
        (IpAddr::V4(network), IpAddr::V4(address)) => (u32::from(network) ^ u32::from(address)) >> (32 - length) == 0,
        (IpAddr::V6(network), IpAddr::V6(address)) => {
            (u128::from(network) ^ u128::from(address)) >> (128 - length) == 0
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_side_is_told() {
        assert_eq!(side("64:ff9b::808:808"), Some("a translator leads to the IPv4 address inside"));
        assert_eq!(side("::1fff:0:0"), Some("outside 2000::/3 nothing is assigned"));
        assert_eq!(side("8.8.8.8"), None);
        assert_eq!(side("no address"), None);
    }
}
