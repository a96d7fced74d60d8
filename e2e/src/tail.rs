//! What `sortie tail --json` and `sortie explain --json` say, as far as the exam reads it.

use serde::Deserialize;

/// A line of `sortie tail --json`.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line {
    Dial(TailDial),
    #[serde(other)]
    Other,
}

/// A dial as it is told while it happens.
#[derive(Clone, Debug, Deserialize)]
pub struct TailDial {
    /// Reference, `D-…`.
    pub id: String,
    /// `host:port`.
    pub destination: String,
    /// Probability that it was ordered.
    pub p: f64,
    /// The request that ordered it, `R-…`, where one did.
    pub ordered_by: Option<String>,
}

/// A request as it is explained.
#[derive(Clone, Debug, Deserialize)]
pub struct Explained {
    /// When its head was read, in microseconds since 1970.
    at: u64,
}

impl Explained {
    /// When, in Unix seconds.
    pub fn at(&self) -> f64 {
        self.at as f64 / 1e6
    }
}

/// The dials that a tail told of.
pub fn dials(output: &str) -> Vec<TailDial> {
    let lines = output.lines().filter(|line| line.starts_with('{'));
    lines
        .filter_map(|line| match serde_json::from_str(line) {
            Ok(Line::Dial(dial)) => Some(dial),
            Ok(Line::Other) => None,
            Err(error) => panic!("a line of the tail is not in the stated form: {error}\n{line}"),
        })
        .collect()
}
