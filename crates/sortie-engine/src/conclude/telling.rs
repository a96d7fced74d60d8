//! Which of its dials a story is told by: who ordered it, where, with what text, and how surely are
//! all of one dial, the one that got furthest. Of several the last.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use sortie_model::event::Dialled;
use sortie_model::finding::{ActorShare, Finding, FindingActor, FindingDial, FindingEndpoint, Odds};

use super::story::{actor, endpoint, shares};
use super::{Scene, grade, words};

/// Dials of one story that may still get furthest: those under way at once.
const RECENT: usize = 8;

/// What a dial says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Telling {
    order: Option<Told>,
    odds: Vec<Odds>,
    unseen: Vec<String>,
}

/// Its order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Told {
    actor: FindingActor,
    actors: Vec<ActorShare>,
    endpoint: FindingEndpoint,
    location: String,
    candidate: String,
}

/// What the last dials say, and by which of them the story is told.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Tellings {
    told_by: Option<String>,
    recent: VecDeque<(String, Telling)>,
}

impl Tellings {
    /// A dial of the story was judged. `names_somebody`: whether the story is somebody's.
    pub(super) fn add(&mut self, scene: &Scene<'_>, dialled: &Dialled, row: &FindingDial, names_somebody: bool) {
        if self.recent.len() >= RECENT {
            self.recent.pop_front();
        }
        self.recent.push_back((row.id.clone(), Telling::of(scene, dialled, names_somebody)));
    }

    /// Whether the story is told by this dial.
    pub(super) fn is_told_by(&self, row: &FindingDial) -> bool {
        self.told_by.as_deref() == Some(row.id.as_str())
    }

    /// Whether it is told by any.
    pub(super) fn is_told(&self) -> bool {
        self.told_by.is_some()
    }

    /// A dial got somewhere: where no other got further, the story is told by it.
    pub(super) fn got(&mut self, row: &FindingDial, finding: &mut Finding) {
        let told = finding.dials.iter().find(|known| self.is_told_by(known)).map(grade::rung);
        let is_ahead = told.is_none_or(|rung| grade::rung(row) >= rung);
        if is_ahead
            && !self.is_told_by(row)
            && let Some((_, telling)) = self.recent.iter().find(|(id, _)| *id == row.id)
        {
            telling.clone().tell(finding);
            self.told_by = Some(row.id.clone());
        }
    }
}

impl Telling {
    fn of(scene: &Scene<'_>, dialled: &Dialled, names_somebody: bool) -> Self {
        let order = dialled.verdict.leading_order().filter(|_| names_somebody).map(|(_, order)| Told {
            actor: actor(&order.actor),
            actors: shares(dialled),
            endpoint: endpoint(&order.endpoint),
            location: order.location.to_string(),
            candidate: order.shown.to_string(),
        });
        Self { order, odds: words::odds(scene, dialled), unseen: words::unseen(scene, dialled) }
    }

    fn tell(self, finding: &mut Finding) {
        finding.odds = self.odds;
        finding.unseen = self.unseen;
        if let Some(told) = self.order {
            finding.actor = Some(told.actor);
            finding.actors = told.actors;
            finding.endpoint = Some(told.endpoint);
            finding.location = Some(told.location);
            finding.candidate = Some(told.candidate);
        }
    }
}
