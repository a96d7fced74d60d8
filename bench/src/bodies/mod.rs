//! Bodies that are read for candidates: what programs send, and what costs the reader most.

mod archives;
mod ordinary;
mod worst;

use bytes::Bytes;
use sortie_engine::extract::Body;

pub use ordinary::{json, ordinary};
pub use worst::worst;

/// Content types under which hostile bodies are tried, as a client declares what it likes.
pub const TYPES: [&str; 10] = [
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=xyzw",
    "application/xml",
    "text/html",
    "text/csv",
    "application/yaml",
    "text/plain",
    "application/x-protobuf",
    "application/msgpack",
];

/// A body to be measured with.
#[derive(Clone, Debug)]
pub struct Sample {
    /// What it is, for the report.
    pub name: &'static str,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `Content-Encoding`.
    pub content_encoding: Option<&'static str>,
    /// The body.
    pub bytes: Bytes,
}

impl Sample {
    /// It as a whole body at an endpoint without proven sinks.
    pub fn body(&self) -> Body<'_> {
        let Self { content_type, content_encoding, bytes, .. } = self;
        Body {
            content_type: Some(content_type),
            content_encoding: *content_encoding,
            bytes,
            complete: true,
            sinks: &[],
        }
    }
}

/// As many of `unit(0)`, `unit(1)` … as fit, between two texts, in at most `size` bytes.
fn filled(size: usize, before: &str, unit: impl Fn(usize) -> String, after: &str) -> Vec<u8> {
    let mut text = String::with_capacity(size);
    text.push_str(before);
    for number in 0.. {
        let unit = unit(number);
        if text.len() + unit.len() + after.len() > size {
            break;
        }
        text.push_str(&unit);
    }
    text.push_str(after);
    text.into_bytes()
}

#[cfg(test)]
mod tests {
    use sortie_engine::extract;
    use sortie_model::event::Cut;
    use sortie_model::{Key, limits};

    use super::worst::gzip;
    use super::*;

    #[test]
    fn bodies_are_about_as_large_as_asked_for() {
        for size in [1024, 64 * 1024] {
            for sample in ordinary(size).into_iter().chain(worst(size)) {
                let length = sample.bytes.len();
                assert!(length <= size, "{}: {length} bytes", sample.name);
                let is_full = length >= size / 2 || sample.content_encoding.is_some();
                assert!(is_full, "{}: {length} bytes", sample.name);
            }
        }
    }

    #[test]
    fn ordinary_bodies_are_read_to_their_end() {
        let key = Key::new(&[1; Key::LENGTH]);
        for sample in ordinary(64 * 1024) {
            let cut = extract::from_body(&sample.body(), &key).cut;
            assert!(matches!(cut, None | Some(Cut::Format)), "{} {cut:?}", sample.name);
        }
        // Unpacked, of what is dearest to read twice as much is read as of a plain body.
        for sample in ordinary(2 * limits::INSPECT_REQUEST_BYTES) {
            let Some(packed) = gzip(&sample.bytes, limits::DECODED_BYTES) else { continue };
            let body = Body { content_encoding: Some("gzip"), bytes: &packed, ..sample.body() };
            let cut = extract::from_body(&body, &key).cut;
            assert!(matches!(cut, None | Some(Cut::Format)), "{}, packed: {cut:?}", sample.name);
        }
    }

    #[test]
    fn each_has_a_name_of_its_own() {
        let samples = ordinary(1024).into_iter().chain(worst(1024));
        let name = |sample: Sample| (sample.name, sample.content_type, sample.content_encoding);
        let mut names: Vec<_> = samples.map(name).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
