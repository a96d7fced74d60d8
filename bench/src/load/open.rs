//! An open loop: how long a contender lets its clients wait when it is not filled.
//!
//! Latency counts from the moment for which a request was planned. So a contender that stops for a
//! while is charged with every request that it keeps from being sent, and not with one.

use std::sync::Arc;

use tokio::sync::Mutex;
use tokio::task::JoinSet;

use super::connection::{Connection, Requests};
use super::pacer::arrivals;
use super::{LoadError, Plan};
use crate::figures::{Figures, Noted};

pub(super) async fn run(plan: &Plan, rate: f64) -> Result<Figures, LoadError> {
    let requests = Requests::of(plan);
    let window = plan.window();
    let (planned, pacer) = arrivals(rate, tokio::time::Instant::now(), window.to);
    // A number for each, so that the order of requests is the same whichever connection sends them.
    let planned = Arc::new(Mutex::new((planned, 0_usize)));
    let mut tasks = JoinSet::new();
    for _ in 0..plan.connections {
        let (requests, planned, mut connection) = (requests.clone(), planned.clone(), Connection::new(plan));
        tasks.spawn(async move {
            let mut noted = Noted::default();
            loop {
                let mut next = planned.lock().await;
                let Some(asked) = next.0.recv().await else { break };
                let number = next.1;
                next.1 += 1;
                drop(next);
                let answer = connection.ask(requests.nth(number)).await?;
                window.note_planned(&mut noted, asked, answer);
            }
            Ok(noted)
        });
    }
    let figures = window.measure(&plan.pids, tasks).await;
    // It has nothing more to send, or nobody to send it to.
    let _ = pacer.join();
    figures
}
