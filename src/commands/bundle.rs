//! The support bundle of `check`: what whoever helps asks for first, in one new file that root alone can read.

use std::path::Path;
use std::time::SystemTime;

use serde_json::{json, Value};

use super::config_show;
use super::error::Error;
use super::invocation::Invocation;
use super::version;
use crate::config::settings::SECRET_KEYS;
use crate::config::{files, Site};
use crate::findings::Finding;
use crate::logs;
use crate::store;
use crate::time::rfc3339;

/// The version of the bundle itself: higher once a field goes, or means something else.
const VERSION: u64 = 1;
const REDACTED: &str = "<redacted>";

/// Writes the bundle. JSON: it can be read before it is sent, and needs no archive that would have to be unpacked first.
pub(super) async fn write(
    path: &Path,
    log_file: Option<&Path>,
    invocation: &Invocation,
    site: &Site,
    findings: &[Finding],
) -> Result<(), Error> {
    let bundle = json!({
        "version": VERSION,
        "made": rfc3339(SystemTime::now()),
        "program": version::value(),
        "system": system(),
        "settings": config_show::value(invocation, site),
        "findings": findings,
        "log": log(site, log_file).await,
    });
    let text = serde_json::to_string_pretty(&bundle).unwrap_or_default();
    store::create_root(path, &format!("{text}\n")).map_err(Error::Bundle)
}

/// The distribution and the kernel; the versions of clusters and of kubectl are among the findings.
fn system() -> Value {
    let text = |path: &str| {
        let content = files::read(Path::new(path), "").ok()?;
        Some(String::from_utf8_lossy(&content.bytes).into_owned())
    };
    let name = |release: String| {
        let line = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
        line.map(|name| name.trim_matches('"').to_owned())
    };
    json!({
        "name": text("/etc/os-release").and_then(name),
        "kernel": text("/proc/sys/kernel/osrelease").map(|text| text.trim().to_owned()),
    })
}

/// The last log lines. They have no secrets of ours; what others have logged in our name to syslog's file might.
async fn log(site: &Site, file: Option<&Path>) -> Value {
    let secrets: Vec<_> = SECRET_KEYS.iter().map(|key| site.settings.text(key)).collect();
    let clean = |line: String| {
        let named = secrets.iter().filter(|secret| !secret.is_empty());
        named.fold(line, |line, secret| line.replace(secret, REDACTED))
    };
    match logs::last_lines(file).await {
        Ok(last) => json!({ "from": last.from, "lines": last.lines.into_iter().map(clean).collect::<Vec<_>>() }),
        Err(reason) => json!({ "lines": [], "reason": reason.to_string() }),
    }
}
