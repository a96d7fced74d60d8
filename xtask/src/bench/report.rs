//! What a run gives: every measurement, and the figures that stand for them.

use std::fmt;

use serde::Serialize;
use serde_json::{Value, json};

use super::contender::{DIRECT, HYPER, NGINX, SQUID};
use super::figures::{Engine, Figures, Spread};
use super::load::Load;
use super::machine::Machine;
use super::sortie::Manner;

/// One load on one contender in one round.
#[derive(Debug, Serialize)]
pub(super) struct Measurement {
    pub(super) round: usize,
    pub(super) load: Load,
    pub(super) contender: &'static str,
    #[serde(flatten)]
    pub(super) figures: Figures,
}

impl fmt::Display for Measurement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures { per_second, cpu_per_100k, latency, refused, .. } = &self.figures;
        write!(
            f,
            "{} {:?} {}: {per_second:.0}/s, {cpu_per_100k:.2} CPU-s per 100k, p50 {:.2} p99 {:.2} ms, {refused} refused",
            self.round, self.load, self.contender, latency.p50, latency.p99
        )
    }
}

/// Memory of a contender after the run.
#[derive(Debug, Serialize)]
pub(super) struct Memory {
    pub(super) is_inbound: bool,
    pub(super) contender: &'static str,
    pub(super) megabytes: Option<f64>,
}

