//! Holds findings against the truth. Each check returns what is wrong, in words.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use crate::findings::{Finding, Severity};
use crate::shape::Shape;
use crate::target::Goal;
use crate::truth::{Attack, Intent, Truth};

/// What is wrong; empty is good.
pub type Problems = Vec<String>;

/// Panics with all that is wrong; `folder` holds the logs.
pub fn report(problems: &[String], folder: &Path) {
    assert!(problems.is_empty(), "{} problems:\n{}\nlogs: {}", problems.len(), problems.join("\n"), folder.display());
}

/// Every benign request got the answer that it gets without Sortie.
pub fn benign_untouched(truths: &[Truth]) -> Problems {
    let touched = truths.iter().filter(|truth| truth.expected().is_some_and(|expected| truth.status != Some(expected)));
    touched.map(|truth| format!("benign request got {}: {truth}", status(truth))).collect()
}

/// No finding above `info` names a benign request.
pub fn benign_unaccused(truths: &[Truth], findings: &[Finding]) -> Problems {
    let benign = truths.iter().filter(|truth| truth.attack().is_none());
    benign
        .flat_map(|truth| {
            let accusing = findings.iter().filter(|finding| finding.severity > Severity::Info);
            accusing
                .filter(|finding| finding.request(&truth.id).is_some())
                .map(move |finding| format!("{} accuses a benign request: {truth}", brief(finding)))
        })
        .collect()
}

/// Every attack reached its target: the test is able to fail, and `observe` changes nothing.
pub fn all_reached(truths: &[Truth]) -> Problems {
    let unreached = attacks(truths).filter(|(_, attack)| !attack.reached);
    unreached.map(|(truth, _)| format!("did not reach its target ({}): {truth}", status(truth))).collect()
}

/// At least a third of the attacks reached their target, so that stopping them means something.
pub fn some_reached(truths: &[Truth]) -> Problems {
    let (reached, all) = (attacks(truths).filter(|(_, attack)| attack.reached).count(), attacks(truths).count());
    let problem = (reached * 3 < all).then(|| format!("only {reached} of {all} reached their target"));
    problem.into_iter().collect()
}

/// The attacks that reached their target are in findings that name their requests.
pub fn reached_are_named(truths: &[Truth], findings: &[Finding]) -> Problems {
    let named = |truth: &Truth| findings.iter().any(|f| f.severity > Severity::Info && f.request(&truth.id).is_some());
    let reached = attacks(truths).filter(|(_, attack)| attack.reached);
    reached.filter(|(truth, _)| !named(truth)).map(|(truth, _)| format!("reached and not found: {truth}")).collect()
}

/// No attack reached its target.
pub fn none_reached(truths: &[Truth]) -> Problems {
    let reached = attacks(truths).filter(|(_, attack)| attack.reached);
    reached.map(|(truth, _)| format!("reached its target ({}): {truth}", status(truth))).collect()
}

/// Every attack is in a finding that names its request, client, endpoint, location, destination
/// and rung.
pub fn all_found(truths: &[Truth], findings: &[Finding]) -> Problems {
    attacks(truths).filter_map(|(truth, attack)| found(truth, attack, findings).err()).collect()
}

/// Every attack is in a finding of this very client, place and class of destination, which says that it
/// was refused.
pub fn all_refused(truths: &[Truth], findings: &[Finding]) -> Problems {
    told_as(truths, findings, "blocked")
}

/// The same, which says that it would have been refused.
pub fn all_would_be_refused(truths: &[Truth], findings: &[Finding]) -> Problems {
    told_as(truths, findings, "would_block")
}

fn told_as(truths: &[Truth], findings: &[Finding], action: &str) -> Problems {
    let told = attacks(truths).map(|(truth, attack)| match best(truth, attack, findings) {
        Ok(finding) if finding.decision.action == action => None,
        Ok(finding) => Some(format!("{} is not {action}: {truth}", brief(finding))),
        Err(problem) => Some(problem),
    });
    told.flatten().collect()
}

