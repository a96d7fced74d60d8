//! `--keep`: the reader's turn.

use std::net::TcpListener;
use std::path::Path;

use sortie_demo::{ATTACKER, Atlas, Ground, Route, Site, World};
use sortie_model::Mode;

use super::stage::Stage;
use super::{DemoError, Tale, front, system};
use crate::admin::Server;
use crate::config::checked::AdminListen;

/// Goes on in block with what was learned, until the process is interrupted.
pub(super) async fn running(
    atlas: &Atlas,
    folder: &Path,
    front: TcpListener,
    tale: &mut Tale,
) -> Result<(), DemoError> {
    let world = World::open(atlas.clone(), Route::Proxy(atlas.doors().outbound)).await?;
    let stage = Stage::start(atlas, Mode::Block, folder).await?;
    let socket = AdminListen::Unix(sortie_store::layout::Layout::new(stage.data()).admin_socket());
    let data = stage.data().to_owned();
    // The admin side makes a runtime of its own, which must not be done on a thread of this one.
    let bound = tokio::task::spawn_blocking(move || Server::bind(&socket, &data)).await;
    let server = bound.map_err(|error| super::system("start the admin side")(error.into()))??;
    let admin = server.start(stage.operator().clone()).map_err(system("start the admin side"))?;

    let door = match atlas.ground() {
        Ground::Namespace => {
            let address = front.local_addr().map_err(system("tell the address"))?;
            tokio::spawn(front::carry(front, atlas.doors().inbound));
            address
        }
        Ground::Loopback => atlas.doors().inbound,
    };
    invitation(atlas, &door.to_string(), stage.data(), tale).await;
    tokio::signal::ctrl_c().await.map_err(system("wait for Ctrl-C"))?;
    // Joining the admin side's thread blocks.
    let _ = tokio::task::spawn_blocking(move || drop(admin)).await;
    stage.stop().await?;
    world.close().await;
    Ok(())
}

async fn invitation(atlas: &Atlas, door: &str, data: &Path, tale: &mut Tale) {
    let curl = |path: &str, body: &str| {
        format!(
            "  curl -s {door}{path} -H 'Authorization: {}' -H 'Content-Type: application/json' -d '{body}'",
            ATTACKER.authorization()
        )
    };
    let url = |to: &str| format!(r#"{{"url":"http://{to}"}}"#);
    let data = data.display();
    tale.heading("Your turn").await;
    tale.line("Everything goes on in block until Ctrl-C. As mallory, from another shell:\n").await;
    let role = "/latest/meta-data/iam/security-credentials/shop-role";
    let lines = [
        curl("/v1/preview", &url(&format!("{}/season", atlas.authority(Site::Customer(0))))),
        curl("/v1/preview", &url(&format!("{}/r", atlas.authority(Site::Cdn)))),
        curl("/v1/preview", &url(&format!("{}{role}", atlas.authority(Site::Metadata)))),
        curl("/v1/hooks", &url(&format!("{}/v1/credit/willow", atlas.authority(Site::Billing)))),
    ];
    for line in lines {
        tale.line(&line).await;
    }
    tale.line("\nand what Sortie says to it:\n").await;
    for line in ["findings", "sinks", "status", "mode observe", "off"] {
        tale.line(&format!("  sortie {line} --data {data}")).await;
    }
}
