//! What the demonstration promises, and where it was not kept.

use sortie_model::Mode;
use sortie_model::finding::FindingKind;

use super::attack;
use super::hour::Played;
use super::stage::accusations;

/// The promises that an hour broke, in words; none is as it should be.
pub(super) fn broken(hour: &Played) -> Vec<String> {
    let mode = hour.mode;
    let mut broken = Vec::new();
    if !hour.benign.is_untouched() {
        let benign = &hour.benign;
        broken.push(format!(
            "{mode}: customers were touched: webhooks {}/{}, previews {}/{}, own calls {}/{}, mentions {}/{}{}",
            benign.webhooks.done,
            benign.webhooks.expected,
            benign.previews.done,
            benign.previews.expected,
            benign.own_calls.done,
            benign.own_calls.expected,
            benign.mentions.done,
            benign.mentions.expected,
            benign.failures.iter().map(|failure| format!("; {failure}")).collect::<Vec<_>>().concat(),
        ));
    }
    for finding in accusations(&hour.findings) {
        broken.push(format!("{mode}: {} accuses somebody who did nothing", finding.id));
    }
    for (deed, finding) in &hour.attacks {
        let title = deed.attack.title();
        let Some(finding) = finding else {
            broken.push(format!("{mode}: {title}: not found"));
            continue;
        };
        if finding.requests_total < deed.orders {
            broken.push(format!("{mode}: {title}: {} of {} orders told", finding.requests_total, deed.orders));
        }
        let due = attack::rung(deed.attack);
        let is_attack = deed.attack.denied().is_some();
        if (mode == Mode::Observe || !is_attack) && finding.rung < due {
            broken.push(format!("{mode}: {title}: found on rung {} instead of {due}", finding.rung));
        }
        if mode == Mode::Observe && is_attack && deed.reached == 0 {
            broken.push(format!("{mode}: {title}: did not get through, though nothing was to stop it"));
        }
        if mode == Mode::Block && is_attack && deed.reached > 0 {
            broken.push(format!("{mode}: {title}: reached its destination {} times", deed.reached));
        }
        if mode == Mode::Block && is_attack && finding.kind != FindingKind::Blocked {
            broken.push(format!("{mode}: {title}: told as {}", finding.kind.as_str()));
        }
    }
    broken
}
