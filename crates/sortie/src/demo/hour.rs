//! One hour, played and told.

use std::path::Path;

use sortie_demo::{ATTACKER, Atlas, Attack, Benign, CUSTOMERS, Deed, Hour, Route, World};
use sortie_model::Mode;
use sortie_model::finding::Finding;

use super::stage::{self, Stage};
use super::{DemoError, Tale, attack};
use crate::admin::wire::SinkView;
use crate::view;

/// An hour that is over.
pub(super) struct Played {
    /// The mode.
    pub(super) mode: Mode,
    /// The attacks, and the story of each.
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

    hour.morning().await?;
    tale.line("Customers come: webhooks, previews, catalogues, orders. For each order the shop asks").await;
    tale.line("billing.internal for the customer's credit, of its own accord.").await;
    learned(&stage.learned().await, tale).await;

    tale.line(&format!(
        "\nThen comes {}, from {}, with an account like the others.\n",
        ATTACKER.name, ATTACKER.address
    ))
    .await;
    let mut attacks = Vec::new();
    for (number, attack) in Attack::ALL.into_iter().enumerate() {
        let deed = hour.attack(attack).await?;
        told(number + 1, &deed, tale).await;
        hour.orders_with_notes().await?;
        let finding = stage.finding(attack, atlas, attack::rung(attack)).await?;
        seen(finding.as_ref(), tale).await;
        attacks.push((deed, finding));
    }
    let benign = hour.evening().await?;
    let customers = CUSTOMERS.len();
    tale.line(&format!(
        "In between and afterwards {customers} customers went on as before; some of their order notes mention"
    ))
    .await;
    tale.line("billing.internal. Mentioning is not ordering.").await;

    let findings = stage.stop().await?;
    world.close().await;
    for (deed, finding) in &mut attacks {
        // The story as it stands in the end.
        *finding = stage::of_attack(findings.clone(), deed.attack, atlas);
    }
    Ok(Played { mode, attacks, benign, findings })
}

async fn learned(sinks: &[SinkView], tale: &mut Tale) {
    for sink in sinks.iter().filter(|sink| sink.proven.is_some()) {
        let text = format!(
            "{} dials what it is told: {} of {} destinations, honour rate {:.2}; proven",
            sink.at, sink.obeyed, sink.offers, sink.rho
        );
        sortie(&text, tale).await;
    }
}

async fn told(number: usize, deed: &Deed, tale: &mut Tale) {
    let title = tale.paint().strong(deed.attack.title());
    tale.line(&format!("{number}  {title}")).await;
    for step in &deed.steps {
        tale.aside("   > ", &step.sent).await;
        tale.aside("   < ", &step.got).await;
    }
}

/// The first two lines of the story that `sortie explain` tells whole.
async fn seen(finding: Option<&Finding>, tale: &mut Tale) {
    match finding {
        Some(finding) => {
            let whole = view::finding(finding, finding.last_seen, tale.paint());
            for line in whole.lines().take(2) {
                sortie(line, tale).await;
            }
        }
        None => sortie(&tale.paint().trouble("nothing found"), tale).await,
    }
    tale.line("").await;
}

async fn sortie(text: &str, tale: &mut Tale) {
    let who = tale.paint().faint("sortie");
    tale.line(&format!("   {who}  {text}")).await;
}
