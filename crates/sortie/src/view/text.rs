//! Numbers, times and other people's text, as a reader wants them.

use std::borrow::Cow;
use std::error::Error;

use anstream::adapter::strip_str;
use sortie_model::Micros;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub use sortie_export::escape_terminal as clean;
pub use sortie_model::text::grouped as count;

use crate::config::Target;

/// The error and its causes in one line; a cause that its effect repeats is left out.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let words = error.to_string();
        if !text.contains(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = error.source();
    }
    text
}

/// Where a candidate stood, as a reader would say it; most places are said in the API's own terms.
pub fn location(location: &str) -> Cow<'_, str> {
    match location {
        "xml entity" => Cow::Borrowed("in an XML entity"),
        own => clean(own),
    }
}

/// A target as a shell takes it for one word: a scope in quotes. What a client chose comes here cleaned,
/// and without a quote of its own.
pub fn quoted(target: &Target) -> String {
    if target.scope.is_some() { format!("'{target}'") } else { target.to_string() }
}

/// `1 order`, `2 orders`.
pub fn counted(number: u64, one: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{} {one}{plural}", count(number))
}

/// `1,204 bytes`, `3.4 MB`: exact while it can be taken in.
pub fn bytes(number: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.into_iter().find(|&(_, unit)| number >= unit * 10) {
        Some((name, unit)) => format!("{:.1} {name}", number as f64 / unit as f64),
        None => counted(number, "byte"),
    }
}

/// `850 µs`, `3 ms`, `2.5 s`, `3 min`, `5.2 h`.
pub fn took(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} µs"),
        1_000..1_000_000 => format!("{} ms", micros / 1_000),
        1_000_000..120_000_000 => format!("{:.1} s", micros as f64 / 1e6),
        120_000_000..7_200_000_000 => format!("{} min", micros / 60_000_000),
        _ => format!("{:.1} h", micros as f64 / 3.6e9),
    }
}

/// `45 s`, `12 min`, `3.5 h`, `6.1 days`.
pub fn age(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{:.1} h", seconds as f64 / 3600.0),
        _ => format!("{:.1} days", seconds as f64 / 86_400.0),
    }
}

/// `03:07:41Z` on the day of `now`, `2026-11-24 03:07:41Z` on another. Always UTC.
pub fn time(at: Micros, now: Micros) -> String {
    let full = at.rfc3339();
    let (date, clock) = full.split_once('T').unwrap_or(("", &full));
    let clock = clock.split('.').next().unwrap_or(clock);
    if at.0 / Micros::DAY == now.0 / Micros::DAY { format!("{clock}Z") } else { format!("{date} {clock}Z") }
}

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.width()
}

/// The text, cut to so many columns with `...` at its end.
pub fn cut(text: &str, columns: usize) -> Cow<'_, str> {
    const DOTS: &str = "...";
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let room = columns.saturating_sub(DOTS.len());
    let mut used = 0;
    let fits = text.char_indices().find(|&(_, character)| {
        used += character.width().unwrap_or(0);
        used > room
    });
    let end = fits.map_or(text.len(), |(position, _)| position);
    Cow::Owned(format!("{}{}", &text[..end], &DOTS[..DOTS.len().min(columns)]))
}

/// The line, broken between words where it has more than so many columns; what follows is indented. A word that
/// is longer stays whole. Colours take no room.
pub fn wrap(line: &str, columns: usize, indent: usize) -> String {
    let shown = |text: &str| width(&strip_str(text).to_string());
    let (mut wrapped, mut used) = (String::new(), 0);
    for piece in line.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        if used + shown(word) > columns && used > indent {
            wrapped.truncate(wrapped.trim_end_matches(' ').len());
            wrapped.push('\n');
            wrapped.push_str(&pad("", indent));
            used = indent;
        }
        // Blanks between columns do not begin a line.
        if !word.is_empty() || used != indent || !wrapped.contains('\n') {
            wrapped.push_str(piece);
            used += shown(piece);
        }
    }
    wrapped
}

/// The text and blanks up to so many columns.
pub fn pad(text: &str, columns: usize) -> String {
    let blanks = columns.saturating_sub(width(text));
    format!("{text}{:blanks$}", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    #[error("cannot open x")]
    struct Outer(#[source] std::io::Error);

    #[test]
    fn causes_follow_their_effects_once() {
        let error = Outer(std::io::Error::other("no such thing"));
        assert_eq!(chain(&error), "cannot open x: no such thing");
        assert_eq!(chain(&std::io::Error::other("cannot open x")), "cannot open x");
    }

    #[test]
    fn amounts_have_a_fitting_unit() {
        assert_eq!(counted(1, "order"), "1 order");
        assert_eq!(bytes(9_999), "9,999 bytes");
        assert_eq!(bytes(12_345), "12.3 kB");
        assert_eq!(bytes(25_000_000_000), "25.0 GB");
    }

    #[test]
    fn times_name_the_day_only_where_it_is_another() {
        let at = Micros::parse_rfc3339("2026-11-24T03:07:41Z").unwrap();
        assert_eq!(time(at, at.plus(Micros::SECOND)), "03:07:41Z");
        assert_eq!(time(at, at.plus(Micros::DAY)), "2026-11-24 03:07:41Z");
    }

    #[test]
    fn durations_have_a_fitting_unit() {
        assert_eq!(took(850), "850 µs");
        assert_eq!(took(3_400), "3 ms");
        assert_eq!(took(2_500_000), "2.5 s");
        assert_eq!(age(45), "45 s");
        assert_eq!(age(3_600), "60 min");
        assert_eq!(age(604_800), "7.0 days");
    }

    #[test]
    fn cuts_by_columns() {
        assert_eq!(cut("short", 5), "short");
        assert_eq!(cut("too long", 6), "too...");
        assert_eq!(cut("漢字漢字", 7), "漢字...");
        assert_eq!(cut("abcdef", 2), "..");
        assert_eq!(pad("漢", 4), "漢  ");
    }

    #[test]
    fn wraps_between_words_and_indents_what_follows() {
        assert_eq!(wrap("dial 1  a.example  200", 40, 8), "dial 1  a.example  200");
        assert_eq!(wrap("dial 1  a.example  200 and more", 20, 8), "dial 1  a.example\n        200 and more");
        assert_eq!(wrap("sure    averyveryverylongword", 12, 8), "sure    averyveryverylongword");
        assert_eq!(wrap("\u{1b}[1mone two\u{1b}[0m three", 13, 2), "\u{1b}[1mone two\u{1b}[0m three");
    }

    proptest::proptest! {
        #[test]
        fn what_is_cut_fits(text in "\\PC{0,40}", columns in 0_usize..50) {
            proptest::prop_assert!(width(&cut(&text, columns)) <= columns);
        }
    }
}
