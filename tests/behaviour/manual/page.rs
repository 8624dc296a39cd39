//! One manual page of a command, in the man(7) language, from clap's definition of it.

use clap::{Arg, Command};

/// The section for administrators' commands.
pub const SECTION: &str = "8";

/// The lines of a page.
#[derive(Default)]
pub struct Page {
    text: String,
}

impl Page {
    /// A page with its title. The middle of the header is short, so that a long name on both sides of it fits 80
    /// columns; the date is the last release's.
    pub fn new(title: &str, section: &str, date: &str, name: &str, what: &str) -> Self {
        let mut page = Self::default();
        page.line(&format!(
            ".TH \"{}\" \"{section}\" \"{date}\" \"ood-k8s {}\" \"ood-k8s\"",
            title.to_uppercase(),
            env!("CARGO_PKG_VERSION")
        ));
        page.section("NAME");
        page.wrapped(&format!("{name} - {what}"));
        page
    }

    pub fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    pub fn section(&mut self, name: &str) {
        self.line(&format!(".SH {name}"));
    }

    pub fn paragraphs(&mut self, text: &str) {
        for (n, paragraph) in text.split("\n\n").enumerate() {
            if n > 0 {
                self.line(".PP");
            }
            self.wrapped(&paragraph.replace('\n', " "));
        }
    }

    /// Something with its explanation below it, indented.
    pub fn item(&mut self, tag: &str, text: &str) {
        self.line(".TP");
        self.line(tag);
        self.wrapped(text);
    }

    /// Text in lines of at most 80 bytes, as mandoc's style asks.
    fn wrapped(&mut self, text: &str) {
        let mut line = String::new();
        for word in text.split_whitespace().map(escaped) {
            if !line.is_empty() && line.len() + 1 + word.len() > 79 {
                self.line(&std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(&word);
        }
        self.line(&line);
    }

    /// Lines that are shown, and copied, as they are.
    pub fn verbatim<'t>(&mut self, lines: impl Iterator<Item = &'t str>) {
        self.line(".EX");
        lines.for_each(|line| self.line(&escaped(line)));
        self.line(".EE");
    }

    pub fn see_also(&mut self, pages: &[String]) {
        self.section("SEE ALSO");
        for (n, page) in pages.iter().enumerate() {
            let (name, section) = page.rsplit_once('.').unwrap();
            let comma = if n + 1 < pages.len() { "," } else { "" };
            self.line(&format!(".BR {} ({section}){comma}", escaped(name)));
        }
    }

    pub fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }
}

/// What roff would read as its own, written so that it is shown: also the hyphen, which it would make a soft one that
/// no shell understands.
pub fn escaped(text: &str) -> String {
    let text = text
        .replace('\\', "\\e")
        .replace('-', "\\-")
        .replace('\'', "\\(aq")
        .replace('`', "\\(ga")
        .replace('~', "\\(ti")
        .replace('^', "\\(ha");
    if text.starts_with('.') {
        format!("\\&{text}")
    } else {
        text
    }
}

pub fn bold(text: &str) -> String {
    format!("\\fB{}\\fR", escaped(text))
}

fn italic(text: &str) -> String {
    format!("\\fI{}\\fR", escaped(text))
}

/// The command line as it can be typed: flags with the names of their values.
pub fn synopsis(command: &Command, whole_name: &str) -> String {
    let mut words = vec![bold(whole_name)];
    if command.has_subcommands() {
        words.push(format!("[{}]", italic("OPTIONS")));
        words.push(italic("COMMAND"));
        return words.join(" ");
    }
    let flags = shown(command).filter(|arg| !arg.is_positional() && !arg.is_global_set());
    words.extend(flags.map(|flag| {
        let usage = format!("{}{}", bold(&spelling(flag)), value(flag));
        let more = if repeats(flag) { " ..." } else { "" };
        if flag.is_required_set() {
            format!("{usage}{more}")
        } else {
            format!("[{usage}]{more}")
        }
    }));
    words.extend(command.get_positionals().map(|positional| {
        let names = positional.get_value_names().unwrap_or_default();
        let name = italic(&names.join(" "));
        let more = if repeats(positional) { " ..." } else { "" };
        if positional.is_required_set() {
            format!("{name}{more}")
        } else {
            format!("[{name}{more}]")
        }
    }));
    words.join(" ")
}

/// The flags under their headings.
pub fn options(page: &mut Page, command: &Command, global: bool) {
    let mut heading = None;
    for arg in shown(command).filter(|arg| arg.is_global_set() == global) {
        if !global && arg.get_help_heading() != heading {
            heading = arg.get_help_heading();
            page.line(&format!(".SS \"{}\"", escaped(heading.unwrap_or("Other options"))));
        }
        page.item(&tag(arg), &explanation(arg));
    }
}

pub fn shown(command: &Command) -> impl Iterator<Item = &Arg> {
    let own = |arg: &&Arg| !arg.is_hide_set() && !["help", "version"].contains(&arg.get_id().as_str());
    command.get_arguments().filter(own)
}

fn spelling(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), _) => format!("--{long}"),
        (None, Some(short)) => format!("-{short}"),
        (None, None) => String::new(),
    }
}

fn tag(arg: &Arg) -> String {
    if arg.is_positional() {
        return italic(&arg.get_value_names().unwrap_or_default().join(" "));
    }
    let short = arg.get_short().map(|short| format!("{}, ", bold(&format!("-{short}"))));
    let aliases = arg.get_visible_aliases().unwrap_or_default();
    let aliases = aliases.iter().map(|alias| format!(", {}", bold(&format!("--{alias}"))));
    let aliases = aliases.collect::<Vec<_>>().concat();
    format!(
        "{}{}{}{aliases}",
        short.unwrap_or_default(),
        bold(&spelling(arg)),
        value(arg)
    )
}

/// The value's name, with the character that separates it from the flag.
fn value(arg: &Arg) -> String {
    if !arg.get_action().takes_values() {
        return String::new();
    }
    let name = italic(&arg.get_value_names().unwrap_or_default().join(" "));
    let separator = if arg.is_require_equals_set() { "=" } else { " " };
    match arg.get_num_args().is_some_and(|number| number.min_values() == 0) {
        true if separator == "=" => format!("[={name}]"),
        true => format!(" [{name}]"),
        false => format!("{separator}{name}"),
    }
}

fn repeats(arg: &Arg) -> bool {
    matches!(arg.get_action(), clap::ArgAction::Append)
}

fn explanation(arg: &Arg) -> String {
    let mut text = arg.get_help().map(ToString::to_string).unwrap_or_default();
    if !text.ends_with(['.', ']']) {
        text.push('.');
    }
    let values = arg.get_possible_values();
    if arg.get_action().takes_values() && !values.is_empty() {
        let names: Vec<_> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        text.extend([" One of ", &names.join(", "), "."]);
    }
    let defaults = arg.get_default_values();
    if arg.get_action().takes_values() && !defaults.is_empty() && !arg.is_hide_default_value_set() {
        text.extend([" The default is ", &*defaults[0].to_string_lossy(), "."]);
    }
    text
}
