//! Tables that fit the terminal.

use super::text::{cut, pad, width};

/// Columns between two cells.
const GAP: usize = 2;
/// Columns that a shrunken cell keeps.
const LEAST: usize = 8;

/// Lines of cells; the first line is the heading.
#[derive(Debug, Default)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// Columns that may be cut, the first first.
    flexible: Vec<usize>,
}

impl Table {
    /// A table with these headings; where room is short, the columns in `flexible` give way in turn.
    pub(super) fn new(headings: &[&str], flexible: &[usize]) -> Self {
        Self { rows: vec![headings.iter().map(|&text| text.to_owned()).collect()], flexible: flexible.to_vec() }
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
            for (position, (cell, &room)) in row.iter().zip(&widths).enumerate() {
                let is_last = position + 1 == row.len();
                let fitted = cut(cell, room);
                let blanks = if is_last { 0 } else { room + GAP - width(&fitted) };
                line.push_str(&style(number, position, fitted.into_owned()));
                line.push_str(&pad("", blanks));
            }
            shown.push_str(line.trim_end());
            shown.push('\n');
        }
        shown
    }

    fn widths(&self, columns: Option<usize>) -> Vec<usize> {
        let count = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widest = |column: usize| self.rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
        let mut widths: Vec<usize> = (0..count).map(|column| widest(column).unwrap_or(0)).collect();
        let Some(columns) = columns else { return widths };
        for &column in &self.flexible {
            let used: usize = widths.iter().sum::<usize>() + GAP * count.saturating_sub(1);
            let excess = used.saturating_sub(columns);
            if let Some(room) = widths.get_mut(column) {
                *room = room.saturating_sub(excess).max(LEAST.min(*room));
            }
        }
        widths
    }
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
}
