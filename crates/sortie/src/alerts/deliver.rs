//! The task that delivers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use sortie_export::Schedule;
use sortie_proxy::clock::Clock;
use sortie_store::error::StoreError;
use sortie_store::folder::Folder;
use sortie_store::index::Index;
use sortie_store::record::delivery::Waiting;
use tokio::sync::broadcast;

use super::{name, post};
use crate::config::checked::{Alert, AlertTarget};

/// Deliveries that are tried in one go.
const BATCH: u32 = 32;
/// How often the queue is looked at when nothing says that it changed.
const IDLE: Duration = Duration::from_secs(5);

/// How deliveries go.
#[derive(Debug, Default)]
pub struct AlertsHealth {
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    trouble: Option<String>,
    delivered: u64,
    waiting: u64,
}

impl AlertsHealth {
    /// Why the last delivery failed, how many were made, and how many wait.
    pub fn now(&self) -> (Option<String>, u64, u64) {
        let state = self.state.lock();
        (state.trouble.clone(), state.delivered, state.waiting)
    }
}

/// Delivers what is queued until the process ends. `changed` wakes it when findings change.
pub async fn deliver<T: Clone>(
    folder: Arc<Folder>,
    alerts: Vec<Alert>,
    clock: Clock,
    health: Arc<AlertsHealth>,
    mut changed: broadcast::Receiver<T>,
) {
    let mut index = match Index::open(&folder) {
        Ok(index) => index,
        Err(error) => {
            tracing::error!("alerts are not delivered: {error}");
            return;
        }
    };
    loop {
        if let Err(error) = round(&mut index, &alerts, &clock, &health).await {
            health.state.lock().trouble = Some(error.to_string());
        }
        // A lagging or closed channel is as good a reason to look as a message.
        let _ = tokio::time::timeout(IDLE, changed.recv()).await;
    }
}

async fn round(index: &mut Index, alerts: &[Alert], clock: &Clock, health: &AlertsHealth) -> Result<(), StoreError> {
    loop {
        let due = index.reader().due(clock.now(), BATCH)?;
        health.state.lock().waiting = index.reader().waiting()?;
        if due.is_empty() {
            return Ok(());
        }
        for waiting in due {
            let outcome = send(alerts, &waiting).await;
            settle(index, &waiting, outcome, clock, health)?;
        }
    }
}

fn settle(
    index: &mut Index,
    waiting: &Waiting,
    outcome: Result<(), String>,
    clock: &Clock,
    health: &AlertsHealth,
) -> Result<(), StoreError> {
    let delivery = &waiting.delivery;
    let mut batch = index.begin()?;
    let mut state = health.state.lock();
    match outcome {
        Ok(()) => {
            batch.settle(waiting.number)?;
            state.delivered += 1;
            state.trouble = None;
        }
        Err(reason) => {
            let failed = waiting.attempts + 1;
            let trouble = format!("{}: {reason}", delivery.target);
            match Schedule::default().wait(failed, delivery.finding.as_str()) {
                Some(wait) => batch.retry(waiting.number, clock.now().plus(wait))?,
                None => {
                    tracing::error!(finding = %delivery.finding, "an alert is given up after {failed} attempts: {trouble}");
                    batch.settle(waiting.number)?;
                }
            }
            if state.trouble.is_none() {
                tracing::warn!("an alert was not delivered and is tried again: {trouble}");
            }
            state.trouble = Some(trouble);
        }
    }
    drop(state);
    batch.commit()
}

async fn send(alerts: &[Alert], waiting: &Waiting) -> Result<(), String> {
    let delivery = &waiting.delivery;
    // A target that was taken out of the configuration gets nothing more, and holds up nothing.
    let Some(alert) = alerts.iter().find(|alert| name(&alert.to) == delivery.target) else { return Ok(()) };
    match &alert.to {
        AlertTarget::Webhook(url) => post::post(url, &delivery.payload).await.map_err(|error| error.to_string()),
        AlertTarget::Stdout => write_line(&mut std::io::stdout().lock(), &delivery.payload),
        AlertTarget::File(path) => append(path, &delivery.payload),
    }
}

fn append(path: &Path, line: &str) -> Result<(), String> {
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    write_line(&mut file.map_err(|error| error.to_string())?, line)
}

fn write_line(to: &mut impl std::io::Write, line: &str) -> Result<(), String> {
    to.write_all(format!("{line}\n").as_bytes()).and_then(|()| to.flush()).map_err(|error| error.to_string())
}
