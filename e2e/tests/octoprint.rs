//! OctoPrint, a real program that nobody here wrote, between the doors.

// A test speaks on stdout.
#![allow(clippy::print_stdout)]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use http::StatusCode;
use sortie_e2e::findings::{Finding, Severity};
use sortie_e2e::lab::{self, Lab, Row, Sink};
use sortie_e2e::namespace;
use sortie_e2e::octoprint::{self, OctoPrint};
use sortie_e2e::sortie::{INBOUND, OUTBOUND, Sortie};
use sortie_e2e::tail::{self, TailDial};
use sortie_e2e::verify::{brief, report};
use sortie_model::Destination;

#[test]
fn octoprint_direct() {
    played("octoprint_direct", None, |run| {
        let unseen = run.rows.iter().filter(|row| row.is_http_attack() && !row.is_seen(&run.sinks));
        unseen.map(|row| format!("did not reach its target: {row}")).collect()
    });
}

#[test]
fn octoprint_observe() {
    played("octoprint_observe", Some("observe"), |run| {
        let mut problems = run.each_attack(|row, finding, sinks| {
            let reached = row.is_seen(sinks);
            (!reached).then(|| "did not reach its target".to_owned()).or_else(|| passed(finding))
        });
        if !run.findings.iter().flat_map(|finding| &finding.dials).any(|dial| is_base64(dial.returned.as_deref())) {
            problems.push("no answer was seen to come back in base64".to_owned());
        }
        problems
    });
}

#[test]
fn octoprint_block() {
    played("octoprint_block", Some("block"), |run| {
        run.each_attack(|row, finding, sinks| {
            let reached = row.is_seen(sinks);
            reached.then(|| "reached its target".to_owned()).or_else(|| blocked(finding))
        })
    });
}

/// One play and what came of it.
struct Run {
    rows: Vec<Row>,
    sinks: Vec<Sink>,
    findings: Vec<Finding>,
    dials: Vec<Dial>,
}

/// A dial as `sortie tail` told it.
struct Dial {
    destination: Destination,
    /// Probability that it was ordered.
    p: f64,
    /// When the request that ordered it was read, in Unix seconds; `None` where none did.
    ordered_at: Option<f64>,
}

/// Destinations that OctoPrint calls of its own accord, updates and tracking turned off.
const OWN_DESTINATIONS: usize = 3;

/// Plays in a namespace, and reports what `check` says is wrong. Mode `None` is without Sortie.
fn played(name: &str, mode: Option<&str>, check: impl FnOnce(&Run) -> Vec<String>) {
    let Some(scripts) = lab::folder() else {
        println!("{name}: skipped, for there is no ../shared/apps with drivers");
        return;
    };
    namespace::run(name, &lab::HOSTS, async |folder: PathBuf| {
        let run = match mode {
            Some(mode) => play(&scripts, mode, &folder).await,
            None => play_without(&scripts, &folder).await,
        };
        for finding in &run.findings {
            println!("{}", brief(finding));
        }
        let mut problems = run.benign_touched();
        problems.extend(run.accused());
        if mode.is_some() {
            let ordered = run.dials.iter().filter(|dial| dial.ordered_at.is_some()).count();
            println!("{} dials, {ordered} of them are attributed to requests", run.dials.len());
            problems.extend(run.misattributed());
            problems.extend(run.own_misjudged());
        }
        problems.extend(check(&run));
        report(&problems, &folder);
    });
}

async fn play(scripts: &Path, mode: &str, folder: &Path) -> Run {
    let lab = Lab::start(scripts, folder).await;
    let sortie = Sortie::start(mode, octoprint::LISTEN, folder).await;
    let tail = sortie.tail(folder);
    let octoprint = OctoPrint::start(OUTBOUND, folder).await;
    let rows = lab::drive(scripts, "octoprint.py", INBOUND, folder).await;
    sortie.until_status("status to tell that the TCP test goes past the outbound door", is_unseen_told).await;
    drop(octoprint);
    let dials = tail::dials(&tail.output()).iter().map(|dial| dialled(dial, &sortie)).collect();
    let findings = sortie.finish().await;
    Run { rows, sinks: lab.sinks(), findings, dials }
}

fn dialled(dial: &TailDial, sortie: &Sortie) -> Dial {
    Dial {
        destination: dial.destination.parse().expect("a dial has a destination"),
        p: dial.p,
        ordered_at: dial.ordered_by.as_ref().map(|request| sortie.explained(request).at()),
    }
}

async fn play_without(scripts: &Path, folder: &Path) -> Run {
    let lab = Lab::start(scripts, folder).await;
    let _octoprint = OctoPrint::start(lab::PROXY, folder).await;
    let rows = lab::drive(scripts, "octoprint.py", octoprint::LISTEN, folder).await;
    Run { rows, sinks: lab.sinks(), findings: Vec::new(), dials: Vec::new() }
}

impl Run {
    /// Every benign fetch arrived; the driver has checked the answers.
    fn benign_touched(&self) -> Vec<String> {
        let lost = self.rows.iter().filter(|row| row.label == "benign-fetch" && row.target.starts_with("http"));
        lost.filter(|row| !row.is_seen(&self.sinks))
            .map(|row| format!("a benign fetch did not arrive: {row}"))
            .collect()
    }

