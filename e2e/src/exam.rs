//! One exam: a back end, a mode, the whole play, every check.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::backend::{Backend, Language, State};
use crate::findings::Finding;
use crate::listener::{self, Log};
use crate::process::until;
use crate::shape::Shape;
use crate::sortie::{INBOUND, OUTBOUND, Sortie};
use crate::target::{Goal, Target};
use crate::traffic::{Driver, marker};
use crate::truth::Truth;
use crate::verify::{self, Problems};
use crate::world::HOSTS;
use crate::{dns, namespace, table};

/// How long `sortie off` may take to have its effect.
const OFF_WITHIN: Duration = Duration::from_secs(1);

/// Without Sortie: every attack reaches its target, every benign request is served. Shows that the
/// play is real.
pub fn direct(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let backend = Backend::start(language, None, &folder).await;
        let truths = play(&Driver::new(backend.address()), &backend, &log).await;
        println!("{}", table::render(name, &truths, &[]));
        let mut problems = verify::benign_untouched(&truths);
        problems.extend(verify::all_reached(&truths));
        problems.extend(own_calls_served(&backend, State::default()).await);
        verify::report(&problems, &folder);
    });
}

/// In `observe`: nothing is changed, and everything is found.
pub fn observe(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let (sortie, backend) = start("observe", language, &folder).await;
        let truths = play(&Driver::new(INBOUND), &backend, &log).await;
        let mut problems = own_calls_served(&backend, State::default()).await;
        let findings = sortie.finish().await;
        println!("{}", table::render(name, &truths, &findings));
        problems.extend(verify::all_reached(&truths));
        problems.extend(verify::all_found(&truths, &findings));
        problems.extend(innocence(&truths, &findings));
        verify::report(&problems, &folder);
    });
}

/// In `shadow`: nothing is changed, and of every attack it is said that `block` would have stopped it.
pub fn shadow(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let (sortie, backend) = start("shadow", language, &folder).await;
        let truths = play(&Driver::new(INBOUND), &backend, &log).await;
        let mut problems = own_calls_served(&backend, State::default()).await;
        let findings = sortie.finish().await;
        println!("{}", table::render(name, &truths, &findings));
        problems.extend(verify::all_reached(&truths));
        problems.extend(verify::all_would_be_refused(&truths, &findings));
        problems.extend(innocence(&truths, &findings));
        verify::report(&problems, &folder);
    });
}

/// In `block`: no denied target is reached, and nothing else is changed.
pub fn block(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let (sortie, backend) = start("block", language, &folder).await;
        let driver = Driver::new(INBOUND);
        let truths = play(&driver, &backend, &log).await;
        let mut problems = own_calls_served(&backend, State::default()).await;
        problems.extend(switched_off(&sortie, &driver, &backend, &log).await);
        let findings = sortie.finish().await;
        println!("{}", table::render(name, &truths, &findings));
        problems.extend(verify::none_reached(&truths));
        problems.extend(verify::all_refused(&truths, &findings));
        problems.extend(innocence(&truths, &findings));
        verify::report(&problems, &folder);
    });
}

/// Observed, killed, and started again in `block`: what was learned is still known.
pub fn restart(name: &str, language: Language) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let (sortie, backend) = start("observe", language, &folder).await;
        let driver = Driver::new(INBOUND);
        let mut truths = driver.warm_up().await;
        backend.settle().await;
        sortie.crash();
        let sortie = Sortie::start("block", Backend::ADDRESS, &folder).await;
        let before = recovered(&backend).await;
        truths.extend(driver.attack(&backend, &log, &truths).await);
        backend.settle().await;
        let mut problems = own_calls_served(&backend, before).await;
        let findings = sortie.finish().await;
        println!("{}", table::render(name, &truths, &findings));
        problems.extend(verify::none_reached(&truths));
        problems.extend(verify::all_refused(&truths, &findings));
        problems.extend(innocence(&truths, &findings));
        verify::report(&problems, &folder);
    });
}

