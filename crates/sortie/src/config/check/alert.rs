//! Who is told about findings.

use sortie_model::finding::Severity;

use super::Context;
use crate::config::at::At;
use crate::config::checked::{Alert, AlertTarget, Webhook};
use crate::config::problem::{Problem, Problems};
use crate::config::raw;
use crate::config::word::Word;
use crate::{append, secret};

/// All alerts. A target stands once: it is told of a rise once, however often it is named.
pub(super) fn alerts(list: &[At<raw::Alert>], context: &Context<'_>, problems: &mut Problems) -> Vec<Alert> {
    let mut alerts: Vec<(&At<raw::Alert>, Alert)> = Vec::new();
    for at in list {
        let Some(alert) = alert(at, context, problems) else { continue };
        if context.is_here {
            warn_of_files(at.value(), &alert, context, problems);
        }
        match alerts.iter().find(|(_, other)| other.to.is_same(&alert.to)) {
            Some((first, _)) => problems.push(
                Problem::error(at.span(), "this target has an alert already")
                    .and(first.span(), "here first")
                    .remedy("strike one of them; the lower 'min' tells of all that the higher does"),
            ),
            None => alerts.push((at, alert)),
        }
    }
    alerts.into_iter().map(|(_, alert)| alert).collect()
}

fn alert(at: &At<raw::Alert>, context: &Context<'_>, problems: &mut Problems) -> Option<Alert> {
    let raw = at.value();
    let to = match (&raw.webhook, &raw.jsonl) {
        (Some(url), None) => webhook(url, raw.secret_file.as_ref(), context, problems)?,
        (None, Some(file)) if file.value() == "stdout" => AlertTarget::Stdout,
        (None, Some(file)) => AlertTarget::File(context.path(file.value())),
        _ => {
            problems.push(
                Problem::error(at.span(), "an alert has exactly one of 'webhook' and 'jsonl'")
                    .remedy("expected {webhook: URL, min: high} or {jsonl: stdout}"),
            );
            return None;
        }
    };
    if let (Some(file), None) = (&raw.secret_file, &raw.webhook) {
        problems.push(
            Problem::error(file.span(), "only what goes to a webhook is signed").remedy("strike 'secret_file' here"),
        );
    }
    Some(Alert { to, min: raw.min.and_then(Word::known).unwrap_or(Severity::Medium) })
}

fn webhook(
    at: &At<String>,
    secret_file: Option<&At<String>>,
    context: &Context<'_>,
    problems: &mut Problems,
) -> Option<AlertTarget> {
    const REMEDY: &str = "expected something like https://hooks.example/sortie";
    // The URL may hold a secret, so the message does not repeat it.
    let parsed = url::Url::parse(at.value()).map_err(|error| format!("the webhook is no URL: {error}"));
    let url = problems.read(at, parsed, REMEDY)?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        problems.push(Problem::error(at.span(), "the webhook is no http or https URL").remedy(REMEDY));
        return None;
    }
    Some(AlertTarget::Webhook(Webhook { url, secret_file: secret_file.map(|file| context.path(file.value())) }))
}

/// What lies beside the file may be another where the program is to run, so it is no error.
fn warn_of_files(raw: &raw::Alert, alert: &Alert, context: &Context<'_>, problems: &mut Problems) {
    match &alert.to {
        AlertTarget::Webhook(Webhook { secret_file: Some(path), .. }) => {
            if let (Err(why), Some(at)) = (secret::first_line(path), &raw.secret_file) {
                let what = format!("the secret cannot be taken from '{at}': {why}");
                problems.push(
                    Problem::warning(at.span(), what)
                        .remedy("put the secret into its first line; without one nothing is sent to this webhook"),
                );
            }
        }
        // The start makes the data folder.
        AlertTarget::File(path) if !path.starts_with(&context.data) => {
            if let (Err(why), Some(at)) = (append::look(path), &raw.jsonl) {
                let what = format!("no alert can be written to '{at}': {why}");
                problems.push(Problem::warning(at.span(), what).remedy("make its folder, or choose another path"));
            }
        }
        _ => {}
    }
}
