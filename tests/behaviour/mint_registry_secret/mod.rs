//! `mint-registry-secret` in users' namespaces: one user's, and all users'.

mod all_users;
mod one_user;
mod refusals;

use base64::Engine as _;
use serde_json::{json, Value};

use crate::support::{Run, Site};

impl Site {
    fn mint_secret(&self, more: &[&str]) -> Run {
        Run::of(&mut self.command(&[&["mint-registry-secret"], more].concat()))
    }

    /// Writes another password to the registry file.
    fn write_password(&self, password: &str) -> String {
        let auth = base64::engine::general_purpose::STANDARD.encode(format!("robot:{password}"));
        let text = json!({ "auths": { "registry.example.org": { "auth": auth } } }).to_string();
        self.write("registry.json", &text);
        text
    }

    /// What the kubelet would log in with.
    fn password_in(&self, path: &str) -> String {
        let secret = self.cluster.object(path).unwrap();
        let data = secret["data"][".dockerconfigjson"].as_str().unwrap();
        String::from_utf8(base64::engine::general_purpose::STANDARD.decode(data).unwrap()).unwrap()
    }

    fn listed(&self, account: &str) -> Vec<String> {
        let account = self
            .cluster
            .object(&self.core(&format!("serviceaccounts/{account}")))
            .unwrap();
        let list = account["imagePullSecrets"].as_array().cloned().unwrap_or_default();
        list.iter()
            .map(|entry| entry["name"].as_str().unwrap().to_owned())
            .collect()
    }

    /// Requests of the account since `before`, as methods.
    fn methods_since(&self, before: usize) -> Vec<String> {
        let requests = self.cluster.requests();
        requests[before..].iter().map(|seen| seen.method.clone()).collect()
    }
}

fn outcomes(run: &Run) -> Vec<(String, String)> {
    let objects = run.json()["results"][0]["objects"].as_array().unwrap().clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    objects
        .iter()
        .map(|object| (text(&object["kind"]), text(&object["outcome"])))
        .collect()
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected
        .iter()
        .map(|(a, b)| ((*a).to_owned(), (*b).to_owned()))
        .collect()
}
