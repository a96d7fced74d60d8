//! The two hours, side by side.

use sortie_demo::{Attack, Deed, Tally};
use sortie_model::finding::{Action, Finding};

use super::hour::Played;
use super::stage::accusations;
use crate::view::Paint;
use crate::view::text::pad;

/// Columns of the first column, and of each hour.
const WHAT: usize = 34;
const HOUR: usize = 23;

/// The table.
pub(super) fn side_by_side(observe: &Played, block: &Played, paint: Paint) -> String {
    let hours = [observe, block];
    let mut lines = vec![paint.faint(&row("", &hours.map(|hour| hour.mode.to_string())))];
    let mut tally = |what: &str, of: fn(&Played) -> Tally| {
        lines.push(row(what, &hours.map(|hour| format!("{} of {}", of(hour).done, of(hour).expected))));
    };
    tally("webhooks delivered", |hour| hour.benign.webhooks);
    tally("previews shown", |hour| hour.benign.previews);
    tally("the shop's own calls to billing", |hour| hour.benign.own_calls);
    tally("orders that only mention billing", |hour| hour.benign.mentions);
    lines.push(row("customers accused", &hours.map(|hour| accusations(&hour.findings).count().to_string())));
    lines.push(String::new());
    for (index, attack) in Attack::ALL.into_iter().enumerate() {
        lines.push(row(attack.title(), &hours.map(|hour| cell(hour, index))));
    }
    lines.push(String::new());
    lines.push(paint.faint("inbound, outbound: the door that refused it, and how far it got by then"));
    lines.push(paint.faint("public: the attacker's own host, called back; that is told and not refused"));
    lines.push(String::new());
    lines.join("\n")
}

fn cell(hour: &Played, index: usize) -> String {
    hour.attacks.get(index).map_or(String::new(), |(deed, finding)| outcome(deed, finding.as_ref()))
}

/// `E5 returned`, `E0 carried, inbound`, `E4 answered, public`.
fn outcome(deed: &Deed, finding: Option<&Finding>) -> String {
    let Some(finding) = finding else { return "NOT FOUND".to_owned() };
    let rung = sortie_export::rung(finding);
    let more = match (deed.attack.denied(), finding.decision.action) {
        (None, _) => ", public".to_owned(),
        (Some(_), Action::Blocked) => format!(", {}", finding.decision.door.as_deref().unwrap_or("a")),
        (Some(_), Action::Passed | Action::WouldBlock) => String::new(),
    };
    format!("{rung}{more}")
}

fn row(what: &str, [first, second]: &[String; 2]) -> String {
    format!("{}{}{second}", pad(what, WHAT), pad(first, HOUR)).trim_end().to_owned()
}
