//! A web node in a temporary folder, with a cluster and an identity provider that fail on demand.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::unistd::User;
use ood_k8s_sandbox::{IdentityProvider, Sandbox};
use tempfile::TempDir;

use crate::cluster;
use crate::error::Error;

/// Part of every password and secret that is written by hand.
pub const CANARY: &str = "cAnArY";
/// The deadline of every run.
pub const DEADLINE: Duration = Duration::from_secs(6);
/// What the user has in the kubeconfig besides our entry.
const USERS_OWN: &str = "apiVersion: v1\nkind: Config\nclusters:\n- name: mine\n  cluster: {server: 'https://192.0.2.9'}\n\
                         users:\n- name: me\n  user: {username: me}\ncontexts:\n- name: mine\n  context: {cluster: mine, user: me}\n\
                         current-context: mine\n";

/// The node.
pub struct Ground {
    /// Its API server.
    pub sandbox: Sandbox,
    /// Its identity provider.
    pub provider: IdentityProvider,
    /// The account that logs in.
    pub user: User,
    program: PathBuf,
    folder: TempDir,
    nginx: Child,
}

impl Drop for Ground {
    fn drop(&mut self) {
        let _ = self.nginx.kill().and_then(|()| self.nginx.wait());
    }
}

impl Ground {
    /// Lays everything out that does not change between runs.
    pub fn new(program: &Path, user: &str) -> Result<Self, Error> {
        let user = User::from_name(user)
            .ok()
            .flatten()
            .ok_or_else(|| Error::NoAccount(user.to_owned()))?;
        let folder = TempDir::with_prefix("ood-k8s-faults-")
            .map_err(Error::file("create a directory in", &std::env::temp_dir()))?;
        let nginx = nginx(&user.name)?;
        let ground = Self {
            sandbox: Sandbox::start(),
            provider: IdentityProvider::start(),
            user,
            program: program.to_owned(),
            folder,
            nginx,
        };
        cluster::install(&ground.sandbox)?;
        ground.lay_out()?;
        Ok(ground)
    }

    fn lay_out(&self) -> Result<(), Error> {
        set_mode(self.folder.path(), 0o711)?;
        let run = format!("run/{}", self.user.name);
        for folder in ["clusters.d", "home", "renewal", &run] {
            let path = self.path(folder);
            fs::create_dir_all(&path).map_err(Error::file("make", &path))?;
        }
        set_mode(&self.path("renewal"), 0o700)?;
        self.give_to_user(&self.path("home"))?;
        self.write(&format!("{run}/passenger.pid"), &format!("{}\n", self.nginx.id()))?;
        self.write("ca.pem", self.sandbox.ca_pem())?;
        self.write("idp.pem", self.provider.ca_pem())?;
        self.write("password", &format!("{CANARY}-new-password\n"))?;
        self.write("hook.env", &self.hook_env())?;
        self.write("clusters.d/prod.yml", &self.cluster_file())?;
        for file in ["ca.pem", "clusters.d/prod.yml"] {
            set_mode(&self.path(file), 0o644)?;
        }
        self.write("home/config", USERS_OWN)?;
        self.give_to_user(&self.path("home/config"))
    }

    fn hook_env(&self) -> String {
        let (ondemand, kubernetes) = (self.provider.ondemand(), self.provider.kubernetes());
        format!(
            "NAMESPACE_PREFIX=user-\nMIN_UID=1\nHOOK_TIMEOUT={}ms\nIDP_ISSUER_URL={}\nIDP_CA_FILE={}\nCLIENT_ID={}\nCLIENT_SECRET={}\n\
             OIDC_AUDIENCE=kubernetes\nOIDC_USERNAME_CLAIM=preferred_username\nCREDENTIALS=exchange\nEXCHANGE_AUDIENCE=kubernetes\n\
             EXCHANGE_CLIENT_ID={}\nEXCHANGE_CLIENT_SECRET={}\nRENEWAL_DIR={}\nPUN_PID_PATH={}\n",
            DEADLINE.as_millis(),
            self.provider.issuer(),
            self.path("idp.pem").display(),
            ondemand.id,
            ondemand.secret,
            kubernetes.id,
            kubernetes.secret,
            self.path("renewal").display(),
            self.path("run/%{user}/passenger.pid").display(),
        )
    }

    fn cluster_file(&self) -> String {
        format!(
            "v2:\n  job:\n    adapter: kubernetes\n    cluster: ood-prod\n    config_file: {}\n    username_prefix: prod-\n    server:\n      \
             endpoint: {}\n      cert_authority_file: {}\n    auth:\n      type: oidc\n",
            self.path("home/config").display(),
            self.sandbox.url(),
            self.path("ca.pem").display()
        )
    }

    /// Root's kubeconfig with this token.
    pub fn root_kubeconfig(&self, token: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: kubernetes\n  cluster: {{server: '{}', certificate-authority: '{}'}}\n\
             users:\n- name: ondemand@kubernetes\n  user: {{token: '{token}'}}\ncontexts:\n- name: ondemand@kubernetes\n  \
             context: {{cluster: kubernetes, user: ondemand@kubernetes}}\ncurrent-context: ondemand@kubernetes\n",
            self.sandbox.url(),
            self.path("ca.pem").display()
        )
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file for root alone.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        set_mode(&path, 0o600)
    }

    /// Makes the user the owner.
    pub fn give_to_user(&self, path: &Path) -> Result<(), Error> {
        let (uid, gid) = (self.user.uid.as_raw(), self.user.gid.as_raw());
        chown(path, Some(uid), Some(gid)).map_err(Error::file("change the owner of", path))
    }

    /// The program with the node's files, as `OnDemand` and cron start it.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .current_dir("/")
            .args(args);
        command.arg("--hook-env").arg(self.path("hook.env"));
        command.arg("--clusters-dir").arg(self.path("clusters.d"));
        command.arg("--kubeconfig").arg(self.path("root.kubeconfig"));
        command
    }
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::file("change the mode of", path))
}

/// A process that looks as the user's nginx does in `ps`: while it runs, the session goes on.
fn nginx(user: &str) -> Result<Child, Error> {
    Command::new("/bin/sleep")
        .arg0(format!("nginx: master process ({user}) -c pun.conf"))
        .arg("1000000")
        .stdin(Stdio::null())
        .spawn()
        .map_err(|error| Error::Process("start a process", error))
}
