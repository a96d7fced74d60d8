//! The places that are dialled, and what the others lack.

use super::Paint;
use super::table::Table;
use super::text::{clean, count};
use crate::admin::wire::SinkView;

const HEADINGS: [&str; 9] =
    ["SERVICE", "PLACE", "WRITTEN AS", "PROVEN", "OBEYED", "RATE", "DESTINATIONS", "SENDERS", "MODE"];
const FLEXIBLE: [usize; 2] = [1, 3];
const PROVEN: usize = 3;
/// What the words of a column mean, and why 3 of 3 is no rate of 1.
const FOOTNOTE: [&str; 7] = [
    "proven by destinations: it obeyed three or more that are not the service's own",
    "proven by paths: it obeyed one destination, at paths that nobody could guess",
    "proven by mentions: it obeyed most of what texts mention; the outbound door stops that",
    "proven by you: the configuration says so",
    "obeyed: of the destinations named there, those that the service dialled",
    "rate: how likely the next one is, from these and from what such places usually do",
    "senders: different ones; each counts once nothing can be dialled any more of what it named",
];

/// The sinks, the proven first, then those that obeyed most.
pub fn sinks(list: &[SinkView], columns: Option<usize>, paint: Paint) -> String {
    if list.is_empty() {
        return "no place was seen to be dialled yet; `sortie status` says what passed the doors\n".to_owned();
    }
    let mut list: Vec<&SinkView> = list.iter().collect();
    list.sort_by(|a, b| {
        (a.proven.is_none(), b.obeyed, &a.service, &a.at).cmp(&(b.proven.is_none(), a.obeyed, &b.service, &b.at))
    });
    let mut table = Table::new(&HEADINGS, &FLEXIBLE);
    for sink in &list {
        table.row(cells(sink));
    }
    let shown = table.render(columns, |row, column, cell| match (row, column) {
        (0, _) => paint.faint(&cell),
        (row, PROVEN) if list[row - 1].proven.is_some() => paint.strong(&cell),
        _ => cell,
    });
    format!("{shown}\n{}\n", FOOTNOTE.map(|line| paint.faint(line)).join("\n"))
}

fn cells(sink: &SinkView) -> [String; 9] {
    let proven = match sink.proven {
        Some(by) => format!("yes, by {}", by.as_str()),
        None if sink.lacks.is_empty() => "no".to_owned(),
        None => format!("no: {}", sink.lacks.join(", ")),
    };
    [
        clean(&sink.service).into_owned(),
        clean(&sink.at).into_owned(),
        clean(&sink.manner).into_owned(),
        clean(&proven).into_owned(),
        format!("{} of {}", count(sink.obeyed), count(sink.offers)),
        format!("{:.2}", sink.rho),
        count(sink.destinations),
        if sink.actors == 0 { "-".to_owned() } else { count(sink.actors) },
        sink.mode.to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use sortie_model::Mode;

    use super::*;
    use crate::admin::wire::ProvenBy;

    fn sink(at: &str, proven: Option<ProvenBy>, lacks: &[&str], obeyed: u64) -> SinkView {
        SinkView {
            service: "shop".into(),
            at: at.into(),
            manner: "url".into(),
            proven,
            lacks: lacks.iter().map(|&text| text.to_owned()).collect(),
            rho: 0.934,
            obeyed,
            offers: obeyed + 3,
            destinations: 2,
            actors: 1_204,
            mode: Mode::Observe,
        }
    }

    #[test]
    fn an_unproven_sink_says_what_it_lacks() {
        let list = [
            sink("/v1/avatar $.url", None, &["2 of 3 destinations"], 5),
            sink("/v1/note $.text", None, &["the operator: traffic does not prove prose"], 9),
            sink("/v1/hooks $.url", Some(ProvenBy::Traffic), &[], 41),
            sink("/v1/esc query u\u{1b}[31m", None, &[], 0),
        ];
        insta::assert_snapshot!(sinks(&list, None, Paint::Plain));
        let narrow = sinks(&list, Some(100), Paint::Plain);
        assert!(narrow.lines().all(|line| super::super::text::width(line) <= 100), "{narrow}");
        assert!(!sinks(&list, None, Paint::Coloured).contains("\u{1b}[31m"));
    }
}
