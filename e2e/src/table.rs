//! The result as a person reads it: a row for each shape.

use std::fmt::Write;

use crate::disguise::Disguise;
use crate::findings::{Finding, Severity};
use crate::shape::Shape;
use crate::truth::{Intent, Truth};

/// A table of what became of the attacks and orders of each shape.
pub fn render(title: &str, truths: &[Truth], findings: &[Finding]) -> String {
    let mut table = format!(
        "\n{title}\n{:<12}{:>8}{:>9}{:>8}{:>9}{:>8}{:>9}  rungs\n",
        "shape", "attacks", "reached", "named", "blocked", "orders", "served"
    );
    for shape in Shape::ALL {
        let row = Row::of(shape, truths, findings);
        let name = format!("{shape:?}");
        let _ = writeln!(
            table,
            "{name:<12}{:>8}{:>9}{:>8}{:>9}{:>8}{:>9}  {}",
            row.attacks,
            row.reached,
            row.named,
            row.blocked,
            row.orders,
            row.served,
            row.rungs.join(" ")
        );
    }
    let others = truths.iter().filter(|t| matches!(t.intent, Intent::Plain { .. } | Intent::Mention { .. }));
    let (mentions, plain): (Vec<&Truth>, Vec<&Truth>) =
        others.partition(|t| matches!(t.intent, Intent::Mention { .. }));
    let _ = writeln!(
        table,
        "mentions {} of {} as expected, others {} of {}",
        served(&mentions),
        mentions.len(),
        served(&plain),
        plain.len()
    );
    table
}

/// A table of what became of each spelling.
pub fn disguises(title: &str, attacks: &[(Disguise, Truth)], findings: &[Finding]) -> String {
    let mut table = format!("\n{title}\n{:<14}{:>8}{:>9}{:>8}\n", "spelling", "attacks", "reached", "named");
    for disguise in Disguise::ALL {
        let of_it = || attacks.iter().filter(|(other, _)| *other == disguise).map(|(_, truth)| truth);
        let reached = of_it().filter(|truth| truth.attack().is_some_and(|attack| attack.reached)).count();
        let named = of_it()
            .filter(|truth| findings.iter().any(|f| f.severity > Severity::Info && f.request(&truth.id).is_some()));
        let name = format!("{disguise:?}");
        let _ = writeln!(table, "{name:<14}{:>8}{reached:>9}{:>8}", of_it().count(), named.count());
    }
    table
}

#[derive(Default)]
struct Row {
    attacks: usize,
    reached: usize,
    named: usize,
    blocked: usize,
    orders: usize,
    served: usize,
    rungs: Vec<String>,
}

impl Row {
    fn of(shape: Shape, truths: &[Truth], findings: &[Finding]) -> Self {
        let mut row = Self::default();
        for truth in truths {
            match &truth.intent {
                Intent::Attack(attack) if attack.shape == shape => {
                    row.attacks += 1;
                    row.reached += usize::from(attack.reached);
                    row.tell(truth, findings);
                }
                Intent::Order { shape: ordered } if *ordered == shape => {
                    row.orders += 1;
                    row.served += served(&[truth]);
                }
                _ => {}
            }
        }
        row.rungs.sort();
        row.rungs.dedup();
        row
    }

    fn tell(&mut self, truth: &Truth, findings: &[Finding]) {
        let naming: Vec<&Finding> = findings.iter().filter(|finding| finding.request(&truth.id).is_some()).collect();
        self.named += usize::from(!naming.is_empty());
        self.blocked += usize::from(naming.iter().any(|finding| finding.decision.action == "blocked"));
        self.rungs.extend(naming.iter().map(|finding| finding.rung.clone()));
    }
}

fn served(truths: &[&Truth]) -> usize {
    truths.iter().filter(|truth| truth.status.is_some() && truth.status == truth.expected()).count()
}
