//! kubectl, asked what it reads and what it can use.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

pub struct Kubectl(PathBuf);

impl Kubectl {
    /// From `$KUBECTL`, or the newest one that the control plane of the tests has built.
    pub fn find() -> Option<Self> {
        let found = env::var_os("KUBECTL").map(PathBuf::from).or_else(built);
        if found.is_none() {
            let strict = env::var_os("OOD_K8S_TEST_STRICT");
            assert!(
                strict.as_deref() != Some(OsStr::new("1")),
                "not run: there is no kubectl"
            );
            eprintln!("SKIPPED, not proved: there is no kubectl; set KUBECTL");
        }
        found.map(Self)
    }

    /// The whole file as kubectl understands it, or its words.
    pub fn view(&self, path: &Path) -> Result<Value, String> {
        let text = self.run(path, &["config", "view", "--raw", "-o", "json"])?;
        Ok(serde_json::from_str(&text).expect("json"))
    }

    /// Whether it can ask the server with our context.
    pub fn uses(&self, path: &Path) -> Result<(), String> {
        let arguments = [
            "--context",
            "ondemand",
            "--request-timeout=20s",
            "get",
            "--raw",
            "/version",
        ];
        self.run(path, &arguments).map(|_| ())
    }

    fn run(&self, path: &Path, arguments: &[&str]) -> Result<String, String> {
        let mut command = Command::new(&self.0);
        command.arg("--kubeconfig").arg(path).args(arguments);
        let folder = path.parent().unwrap_or(Path::new("/"));
        let output = command
            .env("HOME", folder)
            .env("GOGC", "off")
            .current_dir("/")
            .stdin(Stdio::null())
            .output();
        let output = output.expect("kubectl");
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

fn built() -> Option<PathBuf> {
    let home = || env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache"));
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).or_else(home)?;
    let versions = fs::read_dir(cache.join("ood-k8s/control-plane")).ok()?;
    let found = versions.flatten().map(|version| version.path().join("kubectl"));
    found.filter(|program| program.is_file()).max()
}
