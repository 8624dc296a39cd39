//! What stands behind the first document of a file: kubectl does not read it, and an edit keeps it letter by letter.

use secrecy::zeroize::Zeroizing;

/// What stands behind the first document.
#[derive(Clone, PartialEq)]
pub(super) enum Rest {
    Nothing,
    /// From the mark (`---` or `...`) on.
    Text(Zeroizing<String>),
    /// Something that no mark tells from the first document.
    Unmarked {
        line: usize,
    },
}

impl Rest {
    /// Of the text, in bytes.
    pub(super) fn length(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Nothing | Self::Unmarked { .. } => 0,
        }
    }
}

/// Where a document starts, and whether by a mark of its own.
#[derive(Clone, Copy, Default)]
pub(super) struct Start {
    pub(super) line: usize,
    pub(super) is_marked: bool,
}

/// Shows no text: it may be another kubeconfig, with its secrets.
impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Nothing => "Nothing",
            Self::Text(_) => "Text",
            Self::Unmarked { .. } => "Unmarked",
        })
    }
}

/// In YAML a line that begins so ends a document wherever it stands, even between quotes (YAML 1.2, rule 206).
pub(super) fn behind(text: &str, start: Start) -> Rest {
    let mut offset = 0;
    let mut own_marks = usize::from(start.is_marked);
    for (index, line) in text.split_inclusive('\n').enumerate() {
        if index + 1 >= start.line && is_mark(line) {
            if own_marks == 0 {
                return Rest::Text(Zeroizing::new(text[offset..].to_owned()));
            }
            own_marks -= 1;
        }
        offset += line.len();
    }
    Rest::Nothing
}

fn is_mark(line: &str) -> bool {
    let behind = line.strip_prefix("---").or_else(|| line.strip_prefix("..."));
    behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([' ', '\t', '\r', '\n']))
}
