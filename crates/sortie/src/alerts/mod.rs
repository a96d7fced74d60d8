//! Alerts: queued with the finding in one transaction, delivered by a task of their own from disk,
//! never in a door's way.

mod deliver;
mod post;

use sha2::{Digest as _, Sha256};
use sortie_export::AlertRule;
use sortie_model::{Finding, Micros};
use sortie_store::error::StoreError;
use sortie_store::index::{Batch, Enqueued};
use sortie_store::record::delivery::Delivery;

pub use deliver::{AlertsHealth, deliver};

use crate::config::checked::{Alert, AlertTarget};

/// Queues what a finding calls for at every target. `told` says at what severity each target was
/// told of it last.
pub fn enqueue(batch: &mut Batch<'_>, alerts: &[Alert], finding: &Finding, now: Micros) -> Result<(), StoreError> {
    for alert in alerts {
        let target = name(&alert.to);
        let told = batch.told(&finding.id, &target)?;
        let Some(due) = (AlertRule { min: alert.min }).due(finding, told) else { continue };
        let Ok(payload) = due.to_json() else { continue };
        let delivery =
            Delivery { finding: finding.id.clone(), target, severity: finding.severity, payload, next_at: now };
        if batch.enqueue(&delivery)? == Enqueued::Full {
            tracing::warn!(finding = %finding.id, "too many alerts wait, this one is tried again when the finding changes");
        }
    }
    Ok(())
}

/// A target's name in the queue: the same through restarts, and without the secret that a webhook's
/// URL may hold.
pub fn name(target: &AlertTarget) -> String {
    match target {
        AlertTarget::Webhook(url) => {
            let digest: [u8; 32] = Sha256::digest(url.as_str().as_bytes()).into();
            let [a, b, c, d, ..] = digest;
            let short = u32::from_be_bytes([a, b, c, d]);
            format!("webhook {} {short:08x}", url.host_str().unwrap_or_default())
        }
        AlertTarget::Stdout => "stdout".to_owned(),
        AlertTarget::File(path) => format!("file {}", path.display()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_holds_no_secret() {
        let name = name(&AlertTarget::Webhook("https://hooks.example/services/T0/secret".parse().unwrap()));
        assert!(name.starts_with("webhook hooks.example ") && !name.contains("secret"), "{name}");
    }
}
