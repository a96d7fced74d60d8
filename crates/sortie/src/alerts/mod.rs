//! Alerts: queued with the finding in one transaction, delivered from disk by a thread of their own,
//! never in a door's way.

mod carrier;
mod courier;
mod desk;
mod health;
mod post;

use std::sync::Arc;

use parking_lot::Mutex;
use sha2::{Digest as _, Sha256};
use sortie_export::AlertRule;
use sortie_model::{Finding, Micros};
use sortie_store::error::StoreError;
use sortie_store::index::{Batch, Enqueued};
use sortie_store::record::delivery::Delivery;
use tokio::sync::Notify;

pub use courier::Courier;
pub use health::{AlertsHealth, Deliveries};

use crate::config::checked::{Alert, AlertTarget, Webhook};

/// Who is told of what, how that goes, and what wakes those who deliver. Shared between the engine's
/// thread, which queues, and the [`Courier`], which delivers.
#[derive(Debug, Default)]
pub struct Alerting {
    alerts: Mutex<Arc<[Alert]>>,
    queued: Notify,
    health: AlertsHealth,
}

impl Alerting {
    /// Tells these targets.
    pub fn new(alerts: &[Alert]) -> Self {
        Self { alerts: Mutex::new(alerts.into()), ..Self::default() }
    }

    /// Who is told of what.
    pub fn alerts(&self) -> Arc<[Alert]> {
        Arc::clone(&self.alerts.lock())
    }

    /// Tells other targets from now on.
    pub fn replace(&self, alerts: &[Alert]) {
        *self.alerts.lock() = alerts.into();
        self.wake();
    }

    /// How deliveries go.
    pub fn health(&self) -> &AlertsHealth {
        &self.health
    }

    /// Something waits for delivery.
    pub fn wake(&self) {
        self.queued.notify_one();
    }

    async fn queued(&self) {
        self.queued.notified().await;
    }
}

/// Queues what a finding calls for at every target, and says whether that is anything. The index
/// says at what severity each target was told of it last.
pub fn enqueue(batch: &mut Batch<'_>, alerts: &[Alert], finding: &Finding, now: Micros) -> Result<bool, StoreError> {
    let mut is_any = false;
    for alert in alerts {
        let target = name(&alert.to);
        let told = batch.told(&finding.id, &target)?;
        let Some(due) = (AlertRule { min: alert.min }).due(finding, told) else { continue };
        let Ok(payload) = due.to_json() else { continue };
        let delivery =
            Delivery { finding: finding.id.clone(), target, severity: finding.severity, payload, next_at: now };
        match batch.enqueue(&delivery)? {
            Enqueued::Waiting => is_any = true,
            Enqueued::Full => tracing::warn!(
                finding = %finding.id,
                "too many alerts wait for {}: this one is tried again when the finding changes", delivery.target
            ),
            Enqueued::AlreadyTold | Enqueued::Closed | Enqueued::NoFinding => {}
        }
    }
    Ok(is_any)
}

/// A target's name in the queue: the same through restarts, and without the secret that a webhook's
/// URL may hold.
pub fn name(target: &AlertTarget) -> String {
    match target {
        AlertTarget::Webhook(Webhook { url, .. }) => {
            let digest: [u8; 32] = Sha256::digest(url.as_str().as_bytes()).into();
            let [a, b, c, d, ..] = digest;
            let short = u32::from_be_bytes([a, b, c, d]);
            format!("webhook {} {short:08x}", url.host_str().unwrap_or_default())
        }
        AlertTarget::Stdout => "stdout".to_owned(),
        AlertTarget::File(path) => format!("file {}", path.display()),
    }
}

/// A target as its operator finds it: its place in the file's list, and its host or file.
fn shown(number: usize, target: &AlertTarget) -> String {
    let what = match target {
        AlertTarget::Webhook(Webhook { url, .. }) => {
            let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
            format!("webhook {}{port}", url.host_str().unwrap_or_default())
        }
        AlertTarget::Stdout | AlertTarget::File(_) => name(target),
    };
    format!("alerts[{number}], {what}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_no_secret() {
        let url = "https://hooks.example:8443/services/T0/secret".parse().unwrap();
        let target = AlertTarget::Webhook(Webhook { url, secret_file: None });
        let name = name(&target);
        assert!(name.starts_with("webhook hooks.example ") && !name.contains("secret"), "{name}");
        assert_eq!(shown(1, &target), "alerts[1], webhook hooks.example:8443");
    }
}
