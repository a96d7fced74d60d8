//! A run as Markdown, for the page under `docs/evaluation/`.

use std::fmt::Write as _;

use super::contender::{HYPER, NGINX, SQUID};
use super::figures::Spread;
use super::load::Load;
use super::report::Report;

pub(super) fn of(report: &Report) -> String {
    let mut text = format!(
        "{} rounds, {} s for each load on each contender. Medians (least – most).\n{}\n",
        report.rounds,
        report.seconds,
        report.machine.line()
    );
    for load in Load::ALL {
        contenders(&mut text, report, load);
    }
    engine(&mut text, report);
    goals(&mut text, report);
    text
}

fn contenders(text: &mut String, report: &Report, load: Load) {
    let others: &[&str] = if load.is_inbound() { &[HYPER, NGINX] } else { &[HYPER, SQUID] };
    let name = serde_json::to_value(load).expect("a load has a name");
    let _ = writeln!(text, "\n**{}**\n", name.as_str().unwrap_or_default());
    let _ = writeln!(
        text,
        "| | CPU-s per 100k | of {} | of {} | per second | p50 ms | p99 ms | p99.9 ms | refused % | MB |\n|---|---|---|---|---|---|---|---|---|---|",
        others[0], others[1]
    );
    let mut names: Vec<&str> = Vec::new();
    for measured in report.measured.iter().filter(|measured| measured.load == load && measured.round == 1) {
        names.push(measured.contender);
    }
    for name in names {
        let row = [
            show(report.spread(load, name, |f| f.cpu_per_100k), 2),
            show(report.cpu_ratio(load, name, others[0]), 2),
            show(report.cpu_ratio(load, name, others[1]), 2),
            show(report.spread(load, name, |f| f.per_second), 0),
            show(report.spread(load, name, |f| f.latency.p50), 2),
            show(report.spread(load, name, |f| f.latency.p99), 2),
            show(report.spread(load, name, |f| f.latency.p999), 2),
            show(report.spread(load, name, |f| 100.0 * f.refused as f64 / f.count.max(1) as f64), 1),
            memory(report, load.is_inbound(), name),
        ];
        let _ = writeln!(text, "| {name} | {} |", row.join(" | "));
    }
}

fn engine(text: &mut String, report: &Report) {
    let spread = |figure: fn(&super::figures::EngineRound) -> f64| Spread::of(report.engine.rounds.iter().map(figure));
    let _ = writeln!(
        text,
        "\n**Engine and journal alone**: {} exchanges, {} dials, {} events, {} at a time\n\n\
         | CPU µs per exchange | of them journal | events per CPU second | journal bytes per exchange |\n|---|---|---|---|\n\
         | {} | {} | {} | {} |",
        report.engine.exchanges,
        report.engine.dials,
        report.engine.events,
        report.engine.batch,
        show(spread(|round| round.exchange_us), 2),
        show(spread(|round| round.of_it_journal_us), 2),
        show(spread(|round| round.events_per_s), 0),
        show(spread(|round| round.journal_bytes_per_exchange), 0),
    );
    let dropped = report.dropped.iter().map(|(name, count)| match count {
        Some(count) => format!("{name} {count}"),
        None => format!("{name} unknown"),
    });
    let _ = writeln!(text, "\nEvents dropped in the run: {}.", dropped.collect::<Vec<_>>().join("; "));
}

fn goals(text: &mut String, report: &Report) {
    let _ = writeln!(text, "\n| target | at most | measured | |\n|---|---|---|---|");
    for goal in report.goals() {
        let verdict = if goal.is_met() { "met" } else { "**not met**" };
        let _ = writeln!(text, "| {} | {} | {} | {verdict} |", goal.name, goal.most, show(goal.figure, 2));
    }
}

fn memory(report: &Report, is_inbound: bool, name: &str) -> String {
    let mut all = report.memory.iter();
    let found = all.find(|memory| memory.is_inbound == is_inbound && memory.contender == name);
    found.and_then(|memory| memory.megabytes).map_or_else(|| "–".to_owned(), |megabytes| format!("{megabytes:.0}"))
}

/// The median, and in brackets the least and the most.
fn show(spread: Option<Spread>, decimals: usize) -> String {
    match spread {
        Some(Spread { median, min, max }) if median.is_finite() => {
            format!("{median:.decimals$} ({min:.decimals$} – {max:.decimals$})")
        }
        _ => "–".to_owned(),
    }
}