/// A whole run.
pub(super) struct Report {
    pub(super) machine: Machine,
    pub(super) rounds: usize,
    pub(super) seconds: f64,
    pub(super) memory: Vec<Memory>,
    /// Events for which Sortie's queues had no room.
    pub(super) dropped: [(&'static str, Option<u64>); 3],
    pub(super) engine: Engine,
    pub(super) measured: Vec<Measurement>,
}

/// A figure that has a target.
pub(super) struct Goal {
    pub(super) name: &'static str,
    pub(super) figure: Option<Spread>,
    /// It is to be at most this.
    pub(super) most: f64,
}

impl Goal {
    pub(super) fn is_met(&self) -> bool {
        self.figure.is_some_and(|figure| figure.median <= self.most)
    }
}

impl Report {
    /// A figure of a contender over all rounds.
    pub(super) fn spread(&self, load: Load, contender: &str, figure: fn(&Figures) -> f64) -> Option<Spread> {
        Spread::of((1..=self.rounds).filter_map(|round| self.find(round, load, contender)).map(figure))
    }

    /// Two contenders' figures put together in every round.
    fn within_rounds(
        &self,
        load: Load,
        [one, other]: [&str; 2],
        figure: fn(&Figures) -> f64,
        together: fn(f64, f64) -> f64,
    ) -> Option<Spread> {
        Spread::of((1..=self.rounds).filter_map(|round| {
            let (one, other) = (self.find(round, load, one)?, self.find(round, load, other)?);
            Some(together(figure(one), figure(other)))
        }))
    }

    fn find(&self, round: usize, load: Load, contender: &str) -> Option<&Figures> {
        let mut all = self.measured.iter();
        all.find(|m| (m.round, m.load, m.contender) == (round, load, contender)).map(|m| &m.figures)
    }

    /// CPU time per request of one contender as a multiple of another's.
    pub(super) fn cpu_ratio(&self, load: Load, one: &str, other: &str) -> Option<Spread> {
        self.within_rounds(load, [one, other], |figures| figures.cpu_per_100k, |one, other| one / other)
    }

    /// Milliseconds that one contender's p99 lies above another's at the same rate.
    fn p99_added(&self, one: &str, other: &str) -> Option<Spread> {
        self.within_rounds(Load::InboundOpen, [one, other], |figures| figures.latency.p99, |one, other| one - other)
    }

    fn tunnel_micros(&self, contender: &str) -> Option<Spread> {
        self.spread(Load::Tunnels, contender, |figures| figures.cpu_per_100k * 10.0)
    }

    /// What was promised, and what came out.
    pub(super) fn goals(&self) -> Vec<Goal> {
        let [observe, elsewhere, here] = Manner::ALL.map(Manner::name);
        let ratio = |name, load, one, other, most| Goal { name, figure: self.cpu_ratio(load, one, other), most };
        vec![
            ratio("inbound CPU, of bare hyper, 1 KiB, observe", Load::Inbound, observe, HYPER, 1.5),
            ratio("the same in block, proven sink elsewhere", Load::Inbound, elsewhere, HYPER, 1.5),
            ratio("the same in block, proven sinks here", Load::Inbound, here, HYPER, 1.5),
            ratio("inbound CPU, of bare hyper, 64 KiB, observe", Load::InboundLarge, observe, HYPER, 4.0),
            ratio("the same in block, proven sinks here", Load::InboundLarge, here, HYPER, 4.0),
            Goal { name: "inbound p99 added, ms", figure: self.p99_added(observe, DIRECT), most: 1.0 },
            ratio("outbound CPU, of Squid, 1 KiB", Load::Outbound, observe, SQUID, 0.35),
            ratio("outbound CPU, of Squid, tunnels", Load::Tunnels, observe, SQUID, 0.35),
            Goal {
                name: "engine and journal, CPU µs per exchange",
                figure: Spread::of(self.engine.rounds.iter().map(|round| round.exchange_us)),
                most: 5.0,
            },
        ]
    }

    /// The file of `--json`.
    pub(super) fn to_json(&self) -> Value {
        let observe = Manner::Observe.name();
        let cpu = |load, one, other| self.cpu_ratio(load, one, other).map(|spread| spread.median);
        let goals = self.goals().into_iter().map(
            |goal| json!({ "name": goal.name, "at_most": goal.most, "figure": goal.figure, "met": goal.is_met() }),
        );
        json!({
            "inbound": {
                "cpu_vs_hyper": cpu(Load::Inbound, observe, HYPER),
                "cpu_vs_hyper_64k": cpu(Load::InboundLarge, observe, HYPER),
                "cpu_vs_nginx": cpu(Load::Inbound, observe, NGINX),
                "p99_added_ms": self.p99_added(observe, DIRECT).map(|spread| spread.median),
            },
            "outbound": {
                "cpu_vs_squid": cpu(Load::Outbound, observe, SQUID),
                "us_per_tunnel": self.tunnel_micros(observe).map(|spread| spread.median),
            },
            "engine_events_per_s": Spread::of(self.engine.rounds.iter().map(|round| round.events_per_s))
                .map(|spread| spread.median),
            "goals": goals.collect::<Vec<_>>(),
            "spreads": {
                "inbound_cpu_vs_hyper": self.cpu_ratio(Load::Inbound, observe, HYPER),
                "inbound_cpu_vs_hyper_64k": self.cpu_ratio(Load::InboundLarge, observe, HYPER),
                "inbound_cpu_vs_nginx": self.cpu_ratio(Load::Inbound, observe, NGINX),
                "inbound_p99_added_ms": self.p99_added(observe, DIRECT),
                "hyper_p99_added_ms": self.p99_added(HYPER, DIRECT),
                "nginx_p99_added_ms": self.p99_added(NGINX, DIRECT),
                "outbound_cpu_vs_squid": self.cpu_ratio(Load::Outbound, observe, SQUID),
                "outbound_cpu_vs_hyper": self.cpu_ratio(Load::Outbound, observe, HYPER),
                "us_per_tunnel": self.tunnel_micros(observe),
                "squid_us_per_tunnel": self.tunnel_micros(SQUID),
                "hyper_us_per_tunnel": self.tunnel_micros(HYPER),
            },
            "machine": self.machine,
            "rounds": self.rounds,
            "seconds": self.seconds,
            "memory": self.memory,
            "events_dropped": self.dropped,
            "engine": self.engine,
            "measurements": self.measured,
        })
    }
}
