//! Tables in kubectl's style.

use crate::log;

/// Columns as wide as their widest cell, separated by three spaces.
///
/// Some cells are text from servers, which must not be able to forge a line.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> String {
    let rows: Vec<[String; N]> = rows
        .iter()
        .map(|row| row.each_ref().map(|cell| log::one_line(cell)))
        .collect();
    let widths: [usize; N] = std::array::from_fn(|i| rows.iter().map(|row| row[i].chars().count()).max().unwrap_or(0));
    let mut text = String::new();
    for row in &rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
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
}
