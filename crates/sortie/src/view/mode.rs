//! What a change of mode did, and how to take it back.

use sortie_model::Mode;

use super::Paint;
use super::text::{clean, counted, quoted};
use crate::admin::wire::{ModeChange, ModeChanged, ScopeMode, Setting, Switched};
use crate::config::Target;

/// The changes, the commands that undo them, and on a switch to `block` what to look at.
pub fn mode_changed(changed: &ModeChanged, paint: Paint) -> String {
    let mut lines = Vec::new();
    for change in &changed.changes {
        lines.push(headline(change, paint));
        let (laxer, stricter): (Vec<_>, Vec<_>) = change.apart.iter().partition(|at| at.mode < change.now);
        lines.extend(laxer.into_iter().flat_map(|at| apart(change, at, paint)));
        lines.extend(change.notes.iter().map(|note| format!("  note  {}", clean(note))));
        lines.extend(change.undo.map(|undo| format!("  undo  {}", command(undo, &change.target))));
        lines.extend(stricter.into_iter().flat_map(|at| apart(change, at, paint)));
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

/// The mode that stands now, and what of that is new.
fn headline(change: &ModeChange, paint: Paint) -> String {
    let place = clean(&change.target.to_string()).into_owned();
    let what = match (change.undo, change.asked) {
        (None, Setting::Own(_)) => ", as before: nothing changed".to_owned(),
        (None, Setting::Inherit) => ": no mode was set here, nothing changed".to_owned(),
        (Some(_), _) if change.was != change.now => format!(", was {}", change.was),
        (Some(_), Setting::Own(_)) => ", as before, and now by a mode of its own".to_owned(),
        (Some(_), Setting::Inherit) => ", as before, and no longer by a mode of its own".to_owned(),
    };
    format!("{place}: {}{what}", paint.strong(change.now.as_str()))
}

/// What the change did not reach, and the command that does. What stays laxer is what an attacker
/// looks for.
fn apart(change: &ModeChange, scope: &ScopeMode, paint: Paint) -> impl Iterator<Item = String> {
    let at = clean(&scope.at);
    let line = match (scope.mode < change.now, change.now) {
        (true, Mode::Block) => paint.trouble(&format!("NOT BLOCKED: {at} stays {}, by a mode of its own", scope.mode)),
        (true, _) => paint.trouble(&format!("LAXER: {at} stays {}, by a mode of its own", scope.mode)),
        (false, _) => format!("stricter: {at} stays {}, by a mode of its own", scope.mode),
    };
    let target = scope.at.parse().ok().map(|at| Target { service: change.target.service.clone(), scope: Some(at) });
    let remedy = scope.align.zip(target).map(|(align, target)| format!("    {}", command(align, &target)));
    std::iter::once(format!("  {line}")).chain(remedy)
}

fn command(setting: Setting, target: &Target) -> String {
    clean(format!("sortie mode {setting} {}", quoted(target)).trim_end()).into_owned()
}

#[cfg(test)]
mod tests {
    use sortie_model::AddressClass;

    use super::*;
    use crate::admin::wire::ReviewRow;

    /// To `block`.
    fn change(target: &str, was: Mode, undo: Option<Setting>) -> ModeChange {
        let (target, asked) = (target.parse().unwrap(), Setting::Own(Mode::Block));
        ModeChange { target, asked, was, now: Mode::Block, undo, apart: Vec::new(), notes: Vec::new() }
    }

    #[test]
    fn a_change_says_how_to_take_it_back() {
        let changed = ModeChanged {
            changes: vec![
                change("shop POST /v1/preview $.url", Mode::Observe, Some(Setting::Inherit)),
                ModeChange {
                    notes: vec!["no sink of it is proven".into()],
                    ..change("news", Mode::Shadow, Some(Setting::Own(Mode::Shadow)))
                },
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
    fn what_stays_as_it_was_is_listed_with_its_remedy() {
        let scope = |at: &str, mode, align| ScopeMode { at: at.into(), mode, align: Some(align) };
        let apart = vec![
            scope("/v1/hooks $.url", Mode::Block, Setting::Own(Mode::Shadow)),
            scope("/v1/import", Mode::Observe, Setting::Inherit),
        ];
        let shadowed = ModeChange { now: Mode::Shadow, apart, ..change("shop", Mode::Block, Some(Setting::Inherit)) };
        let apart = vec![scope("/v1/preview $.url", Mode::Observe, Setting::Inherit)];
        let blocked = ModeChange { apart, ..change("news", Mode::Observe, Some(Setting::Inherit)) };
        let changed = ModeChanged { changes: vec![shadowed, blocked], review: Vec::new(), not_kept: None };
        insta::assert_snapshot!(mode_changed(&changed, Paint::Plain));
    }

    #[test]
    fn what_changed_nothing_is_not_taken_back() {
        let shown = |change| {
            let changed = ModeChanged { changes: vec![change], review: Vec::new(), not_kept: None };
            mode_changed(&changed, Paint::Plain)
        };
        let same = change("shop", Mode::Block, None);
        assert_eq!(shown(same.clone()), "shop: block, as before: nothing changed\n");
        let unset = ModeChange { asked: Setting::Inherit, ..same };
        assert_eq!(shown(unset), "shop: block: no mode was set here, nothing changed\n");
        let pinned = shown(change("shop", Mode::Block, Some(Setting::Inherit)));
        assert_eq!(pinned, "shop: block, as before, and now by a mode of its own\n  undo  sortie mode inherit shop\n");
    }
}
