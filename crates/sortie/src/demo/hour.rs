//! One hour, played and told.

use std::path::Path;

use sortie_demo::{ATTACKER, Atlas, Attack, Benign, Deed, Hour, Mention, Route, World};
use sortie_model::Mode;
use sortie_model::finding::Finding;

use super::stage::{self, Stage};
use super::{DemoError, Tale};
use crate::admin::wire::SinkView;
use crate::view::{self, Paint};

/// An hour that is over.
pub(super) struct Played {
    /// The mode.
    pub(super) mode: Mode,
    /// The attacks, and the story of each as it stands in the end.
    pub(super) attacks: Vec<(Deed, Option<Finding>)>,
    /// How it was for customers.
    pub(super) benign: Benign,
    /// Everything that was found.
    pub(super) findings: Vec<Finding>,
}

/// Plays the hour around a product that knows nothing yet.
pub(super) async fn play(atlas: &Atlas, mode: Mode, folder: &Path, tale: &mut Tale) -> Result<Played, DemoError> {
    let world = World::open(atlas.clone(), Route::Proxy(atlas.doors().outbound)).await?;
    let mut stage = Stage::start(atlas, mode, folder).await?;
    let mut hour = Hour::new(&world, atlas.doors().inbound)?;

    morning_told(mode, tale).await;
    hour.morning().await?;
    learned(&stage.learned().await, tale).await;
    attacker_told(mode, tale).await;
    let mut deeds = Vec::new();
    for (number, attack) in Attack::ALL.into_iter().enumerate() {
        let deed = hour.attack(attack).await?;
        deed_told(number + 1, &deed, tale).await;
        let mentions = hour.orders_with_notes().await?;
        let finding = stage.finding(&deed, atlas).await?;
        seen(mode, finding.as_ref(), tale).await;
        if mode == Mode::Observe {
            mention_told(&mentions, tale).await;
        }
        deeds.push(deed);
        if deeds.len() < Attack::ALL.len() {
            tale.line("").await;
        }
    }
    let benign = hour.evening().await?;
    let findings = stage.stop().await?;
    world.close().await;
    let story_of = |deed: &Deed| stage::of_attack(findings.clone(), deed.attack, atlas);
    let attacks = deeds.into_iter().map(|deed| (deed.clone(), story_of(&deed))).collect();
    Ok(Played { mode, attacks, benign, findings })
}

async fn morning_told(mode: Mode, tale: &mut Tale) {
    if mode == Mode::Observe {
        tale.line(
            "Customers come: webhooks, previews, catalogues, orders. For each order the shop asks billing.internal for \
             the customer's credit, of its own accord. What Sortie makes of it:",
        )
        .await;
    } else {
        tale.line("The same customers come, and Sortie learns again:").await;
    }
}

async fn learned(sinks: &[SinkView], tale: &mut Tale) {
    for sink in sinks.iter().filter(|sink| sink.proven.is_some()) {
        let text =
            format!("{} dials what customers write there: {} of {} times; proven", sink.at, sink.obeyed, sink.offers);
        sortie(&text, tale).await;
    }
}

async fn attacker_told(mode: Mode, tale: &mut Tale) {
    let who = format!("{}, from {}", ATTACKER.name, ATTACKER.address);
    if mode == Mode::Observe {
        tale.line(&format!("\nThen comes {who}, with an account like the others.\n")).await;
    } else {
        tale.line(&format!("\nThen comes {who}, and does the same.\n")).await;
    }
}

async fn deed_told(number: usize, deed: &Deed, tale: &mut Tale) {
    let title = tale.paint().strong(deed.attack.title());
    tale.line(&format!("{number}  {title}")).await;
    for step in &deed.steps {
        tale.quote("   > ", &step.sent).await;
        tale.quote("   < ", &step.got).await;
    }
}

/// The first two lines of the story that `sortie explain` tells whole, and in block what was done.
async fn seen(mode: Mode, finding: Option<&Finding>, tale: &mut Tale) {
    let Some(finding) = finding else { return sortie(&tale.paint().trouble("nothing found"), tale).await };
    let coloured = view::finding(finding, None, finding.last_seen, tale.paint());
    for line in coloured.lines().take(2) {
        sortie(line, tale).await;
    }
    if mode == Mode::Block {
        let plain = view::finding(finding, None, finding.last_seen, Paint::Plain);
        let action = plain.lines().find_map(|line| line.strip_prefix("action")).unwrap_or_default().trim_start();
        sortie(action, tale).await;
    }
}

async fn mention_told(mentions: &[Mention], tale: &mut Tale) {
    for mention in mentions.iter().take(1) {
        let taken = if mention.is_taken { "is taken" } else { "is NOT taken" };
        let text = format!("an order of {} {taken}; its note: \"{}\"", mention.customer, mention.note);
        tale.quote("   ", &text).await;
    }
}

async fn sortie(text: &str, tale: &mut Tale) {
    let who = tale.paint().faint("sortie");
    tale.below(&format!("   {who}  {text}"), "   sortie  ".len()).await;
}
