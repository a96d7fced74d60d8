//! What is true of each request, known because the driver made it so.

use http::{Method, StatusCode};
use std::net::Ipv4Addr;

use crate::shape::Shape;
use crate::target::{Goal, Target};

/// One request and the truth about it.
#[derive(Clone, Debug)]
pub struct Truth {
    /// Its `X-Request-Id`.
    pub id: String,
    /// What it was for.
    pub intent: Intent,
    /// The address of the client that sent it.
    pub client: Ipv4Addr,
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// The status of the answer; `None` where none came.
    pub status: Option<StatusCode>,
}

/// What a request was for.
#[derive(Clone, Debug)]
pub enum Intent {
    /// It names no destination.
    Plain {
        /// The status it must get.
        expected: StatusCode,
    },
    /// It mentions a host that the back end itself calls, and orders nothing.
    Mention {
        /// The status it must get.
        expected: StatusCode,
    },
    /// It orders a dial to a customer's public host.
    Order {
        /// By which route.
        shape: Shape,
    },
    /// It orders a dial to a denied destination.
    Attack(Attack),
}

/// See [`Intent::Attack`].
#[derive(Clone, Debug)]
pub struct Attack {
    /// By which route.
    pub shape: Shape,
    /// What it is after.
    pub goal: Goal,
    /// Where that is.
    pub target: Target,
    /// Whether the target's listener saw the dial.
    pub reached: bool,
}

impl Truth {
    /// The status that a benign request must get.
    pub fn expected(&self) -> Option<StatusCode> {
        match &self.intent {
            Intent::Plain { expected } | Intent::Mention { expected } => Some(*expected),
            Intent::Order { shape } => Some(shape.success()),
            Intent::Attack(_) => None,
        }
    }

    /// The attack, if it is one.
    pub fn attack(&self) -> Option<&Attack> {
        match &self.intent {
            Intent::Attack(attack) => Some(attack),
            _ => None,
        }
    }
}

/// For messages: id, method, path.
impl std::fmt::Display for Truth {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} {}", self.id, self.method, self.path)?;
        match &self.intent {
            Intent::Attack(attack) => write!(f, " ({:?}, {:?} {})", attack.shape, attack.goal, attack.target.named),
            Intent::Mention { .. } => f.write_str(" (mention)"),
            Intent::Order { shape } => write!(f, " (order, {shape:?})"),
            Intent::Plain { .. } => Ok(()),
        }
    }
}
