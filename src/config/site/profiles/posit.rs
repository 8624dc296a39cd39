//! Posit's `launcher.kubernetes.profiles.conf` as a profiles file: what it says of jobs, as Kubernetes says it of containers.

mod converted;
mod ini;
mod section;

use std::fmt::Write as _;

use super::file::ProfilesFile;
use converted::Converted;
use ini::Part;

/// What was made of the file.
#[derive(Debug)]
pub struct Imported {
    /// The profiles file.
    pub text: String,
    /// What has no counterpart or another meaning, each with its line; and what does not fit together.
    pub warnings: Vec<String>,
    /// Why the profiles file cannot be used as it is.
    pub fault: Option<ImportFault>,
}

/// What is wrong.
#[derive(Debug)]
pub enum ImportFault {
    /// The file that was read has no section.
    NoSection,
    /// What became of it, in this line.
    Line(usize, String),
}

const HEADING: &str =
    "# Converted from a profiles file of Posit's Launcher. There a limit is of a job, here of each container.\n";

/// Converts a file.
pub fn import(text: &str) -> Imported {
    let (parts, mut warnings) = ini::read(text);
    let mut out = format!("{HEADING}version: 1\nprofiles:\n");
    let mut everybody = Part::default();
    let devices = section::without_devices(&parts);
    if !devices.is_empty() {
        let hard: Vec<String> = devices
            .iter()
            .map(|device| format!("requests.{device}: \"0\""))
            .collect();
        let _ = writeln!(
            out,
            "# Posit's default: nobody has devices unless a section gives some.\n- resourceQuota: {{hard: {{{}}}}}",
            hard.join(", ")
        );
    }
    for part in &parts {
        let converted = Converted::of(part, &everybody);
        out.push_str(&converted.text());
        warnings.extend(converted.warnings());
        if part.is_for_everybody() {
            everybody.add(part);
        }
    }
    let mut fault = parts.is_empty().then_some(ImportFault::NoSection);
    match ProfilesFile::parse(out.as_bytes()) {
        Ok(file) => {
            let quarrels = file.possible_quarrels();
            warnings.extend(quarrels.iter().map(|quarrel| format!("of a user of both: {quarrel}")));
        }
        Err(found) => fault = Some(ImportFault::Line(found.line, found.reason)),
    }
    Imported {
        text: out,
        warnings,
        fault,
    }
}

#[cfg(test)]
mod tests;
