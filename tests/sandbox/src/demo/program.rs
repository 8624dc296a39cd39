//! The real program: built like this one, with the same cargo.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;
use tokio::process::Command;

use super::screen::Screen;
use super::Error;

/// Builds ood-k8s and returns its path.
pub async fn build(screen: &mut Screen) -> Result<PathBuf, Error> {
    // Set by `cargo run` and `cargo test`.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    screen.paragraph(0, "Building ood-k8s (some minutes the first time) ...")?;
    let started = Instant::now();
    let failed = |source| Error::Cargo {
        cargo: PathBuf::from(&cargo),
        source,
    };
    let mut command = Command::new(&cargo);
    // Set by cargo for this package. ring's build script is run again if they differ.
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    let child = command
        .args(["build", "--quiet", "--package", "ood-k8s", "--bin", "ood-k8s"])
        .args(["--message-format", "json-render-diagnostics", "--profile", &profile()])
        .current_dir(workspace)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(failed)?;
    let output = child.wait_with_output().await.map_err(failed)?;
    let program = executable(&String::from_utf8_lossy(&output.stdout));
    let program = program.filter(|_| output.status.success()).ok_or(Error::Build)?;
    screen.paragraph(0, &format!("... done in {:.1} s.", started.elapsed().as_secs_f64()))?;
    Ok(program)
}

/// The profile with which this program was built, from the name of its directory.
fn profile() -> String {
    let exe = env::current_exe().unwrap_or_default();
    let folder = exe.parent().and_then(Path::file_name).unwrap_or_default();
    match folder.to_string_lossy().as_ref() {
        "" | "debug" => "dev".into(),
        name => name.to_owned(),
    }
}

/// The path of the program as reported by cargo, whatever determines the target directory.
fn executable(messages: &str) -> Option<PathBuf> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["target"]["name"] == "ood-k8s")
        .find_map(|message| Some(PathBuf::from(message["executable"].as_str()?)))
}
