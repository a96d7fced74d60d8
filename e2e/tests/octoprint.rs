//! OctoPrint, a real program that nobody here wrote, between the doors.

// A test speaks on stdout.
#![allow(clippy::print_stdout)]

use std::path::{Path, PathBuf};

use http::StatusCode;
use sortie_e2e::findings::{Finding, Severity};
use sortie_e2e::lab::{self, Lab, Row, Sink};
use sortie_e2e::namespace;
use sortie_e2e::octoprint::{self, OctoPrint};
use sortie_e2e::sortie::{INBOUND, OUTBOUND, Sortie};
use sortie_e2e::tail;
use sortie_e2e::verify::{brief, report};

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
    ordered: Vec<Ordered>,
}

/// A dial that was attributed to a request.
struct Ordered {
    /// `host:port`.
    destination: String,
    /// When the request was read, in Unix seconds.
    at: f64,
}

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
            println!("{} dials are attributed to requests", run.ordered.len());
            problems.extend(run.misattributed());
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
    let dials = tail::dials(&tail.output());
    let ordered = dials.iter().filter_map(|dial| {
        let request = dial.ordered_by.as_ref()?;
        Some(Ordered { destination: dial.destination.clone(), at: sortie.explained(request).at() })
    });
    let ordered = ordered.collect();
    let findings = sortie.finish().await;
    Run { rows, sinks: lab.sinks(), findings, ordered }
}

async fn play_without(scripts: &Path, folder: &Path) -> Run {
    let lab = Lab::start(scripts, folder).await;
    let _octoprint = OctoPrint::start(lab::PROXY, folder).await;
    let rows = lab::drive(scripts, "octoprint.py", octoprint::LISTEN, folder).await;
    Run { rows, sinks: lab.sinks(), findings: Vec::new(), ordered: Vec::new() }
}

impl Run {
    /// Every benign fetch arrived; the driver has checked the answers.
    fn benign_touched(&self) -> Vec<String> {
        let lost = self.rows.iter().filter(|row| row.label == "benign-fetch" && row.target.starts_with("http"));
        lost.filter(|row| !row.is_seen(&self.sinks))
            .map(|row| format!("a benign fetch did not arrive: {row}"))
            .collect()
    }

    /// Every fetch that a user ordered is attributed to the very request, one by one, and nothing else is
    /// attributed to anybody: what the program calls by itself is its own.
    fn misattributed(&self) -> Vec<String> {
        let is_order =
            |row: &&Row| row.target.starts_with("http") && ["benign-fetch", "attack"].contains(&row.label.as_str());
        let orders: Vec<&Row> = self.rows.iter().filter(is_order).collect();
        let is_ordered = |row: &Row| self.ordered.iter().any(|ordered| during(row, ordered.at));
        // What the inbound door refused led to no dial.
        let was_let_in = |row: &&&Row| row.status != StatusCode::FORBIDDEN.as_u16();
        let missed = orders
            .iter()
            .filter(was_let_in)
            .filter(|row| !is_ordered(row))
            .map(|row| format!("no dial is attributed to {row}"));
        let wrong = self.ordered.iter().filter(|ordered| !orders.iter().any(|row| during(row, ordered.at)));
        let wrong =
            wrong.map(|ordered| format!("{} is attributed to a request that ordered nothing", ordered.destination));
        missed.chain(wrong).collect()
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
