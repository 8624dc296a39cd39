//! The server stops when the process that started it exits.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use crate::common::{skipped, Outcome};
use crate::until;

#[test]
fn a_killed_test_process_leaves_nothing_behind() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let program = env!("CARGO_BIN_EXE_ood-k8s-identity-provider");
    let mut process = Command::new(program).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let mut line = |start: &str| -> Result<String, Box<dyn std::error::Error>> {
        let found = lines
            .by_ref()
            .find(|line| line.as_ref().is_ok_and(|line| line.starts_with(start)));
        Ok(found.ok_or(format!("it printed no {start}"))??.split_off(start.len()))
    };
    let folder = std::path::PathBuf::from(line("CA_FILE=")?);
    let folder = folder.parent().ok_or("no folder")?;
    let pid = line("# the process [")?;
    let pid: u32 = pid.split(']').next().unwrap_or_default().parse()?;
    assert!(is_running(pid) && folder.is_dir());
    process.kill()?;
    process.wait()?;
    until("its server is gone", || !is_running(pid));
    until("its folder is gone", || !folder.exists());
    Ok(())
}

/// A zombie does not count as running: it only waits for its supervisor.
pub fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}