/// Each session is one client's, and each client has one: beside its address, by which it is known
/// until the back end has accepted its token.
pub fn actors_distinct(truths: &[Truth], findings: &[Finding]) -> Problems {
    let mut clients: HashMap<&str, Ipv4Addr> = HashMap::new();
    let mut actors: HashMap<Ipv4Addr, &str> = HashMap::new();
    let named = truths.iter().flat_map(|t| findings.iter().filter_map(move |f| Some((t, f.request(&t.id)?))));
    named
        .filter(|(truth, request)| request.actor != truth.client.to_string())
        .filter_map(|(truth, request)| {
            let client = *clients.entry(&request.actor).or_insert(truth.client);
            let actor = *actors.entry(truth.client).or_insert(&request.actor);
            let differs = client != truth.client || actor != request.actor;
            differs.then(|| {
                format!("actor {} ({client}) and actor {actor} ({}) are one: {truth}", request.actor, truth.client)
            })
        })
        .collect()
}

/// The rung that an attack must get where nothing stops it.
fn rung(attack: &Attack) -> &'static str {
    if attack.shape.returns_answer() { "E5" } else { "E4" }
}

fn found(truth: &Truth, attack: &Attack, findings: &[Finding]) -> Result<(), String> {
    let finding = best(truth, attack, findings)?;
    let wrong = |what: &str| Err(format!("{}: {what}: {truth}", brief(finding)));
    let request = finding.request(&truth.id).expect("best() looked for it");
    let target = attack.target.listener;
    let dial = finding.dials.iter().find(|dial| {
        dial.address == Some(target.ip()) && dial.port == target.port() && dial.ordered_by.as_ref() == Some(&request.id)
    });
    match dial {
        None => return wrong("no dial to the target is ordered by this request"),
        Some(dial) if attack.shape.returns_answer() && dial.returned.is_none() => {
            return wrong("the answer's return to the caller was not seen");
        }
        Some(_) => {}
    }
    if finding.rung != rung(attack) {
        return wrong(&format!("rung {}, not {}", finding.rung, rung(attack)));
    }
    if finding.decision.action == "blocked" {
        return wrong("said to be blocked");
    }
    Ok(())
}

/// The most urgent finding that tells of this attack.
fn best<'a>(truth: &Truth, attack: &Attack, findings: &'a [Finding]) -> Result<&'a Finding, String> {
    let naming: Vec<&Finding> = findings.iter().filter(|finding| finding.request(&truth.id).is_some()).collect();
    let telling = naming.iter().filter(|finding| tells(finding, truth, attack)).max_by_key(|finding| finding.severity);
    telling.copied().ok_or_else(|| {
        let others: Vec<String> = naming.iter().map(|finding| brief(finding)).collect();
        let others = if others.is_empty() { "no finding names it".to_owned() } else { others.join("; ") };
        format!("not found ({others}), answered {}: {truth}", status(truth))
    })
}

fn tells(finding: &Finding, truth: &Truth, attack: &Attack) -> bool {
    let actor = finding.actor.as_ref().is_some_and(|actor| actor.address == IpAddr::V4(truth.client));
    let endpoint = finding.endpoint.as_ref().is_some_and(|endpoint| fits(attack.shape, &endpoint.template));
    let location = finding.location.as_ref().is_some_and(|at| at.starts_with(attack.shape.location()));
    let class = finding.destination.class == attack.goal.class();
    // A refused redirect may be told as what was named: the attacker's public host.
    let class = class
        || (attack.goal == Goal::Redirect
            && finding.dials.iter().any(|d| d.address == Some(attack.target.listener.ip())));
    finding.severity > Severity::Info && actor && endpoint && location && class
}

fn fits(shape: Shape, template: &str) -> bool {
    if shape == Shape::Path { template.starts_with(shape.route()) } else { template == shape.route() }
}

fn attacks(truths: &[Truth]) -> impl Iterator<Item = (&Truth, &Attack)> {
    truths.iter().filter_map(|truth| match &truth.intent {
        Intent::Attack(attack) => Some((truth, attack)),
        _ => None,
    })
}

fn status(truth: &Truth) -> String {
    truth.status.map_or_else(|| "no answer".to_owned(), |status| status.as_u16().to_string())
}

/// A finding on one line.
pub fn brief(finding: &Finding) -> String {
    let at = finding.endpoint.as_ref().map_or("?", |endpoint| endpoint.template.as_str());
    let location = finding.location.as_deref().unwrap_or("?");
    let rule = finding.decision.rule.as_deref().unwrap_or("no rule");
    format!(
        "{} {} {:?} {} at {at} {location} to {} ({}), {} by {rule}",
        finding.id,
        finding.kind,
        finding.severity,
        finding.rung,
        finding.destination.host,
        finding.destination.class,
        finding.decision.action,
    )
}
