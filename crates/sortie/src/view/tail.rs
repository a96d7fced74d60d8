//! What happens now, a line each.

use sortie_model::text::probability;
use sortie_model::{AddressClass, Micros};

use super::Paint;
use super::text::{clean, counted};
use crate::admin::wire::{TailDial, TailLine, TailRequest};

/// One line of `sortie tail`. A finding is told in one line too; `sortie explain` has the rest.
pub fn tail_line(line: &TailLine, paint: Paint) -> String {
    match line {
        TailLine::Finding(finding) => {
            let table = super::findings::line(finding, Micros(finding.last_seen.0), paint);
            format!("{table}  sortie explain {}", finding.id)
        }
        TailLine::Dial(dial) => dial_line(dial, paint),
        TailLine::Request(request) => request_line(request, paint),
        TailLine::Lost { count } => {
            paint.trouble(&format!("{} not shown: this reader is too slow", counted(*count, "line")))
        }
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
        let line = tail_line(&TailLine::Dial(dial.clone()), Paint::Plain);
        assert_eq!(
            line,
            "2026-11-24T03:07:41.000Z  shop  D-18C4  169.254.169.254:80 (metadata)  ordered by R-18C3 (0.998)  REFUSED by ordered.deny"
        );
        dial = TailDial { p: 0.02, ordered_by: None, rule: None, denied: false, class: AddressClass::Public, ..dial };
        assert!(tail_line(&TailLine::Dial(dial), Paint::Plain).ends_with("169.254.169.254:80  own (0.980)"));
        assert_eq!(
            tail_line(&TailLine::Lost { count: 1_200 }, Paint::Plain),
            "1,200 lines not shown: this reader is too slow"
        );
    }
}
