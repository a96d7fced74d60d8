//! The names of the range.

use std::collections::HashMap;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Mutex;

use crate::dns::{self, Record};
use crate::world;

use super::aim::Aim;

/// Hosts of customers beside those of [`world`].
const PARTNERS: [&str; 3] = ["docs.partner.example", "cdn.example", "partner.example"];
/// Suffixes below which everybody finds his address: `10.0.0.1.nip.io`.
const EMBEDDING: [&str; 3] = [".nip.io", ".sslip.io", ".xip.io"];

/// Names that other people's attacks use for this host, and for the metadata service.
const THIS_HOST: [&str; 6] =
    ["localtest.me", "lvh.me", "vcap.me", "localhost.localdomain", "spoofed.burpcollaborator.net", "localh.st"];
const METADATA: [&str; 4] = ["metadata.google.internal", "metadata", "instance-data", "metadata.tencentyun.com"];

/// The same for attacks that were collected elsewhere: any other name is some public host's.
pub async fn serve_everything() -> io::Result<()> {
    dns::serve_zone(|name, _| {
        let is_below =
            |known: &&str| name.strip_suffix(*known).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        let known = record(name).or_else(|| THIS_HOST.iter().any(is_below).then(|| Record::of(Ipv4Addr::LOCALHOST)));
        let known = known.or_else(|| METADATA.contains(&name).then(|| Record::of(world::METADATA)));
        Some(known.unwrap_or_else(|| Record::of(world::PARTNERS[2])))
    })
    .await
}

/// Serves the zone until the runtime ends.
pub async fn serve() -> io::Result<()> {
    let asked: Mutex<HashMap<String, u32>> = Mutex::default();
    dns::serve_zone(move |name, for_address| {
        if !name.starts_with("rebind-") {
            return record(name);
        }
        let mut asked = asked.lock().expect("no holder panics");
        let times = asked.entry(name.to_owned()).or_insert(0);
        *times += u32::from(for_address);
        let aim = Aim::ALL.into_iter().find(|aim| name.starts_with(&format!("rebind-{}-", aim.word())))?;
        let address = if *times > 1 { aim.address() } else { world::EVIL };
        Some(Record { ttl: 0, ..Record::of(address) })
    })
    .await
}

fn record(name: &str) -> Option<Record> {
    if let Some(address) = world::resolve(name) {
        return Some(Record::of(address));
    }
    if PARTNERS.contains(&name) {
        return Some(Record::of(world::PARTNERS[0]));
    }
    if let Some(tenant) = name.strip_suffix(".apps.example") {
        let aim = Aim::ALL.into_iter().find(|aim| aim.word() == tenant);
        return Some(Record::of(aim.map_or(world::PARTNERS[1], Aim::address)));
    }
    if let Some(address) = EMBEDDING.iter().find_map(|suffix| embedded(name.strip_suffix(suffix)?)) {
        return Some(Record::of(address));
    }
    let (head, rest) = name.split_once('.')?;
    let (form, word) = head.split_once('-')?;
    let aim = Aim::ALL.into_iter().find(|aim| aim.word() == word)?;
    match (form, rest) {
        // The second is `bücher`, as DNS has it.
        ("a", "evil.example" | "xn--bcher-kva.example") => Some(Record::of(aim.address())),
        ("cname", "evil.example") => {
            Some(Record { alias_of: Some(aim.name().unwrap_or("a-meta.evil.example")), ..Record::of(aim.address()) })
        }
        _ => None,
    }
}

/// `app.10.0.0.1`, `10-0-0-1`, `0a000001`.
fn embedded(text: &str) -> Option<Ipv4Addr> {
    let dotted = text.replace('-', ".");
    let labels: Vec<&str> = dotted.split('.').collect();
    let last = labels[labels.len().saturating_sub(4)..].join(".");
    let hex = || (text.len() == 8).then(|| u32::from_str_radix(text, 16).ok().map(Ipv4Addr::from)).flatten();
    last.parse().ok().or_else(hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_addresses() {
        let address = |name: &str| record(name).map(|record| record.address);
        assert_eq!(address("app.169.254.169.254.nip.io"), Some(world::METADATA));
        assert_eq!(address("10-20-0-6.sslip.io"), Some(world::ADMIN));
        assert_eq!(address("a9fea9fe.nip.io"), Some(world::METADATA));
        assert_eq!(address("a-meta.evil.example"), Some(world::METADATA));
        assert_eq!(address("admin.apps.example"), Some(world::ADMIN));
        assert_eq!(address("acme.apps.example"), Some(world::PARTNERS[1]));
        assert_eq!(address("nobody.example"), None);
    }
}
