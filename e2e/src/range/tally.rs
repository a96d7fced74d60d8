//! What became of the attacks, as a table, and what is wrong with it.

use std::collections::HashSet;
use std::fmt::Write;
use std::net::IpAddr;

use crate::findings::{Finding, Severity};
use crate::verify::{Problems, brief};

use super::play::{Attack, Intent, Sent};
use super::{carrier, disguise};

/// One phase of the play, and what is known of it afterwards.
pub struct Phase {
    /// `direct`, `observe`, `block` or `cold`.
    pub name: &'static str,
    /// All requests.
    pub sent: Vec<Sent>,
    /// Ids of those of which a denied destination was reached.
    pub reached: HashSet<String>,
    /// What Sortie found.
    pub findings: Vec<Finding>,
    /// Own calls of the back end that failed.
    pub own_failed: u64,
}

/// How an attack is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Told {
    /// Not at all.
    Not,
    /// Among several requests, or as another client's.
    Among,
    /// As this client's.
    Rightly,
}

impl Phase {
    /// Attacks with whether they reached their aim.
    pub fn attacks(&self) -> impl Iterator<Item = (&Sent, Attack, bool)> {
        self.sent.iter().filter_map(|sent| Some((sent, sent.attack()?, self.reached.contains(&sent.id))))
    }

    /// Attacks of which the aim was reached.
    pub fn successes(&self) -> Vec<Attack> {
        self.attacks().filter(|(_, _, reached)| *reached).map(|(_, attack, _)| attack).collect()
    }

    fn accusing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.severity > Severity::Info)
    }

    /// How a request is told.
    pub fn told(&self, sent: &Sent) -> Told {
        let is_by_client =
            |finding: &Finding| finding.actor.as_ref().is_some_and(|actor| actor.address == IpAddr::V4(sent.client));
        let naming = self.accusing().filter(|finding| finding.request(&sent.id).is_some());
        naming.map(|finding| if is_by_client(finding) { Told::Rightly } else { Told::Among }).max().unwrap_or(Told::Not)
    }

    /// Of the attacks that can succeed, how many are told with the right client, in percent.
    pub fn rightly_told(&self, possible: &[Attack]) -> f64 {
        let told: Vec<bool> = self
            .attacks()
            .filter(|(_, attack, _)| possible.contains(attack))
            .map(|(sent, _, _)| self.told(sent) == Told::Rightly)
            .collect();
        100.0 * told.iter().filter(|told| **told).count() as f64 / told.len().max(1) as f64
    }

    /// Attacks that reached their aim, in words.
    pub fn holes(&self) -> Problems {
        let reached = self.attacks().filter(|(_, _, reached)| *reached);
        reached.map(|(sent, _, _)| format!("{}: reached: {sent}, {}", self.name, self.how(sent))).collect()
    }

    /// The same at carriers to which customers hand whole hosts, or at the others.
    pub fn holes_at(&self, takes_hosts: bool) -> Problems {
        let is_there = |attack: Attack| carrier::ALL[attack.carrier].takes_hosts == takes_hosts;
        let reached = self.attacks().filter(|&(_, attack, reached)| reached && is_there(attack));
        reached.map(|(sent, _, _)| format!("{}: reached: {sent}, {}", self.name, self.how(sent))).collect()
    }

    /// Attacks that can succeed and did not in this phase, in words; where nothing is blocked, the client
    /// library sent another request to its proxy, or one that is none.
    pub fn unmade(&self, possible: &[Attack]) -> Problems {
        let unmade = self
            .attacks()
            .filter(|(_, attack, reached)| self.name == "observe" && !reached && possible.contains(attack));
        unmade.map(|(sent, _, _)| format!("{}: not made: {sent}", self.name)).collect()
    }

    /// Attacks that can succeed and are not told as this client's, in words.
    pub fn untold(&self, possible: &[Attack]) -> Problems {
        let attacks = self.attacks().filter(|(_, attack, _)| possible.contains(attack));
        attacks
            .filter(|(sent, _, _)| self.told(sent) != Told::Rightly)
            .map(|(sent, _, _)| format!("{}: not told: {sent}, {}", self.name, self.how(sent)))
            .collect()
    }

    fn how(&self, sent: &Sent) -> String {
        let naming = self.findings.iter().filter(|finding| finding.request(&sent.id).is_some());
        let told: Vec<String> = naming.map(brief).collect();
        if told.is_empty() { "no finding names it".to_owned() } else { told.join("; ") }
    }

    /// Customers who were not served, who are accused, and own calls that failed.
    pub fn harm(&self) -> Problems {
        let benign = || self.sent.iter().filter(|sent| sent.is_benign());
        let unserved = benign().filter(|sent| !sent.status.is_some_and(|status| status.is_success()));
        let mut harm: Problems = unserved.map(|sent| format!("{}: not served: {sent}", self.name)).collect();
        harm.extend(
            benign()
                .filter(|sent| self.told(sent) != Told::Not)
                .map(|sent| format!("{}: accused: {sent}, {}", self.name, self.how(sent))),
        );
        harm.extend((self.own_failed > 0).then(|| format!("{}: {} own calls failed", self.name, self.own_failed)));
        harm
    }
}

/// The table: a row for each carrier and each disguise, a column for each phase.
pub fn render(title: &str, phases: &[Phase]) -> String {
    let mut table = format!(
        "\n{title}: attacks that reached a denied destination, and (told with the right client) of possible ones\n"
    );
    let possible = phases.first().map(Phase::successes).unwrap_or_default();
    let mut row = |name: &str, fits: &dyn Fn(&Attack) -> bool| {
        let count = |phase: &Phase| {
            let all = phase.attacks().filter(|(_, attack, _)| fits(attack)).count();
            let reached = phase.attacks().filter(|(_, attack, reached)| fits(attack) && *reached).count();
            let told = phase
                .attacks()
                .filter(|(sent, attack, _)| {
                    fits(attack) && possible.contains(attack) && phase.told(sent) == Told::Rightly
                })
                .count();
            (all, reached, told)
        };
        let counts: Vec<_> = phases.iter().map(count).collect();
        let all = counts.first().map_or(0, |&(all, _, _)| all);
        let _ = write!(table, "{name:<28}{all:>5}");
        for (phase, (_, reached, told)) in phases.iter().zip(counts) {
            let told = if phase.name == "direct" { String::new() } else { format!("({told})") };
            let _ = write!(table, "{reached:>7}{told:<6}");
        }
        table.push('\n');
    };
    for (number, carrier) in carrier::ALL.iter().enumerate() {
        row(carrier.name, &|attack| attack.carrier == number);
    }
    for (number, disguise) in disguise::ALL.iter().enumerate() {
        row(&format!("- {}", disguise.name), &|attack| attack.disguise == number);
    }
    row("all", &|_| true);
    let names: Vec<String> = phases.iter().map(|phase| format!("{:>7}      ", phase.name)).collect();
    let _ = writeln!(table, "{:<28}{:>5}{}", "", "all", names.concat());
    for phase in phases {
        let benign = phase.sent.iter().filter(|sent| sent.is_benign());
        let mentions = benign.clone().filter(|sent| matches!(sent.intent, Intent::Benign { mention: true })).count();
        let harm = phase.harm().len();
        let _ =
            writeln!(table, "{}: {} benign, {mentions} of them mentions, {harm} harmed", phase.name, benign.count());
    }
    table
}
