//! One login: the program in its own process, as OnDemand runs it, and the requests that the server received.

use std::path::Path;
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use ood_k8s_sandbox::Record;
use tokio::process::Command;

use super::node::Node;
use super::screen::Screen;
use super::site::{Site, Tokens};
use super::Error;

/// The exit status of a refused user or namespace.
const REFUSED: i32 = 4;

/// A successful login.
pub struct Login {
    /// When the program was started.
    pub started: Instant,
    /// From start to exit of the process.
    pub took: Duration,
    /// The requests to the server.
    pub requests: Vec<Record>,
    /// The program's standard error.
    pub stderr: String,
}

impl Login {
    /// Logs in, and checks that the new tokens are in the kubeconfig.
    pub async fn run(name: &'static str, site: &Site, program: &Path, screen: &mut Screen) -> Result<Self, Error> {
        let tokens = Tokens::fresh(name);
        screen.hide(tokens.access.clone());
        site.sandbox.forget_requests();
        let started = Instant::now();
        let output = execute(program, &arguments(&site.node), &tokens).await?;
        let took = started.elapsed();
        let stderr = succeeded(name, &output)?;
        has_tokens(name, &site.node.user_kubeconfig(), &tokens)?;
        Ok(Self {
            started,
            took,
            requests: site.sandbox.requests(),
            stderr,
        })
    }
}

/// The program's arguments.
pub fn arguments(node: &Node) -> Vec<String> {
    let mut words = vec!["pre-hook".into(), "--user".into(), node.user.clone()];
    words.extend(node.flags());
    // OnDemand's users do not see it, but the demonstration shows the log line.
    words.extend(["--log-level".into(), "info".into()]);
    words
}

/// In its own process. Like OnDemand, it clears the environment except for the exported variables.
async fn execute(program: &Path, arguments: &[String], tokens: &Tokens) -> Result<Output, Error> {
    let failed = |source| Error::Program {
        program: program.to_owned(),
        source,
    };
    Command::new(program)
        .args(arguments)
        .env_clear()
        .env("OOD_OIDC_ACCESS_TOKEN", &tokens.access)
        .env("OOD_OIDC_REFRESH_TOKEN", &tokens.refresh)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(failed)
}

/// Its standard error, if it succeeded.
fn succeeded(login: &'static str, output: &Output) -> Result<String, Error> {
    let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    let or_silence = |text: String| {
        if text.is_empty() {
            "no output".to_owned()
        } else {
            text
        }
    };
    match output.status.code() {
        Some(0) => Ok(stderr),
        Some(REFUSED) => Err(Error::Refused { stderr }),
        _ => Err(Error::Login {
            login,
            status: output.status,
            stderr: or_silence(stderr),
        }),
    }
}

fn has_tokens(login: &'static str, kubeconfig: &Path, tokens: &Tokens) -> Result<(), Error> {
    let text = std::fs::read_to_string(kubeconfig).map_err(Error::file("read", kubeconfig))?;
    if text.contains(&tokens.access) && text.contains(&tokens.refresh) {
        return Ok(());
    }
    Err(Error::Unexpected {
        login,
        what: format!("{} lacks the new tokens", kubeconfig.display()),
    })
}
