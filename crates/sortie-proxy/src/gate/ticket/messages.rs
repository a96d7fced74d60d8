//! Messages of a connection that left HTTP: each is judged like a body of its request, and is over once it is there.

use std::sync::Arc;

use sortie_engine::extract::{self, Extraction};
use sortie_engine::websocket::Message;
use sortie_model::event::{Cut, Part};
use sortie_model::limits;

use super::{Active, Ticket};
use crate::gate::Refusal;

/// Whether a further message is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// It is.
    GoesOn,
    /// It is not: that was told.
    Over,
}

impl Ticket {
    /// Bytes of an upgraded connection to read messages from; 0 means none.
    pub fn message_limit(&self) -> usize {
        self.active.as_ref().map_or(0, |active| active.inspect_bytes)
    }

    /// Inspects a message, before its last byte is forwarded.
    ///
    /// # Errors
    /// It is refused: nothing more of the connection is to be forwarded.
    pub fn inspect_message(&mut self, message: &Message) -> Result<Reading, Refusal> {
        self.active.as_mut().map_or(Ok(Reading::Over), |active| active.inspect_message(message))
    }

    /// The connection was upgraded to what is not read, or goes on unread.
    pub fn goes_unread(&mut self) {
        if let Some(active) = &mut self.active {
            active.goes_unread();
        }
    }
}

impl Active {
    fn inspect_message(&mut self, message: &Message) -> Result<Reading, Refusal> {
        if self.gate.is_off() {
            return Ok(Reading::GoesOn);
        }
        // The connection may be older than what is proven of its endpoint.
        #[expect(clippy::redundant_closure_for_method_calls, reason = "the path of the method has one lifetime only")]
        let sinks = self.decide(|decide| decide.sinks());
        self.sinks = sinks;
        let Self { gate, sinks, .. } = self;
        let found = gate.guarded(|| {
            let message = extract::Message { bytes: &message.bytes, is_whole: message.is_whole, sinks };
            extract::from_message(&message, &gate.settings.key)
        });
        let Extraction { candidates, cut, work, .. } = found;
        self.worked += work;
        // A repeated order is another order: all count.
        let room = limits::CANDIDATES - self.behind_head.len();
        let is_spent = candidates.len() > room || self.worked >= limits::BEGINNINGS_WORK;
        let fresh: Vec<_> = candidates.into_iter().take(room).map(Arc::new).collect();
        self.behind_head.extend(fresh.iter().cloned());
        let cut = cut.filter(|cut| self.decide(|decide| decide.counts(*cut)));
        if cut.is_some() {
            self.becomes_wildcard();
        }
        self.judge(Part::Message, fresh, cut)?;
        if is_spent {
            self.goes_unread();
            return Ok(Reading::Over);
        }
        Ok(Reading::GoesOn)
    }

    /// No rule of bodies holds for what follows: most of what is sent over a connection that lasts is behind what is
    /// read of it.
    fn goes_unread(&mut self) {
        self.inspects = false;
        self.becomes_wildcard();
        self.tell_cut(Part::Message, Cut::Upgrade);
    }
}
