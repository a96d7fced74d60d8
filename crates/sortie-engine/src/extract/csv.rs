//! Destinations in tables (RFC 4180): each cell is a parameter by the name of its column.

use std::borrow::Cow;

use super::collector::Collector;
use super::prose;
use super::spot::Spot;
use super::value;

/// Columns whose names are kept; what stands behind them has none.
const COLUMNS: usize = 256;
/// Bytes of the first line by which the separator is told.
const HEAD: usize = 4096;

/// Whether a media type is that of a table in text.
pub(super) fn is_table(essence: &str) -> bool {
    matches!(
        essence,
        "text/csv"
            | "application/csv"
            | "text/comma-separated-values"
            | "text/tab-separated-values"
            | "application/vnd.ms-excel"
    )
}

/// Searches a table, or as much of it as there is.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let separator = separator(text);
    let mut columns: Option<Vec<String>> = None;
    let mut rows = Rows { rest: text, separator };
    while let Some(row) = rows.next_row() {
        if out.is_done() {
            return;
        }
        let Some(names) = &columns else {
            // A first row that holds destinations is no row of names.
            let has_names = !row.iter().any(|cell| prose::starts(cell).next().is_some());
            columns = Some(if has_names {
                row.iter().take(COLUMNS).map(|cell| named(base, cell)).collect()
            } else {
                Vec::new()
            });
            if !has_names {
                cells(&row, &[], base, out);
            }
            continue;
        };
        cells(&row, names, base, out);
    }
}

fn cells(row: &[Cow<'_, str>], names: &[String], base: &Spot<'_>, out: &mut Collector<'_>) {
    for (nth, cell) in row.iter().enumerate() {
        let name = names.get(nth).map_or(base.name, String::as_str);
        value::search(cell, &base.named(name), out);
    }
}

fn named(base: &Spot<'_>, column: &str) -> String {
    let column = column.trim();
    if base.name.is_empty() { column.to_owned() } else { format!("{}.{column}", base.name) }
}

/// The separator that stands most often in the first line.
fn separator(text: &str) -> u8 {
    let line = text.lines().next().unwrap_or_default().as_bytes();
    let line = &line[..line.len().min(HEAD)];
    let count = |separator: u8| memchr::memchr_iter(separator, line).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(|&separator| count(separator)).unwrap_or(b',')
}

struct Rows<'a> {
    rest: &'a str,
    separator: u8,
}

impl<'a> Rows<'a> {
    fn next_row(&mut self) -> Option<Vec<Cow<'a, str>>> {
        if self.rest.is_empty() {
            return None;
        }
        let mut row = Vec::new();
        loop {
            let cell = self.cell();
            row.push(cell);
            match self.rest.bytes().next() {
                Some(byte) if byte == self.separator => self.rest = &self.rest[1..],
                Some(_) => {
                    self.rest = self.rest.strip_prefix("\r\n").unwrap_or(&self.rest[1..]);
                    return Some(row);
                }
                None => return Some(row),
            }
        }
    }

    /// Takes one cell; what is left begins with a separator or the end of a line.
    fn cell(&mut self) -> Cow<'a, str> {
        let Some(quoted) = self.rest.strip_prefix('"') else { return Cow::Borrowed(self.take(self.rest)) };
        let bytes = quoted.as_bytes();
        let mut end = 0;
        let mut has_quotes = false;
        loop {
            match memchr::memchr(b'"', &bytes[end..]) {
                Some(at) if bytes.get(end + at + 1) == Some(&b'"') => {
                    has_quotes = true;
                    end += at + 2;
                }
                Some(at) => {
                    end += at;
                    break;
                }
                None => {
                    end = bytes.len();
                    break;
                }
            }
        }
        let cell = &quoted[..end];
        // Text behind the closing quote is no CSV; it is skipped like the quote.
        self.take(quoted.get(end + 1..).unwrap_or_default());
        if has_quotes { Cow::Owned(cell.replace("\"\"", "\"")) } else { Cow::Borrowed(cell) }
    }

    /// Takes what stands before the next separator or end of a line in `text`.
    fn take(&mut self, text: &'a str) -> &'a str {
        let end = text.bytes().position(|byte| byte == self.separator || matches!(byte, b'\r' | b'\n'));
        let (cell, rest) = text.split_at(end.unwrap_or(text.len()));
        self.rest = rest;
        cell
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Key};

    use super::*;

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Text, ""), &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {:?} {}", c.parameter, c.nature, c.shown)).collect()
    }

    #[test]
    fn cells_are_named_by_their_columns() {
        assert_eq!(
            found("name,picture\r\nlamp,http://h.example/a\r\n\"a \"\"b\"\", c\",\"http://h.example/b,c\"\r\n"),
            ["text:picture Named http://h.example/a", "text:picture Named http://h.example/b,c"]
        );
        assert_eq!(found("id;host;port\n1;10.20.0.5;80\n"), ["text:host Named 10.20.0.5:80"]);
        assert_eq!(found("a\turl\nx\thttp://h.example/\n").len(), 1);
    }

    #[test]
    fn a_table_may_have_no_names_and_no_end() {
        assert_eq!(
            found("lamp,http://h.example/a\nchair,http://h.example/b"),
            ["text: Value http://h.example/a", "text: Value http://h.example/b"]
        );
        assert_eq!(found("a,url\n1,\"http://h.example/"), ["text:url Named http://h.example/"]);
        assert_eq!(found(""), [""; 0]);
    }

    #[test]
    fn takes_as_long_as_it_is_long() {
        let text = format!("a,b\n{}", "\"x\"y,\n".repeat(20_000));
        assert_eq!(found(&text), [""; 0]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z,;\"\r\n\t|]|é|http://h/){0,60}") {
            let _ = found(&text);
        }
    }
}
