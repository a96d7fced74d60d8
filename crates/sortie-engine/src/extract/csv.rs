//! Destinations in tables (RFC 4180): each cell is a parameter by the name of its column.

use std::borrow::Cow;

use sortie_model::event::Cut;

use super::collector::Collector;
use super::prose;
use super::spot::Spot;
use super::{value, work};

/// Columns whose names are kept; what stands behind them has none.
const COLUMNS: usize = 256;
/// Bytes of the first line by which the separator is told.
const HEAD: usize = 64 * 1024;
/// What cells stand between, the usual one last.
const SEPARATORS: [u8; 4] = [b'|', b'\t', b';', b','];

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
    let (separator, is_sure) = separator(text);
    let mut cells = Cells { is_sure, ..Cells::new(text, separator) };
    let start = cells.clone();
    let columns = cells.columns(base, out).unwrap_or_else(|| {
        // Its names may be names all the same.
        cells = Cells { is_sure: false, ..start };
        Vec::new()
    });
    cells.rows(|column| Some(columns.get(column).map_or(base.name, String::as_str)), base, out);
}

/// Searches those columns that may be proven sinks, whatever separates them.
pub(super) fn search_sinks(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let line = first_line(text);
    let stands = |separator: &u8| memchr::memchr(*separator, line).is_some();
    let only_one = (!SEPARATORS.iter().any(stands)).then_some(b',');
    for separator in SEPARATORS.into_iter().filter(stands).chain(only_one) {
        let mut cells = Cells::new(text, separator);
        let columns = cells.sink_columns(base, out);
        let name = |column: usize| {
            let at = columns.binary_search_by_key(&column, |(at, _)| *at).ok()?;
            Some(columns[at].1.as_str())
        };
        if !columns.is_empty() {
            cells.rows(name, base, out);
        }
    }
}

fn named(base: &Spot<'_>, column: &str) -> String {
    let column = column.trim();
    if base.name.is_empty() { column.to_owned() } else { format!("{}.{column}", base.name) }
}

/// The separator that stands most often in the first line, and whether no other one does.
fn separator(text: &str) -> (u8, bool) {
    let count = |separator: u8| memchr::memchr_iter(separator, first_line(text)).count();
    let counts = SEPARATORS.map(|separator| (count(separator), separator));
    let is_sure = counts.iter().filter(|(count, _)| *count > 0).count() < 2;
    (counts.into_iter().max_by_key(|&(count, _)| count).map_or(b',', |(_, separator)| separator), is_sure)
}

fn first_line(text: &str) -> &[u8] {
    let line = text.lines().next().unwrap_or_default().as_bytes();
    &line[..line.len().min(HEAD)]
}

/// The cells that are left, row by row.
#[derive(Clone)]
struct Cells<'a> {
    rest: &'a str,
    separator: u8,
    is_at_end: bool,
    /// Whether all that was taken is CSV to everybody.
    is_sure: bool,
}

struct Cell<'a> {
    text: Cow<'a, str>,
    /// Whether it is the last one of its row.
    ends_row: bool,
}

impl<'a> Cells<'a> {
    fn new(text: &'a str, separator: u8) -> Self {
        Self { rest: text, separator, is_at_end: text.is_empty(), is_sure: true }
    }

    /// Searches the cells that are left, those of each column under its name; `None` for a column that is passed
    /// over.
    fn rows<'n>(mut self, name: impl Fn(usize) -> Option<&'n str>, base: &Spot<'_>, out: &mut Collector<'_>) {
        let mut column = 0;
        while let Some(cell) = self.next_cell() {
            if out.is_done() {
                return;
            }
            out.work(work::TOKEN);
            if let Some(name) = name(column) {
                value::search(&cell.text, &base.named(name), out);
            }
            column = if cell.ends_row { 0 } else { column + 1 };
        }
        if !self.is_sure {
            out.cut(Cut::Format);
        }
    }

    /// Takes the first row, with the numbers and names of the columns that may be proven sinks.
    fn sink_columns(&mut self, base: &Spot<'_>, out: &mut Collector<'_>) -> Vec<(usize, String)> {
        let mut columns = Vec::new();
        for column in 0.. {
            let Some(cell) = self.next_cell().filter(|_| !out.is_done()) else { break };
            out.work(work::TOKEN);
            let name = named(base, &cell.text);
            if !out.passes_over(&base.named(&name)) {
                columns.push((column, name));
            }
            if cell.ends_row {
                break;
            }
        }
        columns
    }

    /// Takes the first row, with the names of the columns. `None` if it holds destinations, and so is a row like
    /// any other.
    fn columns(&mut self, base: &Spot<'_>, out: &mut Collector<'_>) -> Option<Vec<String>> {
        let mut columns = Vec::new();
        while let Some(cell) = self.next_cell().filter(|_| !out.is_done()) {
            out.work(work::TOKEN);
            if prose::starts(&cell.text).next().is_some() {
                return None;
            }
            if columns.len() < COLUMNS {
                columns.push(named(base, &cell.text));
            } else {
                self.is_sure = false;
            }
            if cell.ends_row {
                break;
            }
        }
        Some(columns)
    }

    fn next_cell(&mut self) -> Option<Cell<'a>> {
        if self.is_at_end {
            return None;
        }
        let text = self.cell();
        let ends_row = self.rest.as_bytes().first() != Some(&self.separator);
        self.rest = self.rest.strip_prefix("\r\n").or_else(|| self.rest.get(1..)).unwrap_or_default();
        // Behind a separator stands one more cell, be it empty; behind a row none has to.
        self.is_at_end = ends_row && self.rest.is_empty();
        Some(Cell { text, ends_row })
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
        // Text behind the closing quote is no CSV; Python and others append it.
        let behind = self.take(quoted.get(end + 1..).unwrap_or_default());
        self.is_sure &= behind.trim().is_empty();
        match (has_quotes, behind) {
            (false, "") => Cow::Borrowed(cell),
            (false, _) => Cow::Owned(format!("{cell}{behind}")),
            (true, _) => Cow::Owned(cell.replace("\"\"", "\"") + behind),
        }
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
