//! Tables as wide as a terminal: the widest columns are narrowed, and their cells wrapped, so that nothing is left out.

/// No column gets narrower: words of this length are common.
const NARROWEST: usize = 12;
/// Spaces between two columns.
pub(super) const GAP: usize = 3;

/// Narrows the widest columns until all of them fit, or none can be narrowed any more.
pub(super) fn narrow(widths: &mut [usize], most: usize) {
    let gaps = GAP * widths.len().saturating_sub(1);
    while widths.iter().sum::<usize>() + gaps > most {
        match widths.iter_mut().max() {
            Some(widest) if *widest > NARROWEST => *widest -= 1,
            _ => return,
        }
    }
}

/// The lines of a cell in a column of this width. It is broken behind a space, a comma or a slash, or anywhere if a word is
/// wider than the column.
pub(super) fn wrapped(cell: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest: Vec<char> = cell.chars().collect();
    while rest.len() > width.max(1) {
        let head = &rest[..=width.max(1)];
        let ends_before = |at: usize| head[at] == ' ' || at > 0 && [',', '/'].contains(&head[at - 1]);
        let at = (1..head.len())
            .rev()
            .find(|&at| ends_before(at))
            .unwrap_or(width.max(1));
        let tail = rest.split_off(at);
        lines.push(rest.iter().collect::<String>().trim_end().to_owned());
        rest = tail.into_iter().skip_while(|&c| c == ' ').collect();
    }
    lines.push(rest.into_iter().collect());
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_columns_are_narrowed_and_a_narrow_one_stays() {
        let mut widths = [5, 90, 30];
        narrow(&mut widths, 80);
        assert_eq!(widths, [5, 39, 30]);
        narrow(&mut widths, 50);
        assert_eq!((widths[0], widths.iter().sum::<usize>()), (5, 44));
        narrow(&mut widths, 10);
        assert_eq!(widths, [5, NARROWEST, NARROWEST], "a terminal can be too narrow");
    }

    #[test]
    fn a_cell_is_broken_where_words_and_paths_end_and_nothing_is_lost() {
        assert_eq!(wrapped("short", 12), ["short"]);
        assert_eq!(wrapped("prod,test,other", 10), ["prod,test,", "other"]);
        assert_eq!(wrapped("one two three", 7), ["one two", "three"]);
        assert_eq!(
            wrapped("/home/alice/.kube/config", 12),
            ["/home/alice/", ".kube/config"]
        );
        assert_eq!(wrapped("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("", 4), [""]);
    }
}
