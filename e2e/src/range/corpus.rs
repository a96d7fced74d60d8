//! Attack URLs that others collected, through a link preview.
//!
//! They lie beside the project, in `../shared/corpora` seen from the workspace, and are used where they
//! are. Every address is this host's here, so that whatever is dialled is seen.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;
use sortie_model::{AddressBook, Policy};

use crate::backend::{Backend, Language};
use crate::listener::{self, Hit, Log, STATS_PORT};
use crate::sortie::{INBOUND, OUTBOUND, Sortie};
use crate::verify::{self, Problems};
use crate::world::{self, HOSTS};
use crate::{namespace, paths};

use super::disguise::Order;
use super::play::{self, Intent, Sent};
use super::zone;

/// Ports that are listened at, beside those that the URLs name.
const PORTS: [u16; 6] = [80, 443, 21, 22, 389, STATS_PORT];
/// How many of the URLs must reach a denied destination without Sortie: else nothing is shown.
const POSSIBLE: usize = 100;

#[derive(Deserialize)]
struct Record {
    #[serde(default)]
    kind: String,
    #[serde(default)]
    label: String,
    #[serde(default)]
    payload: serde_json::Value,
}

/// All attack URLs, through one back end, without Sortie and in `block`.
pub fn run(name: &str, language: Language) {
    let Some(urls) = urls() else {
        println!("{name}: skipped, for there is no ../shared/corpora with attacks");
        return;
    };
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = everywhere(&urls).await;
        let direct = {
            let backend = Backend::start_app(super::APP, language, None, &super::subfolder(&folder, "direct")).await;
            reached(&play::previews(backend.address(), "direct", &orders(&urls)).await, &log)
        };
        let folder = super::subfolder(&folder, "block");
        let sortie = Sortie::start("block", Backend::ADDRESS, &folder).await;
        let backend = Backend::start_app(super::APP, language, Some(OUTBOUND), &folder).await;
        let mut sent = play::warm_up(INBOUND, "warm").await;
        let own_failed = backend.state().await.own_failed;
        let mark = log.len();
        let attacks = play::previews(INBOUND, "block", &orders(&urls)).await;
        let mut problems: Problems = reached(&attacks, &log);
        problems.extend(connected(&log, mark));
        sent.extend(attacks);
        problems.extend((own_failed > 0).then(|| format!("{own_failed} own calls failed")));
        let unserved =
            sent.iter().filter(|sent| sent.is_benign() && !sent.status.is_some_and(|status| status.is_success()));
        problems.extend(unserved.map(|sent| format!("not served: {sent}")));
        drop(backend);
        sortie.finish().await;
        println!(
            "{name}: of {} URLs {} reach a denied destination, {} in block",
            urls.len(),
            direct.len(),
            problems.len()
        );
        problems.extend(
            (direct.len() < POSSIBLE).then(|| format!("only {} URLs reach a denied destination", direct.len())),
        );
        verify::report(&problems, &folder);
    });
}

/// The distinct URLs of all files, where the folder exists.
fn urls() -> Option<BTreeSet<String>> {
    let folder = paths::workspace().parent()?.join("shared/corpora");
    let files = std::fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let is_list = |path: &PathBuf| path.extension().is_some_and(|ending| ending == "jsonl");
    Some(files.filter(is_list).flat_map(|path| attacks_of(&path)).collect())
}

fn attacks_of(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("cannot read {}: {e}", path.display()));
    // A few lines hold text that is no Unicode; none of them is an attack.
    let records = text.lines().filter_map(|line| serde_json::from_str::<Record>(line).ok());
    let attacks = records.filter(|record| record.kind == "url" && record.label == "attack");
    attacks.filter_map(|record| record.payload.as_str().map(str::to_owned)).collect()
}

fn orders(urls: &BTreeSet<String>) -> Vec<Order> {
    urls.iter().map(|url| Order::whole(url.clone())).collect()
}

/// Makes every address this host's, and listens at every port that some URL names.
async fn everywhere(urls: &BTreeSet<String>) -> Log {
    for family in ["-4", "-6"] {
        let add = [family, "route", "add", "local", "default", "dev", "lo"];
        let status = Command::new("ip").args(add).status().expect("ip (iproute2) starts");
        assert!(status.success(), "ip {}: {status}", add.join(" "));
    }
    zone::serve_everything().await.expect("the name server starts");
    let log = Log::default();
    let doors = [INBOUND.port(), OUTBOUND.port(), Backend::ADDRESS.port()];
    let named = urls.iter().flat_map(|url| url.split(':').skip(1)).filter_map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        rest[..end].parse::<u16>().ok()
    });
    let ports: BTreeSet<u16> = named.chain(PORTS).filter(|port| *port > 0 && !doors.contains(port)).collect();
    for port in ports {
        listener::serve_everywhere(&log, port).await.unwrap_or_else(|e| panic!("cannot listen at port {port}: {e}"));
    }
    // Sortie's own door has this port on one address of the host.
    for partner in world::PARTNERS {
        let at = SocketAddr::new(partner.into(), 8080);
        listener::serve_also(&log, at, partner).await.expect("customers' hosts listen at a second port");
    }
    log
}

fn is_denied(hit: &Hit) -> bool {
    let book = AddressBook::default();
    let is_lab = world::PARTNERS.iter().chain([&world::EVIL]).any(|address| hit.at.ip() == *address);
    !is_lab && Policy::default().denies(book.class_of(hit.at.ip()))
}

/// Attacks of which a denied destination got a request, in words.
fn reached(attacks: &[Sent], log: &Log) -> Problems {
    let hits = log.since(0);
    let hit_of = |sent: &Sent| hits.iter().find(|hit| hit.cause.as_deref() == Some(&*sent.id) && is_denied(hit));
    let attacks = attacks.iter().filter(|sent| matches!(sent.intent, Intent::Collected));
    attacks.filter_map(|sent| Some(format!("reached {}: {sent}", hit_of(sent)?.at))).collect()
}

/// Connections to denied destinations that the back end does not make by itself, in words.
fn connected(log: &Log, mark: usize) -> Problems {
    let own = [(world::BILLING, 80), (Ipv4Addr::LOCALHOST, STATS_PORT)];
    let is_own = |hit: &Hit| own.iter().any(|&(address, port)| hit.at == (address, port).into());
    let connections = log.since(mark).into_iter().filter(|hit| hit.method == http::Method::CONNECT);
    connections.filter(|hit| is_denied(hit) && !is_own(hit)).map(|hit| format!("connected to {}", hit.at)).collect()
}
