//! Tables that fit the terminal.

use super::text::{cut, pad, width};

/// Columns between two cells.
const GAP: usize = 2;
/// Columns that a shrunken cell keeps.
const LEAST: usize = 8;
/// Columns that a cell should keep as long as something else can be left out.
const READABLE: usize = 20;

/// Lines of cells; the first line is the heading.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// Columns that may be cut, the first first.
    flexible: Vec<usize>,
    /// Columns that may be left out, the first first.
    dispensable: Vec<usize>,
}

impl Table {
    /// A table with these headings; where room is short, the columns in `flexible` give way in turn.
    pub(super) fn new(headings: &[&str], flexible: &[usize]) -> Self {
        let headings = headings.iter().map(|&text| text.to_owned()).collect();
        Self { rows: vec![headings], flexible: flexible.to_vec(), dispensable: Vec::new() }
    }

    /// The table, without some of these columns, in turn, where the others could not be read beside them.
    pub(super) fn without(mut self, dispensable: &[usize]) -> Self {
        self.dispensable = dispensable.to_vec();
        self
    }

    /// Adds a line.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// The lines; `None` for a width that has no bound. `style` may colour a padded cell.
    pub(super) fn render(&self, columns: Option<usize>, style: impl Fn(usize, usize, String) -> String) -> String {
        let widths = self.widths(columns);
        let mut shown = String::new();
        for (number, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (position, (cell, room)) in row.iter().zip(&widths).enumerate() {
                let Some(room) = *room else { continue };
                let fitted = cut(cell, room);
                let blanks = room + GAP - width(&fitted);
                line.push_str(&style(number, position, fitted.into_owned()));
                line.push_str(&pad("", blanks));
            }
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
        shown
    }

    /// The width of each column; `None` where it is left out.
    fn widths(&self, columns: Option<usize>) -> Vec<Option<usize>> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
        let mut widths: Vec<Option<usize>> = (0..count).map(widest).collect();
        let Some(columns) = columns else { return widths };
        for &column in &self.dispensable {
            let readable = |column: usize| if self.flexible.contains(&column) { READABLE } else { usize::MAX };
            let least = widths.iter().enumerate().map(|(column, room)| room.map(|room| room.min(readable(column))));
            if line_of(least) > columns {
                widths[column] = None;
            }
        }
        for least in [READABLE, LEAST] {
            for &column in &self.flexible {
                let excess = line_of(widths.iter().copied()).saturating_sub(columns);
                if let Some(Some(room)) = widths.get_mut(column) {
                    *room = room.saturating_sub(excess).max(least.min(*room));
                }
            }
        }
        widths
    }
}

/// Columns of a line of cells that are so wide.
fn line_of(widths: impl Iterator<Item = Option<usize>>) -> usize {
    let (count, sum) = widths.flatten().fold((0_usize, 0), |(count, sum), room| (count + 1, sum + room));
    sum + GAP * count.saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&["ID", "WHAT", "N"], &[1]);
        table.row(["F-1".to_owned(), "a long and winding description".to_owned(), "3".to_owned()]);
        table
    }

    #[test]
    fn a_wide_terminal_shows_everything() {
        let shown = table().render(None, |_, _, cell| cell);
        assert_eq!(shown, "ID   WHAT                            N\nF-1  a long and winding description  3\n");
    }

    #[test]
    fn a_narrow_one_cuts_the_flexible_column() {
        let shown = table().render(Some(24), |_, _, cell| cell);
        assert_eq!(shown, "ID   WHAT              N\nF-1  a long and wi...  3\n");
        assert!(shown.lines().all(|line| width(line) <= 24), "{shown}");
    }

    #[test]
    fn a_column_goes_before_the_others_are_unreadable() {
        let shown = table().without(&[2, 0]).render(Some(25), |_, _, cell| cell);
        assert_eq!(shown, "ID   WHAT\nF-1  a long and windin...\n");
    }
}
