//! `sortie findings`: what was found. It reads the store, so it works while nothing runs.

use std::collections::BTreeSet;

use sortie_export::Summarised;
use sortie_model::finding::{FindingKind, Severity};
use sortie_model::{Micros, ServiceName};
use sortie_store::IndexReader;
use sortie_store::index::Filter;

use super::output::{Format, Output};
use super::whence::Whence;
use super::{Failure, now};
use crate::config::quantity;
use crate::config::target::service_name;
use crate::view;

/// List what was found, the last seen first
///
/// Without `--all` closed findings and posture (info) are left out. Works while nothing runs.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    whence: Whence,
    /// How to write them
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Seen since then: `2h`, `2026-11-24`, `2026-11-24T03:00:00Z`
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Micros>,
    /// At least this severe: info, low, medium, high, critical
    #[arg(long, value_name = "SEVERITY")]
    min: Option<Severity>,
    /// Of this kind: ssrf.honoured, ssrf.blocked, ssrf.attempt, ssrf.stored, credential.sent,
    /// sink.open, egress.hidden, file.returned
    #[arg(long, value_name = "KIND", value_parser = kind)]
    kind: Option<FindingKind>,
    /// Of this service
    #[arg(long, value_name = "SERVICE", value_parser = service_name)]
    service: Option<ServiceName>,
    /// Closed ones and posture too
    #[arg(long)]
    all: bool,
    /// At most so many
    #[arg(long, value_name = "NUMBER", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    let reader = IndexReader::open(&args.whence.layout()?).map_err(Failure::other)?;
    let least = if args.all || args.kind.is_some() { Severity::Info } else { Severity::Low };
    let filter = Filter {
        since: args.since.unwrap_or_default(),
        min: args.min.unwrap_or(least),
        kind: args.kind,
        service: args.service.clone(),
        open_only: !args.all,
        limit: args.limit,
    };
    let list = reader.findings(&filter).map_err(Failure::other)?;
    if let Some(service) = args.service.as_ref().filter(|_| list.is_empty()) {
        is_known(service, &reader, &args.whence)?;
    }
    let told: Vec<Summarised<'_>> = list.iter().map(Summarised::from).collect();
    Output::print_list(args.format, &told, || view::findings(&list, now(), output.columns, output.paint))
}

/// A name that nobody knows finds nothing, and must not look like good news.
fn is_known(service: &ServiceName, reader: &IndexReader, whence: &Whence) -> Result<(), Failure> {
    let mut known: BTreeSet<String> =
        reader.services().map_err(Failure::other)?.iter().map(ToString::to_string).collect();
    known.extend(whence.services()?);
    if known.is_empty() || known.contains(&*service.0) {
        return Ok(());
    }
    let known: Vec<String> = known.into_iter().collect();
    Err(Failure::usage(format!("there is no service '{service}'; there is: {}", known.join(", "))))
}

/// A moment, or how long ago it was.
fn since(text: &str) -> Result<Micros, String> {
    if let Some(moment) = Micros::parse_rfc3339(text) {
        return Ok(moment);
    }
    let ago = quantity::duration(text)
        .map_err(|error| format!("{error}, and no date: expected 2h, 2026-11-24 or 2026-11-24T03:00:00Z"))?;
    Ok(now().minus(ago.as_micros() as u64))
}

fn kind(text: &str) -> Result<FindingKind, String> {
    use FindingKind::{Attempt, Blocked, CredentialSent, FileReturned, HiddenHop, Honoured, OpenSink, Stored};
    let kinds = [Honoured, Blocked, Attempt, Stored, CredentialSent, OpenSink, HiddenHop, FileReturned];
    kinds.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
        let words: Vec<&str> = kinds.into_iter().map(FindingKind::as_str).collect();
        format!("expected one of {}", words.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_moment_or_an_age() {
        assert_eq!(since("1970-01-02"), Ok(Micros(Micros::DAY)));
        let two_hours = Micros::SECOND * 7_200;
        let ago = now().0 - since("2h").unwrap().0;
        assert!((two_hours - Micros::SECOND..two_hours + Micros::SECOND * 60).contains(&ago), "{ago}");
        assert!(since("yesterday").unwrap_err().contains("expected 2h"));
    }

    #[test]
    fn kinds_are_named_as_in_json() {
        assert_eq!(kind("ssrf.honoured"), Ok(FindingKind::Honoured));
        assert!(kind("ssrf").unwrap_err().contains("credential.sent"));
    }
}
