//! What a change of mode did, and how to take it back.

use sortie_model::Mode;

use super::Paint;
use super::text::{clean, counted};
use crate::admin::wire::{ModeChange, ModeChanged, Switched};
use crate::config::Target;

/// The changes, the commands that undo them, and on a switch to `block` what to look at.
pub fn mode_changed(changed: &ModeChanged, paint: Paint) -> String {
    let mut lines = Vec::new();
    for change in &changed.changes {
        let place = clean(&change.target.to_string()).into_owned();
        let was = change.was.map(|was| format!(", was {was}")).unwrap_or_default();
        lines.push(format!("{place}: {}{was}", paint.strong(change.now.as_str())));
        lines.extend(change.note.as_deref().map(|note| format!("  note  {}", clean(note))));
        lines.push(format!("  undo  {}", undo(change.was, &change.target)));
        lines.extend(still_stricter(change));
    }
    if !changed.review.is_empty() {
        lines.push(format!(
            "look at {}, private and first called while a redirect could hide: they count as the service's own and are not \
             blocked for it. Take back what is not yours:",
            counted(changed.review.len() as u64, "destination")
        ));
    }
    for row in &changed.review {
        let (service, destination) = (clean(&row.service), clean(&row.destination));
        let (first, dials) = (clean(&row.first_seen), counted(row.dials, "dial"));
        lines.push(format!("  {service}  {destination} ({})  first {first}, {dials}", row.class));
        lines.push(format!("    sortie strike {destination} {service}"));
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What was switched off or on again.
pub fn switched(switched: &Switched) -> String {
    let services = switched.services.join(", ");
    let services = clean(&services);
    if switched.off {
        format!("{services}: off, everything passes and nothing is judged\n  undo  sortie on\n")
    } else {
        format!("{services}: on\n")
    }
}

/// What the change did not reach, and the commands that do.
fn still_stricter(change: &ModeChange) -> impl Iterator<Item = String> {
    let service = change.target.to_string();
    change.stricter.iter().flat_map(move |scope| {
        let (at, service) = (clean(&scope.at), clean(&service));
        [
            format!("  still {} at {at}, by a mode of its own", scope.mode),
            format!("    sortie mode {} '{service} {at}'", change.now),
        ]
    })
}

/// Where no mode stood before, the service's own is what was in force; observe changes nothing.
fn undo(was: Option<Mode>, target: &Target) -> String {
    let text = target.to_string();
    let target = if target.scope.is_some() { format!("'{}'", clean(&text)) } else { clean(&text).into_owned() };
    format!("sortie mode {} {target}", was.unwrap_or_default()).trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use sortie_model::AddressClass;

    use super::*;
    use crate::admin::wire::{ReviewRow, ScopeMode};

    #[test]
    fn a_change_says_how_to_take_it_back() {
        let change = |target: &str, was, note: Option<&str>| ModeChange {
            target: target.parse().unwrap(),
            was,
            now: Mode::Block,
            stricter: Vec::new(),
            note: note.map(str::to_owned),
        };
        let changed = ModeChanged {
            changes: vec![
                change("shop POST /v1/preview $.url", Some(Mode::Observe), None),
                change("news", Some(Mode::Shadow), Some("no sink of it is proven")),
            ],
            review: vec![ReviewRow {
                service: "shop".into(),
                destination: "10.1.2.3:8500".into(),
                class: AddressClass::Private,
                first_seen: "2026-11-24T03:07:41.000Z".into(),
                dials: 3,
            }],
            not_kept: None,
        };
        insta::assert_snapshot!(mode_changed(&changed, Paint::Plain));
        assert_eq!(
            switched(&Switched { services: vec!["shop".into(), "news".into()], off: true, not_kept: None }),
            "shop, news: off, everything passes and nothing is judged\n  undo  sortie on\n"
        );
    }

    #[test]
    fn what_stays_stricter_is_listed_with_its_remedy() {
        let scope = |at: &str, mode| ScopeMode { at: at.into(), mode };
        let change = ModeChange {
            target: "shop".parse().unwrap(),
            was: Some(Mode::Block),
            now: Mode::Observe,
            stricter: vec![scope("POST /v1/hooks $.url", Mode::Block), scope("/v1/import", Mode::Shadow)],
            note: None,
        };
        let changed = ModeChanged { changes: vec![change], review: Vec::new(), not_kept: None };
        insta::assert_snapshot!(mode_changed(&changed, Paint::Plain));
    }
}
