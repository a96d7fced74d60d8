//! Many findings as a table.

use sortie_model::finding::{Action, Finding, FindingKind};
use sortie_model::{AddressClass, Micros};

use super::Paint;
use super::table::Table;
use super::text::{clean, location, time};

const HEADINGS: [&str; 9] = ["ID", "SEVERITY", "KIND", "RUNG", "SERVICE", "WHO", "WHERE", "DESTINATION", "LAST"];
/// Who, where and whereto may be cut: `sortie explain` shows them whole.
const FLEXIBLE: [usize; 3] = [6, 7, 5];
/// Service, last, who and kind are left out where a narrow terminal could show nothing of the others.
const DISPENSABLE: [usize; 4] = [4, 8, 5, 2];
const SEVERITY: usize = 1;
const LAST: usize = 8;

/// The findings, one a line, and what to type next. `columns` is the terminal's width, if there is
/// one.
pub fn findings(list: &[Finding], now: Micros, columns: Option<usize>, paint: Paint) -> String {
    let Some(first) = list.first() else {
        return "no findings; `sortie status` says what was seen, `--all` shows closed ones and posture\n".to_owned();
    };
    format!("{}\nsortie explain {} tells a story whole\n", table(list, now, columns, paint), first.id)
}

/// The same without what to type.
pub fn table(list: &[Finding], now: Micros, columns: Option<usize>, paint: Paint) -> String {
    let mut table = Table::new(&HEADINGS, &FLEXIBLE).without(&DISPENSABLE);
    for finding in list {
        table.row(cells(finding, now));
    }
    table.render(columns, |row, column, cell| match (row, column) {
        (0, _) => paint.faint(&cell),
        (row, SEVERITY) => paint.severity(list[row - 1].severity, &cell),
        _ => cell,
    })
}

/// One finding as one line, without its time.
pub(super) fn line(finding: &Finding, paint: Paint) -> String {
    let cells = cells(finding, finding.last_seen);
    let coloured = cells[..LAST].iter().enumerate().map(|(column, cell)| match column {
        SEVERITY => paint.severity(finding.severity, cell),
        _ => cell.clone(),
    });
    coloured.collect::<Vec<_>>().join("  ")
}

fn cells(finding: &Finding, now: Micros) -> [String; 9] {
    let actor = finding.actor.as_ref().map_or("-".to_owned(), |actor| clean(&actor.id).into_owned());
    [
        finding.id.to_string(),
        finding.severity.as_str().to_owned(),
        finding.kind.as_str().to_owned(),
        format!("{}{}", sortie_export::rung(finding), mark(finding)),
        clean(&finding.service.0).into_owned(),
        actor,
        place(finding),
        destination(finding),
        time(finding.last_seen, now),
    ]
}

fn mark(finding: &Finding) -> &'static str {
    match (&finding.closed, finding.decision.action) {
        (Some(_), _) => ", closed",
        (None, _) if super::finding::passed_in_block(finding).next().is_some() => ", passed in block",
        (None, Action::Blocked) => ", blocked now",
        (None, _) => "",
    }
}

fn place(finding: &Finding) -> String {
    let Some(endpoint) = &finding.endpoint else { return "-".to_owned() };
    let location = finding.location.as_deref().map(|at| format!(" {}", location(at))).unwrap_or_default();
    clean(&format!("{} {}{location}", endpoint.method, endpoint.template)).into_owned()
}

fn destination(finding: &Finding) -> String {
    if let (FindingKind::FileReturned, Some(file)) = (finding.kind, &finding.candidate) {
        return format!("file {}", clean(file));
    }
    let destination = &finding.destination;
    let port = destination.port.map(|port| format!(":{port}")).unwrap_or_default();
    let class =
        if destination.class == AddressClass::Public { String::new() } else { format!(" {}", destination.class) };
    let more = match sortie_export::further_destinations(finding) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    clean(&format!("{}{port}{class}{more}", destination.host)).into_owned()
}
