//! The product, running around the world.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sortie_demo::{ATTACKER, Atlas, Attack, CUSTOMERS, Deed};
use sortie_model::Mode;
use sortie_model::finding::{Finding, FindingKind, Severity};
use sortie_proxy::resolve::Resolver;
use sortie_store::index::{Filter, IndexReader};
use sortie_store::layout::Layout;
use tokio::sync::broadcast::Receiver;
use tokio::time::{Instant, sleep, timeout_at};

use super::{DemoError, attack, settings, system};
use crate::admin::control::Control as _;
use crate::admin::wire::{SinkView, TailLine};
use crate::compose::{self, Running};
use crate::runtime::Operator;

/// How long is waited for the engine at most. It needs a few hundredths of a second for a finding,
/// and a second or two until what just ended counts for an honour rate.
const PATIENCE: Duration = Duration::from_secs(10);
/// How often is looked whether the engine has learned what it was shown.
const LOOK: Duration = Duration::from_millis(50);
/// The places that the morning proves; each customer names one destination at each.
const PROVEN: [&str; 2] = ["/v1/hooks $.url", "/v1/preview $.url"];

/// Sortie, between a world's clients, its shop, and its hosts.
pub(super) struct Stage {
    running: Running,
    lines: Receiver<Arc<TailLine>>,
    layout: Layout,
    data: PathBuf,
}

impl Stage {
    /// Starts it with its data in `folder`; what lies there is gone on from.
    pub(super) async fn start(atlas: &Atlas, mode: Mode, folder: &Path) -> Result<Self, DemoError> {
        std::fs::create_dir_all(folder).map_err(system("make the demo's folder"))?;
        let config = settings::load(atlas, mode, folder)?;
        let data = config.data.clone();
        let running = compose::start(config, resolver(atlas, folder)?).await?;
        let lines = running.operator().subscribe();
        Ok(Self { running, lines, layout: Layout::new(&data), data })
    }

    /// What operators ask.
    pub(super) fn operator(&self) -> &Arc<Operator> {
        self.running.operator()
    }

    /// The data folder.
    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    /// What it learned of the places that dial, once all that the customers named there in the morning is told, or
    /// when patience ends.
    pub(super) async fn learned(&self) -> Vec<SinkView> {
        let until = Instant::now() + PATIENCE;
        loop {
            let sinks = self.operator().sinks();
            let is_whole = |sink: &SinkView| sink.proven.is_some() && sink.obeyed >= CUSTOMERS.len() as u64;
            let is_told = |at: &str| sinks.iter().any(|sink| sink.at == at && is_whole(sink));
            if PROVEN.into_iter().all(is_told) || Instant::now() >= until {
                return sinks;
            }
            sleep(LOOK).await;
        }
    }

    /// The finding of an attack, once all its orders are told and it is on its rung or refused, or as
    /// it is when patience ends.
    pub(super) async fn finding(&mut self, deed: &Deed, atlas: &Atlas) -> Result<Option<Finding>, DemoError> {
        let until = Instant::now() + PATIENCE;
        loop {
            let found = of_attack(self.findings()?, deed.attack, atlas);
            let is_whole = |finding: &Finding| {
                let is_far = finding.rung >= attack::rung(deed.attack) || finding.kind == FindingKind::Blocked;
                finding.requests_total >= deed.orders && is_far
            };
            if found.as_ref().is_some_and(is_whole) {
                return Ok(found);
            }
            // The next line may be the one; that some were lost is no harm, the index has them all.
            if timeout_at(until, self.lines.recv()).await.is_err() {
                return Ok(found);
            }
        }
    }

    /// Stops it and gives back everything that it found.
    pub(super) async fn stop(self) -> Result<Vec<Finding>, DemoError> {
        let Self { running, layout, .. } = self;
        running.stop().await;
        read(&layout)
    }

    fn findings(&self) -> Result<Vec<Finding>, DemoError> {
        read(&self.layout)
    }
}

fn read(layout: &Layout) -> Result<Vec<Finding>, DemoError> {
    Ok(IndexReader::open(layout)?.findings(&Filter::default())?)
}

/// A resolver that knows the world's names and no others.
fn resolver(atlas: &Atlas, folder: &Path) -> Result<Resolver, DemoError> {
    let (hosts, conf) = (folder.join("hosts"), folder.join("resolv.conf"));
    std::fs::write(&hosts, atlas.hosts_file()).map_err(system("write the demo's hosts file"))?;
    let nobody = "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n";
    std::fs::write(&conf, nobody).map_err(system("write the demo's resolv.conf"))?;
    Ok(Resolver::with_files(hosts, conf))
}

/// The story of an attack: the attacker's, at the attack's place, about its class of destinations.
pub(super) fn of_attack(findings: Vec<Finding>, attack: Attack, atlas: &Atlas) -> Option<Finding> {
    let is_it = |finding: &Finding| {
        let is_his = finding.actor.as_ref().is_some_and(|actor| actor.address == ATTACKER.address);
        let is_there = finding.endpoint.as_ref().is_some_and(|endpoint| endpoint.template == attack.path());
        let is_about = match attack.denied() {
            Some(_) => finding.kind != FindingKind::OpenSink && finding.destination.class == attack.class(atlas),
            None => finding.kind == FindingKind::OpenSink,
        };
        is_his && is_there && is_about
    };
    findings.into_iter().filter(is_it).max_by_key(|finding| finding.severity)
}

/// Findings that accuse somebody who is not the attacker.
pub(super) fn accusations(findings: &[Finding]) -> impl Iterator<Item = &Finding> {
    findings.iter().filter(|finding| {
        let is_his = finding.actor.as_ref().is_some_and(|actor| actor.address == ATTACKER.address);
        !is_his && finding.severity > Severity::Info
    })
}
