//! A web node in a temporary directory, with a hostile API server or identity provider.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt as _};
use std::path::PathBuf;

use base64::Engine as _;
use serde_json::json;
use tempfile::TempDir;

use super::{authority, Run};
use crate::support::{access_token, account, is_root, CANARY};

/// The user's kubeconfig before a run.
const OLD: &str = "apiVersion: v1\nkind: Config\nusers: [{name: old, user: {token: kept}}]\n";

/// The directory with everything that the program reads.
pub struct Stand {
    folder: TempDir,
}

impl Stand {
    /// A node with one cluster, at this URL.
    pub fn at(api_server: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The child that runs as the user must reach the home in it.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let stand = Self { folder };
        fs::create_dir(stand.path("clusters.d")).unwrap();
        fs::create_dir(stand.path("home")).unwrap();
        stand.write("home/config", OLD);
        if is_root() {
            let account = account();
            for path in ["home", "home/config"] {
                chown(stand.path(path), Some(account.uid), Some(account.gid)).unwrap();
            }
        }
        stand.lay_out(api_server);
        stand
    }

    fn lay_out(&self, api_server: &str) {
        self.write("ca.pem", authority());
        let password = base64::engine::general_purpose::STANDARD.encode(format!("robot:{CANARY}"));
        let registry = json!({ "auths": { "registry.example.org": { "auth": password } } });
        self.write("registry.json", &registry.to_string());
        self.write(
            "hook.env",
            &format!(
                "NAMESPACE_PREFIX=user-\nNETWORK_POLICY_ALLOW_CIDR=10.0.0.0/8\nUSE_JOB_POD_REAPER=true\nMIN_UID=1\n\
                 HOOK_TIMEOUT=3s\nLOGINS_AT_ONCE=unlimited\nIDP_ISSUER_URL=https://idp.example.org\nCLIENT_ID=ood\nCLIENT_SECRET={}\n\
                 IMAGE_PULL_SECRET=registry\nREGISTRY_DOCKER_CONFIG_JSON={}\n",
                Self::client_secret(),
                self.path("registry.json").display()
            ),
        );
        let ca = self.path("ca.pem").display().to_string();
        let config = self.path("home/config").display().to_string();
        self.write(
            "clusters.d/prod.yml",
            &format!(
                "v2:\n  job:\n    adapter: kubernetes\n    cluster: ood-prod\n    config_file: {config}\n    \
                 username_prefix: prod-\n    server: {{endpoint: '{api_server}', cert_authority_file: {ca}}}\n    \
                 auth: {{type: oidc}}\n"
            ),
        );
        self.write(
            "root.kubeconfig",
            &format!(
                "apiVersion: v1\nkind: Config\nclusters:\n- name: kubernetes\n  \
                 cluster: {{server: '{api_server}', certificate-authority: '{ca}'}}\n\
                 users:\n- name: ondemand\n  user: {{token: '{}'}}\n\
                 contexts:\n- name: ondemand\n  context: {{cluster: kubernetes, user: ondemand}}\n\
                 current-context: ondemand\n",
                Self::root_token()
            ),
        );
    }

    /// Root's token for the cluster.
    pub fn root_token() -> String {
        format!("{CANARY}.root-token.{}", "0123456789abcdef".repeat(8))
    }

    /// About as long as Keycloak's.
    pub fn client_secret() -> String {
        format!("{CANARY}{}", "s3cr3t".repeat(4))
    }

    pub fn refresh_token() -> String {
        format!("{CANARY}.refresh-token.{}", "fedcba9876543210".repeat(8))
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        let is_for_all = name == "ca.pem" || name.starts_with("clusters.d/");
        let mode = if is_for_all { 0o644 } else { 0o600 };
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// Adds lines to hook.env; the last assignment of a key wins.
    pub fn set(&self, lines: &str) {
        let text = fs::read_to_string(self.path("hook.env")).unwrap();
        self.write("hook.env", &format!("{text}{lines}\n"));
    }

    /// Whether the home directory is unchanged.
    pub fn home_is_as_it_was(&self) -> bool {
        let entries = fs::read_dir(self.path("home")).unwrap().count();
        entries == 1 && self.kubeconfig() == OLD
    }

    pub fn kubeconfig(&self) -> String {
        fs::read_to_string(self.path("home/config")).unwrap()
    }

    /// Runs `pre-hook` as OnDemand does at a login.
    pub fn pre_hook(&self) -> Run {
        let tokens = (access_token(), Self::refresh_token());
        self.run(&["pre-hook", "--user", &account().name], Some(tokens))
    }

    /// Runs `bootstrap-user` as an administrator.
    pub fn bootstrap(&self) -> Run {
        self.run(&["bootstrap-user", &account().name], None)
    }

    /// Runs `set-creds` with this access token.
    pub fn set_creds(&self, access: String) -> Run {
        self.run(&["set-creds", &account().name], Some((access, Self::refresh_token())))
    }

    fn run(&self, arguments: &[&str], tokens: Option<(String, String)>) -> Run {
        let mut arguments: Vec<_> = arguments.iter().map(|&argument| argument.to_owned()).collect();
        for (flag, file) in [
            ("--hook-env", "hook.env"),
            ("--clusters-dir", "clusters.d"),
            ("--kubeconfig", "root.kubeconfig"),
        ] {
            arguments.extend([flag.to_owned(), self.path(file).display().to_string()]);
        }
        let mut variables = Vec::new();
        if let Some((access, refresh)) = tokens {
            variables.push(("OOD_OIDC_ACCESS_TOKEN", access));
            variables.push(("OOD_OIDC_REFRESH_TOKEN", refresh));
        }
        Run::of(self.folder.path(), &arguments, &variables)
    }
}
