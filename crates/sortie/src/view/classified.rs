//! What a URL names, for people.

use std::collections::BTreeMap;

use sortie_engine::readings::Reading;
use sortie_engine::text::{Sign, Written};

use super::paint::Paint;
use super::table::Table;
use super::text::clean;
use crate::classify::Classified;

/// The URL with its verdict, a line for each candidate, and who reads which host where parsers differ.
pub fn classified(url: &str, classified: &Classified, columns: Option<usize>, paint: Paint) -> String {
    let Classified { text, verdict, .. } = classified;
    let word = if verdict.is_attack() { paint.trouble("attack") } else { paint.faint("clean") };
    let mut shown = format!("{}  {word}\n", paint.strong(&clean(url)));
    let mut table = Table::new(&["  HOST", "PORT", "SCHEME", "CLASS", "SIGNS"], &[0, 4]);
    for written in &text.candidates {
        table.row(cells(written));
    }
    shown.push_str(&table.render(columns, |line, _, cell| if line == 0 { paint.faint(&cell) } else { cell }));
    for reason in &verdict.reasons {
        let why = clean(&reason.to_string()).into_owned();
        let why = if reason.is_attack { paint.trouble(&why) } else { why };
        shown.extend(["  ", &why, "\n"]);
    }
    for written in text.candidates.iter().filter(|written| written.is_confusing()) {
        shown.push_str(&readings(written, columns, paint));
    }
    if let Some(cut) = text.cut {
        shown.extend(["  not all was inspected: ", cut.as_str(), "\n"]);
    }
    shown
}

fn cells(written: &Written) -> [String; 5] {
    let or_dash = |text: Option<String>| text.map_or_else(|| "-".to_owned(), |text| clean(&text).into_owned());
    let signs: Vec<&str> = Sign::of(written).into_iter().map(Sign::as_str).collect();
    [
        format!("  {}", or_dash(written.host.as_ref().map(ToString::to_string))),
        or_dash(written.port.map(|port| port.to_string())),
        or_dash(written.scheme.as_ref().map(ToString::to_string)),
        or_dash(written.class().map(|class| class.to_string())),
        if signs.is_empty() { "public".to_owned() } else { signs.join(", ") },
    ]
}

/// Each reading with the parsers that have it.
fn readings(written: &Written, columns: Option<usize>, paint: Paint) -> String {
    let mut by_reading: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for (parser, reading) in written.readings.iter() {
        let read = match reading {
            Reading::Rejected => "(refused)".to_owned(),
            Reading::NoHost | Reading::EmptyHost(_) => "(no host)".to_owned(),
            Reading::Host(host, _) => clean(host.as_str()).into_owned(),
        };
        by_reading.entry(read).or_default().push(parser.name());
    }
    let mut table = Table::new(&["  READ AS", "BY"], &[1, 0]);
    for (read, parsers) in by_reading {
        table.row([format!("  {read}"), parsers.join(", ")]);
    }
    table.render(columns, |line, _, cell| if line == 0 { paint.faint(&cell) } else { cell })
}
