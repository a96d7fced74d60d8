//! The range: many carriers × many disguises, on back ends that are built differently from the shop.
//!
//! Everything is known from outside of Sortie: a back end of the range tells with each dial which
//! request ordered it ([`crate::listener::Hit::cause`]).

pub mod aim;
pub mod carrier;
pub mod corpus;
pub mod disguise;
pub mod play;
pub mod tally;
pub mod zone;

use std::path::{Path, PathBuf};

use crate::backend::{Backend, Language, State};
use crate::listener::{self, Log};
use crate::namespace;
use crate::sortie::{INBOUND, OUTBOUND, Sortie};
use crate::verify::{self, Problems};
use crate::world::HOSTS;

use play::Attack;
use tally::Phase;

/// The help desk.
const APP: &str = "range";
/// Share of attacks, in percent, that must be possible without Sortie: else the range is none.
const POSSIBLE: f64 = 60.0;
/// Share of possible attacks, in percent, that must be told with the right client.
const TOLD: f64 = 95.0;
/// Share of possible attacks, in percent, that may reach their aim where Sortie has seen nothing
/// before: an order for a host that the service calls itself cannot be told from its own calls then.
const COLD: f64 = 5.0;
/// The same in `block` at carriers that no customer ever proves.
const UNPROVEN: f64 = 20.0;

/// The whole range on one back end.
pub fn run(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        zone::serve().await.expect("the name server starts");
        let log = listener::serve().await.expect("the listeners start");
        aim::serve_also(&log).await.expect("the further listeners start");
        let attacks = play::attacks();
        let phases = [
            direct(language, &log, &attacks, &folder).await,
            behind("observe", "observe", true, language, &log, &attacks, &folder).await,
            behind("block", "block", true, language, &log, &attacks, &folder).await,
            behind("cold", "block", false, language, &log, &attacks, &folder).await,
        ];
        println!("{}", tally::render(name, &phases));
        std::fs::write(folder.join("details.txt"), details(&phases).join("\n")).expect("the details are written");
        verify::report(&problems(&phases), &folder);
    });
}

/// Everything that a person looks into when a figure is not what it should be.
fn details(phases: &[Phase]) -> Problems {
    let possible = phases.first().map(Phase::successes).unwrap_or_default();
    let behind = phases.iter().skip(1);
    behind
        .flat_map(|phase| [phase.holes(), phase.unmade(&possible), phase.untold(&possible), phase.harm()])
        .flatten()
        .collect()
}

fn problems(phases: &[Phase]) -> Problems {
    let [direct, observe, block, cold] = phases else { unreachable!("there are four phases") };
    let possible = direct.successes();
    let mut problems = Problems::new();
    for phase in phases {
        problems.extend(phase.harm());
    }
    let share = 100.0 * possible.len() as f64 / direct.attacks().count() as f64;
    problems.extend((share < POSSIBLE).then(|| format!("only {share:.0} % of the attacks are possible")));
    problems.extend(block.holes_at(true));
    let unproven = possible.iter().filter(|attack| !carrier::ALL[attack.carrier].takes_hosts).count();
    let holes = block.holes_at(false);
    if holes.len() as f64 > unproven as f64 * UNPROVEN / 100.0 {
        problems.extend(holes);
    }
    for phase in [observe, block] {
        let told = phase.rightly_told(&possible);
        if told < TOLD {
            problems.push(format!("{}: {told:.1} % are told with the right client", phase.name));
            problems.extend(phase.untold(&possible));
        }
    }
    let cold_share = 100.0 * cold.successes().len() as f64 / possible.len() as f64;
    if cold_share > COLD {
        problems.push(format!("cold: {cold_share:.1} % reached their aim"));
        problems.extend(cold.holes());
    }
    problems
}

/// Without Sortie: which attacks are possible at all.
async fn direct(language: Language, log: &Log, attacks: &[Attack], folder: &Path) -> Phase {
    let folder = subfolder(folder, "direct");
    let backend = Backend::start_app(APP, language, None, &folder).await;
    let mark = log.len();
    let mut sent = play::warm_up(backend.address(), "dw").await;
    sent.extend(play::attack(backend.address(), "da", attacks).await);
    backend.settle().await;
    let own_failed = backend.state().await.own_failed;
    Phase { name: "direct", sent, reached: play::reached(log, mark), findings: Vec::new(), own_failed }
}

/// Behind Sortie, in a mode, with or without customers before the attacks.
async fn behind(
    name: &'static str,
    mode: &str,
    warm: bool,
    language: Language,
    log: &Log,
    attacks: &[Attack],
    folder: &Path,
) -> Phase {
    let folder = subfolder(folder, name);
    let sortie = Sortie::start(mode, Backend::ADDRESS, &folder).await;
    let backend = Backend::start_app(APP, language, Some(OUTBOUND), &folder).await;
    let mark = log.len();
    let mut sent = Vec::new();
    if warm {
        sent.extend(play::warm_up(INBOUND, &format!("{name}w")).await);
        backend.settle().await;
    }
    sent.extend(play::attack(INBOUND, &format!("{name}a"), attacks).await);
    backend.settle().await;
    let State { own_failed, .. } = backend.state().await;
    std::fs::write(folder.join("sinks.txt"), sortie.command(&["sinks"])).expect("what was learned is written");
    drop(backend);
    let findings = sortie.finish().await;
    Phase { name, sent, reached: play::reached(log, mark), findings, own_failed }
}

fn subfolder(folder: &Path, name: &str) -> PathBuf {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("cannot make {}: {e}", folder.display()));
    folder
}
