//! kubectl as the administrator: tests set things up and read them back with it.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::{ControlPlane, Error};

impl ControlPlane {
    /// kubectl as the administrator, with its own cache. `--as USER` impersonates another user.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.programs.kubectl);
        command
            .env("KUBECONFIG", self.admin_kubeconfig())
            .env("KUBECACHEDIR", self.folder.path().join("kubectl-cache"))
            .env("KUBERC", "off");
        command
    }

    /// The output of kubectl as the administrator, or an error if it fails.
    pub fn kubectl_output(&self, arguments: &[&str]) -> Result<String, Error> {
        self.run_kubectl(arguments, "")
    }

    /// Creates or updates the objects in `manifest`.
    pub fn apply(&self, manifest: &str) -> Result<(), Error> {
        self.run_kubectl(&["apply", "--server-side", "-f", "-"], manifest)
            .map(|_| ())
    }

    /// Creates the objects in `manifest`, none of which may exist.
    pub fn create(&self, manifest: &str) -> Result<(), Error> {
        self.run_kubectl(&["create", "-f", "-"], manifest).map(|_| ())
    }

    /// A new token of a `ServiceAccount`, valid for an hour.
    pub fn service_account_token(&self, namespace: &str, name: &str) -> Result<String, Error> {
        let token = self.kubectl_output(&["create", "token", name, "-n", namespace])?;
        Ok(token.trim().to_owned())
    }

    /// A token of a `ServiceAccount` like the API server's own, but with any times (seconds since 1970): the API server
    /// refuses requests for less than ten minutes.
    pub fn sign_service_account_token(
        &self,
        namespace: &str,
        name: &str,
        start: u64,
        end: u64,
    ) -> Result<String, Error> {
        let uid = self.kubectl_output(&[
            "get",
            "serviceaccount",
            name,
            "-n",
            namespace,
            "-o",
            "jsonpath={.metadata.uid}",
        ])?;
        let path = self.folder().join(crate::pki::SERVICE_ACCOUNT_KEY);
        let key = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
        let issuer = "https://kubernetes.default.svc";
        let claims = serde_json::json!({
            "iss": issuer, "aud": [issuer], "sub": format!("system:serviceaccount:{namespace}:{name}"),
            "iat": start, "nbf": start, "exp": end,
            "kubernetes.io": { "namespace": namespace, "serviceaccount": { "name": name, "uid": uid.trim() } },
        });
        crate::pki::sign(&key, &claims)
    }

    fn run_kubectl(&self, arguments: &[&str], input: &str) -> Result<String, Error> {
        let mut command = self.kubectl();
        command.args(arguments);
        let output = output_with_input(&mut command, input).map_err(|source| ood_k8s_loopback::Error::Start {
            program: "kubectl".to_owned(),
            source,
        })?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(Error::Kubectl {
            arguments: arguments.join(" "),
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}

fn output_with_input(command: &mut Command, input: &str) -> std::io::Result<Output> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let mut stdin = child.stdin.take().expect("standard input is a pipe");
    // If kubectl exits before it has read everything, standard error has the reason.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output()
}
