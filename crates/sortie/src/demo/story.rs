//! The story from its beginning to its end.

use std::net::TcpListener;
use std::path::Path;

use sortie_demo::{ATTACKER, Atlas, Ground};
use sortie_model::Mode;
use sortie_model::finding::Finding;

use super::hour::{self, Played};
use super::{DemoError, Tale, compare, keep, promise, settings, system};
use crate::view;

/// Tells it, and says whether it came out as promised. With a `front`, everything is left running
/// until the process is interrupted.
pub(super) async fn tell(ground: Ground, front: Option<TcpListener>, mut tale: Tale) -> Result<bool, DemoError> {
    let folder = tempfile::Builder::new().prefix("sortie-demo-").tempdir().map_err(system("make a folder"))?;
    let atlas = Atlas::draw(ground)?;
    scene(&atlas, &mut tale).await;

    tale.heading("The hour in observe: nothing is changed, everything is seen").await;
    let data = folder.path().join("observe");
    let observe = hour::play(&atlas, Mode::Observe, &data, &mut tale).await?;
    worst(&observe, &data, front.is_some(), &mut tale).await;

    tale.heading("The same hour in block: a new shop, and a Sortie that knows nothing yet").await;
    let data = folder.path().join("block");
    let block = hour::play(&atlas, Mode::Block, &data, &mut tale).await?;

    tale.heading("Side by side").await;
    tale.block(&compare::side_by_side(&observe, &block, tale.paint())).await;
    let broken: Vec<String> = [&observe, &block].into_iter().flat_map(promise::broken).collect();
    verdict(&broken, &mut tale).await;
    if let Some(front) = front {
        keep::running(&atlas, &data, front, &mut tale).await?;
    }
    Ok(broken.is_empty())
}

async fn scene(atlas: &Atlas, tale: &mut Tale) {
    let doors = atlas.doors();
    tale.heading("sortie demo: an hour at a small shop, played twice").await;
    tale.line("   customers, and one who is none").await;
    tale.line("        |").await;
    tale.line(&format!("   [ inbound door  {} ]     which destinations does a request carry?", doors.inbound)).await;
    tale.line("        |").await;
    tale.line(&format!("     shop API      {}       webhooks, previews, XML, orders", doors.shop)).await;
    tale.line("        |").await;
    tale.line(&format!("   [ outbound door {} ]     and at whose order does the shop dial?", doors.outbound)).await;
    tale.line("        |").await;
    tale.line("   customers' hosts, billing.internal, the cloud's metadata service\n").await;
    tale.line(
        "Shop, customers and hosts are played; the doors and their judgement are the product. The hour is played without \
         its pauses, in a second or two: what Sortie says of times, and of how long it has watched, is of these seconds.\n",
    )
    .await;
    match atlas.ground() {
        Ground::Namespace => {
            tale.line(
                "All of it is in a network namespace of this process: the addresses are real, and nothing leaves it.",
            )
            .await;
        }
        Ground::Loopback => loopback(atlas, tale).await,
    }
}

/// What is otherwise on this ground, honestly.
async fn loopback(atlas: &Atlas, tale: &mut Tale) {
    tale.line(
        "Without a network namespace (root, or a kernel that allows user namespaces) every host here has an address below \
         127.0.0.0/8. So three things are not as in life:",
    )
    .await;
    tale.below(
        "  - the hosts' classes: billing.internal is loopback instead of private, metadata is known by one of its names \
         instead of 169.254.169.254;",
        4,
    )
    .await;
    tale.below("  - what stands for the internet must be allowed by name; in life it has public addresses;", 4).await;
    tale.below(&format!("  - the hosts listen on port {} instead of 80.", atlas.web_port()), 4).await;
    tale.line("The configuration that says so:\n").await;
    for line in settings::text(atlas, Mode::Observe).lines() {
        tale.quote("    ", line).await;
    }
}

/// How the reader can have each of these stories whole: the data goes with the demonstration, unless it is kept.
async fn explaining(data: &Path, keeps: bool, tale: &mut Tale) {
    if keeps {
        tale.line("\nEach of them whole, from another shell, until you end this:").await;
        tale.verbatim(&format!("  sortie explain F-... --data {}", data.display())).await;
    } else {
        tale.line(
            "\n`sortie explain F-...` tells each of them whole; here their data is gone when this ends. `sortie demo --keep` \
             leaves it, and says where.",
        )
        .await;
    }
}

/// The attacker's worst story whole, and all of his as a list. `data`: where they lie.
async fn worst(hour: &Played, data: &Path, keeps: bool, tale: &mut Tale) {
    let is_his = |finding: &&Finding| finding.actor.as_ref().is_some_and(|actor| actor.address == ATTACKER.address);
    let told: Vec<Finding> = hour.findings.iter().filter(is_his).cloned().collect();
    let Some(worst) = told.iter().max_by_key(|finding| (finding.severity, finding.dials.len())) else { return };
    tale.line("\nThe worst story, as `sortie explain` tells it:\n").await;
    let now = worst.last_seen;
    let whole = view::finding(worst, None, now, tale.paint());
    tale.block(&whole).await;
    tale.line(&format!("\nAnd all of {}'s, as `sortie findings --all` lists them:\n", ATTACKER.name)).await;
    tale.block(&view::findings_table(&told, now, Some(tale.columns()), tale.paint())).await;
    explaining(data, keeps, tale).await;
}

async fn verdict(broken: &[String], tale: &mut Tale) {
    if broken.is_empty() {
        let kept = tale.paint().strong("As promised:");
        tale.line(&format!(
            "\n{kept} every attack was found, with its sender and how far it got; in block none reached what policy \
             denies, and nobody else noticed anything. What was called in both hours is the attacker's own public host: \
             such a call-back is what webhooks are for."
        ))
        .await;
        return;
    }
    tale.line(&format!("\n{}", tale.paint().trouble("Not as promised:"))).await;
    for line in broken {
        tale.quote("  - ", line).await;
    }
}
