//! One finding as a block of text.

mod action;

use sortie_export::summary;
use sortie_model::finding::{Finding, FindingDial, FindingKind, FindingRequest};
use sortie_model::text::probability;
use sortie_model::{ActorKind, AddressClass, Micros};

pub(super) use action::passed_in_block;

use super::text::{bytes, clean, counted, cut, location, pad, time, took, width};
use super::{Paint, advice};

/// Columns of the labels on the left.
const LABEL: usize = 8;
/// Dials that are shown one by one.
const DIALS: usize = 8;
/// Columns that a dial's destination may take before what follows moves right.
const DESTINATION: usize = 44;
/// Columns of a redirect's target.
const TARGET: usize = 60;

/// The finding. `elsewhere` says what cannot be seen of the service's other dials, where that is known;
/// `now` decides whether times name their day.
pub fn finding(finding: &Finding, elsewhere: Option<&str>, now: Micros, paint: Paint) -> String {
    let mut block = Block { lines: Vec::new(), paint };
    block.lines.push(header(finding, now, paint));
    block.lines.push(paint.strong(&clean(&summary(finding))));
    who(finding, &mut block);
    order(finding, &mut block);
    dials(finding, &mut block);
    certainty(finding, &mut block);
    block.line("unseen", unseen(finding, elsewhere));
    block.line("action", action::action(finding));
    if let Some(closed) = &finding.closed {
        let at = time(closed.at, now);
        block.line(
            "closed",
            format!("as {} at {at}, on {}: {}", closed.resolution.as_str(), closed.rung, clean(&closed.reason)),
        );
        return block.finish();
    }
    if let Some(first) = advice::first(finding) {
        block.line("do 1st", first);
    }
    let (then, undo) = advice::then(finding);
    block.line("then", undo.map_or_else(|| then.clone(), |undo| format!("{then}     undo: {undo}")));
    block.finish()
}

struct Block {
    lines: Vec<String>,
    paint: Paint,
}

impl Block {
    fn line(&mut self, label: &str, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", self.paint.faint(&pad(label, LABEL.max(label.len() + 1))), text.as_ref()));
    }

    fn finish(self) -> String {
        let mut text = self.lines.join("\n");
        text.push('\n');
        text
    }
}

fn header(finding: &Finding, now: Micros, paint: Paint) -> String {
    let severity = paint.severity(finding.severity, &finding.severity.as_str().to_uppercase());
    let first = time(finding.first_seen, now);
    let when = if finding.last_seen.0 / Micros::SECOND == finding.first_seen.0 / Micros::SECOND {
        first
    } else {
        format!("{first} to {}", time(finding.last_seen, now))
    };
    format!(
        "{}  {}  {severity}  {}  {}  {when}, {}, {}",
        paint.strong(finding.id.as_str()),
        finding.kind.as_str(),
        sortie_export::rung(finding),
        clean(&finding.service.0),
        counted(finding.requests_total, "order"),
        counted(finding.dials_total, "dial"),
    )
}

fn class_words(class: AddressClass) -> String {
    if class == AddressClass::Public { String::new() } else { format!(" ({class})") }
}

fn who(finding: &Finding, block: &mut Block) {
    let Some(actor) = &finding.actor else { return block.line("who", "nobody is known to have ordered it") };
    let id = clean(&actor.id);
    let named = match actor.kind {
        ActorKind::Address => format!("address {id}"),
        kind => format!("{} {id}  {}", kind.as_str().replace('_', " "), actor.address),
    };
    let others = finding.actors.iter().filter(|share| share.id != actor.id && share.p >= 0.02);
    let others: Vec<String> = others.map(|share| format!("{} ({:.2})", clean(&share.id), share.p)).collect();
    let others = if others.is_empty() { String::new() } else { format!("; or {}", others.join(", ")) };
    block.line("who", format!("{named}{others}"));
}

fn order(finding: &Finding, block: &mut Block) {
    let Some(endpoint) = &finding.endpoint else { return };
    let place = finding.location.as_deref().map(|at| format!(" {}", location(at))).unwrap_or_default();
    let value = finding.candidate.as_deref().map(|text| format!(" = \"{}\"", clean(text))).unwrap_or_default();
    let host = endpoint.host.as_deref().unwrap_or_default();
    let request = told_request(finding).map(|request| {
        let given = request.request_id.as_deref().map(|id| format!(" (x-request-id {})", clean(id)));
        format!("  request {}{}", clean(&request.id), given.unwrap_or_default())
    });
    let more = match finding.requests_total {
        0 | 1 => String::new(),
        total => format!(" and {}", counted(total - 1, "other")),
    };
    let operation = format!("{} {}{}", clean(&endpoint.method), clean(host), clean(&endpoint.template));
    block.line("order", format!("{operation}{place}{value}{}{more}", request.unwrap_or_default()));
}

/// The request that ordered what the story is about: its worst dial went where the finding says.
fn told_request(finding: &Finding) -> Option<&FindingRequest> {
    let worst = &finding.destination;
    let goes_there =
        |dial: &&FindingDial| dial.host == worst.host && dial.address == worst.address && Some(dial.port) == worst.port;
    let by = finding.dials.iter().rev().find(goes_there).and_then(|dial| dial.ordered_by.as_deref());
    let told = finding.requests.iter().find(|request| Some(request.id.as_str()) == by);
    told.or_else(|| finding.requests.last())
}