    /// Every dial that a user ordered is attributed to the very request, destination by destination, and
    /// nothing else is attributed to anybody.
    fn misattributed(&self) -> Vec<String> {
        let is_order =
            |row: &&Row| row.target.starts_with("http") && ["benign-fetch", "attack"].contains(&row.label.as_str());
        let orders: Vec<(&Row, BTreeSet<Destination>)> =
            self.rows.iter().filter(is_order).map(|row| (row, row.destinations())).collect();
        let is_of = |dial: &Dial, row: &Row| dial.ordered_at.is_some_and(|at| during(row, at));
        // What the inbound door refused led to no dial.
        let let_in = orders.iter().filter(|(row, _)| row.status != StatusCode::FORBIDDEN.as_u16());
        let missed = let_in.flat_map(|(row, destinations)| {
            let is_told =
                |to: &&Destination| self.dials.iter().any(|dial| dial.destination == **to && is_of(dial, row));
            let missed = destinations.iter().filter(move |to| !is_told(to));
            missed.map(move |to| format!("no dial to {to} is attributed to {row}"))
        });
        let is_right = |dial: &Dial| {
            orders.iter().any(|(row, destinations)| destinations.contains(&dial.destination) && is_of(dial, row))
        };
        let wrong = self.dials.iter().filter(|dial| dial.ordered_at.is_some() && !is_right(dial));
        let wrong = wrong.map(|dial| format!("{} is attributed to a request that did not order it", dial.destination));
        missed.chain(wrong).collect()
    }

    /// What the program calls by itself, and no user named, is seen and is its own.
    fn own_misjudged(&self) -> Vec<String> {
        let named: BTreeSet<Destination> = self.rows.iter().flat_map(Row::destinations).collect();
        let own: Vec<&Dial> = self.dials.iter().filter(|dial| !named.contains(&dial.destination)).collect();
        let destinations: BTreeSet<&Destination> = own.iter().map(|dial| &dial.destination).collect();
        for destination in &destinations {
            println!("{destination} is called of its own accord");
        }
        let few = (destinations.len() < OWN_DESTINATIONS)
            .then(|| format!("{} of {OWN_DESTINATIONS} own destinations are seen", destinations.len()));
        let ordered = own.iter().filter(|dial| dial.ordered_at.is_some() || dial.p >= 0.5);
        let ordered =
            ordered.map(|dial| format!("{} is its own and counts as ordered, p {}", dial.destination, dial.p));
        few.into_iter().chain(ordered).collect()
    }

    /// Findings above `info` that name anything but attacks: other users' requests, or calls that
    /// the program makes of its own accord.
    fn accused(&self) -> Vec<String> {
        let attacks: Vec<&Row> = self.rows.iter().filter(|row| row.label == "attack").collect();
        let urgent = self.findings.iter().filter(|finding| finding.severity > Severity::Info);
        urgent
            .filter(|finding| {
                let of_attack = |at: f64| attacks.iter().any(|row| during(row, at));
                finding.requests.is_empty() || !finding.requests.iter().all(|request| of_attack(request.at()))
            })
            .map(|finding| format!("{} names what is no attack", brief(finding)))
            .collect()
    }

    /// What `judge` says of each HTTP attack and the finding that names it.
    fn each_attack(&self, judge: impl Fn(&Row, &Finding, &[Sink]) -> Option<String>) -> Vec<String> {
        let attacks = self.rows.iter().filter(|row| row.is_http_attack());
        attacks
            .filter_map(|row| {
                let problem = match self.finding(row) {
                    None => Some("no finding names it".to_owned()),
                    Some(finding) => judge(row, finding, &self.sinks),
                };
                problem.map(|problem| format!("{problem}: {row}"))
            })
            .collect()
    }

    /// The most urgent finding that names the request of this row.
    fn finding(&self, row: &Row) -> Option<&Finding> {
        let naming = self.findings.iter().filter(|finding| finding.requests.iter().any(|r| during(row, r.at())));
        naming.max_by_key(|finding| finding.severity)
    }
}

/// Whether requests named destinations at the TCP test for which no dial was seen.
fn is_unseen_told(status: &str) -> bool {
    status.lines().any(|line| line.contains("/api/util/test") && line.contains("goes around"))
}

/// Whether a moment lies within a row's request; clocks are the same, but rounded.
fn during(row: &Row, at: f64) -> bool {
    at >= row.ts - 0.002 && at <= row.te + 0.002
}

fn passed(finding: &Finding) -> Option<String> {
    let answered = ["E4", "E5"].contains(&finding.rung.as_str()) && finding.severity >= Severity::High;
    (!answered).then(|| format!("told as {}", brief(finding)))
}

fn blocked(finding: &Finding) -> Option<String> {
    (finding.decision.action != "blocked").then(|| format!("told as {}", brief(finding)))
}

fn is_base64(returned: Option<&str>) -> bool {
    returned.is_some_and(|words| words.contains("base64"))
}
