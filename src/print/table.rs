//! Tables as kubectl prints them.

use crate::log;

/// Columns as wide as their widest cell, three spaces between them.
///
/// Some of what stands in them servers say: it cannot make a line of its own.
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

/// How a cell shows that there is nothing.
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
