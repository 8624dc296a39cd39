//! A picture of a part of the demonstration, for README: an SVG, the same each time as long as the same is shown.

use std::fmt::Write as _;

/// The sections that are in it.
const SECTIONS: [&str; 3] = [super::check::TITLE, super::refused::TITLE, super::show::TITLE];

const LINE: usize = 18;
const MARGIN: usize = 20;
const WIDTH: usize = 820;

/// For light and dark surroundings, like the book's other pictures.
const STYLE: &str = r#"
    svg { --paper: #ffffff; --ink: #1f2328; --title: #1d4ed8; --error: #b42318; }
    @media (prefers-color-scheme: dark) {
      svg { --paper: #16191f; --ink: #e6edf3; --title: #7fb0ff; --error: #ff8b80; }
    }
    .paper { fill: var(--paper); }
    text { fill: var(--ink); font: 13px "DejaVu Sans Mono", "Liberation Mono", Menlo, Consolas, monospace; white-space: pre; }
    .title { fill: var(--title); font-weight: bold; }
    .error { fill: var(--error); font-weight: bold; }
  "#;

/// What is shown, with what changes from run to run masked.
#[derive(Default)]
pub struct Picture {
    lines: Vec<(Kind, String)>,
    is_in_section: bool,
    masks: Vec<(String, &'static str)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Title,
    Text,
}

impl Picture {
    /// From now on, this text is shown as `mask`.
    pub fn mask(&mut self, text: String, mask: &'static str) {
        self.masks.push((text, mask));
    }

    /// The text without what changes: names and paths, times, and how much else `check` finds on this machine.
    pub fn masked(&self, text: &str) -> String {
        let text = self
            .masks
            .iter()
            .fold(text.to_owned(), |text, (from, to)| replaced(&text, from, to));
        let mut words: Vec<_> = text.split(' ').map(str::to_owned).collect();
        for at in 1..words.len() {
            let (before, word) = (words[at - 1].clone(), words[at].clone());
            if before.parse::<f64>().is_ok() && ["ms", "ms;", "warnings,", "ok"].contains(&word.as_str()) {
                "…".clone_into(&mut words[at - 1]);
            }
            if before == "in" && word.ends_with("s;") && word.contains('m') {
                "59m;".clone_into(&mut words[at]);
            }
            if before == "runAsUser:" && word.bytes().all(|byte| byte.is_ascii_digit()) && word != "0" {
                "27601".clone_into(&mut words[at]);
            }
        }
        words.join(" ")
    }

    /// The title of a section.
    pub fn title(&mut self, text: &str) {
        self.is_in_section = SECTIONS.contains(&text);
        if self.is_in_section && !self.lines.is_empty() {
            self.lines.push((Kind::Text, String::new()));
        }
        self.add(Kind::Title, text.to_owned());
    }

    /// A line of the section, with its mask on.
    pub fn line(&mut self, text: String) {
        self.add(Kind::Text, text);
    }

    fn add(&mut self, kind: Kind, text: String) {
        if self.is_in_section {
            self.lines.push((kind, text));
        }
    }

    /// The picture.
    pub fn svg(&self) -> String {
        let height = self.lines.len() * LINE + 2 * MARGIN;
        let mut svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
             aria-labelledby=\"title\">\n  <title id=\"title\">Output of the demonstration</title>\n  \
             <style>{STYLE}</style>\n  <rect class=\"paper\" width=\"{WIDTH}\" height=\"{height}\" rx=\"8\"/>\n"
        );
        for (number, (kind, text)) in self.lines.iter().enumerate().filter(|(_, (_, text))| !text.is_empty()) {
            let y = MARGIN + number * LINE + LINE - 4;
            let class = if *kind == Kind::Title { " class=\"title\"" } else { "" };
            let text = marked(&escaped(text));
            let _ = writeln!(
                svg,
                "  <text x=\"{MARGIN}\" y=\"{y}\" xml:space=\"preserve\"{class}>{text}</text>"
            );
        }
        svg + "</svg>\n"
    }
}

/// Replaces the text where it is a whole word or the beginning of a path.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let is_part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    let mut result = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once(from) {
        result.push_str(before);
        let is_word = !is_part(result.chars().last()) && !is_part(after.chars().next());
        result.push_str(if is_word { to } else { from });
        rest = after;
    }
    result + rest
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Errors stand out.
fn marked(text: &str) -> String {
    match text.strip_prefix("    error ") {
        Some(rest) => format!("    <tspan class=\"error\">error</tspan> {rest}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_changes_from_run_to_run_is_masked() {
        let mut picture = Picture::default();
        picture.mask("/tmp/x-1".into(), "/tmp/site");
        picture.mask("bob".into(), "alice");
        let masked =
            picture.masked("bob has /tmp/x-1/hook.env, 8 requests in 12.6 ms; 10 warnings, 9 ok, user-bob bobs");
        assert_eq!(
            masked,
            "alice has /tmp/site/hook.env, 8 requests in … ms; … warnings, 9 ok, user-bob bobs"
        );
        assert_eq!(
            picture.masked("expires in 59m58s; runAsUser: 1 or 0"),
            "expires in 59m; runAsUser: 27601 or 0"
        );
        assert_eq!(picture.masked("15 ok"), "… ok");
    }

    #[test]
    fn only_some_sections_are_in_it_and_their_text_is_escaped() {
        let mut picture = Picture::default();
        picture.title("The site");
        picture.line("not shown".into());
        picture.title(SECTIONS[0]);
        picture.line("    a < b".into());
        let svg = picture.svg();
        assert!(svg.contains("a &lt; b") && !svg.contains("not shown"), "{svg}");
    }
}