/// Addresses in every spelling: what a client library dials is found in `observe` and stopped in
/// `block`. Without Sortie (`None`) it shows which spellings reach their target at all.
pub fn disguised(name: &str, language: Language, mode: Option<&str>) {
    namespace::run(name, &HOSTS, async |folder: PathBuf| {
        let log = serve().await;
        let sortie = match mode {
            Some(mode) => Some(Sortie::start(mode, Backend::ADDRESS, &folder).await),
            None => None,
        };
        let backend = Backend::start(language, sortie.as_ref().map(|_| OUTBOUND), &folder).await;
        let driver = Driver::new(if sortie.is_some() { INBOUND } else { Backend::ADDRESS });
        let mut truths = driver.warm_up().await;
        backend.settle().await;
        let attacks = driver.disguised(&backend, &log).await;
        let mut problems = own_calls_served(&backend, State::default()).await;
        let findings = match sortie {
            Some(sortie) => sortie.finish().await,
            None => Vec::new(),
        };
        println!("{}", table::disguises(name, &attacks, &findings));
        truths.extend(attacks.into_iter().map(|(_, truth)| truth));
        problems.extend(innocence(&truths, &findings));
        match mode {
            Some("block") => problems.extend(verify::none_reached(&truths)),
            Some(_) => problems.extend(verify::reached_are_named(&truths, &findings)),
            None => problems.extend(verify::some_reached(&truths)),
        }
        verify::report(&problems, &folder);
    });
}

async fn serve() -> Log {
    dns::serve().await.expect("the name server starts");
    listener::serve().await.expect("the listeners start")
}

async fn start(mode: &str, language: Language, folder: &std::path::Path) -> (Sortie, Backend) {
    let sortie = Sortie::start(mode, Backend::ADDRESS, folder).await;
    let backend = Backend::start(language, Some(OUTBOUND), folder).await;
    (sortie, backend)
}

async fn play(driver: &Driver, backend: &Backend, log: &Log) -> Vec<Truth> {
    let mut truths = driver.warm_up().await;
    backend.settle().await;
    let attacks = driver.attack(backend, log, &truths).await;
    truths.extend(attacks);
    backend.settle().await;
    truths
}

/// The back end's own calls all went through since it said `before`, retries included.
async fn own_calls_served(backend: &Backend, before: State) -> Problems {
    let failed = backend.state().await.own_failed - before.own_failed;
    let problem = (failed > 0).then(|| format!("{failed} of the back end's own calls failed"));
    problem.into_iter().collect()
}

/// What a back end says once an own call has succeeded again.
async fn recovered(backend: &Backend) -> State {
    let before = backend.state().await;
    until("an own call that succeeds", async || {
        let now = backend.state().await;
        (now.own_ok > before.own_ok).then_some(now)
    })
    .await
}

fn innocence(truths: &[Truth], findings: &[Finding]) -> Problems {
    let mut problems = verify::benign_untouched(truths);
    problems.extend(verify::benign_unaccused(truths, findings));
    problems.extend(verify::actors_distinct(truths, findings));
    problems
}

/// After `sortie off`, what was refused passes within a second.
async fn switched_off(sortie: &Sortie, driver: &Driver, backend: &Backend, log: &Log) -> Problems {
    let asked = Instant::now();
    sortie.command(&["off"]);
    let mut nth = 1000;
    while asked.elapsed() < OFF_WITHIN {
        nth += 1;
        let (shape, goal) = (Shape::Preview, Goal::Metadata);
        let target = Target::new(goal, shape, &marker(nth)).expect("every shape can name the metadata service");
        let truth = driver.strike(shape, goal, target, nth, (backend, log)).await;
        if truth.attack().is_some_and(|attack| attack.reached) {
            return Problems::new();
        }
    }
    vec![format!("an attack was still refused {} ms after 'sortie off'", asked.elapsed().as_millis())]
}
