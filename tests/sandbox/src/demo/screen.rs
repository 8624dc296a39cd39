//! Output: within a terminal's width, and never with a secret.

use std::io::{Stdout, Write as _};

use anstream::AutoStream;
use anstyle::{Effects, Style};

use super::picture::Picture;
use super::Error;

/// A width that every terminal has, in columns.
const WIDTH: usize = 98;
const BOLD: Style = Style::new().effects(Effects::BOLD);

/// Standard output; colours on a terminal only.
pub struct Screen {
    out: AutoStream<Stdout>,
    secrets: Vec<String>,
    /// The same text, as a picture shows it.
    pub picture: Picture,
}

impl Screen {
    /// Standard output, with no secrets to hide yet.
    pub fn new() -> Self {
        Self {
            out: anstream::stdout(),
            secrets: Vec::new(),
            picture: Picture::default(),
        }
    }

    /// From now on, text that contains this is an error and is not shown.
    pub fn hide(&mut self, secret: String) {
        self.secrets.push(secret);
    }

    /// The title of a section.
    pub fn title(&mut self, text: &str) -> Result<(), Error> {
        self.picture.title(text);
        self.write("")?;
        self.write(&format!("{BOLD}{text}{BOLD:#}"))
    }

    /// The caption of the next block.
    pub fn caption(&mut self, text: &str) -> Result<(), Error> {
        self.picture.line(String::new());
        self.write("")?;
        self.paragraph(2, text)
    }

    /// Text, with lines wrapped.
    pub fn paragraph(&mut self, indent: usize, text: &str) -> Result<(), Error> {
        self.check(text)?;
        for line in wrap(&self.picture.masked(text), WIDTH - indent) {
            self.picture.line(format!("{:indent$}{line}", ""));
        }
        for line in wrap(text, WIDTH - indent) {
            self.write(&format!("{:indent$}{line}", ""))?;
        }
        Ok(())
    }

    /// Text with its own line breaks.
    pub fn block(&mut self, text: &str) -> Result<(), Error> {
        self.check(text)?;
        let masked = self.picture.masked(text);
        masked.lines().for_each(|line| self.picture.line(format!("    {line}")));
        text.lines().try_for_each(|line| self.write(&format!("    {line}")))
    }

    /// A command, ready to be pasted.
    pub fn command(&mut self, words: &[String]) -> Result<(), Error> {
        let masked: Vec<_> = words.iter().map(|word| self.picture.masked(word)).collect();
        let masked = command_line(&masked, WIDTH - 4);
        masked.lines().for_each(|line| self.picture.line(format!("    {line}")));
        let text = command_line(words, WIDTH - 4);
        self.check(&text)?;
        text.lines().try_for_each(|line| self.write(&format!("    {line}")))
    }

    fn check(&self, text: &str) -> Result<(), Error> {
        if self.secrets.iter().any(|secret| text.contains(secret)) {
            return Err(Error::Secret);
        }
        Ok(())
    }

    fn write(&mut self, line: &str) -> Result<(), Error> {
        self.check(line)?;
        writeln!(self.out, "{line}").map_err(Error::Print)
    }
}

/// Breaks at spaces, or after a comma if a single word is too long; continuation lines are indented.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', ',']) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && line.chars().count() + piece.trim_end().chars().count() > width {
            lines.push(format!("  {piece}"));
        } else {
            line.push_str(piece);
        }
    }
    lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
    lines
}

/// Quoted for a shell, on as many lines as needed.
fn command_line(words: &[String], width: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    for group in groups(words) {
        match lines.last_mut() {
            Some(line) if line.chars().count() + group.chars().count() + 5 <= width => {
                line.push(' ');
                line.push_str(&group);
            }
            _ => lines.push(group),
        }
    }
    lines.join(" \\\n  ")
}

/// Keeps a flag and its value together.
fn groups(words: &[String]) -> Vec<String> {
    let mut groups: Vec<String> = Vec::new();
    let mut wants_value = false;
    for word in words {
        match groups.last_mut() {
            Some(flag) if wants_value => {
                flag.push(' ');
                flag.push_str(&quote(word));
            }
            _ => groups.push(quote(word)),
        }
        wants_value = !wants_value && word.starts_with('-') && !word.contains('=');
    }
    groups
}

/// A word quoted for a shell, if necessary.
pub fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:@,+".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_broken_at_spaces_and_commas_and_loses_nothing() {
        let text = "msg=login created=namespace/user-alice,networkpolicy/deny,secret/registry end";
        let lines = wrap(text, 30);
        assert!(
            lines.len() > 2 && lines.iter().all(|line| line.chars().count() <= 32),
            "{lines:?}"
        );
        let letters = |text: &str| text.replace(' ', "");
        assert_eq!(letters(&lines.concat()), letters(text));
    }

    #[test]
    fn a_quoted_word_is_read_back_as_it_was() {
        assert_eq!(quote("/tmp/a-b.c"), "/tmp/a-b.c");
        assert_eq!(quote("it's here"), r"'it'\''s here'");
        assert_eq!(quote(""), "''");
    }

    #[test]
    fn text_with_a_secret_is_not_shown() {
        let mut screen = Screen::new();
        screen.hide("c4nary".into());
        assert!(matches!(screen.block("token: c4nary"), Err(Error::Secret)));
        assert!(matches!(screen.paragraph(2, "token: c4nary"), Err(Error::Secret)));
    }
}
