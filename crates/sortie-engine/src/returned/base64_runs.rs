//! Runs of base64 in a text.

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Digits below which a run is not decoded: those of the shortest answer, 16 bytes.
const SHORTEST: usize = 22;

/// Runs may be cut anywhere, so padding and the last bits are not insisted on.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Decodes every run of at least [`SHORTEST`] digits, standard or URL-safe, one after the other.
/// Line breaks may stand within a run (RFC 2045 §6.8) where whole groups of four digits end. The
/// digits after a comma (`data:…;base64,`), an equals sign or a quote are a run of their own.
pub(super) fn decoded_runs(text: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let mut digits = Vec::new();
        while at < text.len() {
            let found = take_run(&text[at..], &mut digits);
            at += found.max(1);
            if digits.len() >= SHORTEST {
                return Some(decode(&mut digits));
            }
        }
        None
    })
}

/// Collects the digits at the beginning of `text` in the standard alphabet; gives the bytes read.
fn take_run(text: &[u8], digits: &mut Vec<u8>) -> usize {
    digits.clear();
    for (at, byte) in text.iter().enumerate() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' => digits.push(*byte),
            b'-' => digits.push(b'+'),
            b'_' => digits.push(b'/'),
            b'\r' | b'\n' if !digits.is_empty() && digits.len().is_multiple_of(4) => {}
            _ => return at,
        }
    }
    text.len()
}

fn decode(digits: &mut Vec<u8>) -> Vec<u8> {
    // A single digit of a last group holds no byte.
    if digits.len() % 4 == 1 {
        digits.pop();
    }
    LENIENT.decode(digits).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use base64::prelude::*;

    use super::*;

    fn decoded(text: &str) -> Vec<String> {
        decoded_runs(text.as_bytes()).map(|run| String::from_utf8_lossy(&run).into_owned()).collect()
    }

    #[test]
    fn finds_runs_in_their_surroundings() {
        let secret = "the secret of the metadata service?>";
        for run in [BASE64_STANDARD.encode(secret), BASE64_URL_SAFE_NO_PAD.encode(secret)] {
            for text in [
                run.clone(),
                format!("data:image/png;base64,{run}"),
                format!("short words, then x={run}."),
                format!("{run}\n"),
            ] {
                assert_eq!(decoded(&text), [secret], "{text}");
            }
        }
        assert_eq!(decoded(&format!("{0}, {0}", BASE64_STANDARD.encode(secret))), [secret, secret]);
    }

    #[test]
    fn joins_wrapped_lines() {
        let secret = "x".repeat(200);
        let lines: Vec<_> = BASE64_STANDARD
            .encode(&secret)
            .as_bytes()
            .chunks(76)
            .map(|l| String::from_utf8_lossy(l).into_owned())
            .collect();
        assert_eq!(decoded(&lines.join("\r\n")), [secret]);
    }

    #[test]
    fn words_are_no_runs() {
        assert!(decoded("the quick brown fox jumps over the lazy dog").is_empty());
        assert!(decoded("").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_less_than_it_was(text: Vec<u8>) {
            let decoded: usize = decoded_runs(&text).map(|run| run.len()).sum();
            proptest::prop_assert!(decoded * 4 <= text.len() * 3);
        }

        #[test]
        fn a_cut_run_is_decoded_as_far_as_it_goes(bytes in proptest::collection::vec(proptest::num::u8::ANY, 30..90), cut in 0_usize..8) {
            let run = BASE64_STANDARD_NO_PAD.encode(&bytes);
            let runs: Vec<_> = decoded_runs(&run.as_bytes()[..run.len() - cut]).collect();
            proptest::prop_assert_eq!(runs.len(), 1);
            proptest::prop_assert!(bytes.starts_with(&runs[0]) && runs[0].len() + 7 >= bytes.len());
        }
    }
}
