//! What the judges read otherwise, and how to write it so that they do not.

use granit_parser::{Event, ScalarStyle, Span};

/// Whose reading counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judge {
    /// kubectl: go.yaml.in/yaml/v2, a translation of libyaml 0.1.
    Kubectl,
    /// Ruby's psych, with libyaml 0.2.
    Ruby,
}

/// What is read otherwise: what it is, then a semicolon and what to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Otherwise {
    /// For the judges it begins a key without a blank behind it too; for kubectl within a word as well.
    #[error("between brackets a ? outside quotes begins a key; put the word with it in quotes")]
    QuestionMark,
    /// One that ends a key for us is a part of it for the judges, and one that begins a word begins a value.
    #[error("between brackets a : outside quotes needs a space behind it; put one there, or quotes around the word")]
    Colon,
    /// For the judges an error, or it belongs to what is before it: a key is not empty, and on one line with its `:`.
    #[error(
        "between brackets a key is empty, or not on one line with its :; write it there, in quotes if it is empty"
    )]
    NoKey,
    /// What is a line break in YAML 1.1 alone, and a byte order mark.
    #[error("it has the invisible character U+{0:04X}; remove it")]
    Invisible(u32),
    /// In YAML 1.1 the name of an anchor is a word.
    #[error("an anchor or alias (& or *) has other characters than letters, digits, - and _; give it another name")]
    Anchor,
    /// In YAML 1.1 brackets and commas are a part of a tag.
    #[error("a tag (!) has no space behind it; put one there")]
    Tag,
}

/// An event's text, and where it stands.
pub(super) struct Seen<'t> {
    pub(super) text: &'t str,
    pub(super) span: Span,
    pub(super) in_brackets: bool,
    pub(super) is_key: bool,
}

impl Seen<'_> {
    pub(super) fn otherwise(&self, event: &Event<'_>, judge: Judge) -> Option<Otherwise> {
        match event {
            Event::Scalar(_, style, ..) if self.has_breaks(*style, judge) => self.of_breaks(),
            Event::Scalar(_, style, ..) if self.in_brackets => self.of_word(*style, judge),
            Event::Anchor(_, name) => (!is_word(name)).then_some(Otherwise::Anchor),
            Event::Alias(_) => {
                let name = self.span.slice(self.text)?.strip_prefix('*')?;
                (!is_word(name)).then_some(Otherwise::Anchor)
            }
            _ => None,
        }
        .or_else(|| self.of_tag())
    }

    fn of_word(&self, style: ScalarStyle, judge: Judge) -> Option<Otherwise> {
        let range = self.span.byte_range()?;
        let written = self.text.get(range.clone())?;
        self.of_key(written, self.text.get(range.end..)?).or_else(|| {
            (style == ScalarStyle::Plain)
                .then(|| of_plain(written, judge))
                .flatten()
        })
    }

    /// A key, and what is behind it.
    fn of_key(&self, written: &str, behind: &str) -> Option<Otherwise> {
        if !self.is_key {
            return None;
        }
        let colon = behind.trim_start_matches([' ', '\t', '\r', '\n']);
        let blanks = &behind[..behind.len() - colon.len()];
        let colon = colon.strip_prefix(':');
        let is_over = colon.is_some() && [written, blanks].iter().any(|text| text.contains(['\r', '\n']));
        if written.is_empty() || is_over {
            return Some(Otherwise::NoKey);
        }
        let is_quoted = written.starts_with(['"', '\'']);
        let is_joined = !is_quoted && colon.is_some_and(|behind| !ends_a_word(behind));
        is_joined.then_some(Otherwise::Colon)
    }

    fn of_tag(&self) -> Option<Otherwise> {
        let tag = self.span.tag_span()?.byte_range()?;
        let (written, behind) = (self.text.get(tag.clone())?, self.text.get(tag.end..)?);
        (written.contains(is_invisible) || !ends_a_word(behind)).then_some(Otherwise::Tag)
    }

    /// Between quotes Ruby makes a space of it, and so does a [`super::Watch`].
    fn has_breaks(&self, style: ScalarStyle, judge: Judge) -> bool {
        let is_quoted = matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted);
        !(is_quoted && judge == Judge::Ruby) && self.written().contains(is_invisible)
    }

    fn of_breaks(&self) -> Option<Otherwise> {
        let found = self.written().chars().find(|c| is_invisible(*c))?;
        Some(Otherwise::Invisible(found.into()))
    }

    fn written(&self) -> &str {
        self.span.slice(self.text).unwrap_or_default()
    }
}

fn of_plain(written: &str, judge: Judge) -> Option<Otherwise> {
    let (is_cut, is_torn) = match judge {
        Judge::Kubectl => (written.contains('?'), false),
        Judge::Ruby => (written.starts_with('?'), written.contains(":?")),
    };
    if is_cut {
        return Some(Otherwise::QuestionMark);
    }
    (is_torn || written.starts_with(':')).then_some(Otherwise::Colon)
}

fn ends_a_word(behind: &str) -> bool {
    behind.chars().next().is_none_or(|c| " \t\r\n".contains(c))
}

fn is_word(name: &str) -> bool {
    name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

/// Whether it is a line break for the judges alone. They take a byte order mark for a letter, unless it begins the text.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
}
