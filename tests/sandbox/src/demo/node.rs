//! A web node in a temporary directory: hook.env, clusters.d, root's kubeconfig, the registry file and a home directory.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::prelude::{Engine, BASE64_STANDARD};
use nix::unistd::{Uid, User};
use serde_json::json;
use tempfile::TempDir;

use super::screen::quote;
use super::Error;

/// The prefix of the user name in the namespace, as README recommends.
pub const NAMESPACE_PREFIX: &str = "user-";

/// Part of each secret that we choose, so that tests can search for it.
pub const MARK: &str = "not-for-show";

/// What the node's files say about the API server.
pub struct Server<'a> {
    /// Its address.
    pub url: String,
    /// Its CA.
    pub ca_pem: &'a str,
    /// The kubeconfig of root's account.
    pub root: String,
    /// The kubeconfig of an administrator of the cluster.
    pub admin: String,
}

/// The files, and who logs in; they are removed when it is dropped.
pub struct Node {
    /// The user who logs in: the one who runs this.
    pub user: String,
    folder: TempDir,
}

impl Node {
    /// Writes the files.
    pub fn lay_out(server: &Server<'_>) -> Result<Self, Error> {
        let user = current_user()?;
        let folder = TempDir::with_prefix("ood-k8s-sandbox-")
            .map_err(Error::file("create a directory in", &std::env::temp_dir()))?;
        let node = Self { user, folder };
        node.make_folders()?;
        node.write_files(server)?;
        Ok(node)
    }

    /// The program checks owner and modes, so they must not depend on the umask.
    fn make_folders(&self) -> Result<(), Error> {
        // The child process of the user needs to search it to reach the home directory.
        set_mode(self.folder(), 0o711)?;
        for folder in [self.path("clusters.d"), self.path("home")] {
            fs::create_dir(&folder).map_err(Error::file("create", &folder))?;
            set_mode(&folder, 0o755)?;
        }
        Ok(())
    }

    fn write_files(&self, server: &Server<'_>) -> Result<(), Error> {
        let auth = BASE64_STANDARD.encode(registry_login());
        let registry = json!({ "auths": { "registry.example.org": { "auth": auth } } });
        self.write("ca.pem", server.ca_pem, 0o644)?;
        self.write("registry.json", &registry.to_string(), 0o600)?;
        self.write("hook.env", &self.hook_env(), 0o600)?;
        self.write("clusters.d/demo.yml", &self.cluster_file(&server.url), 0o644)?;
        self.write("root.kubeconfig", &server.root, 0o600)?;
        self.write("admin.kubeconfig", &server.admin, 0o600)
    }

    fn hook_env(&self) -> String {
        let registry = self.path("registry.json").display().to_string();
        format!(
            "NAMESPACE_PREFIX={NAMESPACE_PREFIX}\n\
             NETWORK_POLICY_ALLOW_CIDR=127.0.0.1/32\n\
             IDP_ISSUER_URL=https://idp.example.org/realms/main\n\
             CLIENT_ID=ondemand\n\
             CLIENT_SECRET={}\n\
             IMAGE_PULL_SECRET=registry\n\
             REGISTRY_DOCKER_CONFIG_JSON={}\n\
             USE_JOB_POD_REAPER=true\n\
             # For this demonstration only: whoever runs it is let in, root too.\n\
             MIN_UID=0\n",
            client_secret(),
            quote(&registry)
        )
    }

    fn cluster_file(&self, url: &str) -> String {
        let cluster = json!({ "v2": {
            "metadata": { "title": "Demonstration" },
            "job": {
                "adapter": "kubernetes",
                "config_file": self.user_kubeconfig(),
                "cluster": "demo",
                "namespace_prefix": NAMESPACE_PREFIX,
                "username_prefix": "demo-",
                "server": { "endpoint": url, "cert_authority_file": self.path("ca.pem") },
                "auth": { "type": "oidc" },
            },
        } });
        serde_yaml::to_string(&cluster).expect("JSON can be written as YAML")
    }

    /// The site's directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A file of the site.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The user's kubeconfig, which on this site is not in the user's home directory.
    pub fn user_kubeconfig(&self) -> PathBuf {
        self.path("home/.kube/config")
    }

    /// The flags with which any command uses this site.
    pub fn flags(&self) -> Vec<String> {
        [
            ("--hook-env", "hook.env"),
            ("--clusters-dir", "clusters.d"),
            ("--kubeconfig", "root.kubeconfig"),
        ]
        .into_iter()
        .flat_map(|(flag, file)| [flag.to_owned(), self.path(file).display().to_string()])
        .collect()
    }

    /// What must not be shown, not even as part of other text.
    pub fn secrets() -> Vec<String> {
        vec![MARK.into(), BASE64_STANDARD.encode(registry_login())]
    }

    /// Removes the directory.
    pub fn remove(self) -> Result<(), Error> {
        let path = self.folder.path().to_owned();
        self.folder.close().map_err(Error::file("remove", &path))
    }

    /// Adds a setting to hook.env.
    pub fn set(&self, key: &str, value: &str) -> Result<(), Error> {
        let settings = self.hook_env();
        self.write("hook.env", &format!("{settings}{key}={}\n", quote(value)), 0o600)
    }

    /// Writes one of its files.
    pub fn write(&self, name: &str, text: &str, mode: u32) -> Result<(), Error> {
        let path = self.path(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        set_mode(&path, mode)
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::file("set the mode of", path))
}

fn client_secret() -> String {
    format!("{MARK}-client-secret")
}

fn registry_login() -> String {
    format!("robot:{MARK}-registry-password")
}

fn current_user() -> Result<String, Error> {
    let uid = Uid::effective();
    let nobody = |reason: String| Error::NoAccount {
        uid: uid.as_raw(),
        reason,
    };
    match User::from_uid(uid) {
        Ok(Some(user)) => Ok(user.name),
        Ok(None) => Err(nobody("no entry".into())),
        Err(error) => Err(nobody(error.to_string())),
    }
}
