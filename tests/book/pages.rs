//! Pages in Markdown as these tests need them: links, headings, code spans and fenced blocks, each with its line.

use std::fs;
use std::path::{Path, PathBuf};

/// A page with its parts.
pub struct Page {
    /// The path below the repository.
    pub name: String,
    pub text: String,
    pub links: Vec<Link>,
    pub headings: Vec<String>,
    pub spans: Vec<(usize, String)>,
    pub blocks: Vec<Block>,
}

/// `[text](target)`.
pub struct Link {
    pub line: usize,
    pub target: String,
}

/// What stands between two lines of backquotes.
pub struct Block {
    /// Of the opening line.
    pub line: usize,
    /// What stands before the backquotes, in a list.
    indent: String,
    /// The word after the backquotes.
    pub language: String,
    pub lines: Vec<String>,
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The pages that users read: README and the book.
pub fn of_users() -> Vec<Page> {
    let mut pages = of_the_book();
    pages.push(read("README.md"));
    pages
}

pub fn of_the_book() -> Vec<Page> {
    below("docs/src")
}

/// All pages in Markdown below a directory, in the order of their names.
pub fn below(directory: &str) -> Vec<Page> {
    let mut pages = Vec::new();
    let mut entries: Vec<_> = fs::read_dir(root().join(directory))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    entries.sort();
    for entry in entries {
        let name = format!("{directory}/{entry}");
        if root().join(&name).is_dir() {
            pages.extend(below(&name));
        } else if Path::new(&name).extension().is_some_and(|extension| extension == "md") {
            pages.push(read(&name));
        }
    }
    pages
}

pub fn read(name: &str) -> Page {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut page = Page {
        name: name.to_owned(),
        text,
        links: Vec::new(),
        headings: Vec::new(),
        spans: Vec::new(),
        blocks: Vec::new(),
    };
    let mut open: Option<Block> = None;
    let mut prose = Vec::new();
    for (at, line) in page.text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, &mut open) {
            (Some(language), None) => {
                open = Some(Block {
                    line: at + 1,
                    indent: line[..line.len() - line.trim_start().len()].to_owned(),
                    language: language.to_owned(),
                    lines: Vec::new(),
                });
            }
            (Some(_), Some(_)) => page.blocks.extend(open.take()),
            (None, Some(block)) => {
                block
                    .lines
                    .push(line.strip_prefix(&*block.indent).unwrap_or(line).to_owned());
            }
            (None, None) => prose.push((at + 1, line)),
        }
    }
    assert!(open.is_none(), "{name}: a block of code is not closed");
    for (at, line) in &prose {
        if line.starts_with('#') {
            page.headings.push(line.trim_start_matches('#').trim().to_owned());
        }
        // Outside code, since a message there may have brackets.
        let outside = line.split('`').step_by(2).collect::<Vec<_>>().join("`");
        for part in outside.split("](").skip(1) {
            let target = part.split(')').next().unwrap().to_owned();
            page.links.push(Link { line: *at, target });
        }
    }
    page.spans = spans(&prose);
    page
}

/// What stands in single backquotes; a span may go on in the next line of its paragraph.
fn spans(prose: &[(usize, &str)]) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in prose {
        if line.is_empty() {
            open = None;
        }
        for (nth, part) in line.split('`').enumerate() {
            if nth > 0 {
                open = match open.take() {
                    Some(span) => {
                        found.push(span);
                        None
                    }
                    None => Some((*at, String::new())),
                };
            }
            if let Some((_, text)) = &mut open {
                text.push_str(if text.is_empty() || nth > 0 { "" } else { " " });
                text.push_str(if nth == 0 { part.trim_start() } else { part });
            }
        }
    }
    found
}
