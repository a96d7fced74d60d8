//! Time as events carry it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch.
///
/// A process anchors the wall clock once at its start and adds a monotonic clock to it, so within
/// one process the values never go backwards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Micros(pub u64);

impl Micros {
    /// One second.
    pub const SECOND: u64 = 1_000_000;
    /// One day.
    pub const DAY: u64 = 86_400 * Self::SECOND;

    /// Seconds from `earlier` to `self`, 0 where `earlier` is later.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / Self::SECOND as f64
    }

    /// This moment and `micros` more.
    #[must_use]
    pub fn plus(self, micros: u64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// This moment less `micros`, not below the epoch.
    #[must_use]
    pub fn minus(self, micros: u64) -> Self {
        Self(self.0.saturating_sub(micros))
    }

    /// Reads RFC 3339 in UTC: `2026-11-24`, `2026-11-24T03:07:41Z`, fractions to microseconds.
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let (date, time) = text.split_once(['T', 't', ' ']).unwrap_or((text, "00:00:00Z"));
        let mut numbers = date.splitn(3, '-').map(str::parse::<i64>);
        let (year, month, day) = (numbers.next()?.ok()?, numbers.next()?.ok()?, numbers.next()?.ok()?);
        let time = time.strip_suffix(['Z', 'z'])?;
        let (clock, fraction) = time.split_once('.').unwrap_or((time, ""));
        let mut numbers = clock.splitn(3, ':').map(str::parse::<u64>);
        let (hour, minute) = (numbers.next()?.ok()?, numbers.next()?.ok()?);
        let second = numbers.next().unwrap_or(Ok(0)).ok()?;
        let in_range = (1970..=9999).contains(&year)
            && (1..=12).contains(&month)
            && (1..=31).contains(&day)
            && hour < 24
            && minute < 60
            && second < 61
            && fraction.len() <= 9
            && fraction.bytes().all(|b| b.is_ascii_digit());
        if !in_range {
            return None;
        }
        let micros = fraction
            .bytes()
            .chain(std::iter::repeat(b'0'))
            .take(6)
            .fold(0, |n, digit| n * 10 + u64::from(digit - b'0'));
        let days = u64::try_from(days_from_civil(year, month, day)).ok()?;
        Some(Self((days * 86_400 + hour * 3600 + minute * 60 + second) * Self::SECOND + micros))
    }

    /// RFC 3339 in UTC with milliseconds, as JSON and tables show it.
    pub fn rfc3339(self) -> String {
        let seconds = self.0 / Self::SECOND;
        let (year, month, day) = civil_from_days((seconds / 86_400).cast_signed());
        let of_day = seconds % 86_400;
        format!(
            "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
            of_day / 3600,
            of_day / 60 % 60,
            of_day % 60,
            self.0 / 1000 % 1000
        )
    }
}

impl fmt::Display for Micros {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339())
    }
}

/// The proleptic Gregorian date of a day counted from 1970-01-01 (Howard Hinnant, "chrono-Compatible
/// Low-Level Date Algorithms", `civil_from_days`).
fn civil_from_days(days: i64) -> (i64, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    (yoe + era * 400 + i64::from(month <= 2), month, day)
}

/// The inverse of [`civil_from_days`] (same source, `days_from_civil`).
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let yoe = year.rem_euclid(400);
    let doy = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn reads_back_what_it_shows(millis in 0_u64..200_000_000_000_000) {
            let time = Micros(millis * 1000);
            proptest::prop_assert_eq!(Micros::parse_rfc3339(&time.rfc3339()), Some(time));
        }
    }

    #[test]
    fn reads_dates_and_refuses_nonsense() {
        assert_eq!(Micros::parse_rfc3339("1970-01-02"), Some(Micros(Micros::DAY)));
        for text in ["", "2026", "2026-13-01", "2026-11-24T25:00:00Z", "2026-11-24T03:07:41+01:00"] {
            assert_eq!(Micros::parse_rfc3339(text), None, "{text}");
        }
    }

    #[test]
    fn shows_leap_days_and_the_epoch() {
        assert_eq!(Micros(0).rfc3339(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Micros(1_709_210_096_123_456).rfc3339(), "2024-02-29T12:34:56.123Z");
    }

    #[test]
    fn never_goes_below_the_epoch() {
        assert_eq!(Micros(5).minus(9), Micros(0));
        assert_eq!(Micros(5).seconds_since(Micros(9)), 0.0);
    }
}
