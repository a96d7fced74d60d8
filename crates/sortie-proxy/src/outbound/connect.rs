//! CONNECT: a tunnel is judged and connected before the app hears that it stands.

use std::net::IpAddr;
use std::sync::Arc;

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use smallvec::SmallVec;
use sortie_model::event::{Carrier, Outcome};

use super::answer::DoorBody;
use super::asked::Asked;
use super::door::Connection;
use super::failure::Failure;
use super::tunnel::Tunnel;
use crate::dial;
use crate::gate::{DialRecord, Judged, OutboundDial};
use crate::hop::passages;

/// Judges the authority, connects, answers 200, and leaves the rest to the [`Tunnel`].
pub(super) async fn open(
    connection: &Arc<Connection>,
    request: &Request<Incoming>,
    upgrade: &mut Option<OnUpgrade>,
) -> Response<DoorBody> {
    let door = &connection.door;
    let Some(asked) = request.uri().authority().and_then(|authority| Asked::read(authority, None)) else {
        return Failure::Request("CONNECT needs host:port").response(None);
    };
    let addresses = match door.resolver.resolve(&asked.host).await {
        Ok(addresses) => addresses,
        Err(error) => {
            let outcome = error.outcome();
            let reference = door.gate.unresolved(asked.destination, Carrier::TunnelOpaque, None, outcome);
            return Failure::Resolve(error).response(Some(reference));
        }
    };
    let judged = door.gate.judge(OutboundDial {
        destination: asked.destination.clone(),
        addresses: addresses.clone(),
        further_hosts: SmallVec::new(),
        carrier: Carrier::TunnelOpaque,
        scheme: None,
        request: None,
        via: passages(request.headers()),
    });
    let Some(permit) = judged.permit() else {
        let (record, _) = judged.commit();
        return Failure::Denied.response(Some(record.reference()));
    };
    let unconnected = Unconnected { judged: Some(judged), address: addresses.first().copied() };
    match dial::connect(&permit, door.timeouts.connect).await {
        Ok((stream, address)) => {
            let judged = unconnected.take();
            let tunnel = Tunnel { destination: asked.destination, addresses, permit, stream, address };
            if let Some(app) = upgrade.take() {
                tokio::spawn(tunnel.run(Arc::clone(connection), judged, app));
            }
            Response::new(DoorBody::empty())
        }
        Err(error) => {
            let record = unconnected.take().commit().0;
            let reference = record.reference();
            record.failed(error.kind.outcome(), error.address);
            Failure::Connect(error.kind).response(Some(reference))
        }
    }
}

/// Records a tunnel that holds no visible request.
pub(super) fn record(judged: Judged, address: IpAddr) -> DialRecord {
    let (mut record, _) = judged.commit();
    record.connected(address);
    record
}

/// A judged tunnel without a connection. Dropped, because the app lost patience, it is recorded as
/// one that nothing answered in time: that is what a sweep of ports looks like.
struct Unconnected {
    judged: Option<Judged>,
    address: Option<IpAddr>,
}

impl Unconnected {
    fn take(mut self) -> Judged {
        self.judged.take().expect("taken once, by value")
    }
}

impl Drop for Unconnected {
    fn drop(&mut self) {
        if let Some(judged) = self.judged.take() {
            judged.commit().0.failed(Outcome::TimedOut, self.address);
        }
    }
}
