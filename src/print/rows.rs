//! A list that may be long: its rows are printed as they come, so that it takes no memory.

use std::collections::HashSet;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::Value;

use super::result::{text, VERSION};
use super::table::{aligned, have_headings, states, terminal_width};
use crate::yaml;

/// How a list is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ListOutput {
    /// Columns, for people.
    Table,
    /// More columns.
    Wide,
    /// JSON, for scripts.
    Json,
    /// YAML, for scripts and people.
    Yaml,
    /// Names alone, one on each line, for other commands.
    Name,
}

/// A row of a list.
pub trait Row: Serialize {
    /// The columns.
    const HEADING: &'static [&'static str];
    /// Those of `wide` behind them.
    const WIDE: &'static [&'static str];
    /// All cells, those of `wide` too.
    fn cells(&self) -> Vec<String>;
    /// The name, if it has one.
    fn name(&self) -> Option<&str>;
}

/// A list that is being printed.
pub struct Rows {
    output: ListOutput,
    widths: Vec<usize>,
    is_begun: bool,
    /// With [`ListOutput::Name`]: a name is printed once.
    names: HashSet<String>,
}

impl Rows {
    /// A list without rows.
    pub fn new(output: ListOutput) -> Self {
        Self {
            output,
            widths: Vec::new(),
            is_begun: false,
            names: HashSet::new(),
        }
    }

    /// Prints more rows.
    pub fn add<R: Row>(&mut self, rows: &[R]) {
        if rows.is_empty() {
            return;
        }
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        match self.output {
            ListOutput::Table => self.table(rows, is_first, R::HEADING.len()),
            ListOutput::Wide => self.table(rows, is_first, R::HEADING.len() + R::WIDE.len()),
            ListOutput::Json => {
                let json = |row: &R| serde_json::to_string(row).unwrap_or_default();
                let items: Vec<_> = rows.iter().map(|row| format!("    {}", json(row))).collect();
                let before = if is_first { "{\n  \"results\": [\n" } else { ",\n" };
                super::result::raw(&format!("{before}{}", items.join(",\n")));
            }
            ListOutput::Yaml => {
                let before = if is_first { "results:\n" } else { "" };
                text(&format!("{before}{}", yaml::to_string(&rows).unwrap_or_default()));
            }
            ListOutput::Name => {
                let new = |name: &&str| self.names.insert((*name).to_owned());
                let names: Vec<_> = rows.iter().filter_map(Row::name).filter(new).collect();
                text(&names.join("\n"));
            }
        }
    }

    fn table<R: Row>(&mut self, rows: &[R], is_first: bool, columns: usize) {
        self.widths.resize(columns, 0);
        let heading = R::HEADING.iter().chain(R::WIDE).map(|&title| title.to_owned());
        let heading = (is_first && have_headings()).then(|| heading.collect());
        let mut all: Vec<Vec<String>> = heading.into_iter().chain(rows.iter().map(Row::cells)).collect();
        all.iter_mut().for_each(|row| row.truncate(columns));
        let most = match self.output {
            ListOutput::Table => terminal_width(),
            _ => 0,
        };
        let titles: Vec<_> = R::HEADING.iter().chain(R::WIDE).collect();
        text(&aligned(&all, &mut self.widths, &states(&titles), most));
    }

    /// Ends the list. Scripts get the fields of `more` too.
    pub fn end(self, mut more: Value) {
        more["version"] = VERSION.into();
        match self.output {
            ListOutput::Json => {
                let before = if self.is_begun { "" } else { "{\n  \"results\": [" };
                let rest = serde_json::to_string_pretty(&more).unwrap_or_default();
                text(&format!("{before}\n  ],{}", rest.trim_start_matches('{')));
            }
            ListOutput::Yaml => {
                let before = if self.is_begun { "" } else { "results: []\n" };
                text(&format!("{before}{}", yaml::to_string(&more).unwrap_or_default()));
            }
            ListOutput::Table | ListOutput::Wide | ListOutput::Name => {}
        }
    }
}
