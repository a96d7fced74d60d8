//! What texts say by themselves, as `sortie classify` is asked and answers: records in, answers out.

mod answer;
mod chunked;
mod record;
mod request;

pub use answer::{Answer, Refusal};
pub use record::{Kind, Record, RecordError};

use sortie_engine::text::{Text, Verdict};

use request::Request;

/// A record's text with the verdict on it.
#[derive(Debug)]
pub struct Classified {
    /// What the text names.
    pub text: Text,
    /// What that says.
    pub verdict: Verdict,
    /// Where the payload of a request is not as HTTP has it, for people.
    pub oddities: Vec<&'static str>,
}

impl Classified {
    /// Reads a payload as what it is said to be.
    pub fn of(kind: Kind, payload: &str) -> Result<Self, RecordError> {
        let mut oddities = Vec::new();
        let text = match kind {
            Kind::Url => Text::of_url(payload),
            Kind::Host => Text::of_host(payload),
            Kind::Ip => Text::of_address(payload),
            Kind::Text => Text::of_prose(payload),
            Kind::HttpRequest => {
                let request = Request::parse(payload)?;
                let text = request.classify();
                oddities = request.oddities;
                text
            }
        };
        let verdict = Verdict::of(&text);
        Ok(Self { text, verdict, oddities })
    }
}
