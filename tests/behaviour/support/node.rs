//! A web node without a cluster: a folder, and the program run in it.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;

use super::Run;

/// A folder of root's, with a registry file in it once the program has made one.
pub struct Node {
    folder: TempDir,
}

impl Node {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The registry file.
    pub fn file(&self) -> PathBuf {
        self.path("registry.json")
    }

    /// Writes a file that only its owner can read.
    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        self.write_mode(name, text, 0o600)
    }

    pub fn write_mode(&self, name: &str, text: impl AsRef<[u8]>, mode: u32) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        path
    }

    /// `mint-registry-secret`, with a PATH and nothing else in its environment.
    pub fn mint(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir(self.folder.path());
        command.arg("mint-registry-secret").args(args).stdin(Stdio::null());
        command
    }

    /// `mint-registry-secret --write` of this node's file; registries are asked only by the tests of that.
    pub fn write_command(&self, args: &[&str]) -> Command {
        self.write_with("--no-verify", args)
    }

    /// The same, and the registry is asked: those of the tests have no TLS.
    pub fn write_tried(&self, args: &[&str]) -> Command {
        self.write_with("--plain-http", args)
    }

    fn write_with(&self, flag: &str, args: &[&str]) -> Command {
        self.mint(&[&["--write", self.file().to_str().unwrap(), flag], args].concat())
    }

    /// The same with a password on standard input.
    #[must_use = "a run says nothing unless it is asserted"]
    pub fn log_in(&self, registry: &str, user: &str, password: impl AsRef<[u8]>) -> Run {
        let args = ["--registry", registry, "--username", user, "--password-stdin"];
        with_input(&mut self.write_command(&args), password.as_ref())
    }

    /// The registry file, parsed.
    pub fn registries(&self) -> Value {
        serde_json::from_slice(&fs::read(self.file()).unwrap()).unwrap()
    }

    /// The names in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

/// Runs a command with this on its standard input; one that does not read it is no failure here.
#[must_use = "a run says nothing unless it is asserted"]
pub fn with_input(command: &mut Command, input: &[u8]) -> Run {
    let started = Instant::now();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let _ = child.stdin.take().unwrap().write_all(input);
    Run::from_output(child.wait_with_output().unwrap(), started.elapsed())
}
