//! An administrator's commands, run in their own process.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::node::Node;
use super::Error;

/// What a command printed on standard output; an error with its last line if its status is none of these.
pub async fn output(program: &Path, node: &Node, words: &[&str], statuses: &[i32]) -> Result<String, Error> {
    let failed = |source| Error::Program {
        program: program.to_owned(),
        source,
    };
    let output = Command::new(program)
        .args(words)
        .args(node.flags())
        .env_clear()
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(failed)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.code().is_some_and(|code| statuses.contains(&code)) {
        return Ok(text(&output.stdout));
    }
    Err(Error::Command {
        command: words.join(" "),
        status: output.status,
        stderr: text(&output.stderr).lines().last().unwrap_or_default().to_owned(),
    })
}
