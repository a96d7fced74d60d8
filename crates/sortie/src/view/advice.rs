//! What to do about a finding.

use sortie_model::finding::{Action, Finding, FindingKind, Impact};
use sortie_model::{AddressClass, Mode};

use super::text::{clean, quoted};

/// What cannot wait: the damage that is done, or the door that stands open.
pub(super) fn first(finding: &Finding) -> Option<String> {
    let port = finding.destination.port.map(|port| format!(":{port}")).unwrap_or_default();
    let host = clean(&format!("{}{port}", finding.destination.host)).into_owned();
    let worst = |impact| finding.impact.contains(&impact);
    if worst(Impact::MetadataCredentialsRead) {
        return Some("rotate the instance role's credentials (values were not stored)".to_owned());
    }
    if worst(Impact::CredentialsSent) {
        return Some(format!("revoke the credential that went to {host} (its value was not stored)"));
    }
    if worst(Impact::InternalDataChanged) {
        return Some(format!("look in the logs of {host} for what was changed at these times"));
    }
    if worst(Impact::InternalDataRead) {
        let others = if sortie_export::further_destinations(finding) > 0 { ", and the others above," } else { "" };
        return Some(format!("find out what {host}{others} answers at these paths, and whom that concerns"));
    }
    match finding.kind {
        FindingKind::FileReturned => Some(
            "treat what that file holds as known to the client: rotate its keys and passwords (no content was stored)"
                .to_owned(),
        ),
        FindingKind::Stored => {
            Some(format!("find and delete the stored value: it makes the service call {host} again"))
        }
        FindingKind::OpenSink => {
            Some("decide what this parameter may dial; `sortie sinks` shows what it did".to_owned())
        }
        FindingKind::HiddenHop => Some(format!(
            "find out whether {} calls {host} of its own accord since its last release",
            clean(&finding.service.0)
        )),
        FindingKind::Honoured | FindingKind::Blocked | FindingKind::Attempt | FindingKind::CredentialSent => None,
    }
}

/// What follows, as commands; the second takes the first back.
pub(super) fn then(finding: &Finding) -> (String, Option<String>) {
    // Reading a file takes no dial: a door stands before it only where a request that names it is refused.
    let is_stoppable = finding.kind != FindingKind::FileReturned || finding.decision.action == Action::WouldBlock;
    let is_denied_class = is_stoppable && finding.destination.class != AddressClass::Public;
    match scope(finding) {
        Some(scope) if finding.decision.mode != Mode::Block && is_denied_class => {
            (format!("sortie mode block {scope}"), Some("sortie mode inherit, same scope".to_owned()))
        }
        _ => (format!("sortie close {} --as fixed|accepted|false-positive --reason ...", finding.id), None),
    }
}

/// `'shop /v1/preview $.url'`. A quote in it would end the command's.
fn scope(finding: &Finding) -> Option<String> {
    let endpoint = finding.endpoint.as_ref()?;
    let location = finding.location.as_deref()?;
    // Where markup holds it, the place has another name than the tag that people see: the endpoint is
    // what can be named.
    let is_markup = ["html ", "xml ", "body"].iter().any(|kind| location.starts_with(kind));
    let location = if is_markup { "" } else { location };
    let text = format!("{} {} {} {location}", finding.service, endpoint.method, endpoint.template);
    let target: crate::config::Target = text.parse().ok()?;
    let command = quoted(&target);
    let is_typed = target.scope.is_some() && clean(&text) == text && !text.contains('\'');
    is_typed.then_some(command)
}
