//! What pages show of the program's output, compared with what it really says: names, numbers and times masked.

use std::path::Path;

/// Numbers as 0, URLs as URL, one space for several, and each of `names` as what the page calls it.
fn masked(line: &str, names: &[(&str, &str)]) -> String {
    let mut line = line.to_owned();
    for (real, documented) in names {
        line = line.replace(real, documented);
    }
    let word = |word: &str| {
        if let Some((before, rest)) = word.split_once("https://") {
            let end = rest.find([',', ';']).unwrap_or(rest.len());
            return format!("{before}URL{}", &rest[end..]);
        }
        let mut masked = String::new();
        for c in word.chars() {
            if !c.is_ascii_digit() {
                masked.push(c);
            } else if !masked.ends_with('0') {
                masked.push('0');
            }
        }
        masked
    };
    line.split_whitespace().map(word).collect::<Vec<_>>().join(" ")
}

/// The line of a page that begins so.
fn shown(page: &str, beginning: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(page);
    let text = std::fs::read_to_string(path).unwrap();
    let line = text.lines().map(str::trim).find(|line| line.starts_with(beginning));
    line.unwrap_or_else(|| panic!("{page} shows no line {beginning:?}"))
        .to_owned()
}

/// One of the lines of an output is the one that the page shows.
pub fn is_shown(page: &str, beginning: &str, output: &str, names: &[(&str, &str)]) {
    let documented = masked(&shown(page, beginning), &[]);
    let lines: Vec<_> = output.lines().map(|line| masked(line, names)).collect();
    assert!(
        lines.contains(&documented),
        "{page} shows {documented:?}, but the program says {lines:#?}"
    );
}

/// `5 users: 1 forgotten, 3 kept`, with those of the page's counts that there are this time, in its order.
pub fn counts_are_shown(page: &str, beginning: &str, line: &str) {
    let documented = masked(&shown(page, beginning), &[]);
    let (what, counts) = documented.split_once(": ").unwrap();
    let (real_what, real) = line.trim().split_once(": ").unwrap();
    assert_eq!(what, masked(real_what, &[]));
    let real = masked(real, &[]);
    let of_the_page: Vec<_> = counts
        .split(", ")
        .filter(|count| real.split(", ").any(|here| here == *count))
        .collect();
    assert_eq!(of_the_page.join(", "), real, "{page}");
}

/// A line of `KEY=VALUE` has the keys that the page shows, in their order, and in lists the same kinds of things.
pub fn has_the_keys_shown(page: &str, beginning: &str, line: &str) {
    let keys = |line: &str| -> Vec<String> {
        line.split_whitespace()
            .filter_map(|field| Some(field.split_once('=')?.0.to_owned()))
            .collect()
    };
    assert_eq!(keys(line), keys(&shown(page, beginning)), "{page}: {line}");
}
