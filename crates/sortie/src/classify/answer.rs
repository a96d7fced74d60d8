//! What is answered: a line of JSON.

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;
use sortie_engine::readings::{Port, Reading, Readings};
use sortie_engine::text::{Sign, Verdict, Written};
use sortie_model::event::Cut;
use sortie_model::{AddressClass, Decoding, Host, Scheme};

use super::{Classified, RecordError};

/// The answer to a record.
#[derive(Debug, Serialize)]
pub struct Answer<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a Value>,
    candidates: Vec<Candidate<'a>>,
    verdict: &'static str,
    reasons: Vec<String>,
    /// Why not all was inspected.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    oddities: &'a [&'static str],
}

/// What is said of a line that is no record.
#[derive(Debug, Serialize)]
pub struct Refusal {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Value>,
    error: String,
}

#[derive(Debug, Serialize)]
struct Candidate<'a> {
    host: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    other_hosts: Vec<String>,
    port: Option<u16>,
    scheme: Option<&'a str>,
    location: Option<String>,
    decodings: Vec<&'static str>,
    ip_class: Option<&'static str>,
    disguised: bool,
    parsers_disagree: bool,
    signs: Vec<&'static str>,
    readings: Hosts<'a>,
    ports: Ports<'a>,
}

impl<'a> Answer<'a> {
    /// The answer to the record of this id.
    pub fn of(id: Option<&'a Value>, classified: &'a Classified) -> Self {
        let Classified { text, verdict, oddities } = classified;
        Self {
            id,
            candidates: text.candidates.iter().map(Candidate::of).collect(),
            verdict: word(verdict),
            reasons: verdict.reasons.iter().map(ToString::to_string).collect(),
            truncated: text.cut.map(Cut::as_str),
            oddities,
        }
    }
}

impl Refusal {
    /// Why there is no answer to the record of this id.
    pub fn of(id: Option<Value>, error: &RecordError) -> Self {
        Self { id, error: error.to_string() }
    }
}

fn word(verdict: &Verdict) -> &'static str {
    if verdict.is_attack() { "attack" } else { "clean" }
}

impl<'a> Candidate<'a> {
    fn of(written: &'a Written) -> Self {
        Self {
            host: written.host.as_ref().map(Host::to_string),
            other_hosts: written.other_hosts.iter().map(Host::to_string).collect(),
            port: written.port,
            scheme: written.scheme.as_ref().map(Scheme::as_str),
            location: written.location.as_ref().map(ToString::to_string),
            decodings: written.decodings.iter().map(|decoding: Decoding| decoding.as_str()).collect(),
            ip_class: written.class().map(AddressClass::as_str),
            disguised: written.disguised,
            parsers_disagree: written.is_confusing(),
            signs: Sign::of(written).into_iter().map(Sign::as_str).collect(),
            readings: Hosts(&written.readings),
            ports: Ports(&written.readings),
        }
    }
}

/// By parser, the host as it hands it out.
#[derive(Debug)]
struct Hosts<'a>(&'a Readings);

impl Serialize for Hosts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(parser, reading)| (parser.name(), parser.hands_out(reading))))
    }
}

/// By parser, the port where it reads one; `null` where what it reads is none.
#[derive(Debug)]
struct Ports<'a>(&'a Readings);

impl Serialize for Ports<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (parser, reading) in self.0.iter() {
            if let Reading::Host(_, port) | Reading::EmptyHost(port) = reading {
                match port {
                    Port::Default => {}
                    Port::Number(number) => map.serialize_entry(parser.name(), number)?,
                    Port::Invalid => map.serialize_entry(parser.name(), &None::<u16>)?,
                }
            }
        }
        map.end()
    }
}
