//! `--keep`: the reader's turn.

use std::net::TcpListener;
use std::path::Path;

use sortie_demo::{ATTACKER, Atlas, Ground, Route, Site, World};
use sortie_model::Mode;
use tokio::signal::unix::{SignalKind, signal};

use super::stage::Stage;
use super::{DemoError, Tale, front, system};

/// Goes on in block with what was learned, until the process is interrupted.
pub(super) async fn running(
    atlas: &Atlas,
    folder: &Path,
    front: TcpListener,
    tale: &mut Tale,
) -> Result<(), DemoError> {
    let world = World::open(atlas.clone(), Route::Proxy(atlas.doors().outbound)).await?;
    let stage = Stage::start(atlas, Mode::Block, folder).await?;

    let door = match atlas.ground() {
        Ground::Namespace => {
            let address = front.local_addr().map_err(system("tell the address"))?;
            tokio::spawn(front::carry(front, atlas.doors().inbound));
            address
        }
        Ground::Loopback => atlas.doors().inbound,
    };
    invitation(atlas, &door.to_string(), stage.data(), tale).await;
    interrupted().await.map_err(system("wait for Ctrl-C"))?;
    stage.stop().await?;
    world.close().await;
    Ok(())
}

/// Ctrl-C, or what a supervisor sends.
async fn interrupted() -> std::io::Result<()> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminated.recv() => Ok(()),
    }
}

async fn invitation(atlas: &Atlas, door: &str, data: &Path, tale: &mut Tale) {
    let role = "/latest/meta-data/iam/security-credentials/shop-role";
    let turns = [
        ("a customer's page", "/v1/preview", format!("{}/season", atlas.authority(Site::Customer(0)))),
        ("a redirect to metadata", "/v1/preview", format!("{}/r", atlas.authority(Site::Cdn))),
        ("metadata itself", "/v1/preview", format!("{}{role}", atlas.authority(Site::Metadata))),
        ("the shop's billing", "/v1/hooks", format!("{}/v1/credit/willow", atlas.authority(Site::Billing))),
    ];
    tale.heading("Your turn").await;
    tale.line("Everything goes on in block until Ctrl-C. From another shell, as mallory:\n").await;
    tale.verbatim(&format!("  token='Authorization: {}'", ATTACKER.authorization())).await;
    tale.line("  type='Content-Type: application/json'\n").await;
    for (what, path, to) in turns {
        tale.line(&format!("  # {what}")).await;
        tale.verbatim(&format!("  curl -i {door}{path} -H \"$token\" -H \"$type\" -d '{{\"url\":\"http://{to}\"}}'"))
            .await;
    }
    tale.line("\nand what Sortie says to it:\n").await;
    let data = data.display();
    for line in ["findings", "sinks", "status", "mode observe", "off"] {
        tale.verbatim(&format!("  sortie {line} --data {data}")).await;
    }
}
