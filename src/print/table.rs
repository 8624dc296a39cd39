//! Tables in kubectl's style.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anstyle::{AnsiColor, Style};

use super::fit;
use crate::exit::RESULTS;
use crate::log;

/// A terminal shows so many rows without scrolling.
pub const MOST_ROWS: usize = 20;

/// Whether tables have a heading; not with `--no-headers`.
static HAVE_HEADINGS: AtomicBool = AtomicBool::new(true);

/// Has tables printed without a heading from now on.
pub fn without_headings() {
    HAVE_HEADINGS.store(false, Ordering::Relaxed);
}

/// Whether tables have a heading.
pub(super) fn have_headings() -> bool {
    HAVE_HEADINGS.load(Ordering::Relaxed)
}

/// How wide a table may be; 0 if it may have any width, as in a pipe.
static MOST: AtomicUsize = AtomicUsize::new(0);

/// The table that is drawn there, fitted to the terminal, if it is for one.
pub(super) fn fitted(table: impl FnOnce() -> String) -> String {
    MOST.store(terminal_width(), Ordering::Relaxed);
    let text = table();
    MOST.store(0, Ordering::Relaxed);
    text
}

/// The width of the terminal; 0 if standard output is none.
pub(super) fn terminal_width() -> usize {
    let stdout = std::io::stdout();
    match rustix::termios::tcgetwinsize(&stdout) {
        Ok(size) if stdout.is_terminal() => usize::from(size.ws_col),
        _ => 0,
    }
}

/// Columns as wide as their widest cell, separated by three spaces. The first row is the heading.
///
/// Some cells are text from servers, which must not be able to forge a line.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let heading = rows.first().map(<[String; N]>::as_slice).unwrap_or_default();
    let states = states(heading);
    let rows = if have_headings() {
        rows
    } else {
        rows.get(1..).unwrap_or_default()
    };
    aligned(rows, &mut vec![0; N], &states, MOST.load(Ordering::Relaxed))
}

/// Which columns say how something is: their words have a colour on a terminal.
pub(super) fn states<S: AsRef<str>>(heading: &[S]) -> Vec<bool> {
    let is_state = |title: &S| ["RESULT", "STATE", "ACCOUNT"].contains(&title.as_ref());
    heading.iter().map(is_state).collect()
}

/// The same for a part of a table: columns are at least as wide as before, and `widths` then has how wide they are. Cells
/// are wrapped if the table would be wider than `most`, unless that is 0.
pub(super) fn aligned<R: AsRef<[String]>>(rows: &[R], widths: &mut [usize], states: &[bool], most: usize) -> String {
    let cells = |row: &R| row.as_ref().iter().map(|cell| log::one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths.iter_mut()) {
            *width = cell.chars().count().max(*width);
        }
    }
    if most > 0 {
        fit::narrow(widths, most);
    }
    rows.iter().map(|row| row_of(row, widths, states)).collect()
}

/// The lines of a row: one, unless a cell is wrapped.
fn row_of(row: &[String], widths: &[usize], states: &[bool]) -> String {
    let cells: Vec<_> = row
        .iter()
        .zip(widths)
        .map(|(cell, &width)| fit::wrapped(cell, width))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    let mut text = String::new();
    for line in 0..height {
        let mut pad = 0;
        for (column, lines) in cells.iter().enumerate() {
            let cell = lines.get(line).map_or("", String::as_str);
            if !cell.is_empty() {
                let style = styled(cell, states.get(column) == Some(&true));
                text.push_str(&" ".repeat(pad));
                let _ = write!(text, "{style}{cell}{style:#}");
                pad = 0;
            }
            pad += widths[column] + fit::GAP - cell.chars().count();
        }
        text.push('\n');
    }
    text
}

/// Words for what is as it should be, for what was done or left out, and for what is wrong: the worst of a cell counts.
const WORDS: [(&[&str], AnsiColor); 3] = [
    (&["failed", "missing", "differs", "removed"], AnsiColor::Red),
    (
        &[
            "created",
            "changed",
            "deleted",
            "renewed",
            "suspended",
            "locked",
            "skipped",
            "blocked",
            "terminating",
            "unclaimed",
        ],
        AnsiColor::Yellow,
    ),
    (&["ok", "unchanged", "active", "there", "kept"], AnsiColor::Green),
];

/// The colour of a word that says how something is.
fn styled(cell: &str, is_state: bool) -> Style {
    let has = |word: &&str| cell.split(|c: char| !c.is_ascii_alphabetic()).any(|part| part == *word);
    let mut matching = WORDS.iter().filter(|(words, _)| is_state && words.iter().any(has));
    let colour = matching.next().map(|&(_, colour)| colour.into()).or_else(|| {
        let is_failure = is_state && RESULTS.contains(&cell);
        is_failure.then_some(AnsiColor::Red.into())
    });
    Style::new().fg_color(colour)
}

/// The text, or `-` if it is empty.
pub fn or_dash(text: &str) -> String {
    if text.is_empty() { "-" } else { text }.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_cannot_make_a_line_of_its_own() {
        let rows = [["a", "v1\r\n\u{9b}ok forged"].map(str::to_owned)];
        assert_eq!(columns(&rows), "a   v1 ok forged\n");
    }

    #[test]
    fn a_later_part_of_a_table_is_not_narrower() {
        let mut widths = vec![0; 2];
        assert_eq!(
            aligned(&[["longer", "b"].map(str::to_owned)], &mut widths, &[], 0),
            "longer   b\n"
        );
        assert_eq!(
            aligned(&[["a", "b"].map(str::to_owned)], &mut widths, &[], 0),
            "a        b\n"
        );
    }

    #[test]
    fn a_table_that_is_too_wide_is_wrapped_and_what_stands_below_stays_in_its_column() {
        let rows = [
            ["CLUSTER", "RESULT"],
            ["aaaaaaaaaa,bbbbbbbbbb,cccccccccc", "ok"],
            ["d", "failed"],
        ];
        let rows: Vec<_> = rows.iter().map(|row| row.map(str::to_owned)).collect();
        let text = aligned(&rows, &mut [0; 2], &states(&rows[0]), 26);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert_eq!(
            plain,
            "CLUSTER             RESULT\naaaaaaaaaa,         ok\nbbbbbbbbbb,\ncccccccccc\nd                   failed\n"
        );
    }

    #[test]
    fn words_that_say_how_something_is_have_a_colour_and_no_others() {
        let rows = [["USER", "RESULT"], ["failed", "unchanged"], ["x", "2 failed"]].map(|row| row.map(str::to_owned));
        let text = columns(&rows);
        assert_eq!(text.matches("\u{1b}[3").count(), 2, "{text:?}");
        assert!(
            text.contains("\u{1b}[31m2 failed") && text.contains("\u{1b}[32munchanged"),
            "{text:?}"
        );
    }
}
