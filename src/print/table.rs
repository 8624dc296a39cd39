//! Tables in kubectl's style.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::log;

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

/// Columns as wide as their widest cell, separated by three spaces. The first row is the heading.
///
/// Some cells are text from servers, which must not be able to forge a line.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows = if have_headings() {
        rows
    } else {
        rows.get(1..).unwrap_or_default()
    };
    aligned(rows, &mut vec![0; N])
}

/// The same for a part of a table: columns are at least as wide as before, and `widths` then has how wide they are.
pub(super) fn aligned<R: AsRef<[String]>>(rows: &[R], widths: &mut [usize]) -> String {
    let cells = |row: &R| row.as_ref().iter().map(|cell| log::one_line(cell)).collect();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    for row in &rows {
        for (cell, width) in row.iter().zip(widths.iter_mut()) {
            *width = cell.chars().count().max(*width);
        }
    }
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths.iter()) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width + 3 - cell.chars().count()));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
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
            aligned(&[["longer", "b"].map(str::to_owned)], &mut widths),
            "longer   b\n"
        );
        assert_eq!(aligned(&[["a", "b"].map(str::to_owned)], &mut widths), "a        b\n");
    }
}
