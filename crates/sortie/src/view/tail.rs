//! What happens now, a line each.

use std::collections::BTreeMap;

use sortie_model::AddressClass;
use sortie_model::finding::{Finding, Rung, Severity};
use sortie_model::ids::FindingId;
use sortie_model::text::probability;

use super::Paint;
use super::text::{clean, counted};
use crate::admin::wire::{TailDial, TailLine, TailRequest};

/// Findings of which a reader remembers what he was told.
const REMEMBERED: usize = 10_000;

/// Whoever reads the lines of `sortie tail`, and what he was told of each finding last: a story that grows
/// is told again, with what is new of it.
#[derive(Debug, Default)]
pub struct Follower {
    told: BTreeMap<FindingId, Told>,
}

#[derive(Clone, Copy, Debug)]
struct Told {
    severity: Severity,
    rung: Rung,
    orders: u64,
    dials: u64,
    is_closed: bool,
}

impl Follower {
    /// One line. A finding is told in one line too; `sortie explain` has the rest.
    pub fn line(&mut self, line: &TailLine, paint: Paint) -> String {
        match line {
            TailLine::Finding(finding) => {
                let at = paint.faint(&finding.last_seen.rfc3339());
                let (told, news) = (super::findings::line(finding, paint), self.news(finding));
                format!("{at}  {told}  {news}  sortie explain {}", finding.id)
            }
            TailLine::Dial(dial) => dial_line(dial, paint),
            TailLine::Request(request) => request_line(request, paint),
            TailLine::Lost { count } => {
                paint.trouble(&format!("{} not shown: this reader is too slow", counted(*count, "line")))
            }
        }
    }

    /// What is new of a finding since it was told last.
    fn news(&mut self, finding: &Finding) -> String {
        let now = Told {
            severity: finding.severity,
            rung: finding.rung,
            orders: finding.requests_total,
            dials: finding.dials_total,
            is_closed: finding.closed.is_some(),
        };
        if self.told.len() >= REMEMBERED {
            self.told.pop_first();
        }
        let Some(before) = self.told.insert(finding.id.clone(), now) else {
            return format!("{}, {}", counted(now.orders, "order"), counted(now.dials, "dial"));
        };
        let more = |was: u64, is: u64, what| (is > was).then(|| format!("+{}", counted(is - was, what)));
        let news = [
            (before.rung != now.rung).then(|| format!("{} -> {}", before.rung, now.rung)),
            (before.severity != now.severity)
                .then(|| format!("{} -> {}", before.severity.as_str(), now.severity.as_str())),
            (before.is_closed && !now.is_closed).then(|| "open again".to_owned()),
            more(before.orders, now.orders, "order"),
            more(before.dials, now.dials, "dial"),
        ];
        let news: Vec<String> = news.into_iter().flatten().collect();
        if news.is_empty() { "told in more detail".to_owned() } else { news.join(", ") }
    }
}

fn dial_line(dial: &TailDial, paint: Paint) -> String {
    let class = if dial.class == AddressClass::Public { String::new() } else { format!(" ({})", dial.class) };
    let whose = match &dial.ordered_by {
        Some(request) if dial.p >= 0.5 => format!("ordered by {} ({})", clean(request), probability(dial.p)),
        _ => format!("own ({})", probability(1.0 - dial.p)),
    };
    format!(
        "{}  {}  {}  {}{class}  {whose}{}",
        paint.faint(&clean(&dial.ts)),
        clean(&dial.service),
        clean(&dial.id),
        clean(&dial.destination),
        verdict(dial.rule.as_deref(), dial.denied, paint)
    )
}

fn request_line(request: &TailRequest, paint: Paint) -> String {
    format!(
        "{}  {}  {}  {}  {}{}",
        paint.faint(&clean(&request.ts)),
        clean(&request.service),
        clean(&request.id),
        clean(&request.request),
        clean(&request.actor),
        verdict(Some(&request.rule), request.denied, paint)
    )
}

fn verdict(rule: Option<&str>, denied: bool, paint: Paint) -> String {
    match rule {
        None => String::new(),
        Some(rule) if denied => format!("  {}", paint.trouble(&format!("REFUSED by {}", clean(rule)))),
        Some(rule) => format!("  would be refused by {}", clean(rule)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_story_that_grows_is_told_with_its_time_and_what_is_new() {
        use super::super::fixtures::metadata;
        let mut follower = Follower::default();
        let mut tell = |finding: Finding| follower.line(&TailLine::Finding(Box::new(finding)), Paint::Plain);
        let first = tell(Finding { rung: Rung::E3, severity: Severity::High, ..metadata() });
        assert!(
            first.starts_with("2026-11-24T03:07:41") && first.contains("  1 order, 2 dials  sortie explain F-"),
            "{first}"
        );
        let grown = tell(Finding { dials_total: 4, ..metadata() });
        assert!(grown.contains("  E3 -> E5, high -> critical, +2 dials  sortie"), "{grown}");
        let again = tell(Finding { dials_total: 4, ..metadata() });
        assert!(again.contains("  told in more detail  "), "{again}");
    }

    #[test]
    fn lines_say_whose_a_dial_was() {
        let mut dial = TailDial {
            ts: "2026-11-24T03:07:41.000Z".into(),
            service: "shop".into(),
            id: "D-18C4".into(),
            destination: "169.254.169.254:80".into(),
            class: AddressClass::Metadata,
            p: 0.998,
            ordered_by: Some("R-18C3".into()),
            rule: Some("ordered.deny".into()),
            denied: true,
        };
        let line = Follower::default().line(&TailLine::Dial(dial.clone()), Paint::Plain);
        assert_eq!(
            line,
            "2026-11-24T03:07:41.000Z  shop  D-18C4  169.254.169.254:80 (metadata)  ordered by R-18C3 (0.998)  REFUSED by ordered.deny"
        );
        dial = TailDial { p: 0.02, ordered_by: None, rule: None, denied: false, class: AddressClass::Public, ..dial };
        assert!(
            Follower::default().line(&TailLine::Dial(dial), Paint::Plain).ends_with("169.254.169.254:80  own (0.980)")
        );
        assert_eq!(
            Follower::default().line(&TailLine::Lost { count: 1_200 }, Paint::Plain),
            "1,200 lines not shown: this reader is too slow"
        );
    }
}
