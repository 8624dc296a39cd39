//! `refresh-token`: a new token in root's kubeconfig, tried first, and the old one kept whatever fails.

mod clusters;
mod concurrency;
mod failures;
mod given_tokens;
mod metrics;
mod renewal;
mod truth;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{json, Value};

use crate::support::{Run, Site};

const BINDINGS: &str = "/apis/rbac.authorization.k8s.io/v1/namespaces/ondemand";

impl Site {
    fn refresh_command(&self, more: &[&str]) -> Command {
        self.refresh_of(&self.path("root.kubeconfig"), more)
    }

    fn refresh_of(&self, kubeconfig: &Path, more: &[&str]) -> Command {
        let account = format!("ondemand/{}", self.cluster.account().name);
        let mut command = self.command_of(kubeconfig, &["refresh-token", "--service-account", &account]);
        // Tests' accounts have tokens for one hour.
        if !more.contains(&"--interval") {
            command.args(["--interval", "10m"]);
        }
        command.args(more);
        command
    }

    pub(crate) fn refresh(&self, more: &[&str]) -> Run {
        Run::of(&mut self.refresh_command(more))
    }

    pub(crate) fn root_text(&self) -> String {
        fs::read_to_string(self.path("root.kubeconfig")).unwrap()
    }

    pub(crate) fn root_token(&self) -> String {
        token_of(&self.root_text(), "ondemand@kubernetes")
    }

    /// An administrator's kubeconfig.
    pub(crate) fn write_admin_kubeconfig(&self) -> String {
        self.write(
            "admin.kubeconfig",
            &self.kubeconfig(&self.cluster.url(), self.cluster.admin_token()),
        );
        self.path("admin.kubeconfig").display().to_string()
    }

    /// A new token of this test's account, made by the administrator.
    fn mint(&self, seconds: u64) -> String {
        let path = format!(
            "/api/v1/namespaces/ondemand/serviceaccounts/{}/token",
            self.cluster.account().name
        );
        let spec = json!({ "expirationSeconds": seconds });
        let answer = self.cluster.create(
            &path,
            &json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": spec }),
        );
        answer["status"]["token"].as_str().unwrap().to_owned()
    }

    fn set_root_token(&self, token: &str) {
        self.write("root.kubeconfig", &self.kubeconfig(&self.cluster.url(), token));
    }
}

fn token_of(kubeconfig: &str, user: &str) -> String {
    let file: Value = ood_k8s::yaml::from_str(kubeconfig).unwrap();
    let users = file["users"].as_array().unwrap();
    let user = users.iter().find(|known| known["name"] == user).unwrap();
    user["user"]["token"].as_str().unwrap_or_default().to_owned()
}

fn end_of(token: &str) -> u64 {
    let end = ood_k8s::oidc::token::expiry(&token.to_owned().into()).unwrap();
    end.duration_since(UNIX_EPOCH).unwrap().as_secs()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// Nothing was written, and the old token still works.
fn is_as_it_was(site: &Site, before: &str) {
    assert_eq!(site.root_text(), before);
    let token = token_of(before, "ondemand@kubernetes");
    assert!(site.cluster.who_is(&token).is_some(), "the old token still works");
}
