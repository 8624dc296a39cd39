//! kubectl as the administrator: how tests set things up and read them back.

use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::{ControlPlane, Error, SITE};

impl ControlPlane {
    /// kubectl as the administrator, with a cache of its own. `--as USER` asks in another's name.
    #[must_use]
    pub fn kubectl(&self) -> Command {
        let mut command = Command::new(&self.programs.kubectl);
        command
            .env("KUBECONFIG", self.admin_kubeconfig())
            .env("KUBECACHEDIR", self.folder.path().join("kubectl-cache"))
            .env("KUBERC", "off");
        command
    }

    /// What kubectl prints as the administrator; that it fails is an error.
    pub fn kubectl_output(&self, arguments: &[&str]) -> Result<String, Error> {
        self.run_kubectl(arguments, "")
    }

    /// Creates or renews what `manifest` holds.
    pub fn apply(&self, manifest: &str) -> Result<(), Error> {
        self.run_kubectl(&["apply", "--server-side", "-f", "-"], manifest)
            .map(|_| ())
    }

    /// Creates what `manifest` holds, none of which may be there.
    pub fn create(&self, manifest: &str) -> Result<(), Error> {
        self.run_kubectl(&["create", "-f", "-"], manifest).map(|_| ())
    }

    /// Puts [`SITE`] in place. Any number of times is fine.
    pub fn install_site(&self) -> Result<(), Error> {
        self.apply(SITE)
    }

    /// A new token of a `ServiceAccount`, valid for an hour.
    pub fn service_account_token(&self, namespace: &str, name: &str) -> Result<String, Error> {
        let token = self.kubectl_output(&["create", "token", name, "-n", namespace])?;
        Ok(token.trim().to_owned())
    }

    /// A token of a `ServiceAccount` as the API server makes them, but with any times (seconds since 1970): it takes no
    /// request for one that works for less than ten minutes.
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
    // A kubectl that ends before it has read all of it says why on standard error.
    let _ = stdin.write_all(input.as_bytes());
    drop(stdin);
    child.wait_with_output()
}
