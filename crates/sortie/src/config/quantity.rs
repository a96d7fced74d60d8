//! Durations and sizes as people write them.

use std::time::Duration;

use bytesize::ByteSize;

/// The longest duration that is taken; a longer one is a slip of the pen.
const LONGEST: Duration = Duration::from_hours(100 * 365 * 24);

/// The text is no duration.
#[derive(Debug, thiserror::Error)]
pub enum ParseDurationError {
    /// It cannot be read.
    #[error("'{0}' is no duration")]
    Form(String),
    /// It is nothing at all.
    #[error("a duration of '{0}' lets nothing happen")]
    Zero(String),
    /// It is longer than a century.
    #[error("a duration of '{0}' is longer than a century")]
    Long(String),
}

/// Reads `500ms`, `30s`, `2h 30m`, `30d`.
pub fn duration(text: &str) -> Result<Duration, ParseDurationError> {
    let duration = humantime::parse_duration(text).map_err(|_| ParseDurationError::Form(text.to_owned()))?;
    if duration.is_zero() {
        Err(ParseDurationError::Zero(text.to_owned()))
    } else if duration > LONGEST {
        Err(ParseDurationError::Long(text.to_owned()))
    } else {
        Ok(duration)
    }
}

/// The text is no size.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is no size in bytes")]
pub struct ParseSizeError(String);

/// Reads `65536`, `64KB` (64,000), `64KiB` (65,536), `10GB`.
pub fn size(text: &str) -> Result<u64, ParseSizeError> {
    text.parse::<ByteSize>().map(|size| size.as_u64()).map_err(|_| ParseSizeError(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        assert_eq!(duration("500ms").unwrap(), Duration::from_millis(500));
        assert_eq!(duration("2h 30m").unwrap(), Duration::from_mins(150));
        assert_eq!(duration("7d").unwrap(), Duration::from_hours(168));
        for text in ["", "7", "d", "-3s", "0s", "200y"] {
            assert!(duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn reads_sizes() {
        assert_eq!(size("64KiB").unwrap(), 65_536);
        assert_eq!(size("10GB").unwrap(), 10_000_000_000);
        assert_eq!(size("123").unwrap(), 123);
        for text in ["", "GB", "-1", "10 parsecs"] {
            assert!(size(text).is_err(), "{text}");
        }
    }
}
