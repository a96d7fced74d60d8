//! A closed loop: what a contender does when it is given all it can take.

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::connection::{Connection, Requests};
use super::{LoadError, Plan};
use crate::figures::{Figures, Noted};

pub(super) async fn run(plan: &Plan) -> Result<Figures, LoadError> {
    let requests = Requests::of(plan);
    let window = plan.window();
    let mut tasks = JoinSet::new();
    for first in 0..plan.connections {
        let (requests, mut connection) = (requests.clone(), Connection::new(plan));
        // Connections do not send the same at the same time.
        let mut number = first * 61;
        tasks.spawn(async move {
            let mut noted = Noted::default();
            while !window.is_over() {
                let asked = Instant::now();
                let answer = connection.ask(requests.nth(number)).await?;
                window.note_ended(&mut noted, asked, answer);
                number += 1;
            }
            Ok(noted)
        });
    }
    window.measure(&plan.pids, tasks).await
}