fn dials(finding: &Finding, block: &mut Block) {
    let shown = &finding.dials[finding.dials.len().saturating_sub(DIALS)..];
    let hidden = finding.dials_total.saturating_sub(shown.len() as u64);
    if hidden > 0 {
        block.line("", format!("{} before these", counted(hidden, "dial")));
    }
    let room = shown.iter().map(|dial| width(&dialled(dial))).max().unwrap_or(0).min(DESTINATION);
    for dial in shown {
        let next = shown.iter().find(|other| other.redirected_by.as_deref() == Some(dial.id.as_str()));
        let hop = led_by(dial).map_or_else(String::new, |(how, parent)| {
            let parent = shown_as(finding, parent).unwrap_or_else(|| clean(parent).into_owned());
            format!("; {how} {parent}")
        });
        let what = format!("{}  {}{hop}", pad(&dialled(dial), room), answer(dial, next));
        block.line(&shown_as(finding, &dial.id).unwrap_or_default(), what);
    }
    came_back(shown, block);
}

/// `dial 3`, where the dial is among those shown: it is called by its number.
fn shown_as(finding: &Finding, dial: &str) -> Option<String> {
    let position = finding.dials.iter().position(|row| row.id == dial)?;
    let hidden = finding.dials_total.saturating_sub(finding.dials.len() as u64);
    (position >= finding.dials.len().saturating_sub(DIALS)).then(|| format!("dial {}", hidden + position as u64 + 1))
}

/// How an answer led to a dial, and that of which dial.
fn led_by(dial: &FindingDial) -> Option<(&'static str, &str)> {
    let redirected_by = dial.redirected_by.as_deref().map(|parent| ("redirect hop of", parent));
    redirected_by.or_else(|| Some(("named by the answer of", dial.named_by.as_deref()?)))
}

/// The last answer that came back to a caller, and how many others did.
fn came_back(dials: &[FindingDial], block: &mut Block) {
    let mut returned = dials.iter().rev().filter_map(|dial| dial.returned.as_deref());
    let Some(last) = returned.next() else { return };
    let others = match returned.count() {
        0 => String::new(),
        others => format!("; so did the answers of {}", counted(others as u64, "other dial")),
    };
    block.line("back", format!("{}{others}", clean(last)));
}

/// `cdn.evil.example -> 203.0.113.9:80`, `169.254.169.254:80 (metadata)`.
fn dialled(dial: &FindingDial) -> String {
    let host = clean(&dial.host);
    let class = class_words(dial.class);
    match dial.address.map(|address| sortie_model::Host::ip(address).to_string()) {
        Some(address) if address != host => format!("{host} -> {address}:{}{class}", dial.port),
        _ => format!("{host}:{}{class}", dial.port),
    }
}

/// What came of a dial; `next` is the dial that its redirect caused.
fn answer(dial: &FindingDial, next: Option<&FindingDial>) -> String {
    if let (Some(status), Some(next)) = (dial.status, next) {
        return format!("{status} to {}", target(next));
    }
    let size = bytes(dial.bytes);
    match (dial.status, dial.outcome.as_str()) {
        (Some(status), _) => format!("{status}, {size}, {}", took(dial.took_micros)),
        (None, "connected") => format!("connected, {size}, {}", took(dial.took_micros)),
        (None, "denied") => "REFUSED by Sortie".to_owned(),
        (None, "pending") => "no answer yet".to_owned(),
        (None, outcome) => format!("{}, {}", clean(outcome).replace('_', " "), took(dial.took_micros)),
    }
}

fn target(next: &FindingDial) -> String {
    let path = next.request.as_deref().and_then(|request| request.split_once(' ')).map_or("", |(_, path)| path);
    let port = if next.port == 80 { String::new() } else { format!(":{}", next.port) };
    cut(&clean(&format!("http://{}{port}{path}", next.host)), TARGET).into_owned()
}

fn certainty(finding: &Finding, block: &mut Block) {
    let by = told_request(finding).map(|request| request.id.as_str());
    let by = by.or_else(|| finding.dials.iter().rev().find_map(|dial| dial.ordered_by.as_deref()));
    let told = finding.odds.iter().find(|odds| odds.factor == "sure");
    match (told, by) {
        (Some(odds), _) if finding.actors.len() <= 1 => {
            block.line("sure", format!("{}; no other sender above 0.02", clean(&odds.text)));
        }
        (Some(odds), _) => block.line("sure", clean(&odds.text)),
        (None, Some(by)) if finding.kind == FindingKind::Attempt => {
            block.line("sure", format!("{} itself names it", clean(by)));
        }
        (None, Some(by)) if finding.dials.is_empty() => {
            block.line("sure", format!("{} itself names it; nothing had to be dialled", clean(by)));
        }
        (None, Some(by)) => {
            block.line("sure", format!("{} that {} ordered it", probability(finding.confidence), clean(by)));
        }
        (None, None) => {}
    }
    for odds in finding.odds.iter().filter(|odds| odds.factor != "sure") {
        block.line(&format!("  {}", cut(&clean(&odds.factor), LABEL - 3)), clean(&odds.text));
    }
}

fn unseen(finding: &Finding, elsewhere: Option<&str>) -> String {
    let here: Vec<_> = finding.unseen.iter().map(|text| clean(text)).collect();
    let here = if here.is_empty() { "nothing on this path".to_owned() } else { here.join("; ") };
    match elsewhere {
        Some(elsewhere) => format!("{here}; {}", clean(elsewhere)),
        None => here,
    }
}

#[cfg(test)]
mod tests;
