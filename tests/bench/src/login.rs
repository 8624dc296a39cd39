//! The web node's files for a login, and the commands that log in with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::unistd::User;
use ood_k8s_control_plane::ControlPlane;
use tempfile::TempDir;

use crate::error::Error;

/// The site's `ServiceAccount`, whose requests are counted.
const WHO: &str = "system:serviceaccount:ondemand:ondemand";

/// The requests of the site's `ServiceAccount` so far. Only the measured commands use it.
pub fn requests(plane: &ControlPlane) -> Result<usize, Error> {
    let requests = plane.requests()?;
    Ok(requests.iter().filter(|request| request.user == WHO).count())
}

/// A token as the portal passes it: a JWT that is valid until 2100 (without a real signature).
const ACCESS_TOKEN: &str = "eyJhbGciOiJub25lIn0.eyJpc3MiOiJodHRwczovL2lkcC5leGFtcGxlLm9yZyIsInN1YiI6ImdhbWVzIiwiYXVkIjoia3ViZXJuZXRlcyIsImV4cCI6NDEwMjQ0NDgwMH0.c2ln";
const REGISTRY: &str = r#"{"auths":{"registry.example.org":{"auth":"cm9ib3Q6cGFzc3dvcmQ="}}}"#;
/// The stock hooks as OSC's own pre-hook calls them.
const STOCK_HOOKS: &str = include_str!("stock-hooks.sh");

/// The connection to the API server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Line {
    /// Loopback.
    Direct,
    /// Through the forwarder.
    Delayed,
}

/// A web node with root's kubeconfig, hook.env, clusters.d and a user's home.
pub struct Site {
    folder: TempDir,
    /// A directory in memory.
    memory: TempDir,
    user: String,
    /// How many clusters a login is for.
    pub clusters: u32,
    direct_url: String,
    delayed_url: String,
    ca_file: PathBuf,
    token: String,
    /// `HOOK_TIMEOUT` of the logins of anybody.
    pub timeout: String,
}

impl Site {
    /// Writes what does not change between logins.
    pub fn set_up(plane: &ControlPlane, delayed_url: &str, user: &str, clusters: u32) -> Result<Self, Error> {
        let folder = TempDir::with_prefix("ood-k8s-bench-")
            .map_err(Error::file("create a directory in", &std::env::temp_dir()))?;
        let shm = Path::new("/dev/shm");
        let memory =
            TempDir::with_prefix_in("ood-k8s-bench-", shm).map_err(Error::file("create a directory in", shm))?;
        let account = account(user)?;
        let site = Self {
            folder,
            memory,
            user: user.to_owned(),
            clusters,
            direct_url: plane.url(),
            delayed_url: delayed_url.to_owned(),
            ca_file: plane.ca_file(),
            token: plane.service_account_token("ondemand", "ondemand")?,
            timeout: "10s".to_owned(),
        };
        // The user needs to search it to reach the home directory and kubectl.
        set_mode(site.folder.path(), 0o711)?;
        set_mode(site.memory.path(), 0o711)?;
        for folder in ["clusters.d", "home"] {
            fs::create_dir(site.path(folder)).map_err(Error::file("make", &site.path(folder)))?;
        }
        let home = site.path("home");
        chown(&home, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
            .map_err(Error::file("change the owner of", &home))?;
        site.write("registry.json", REGISTRY)?;
        site.write(
            "curl.conf",
            &format!("header = \"Authorization: Bearer {}\"\n", site.token),
        )?;
        copy(&plane.programs().kubectl, &site.path("kubectl"))?;
        plane.kubectl_output(&["create", "namespace", "bench-curl"])?;
        let right = [
            "--verb=create",
            "--resource=serviceaccounts/token",
            "--resource-name=ondemand",
        ];
        plane.kubectl_output(&[&["create", "role", "token", "-n", "ondemand"], &right[..]].concat())?;
        let to = ["--role=token", "--serviceaccount=ondemand:ondemand"];
        plane.kubectl_output(&[&["create", "rolebinding", "token", "-n", "ondemand"], &to[..]].concat())?;
        Ok(site)
    }

    /// A login of the user in the namespace with `prefix`; a returning one if there was one with this prefix.
    pub fn ood_k8s(&self, program: &Path, line: Line, prefix: &str) -> Result<Command, Error> {
        self.write_settings(line, prefix)?;
        Ok(self.ood_k8s_of(program, &self.user))
    }

    /// Has logins counted in a file for Prometheus's `node_exporter`: in memory, as `/run` is on a web node. On a disk's file
    /// system, a file that replaces another begins to be written at once, which takes a millisecond.
    pub fn count_logins(&self, prefix: &str) -> Result<(), Error> {
        let file = self.memory.path().join("logins.prom");
        let hook_env = self.hook_env(prefix);
        self.write(
            "hook.env",
            &format!("{hook_env}LOGIN_METRICS_FILE={}\n", file.display()),
        )
    }

    /// Writes the files for logins of anybody, whose kubeconfig is in their own home; `bound` is `LOGINS_AT_ONCE`.
    pub fn write_for_anybody(&self, prefix: &str, bound: Option<&str>) -> Result<(), Error> {
        self.write_settings(Line::Direct, prefix)?;
        let file = self.path("clusters.d/bench.yml");
        let text = fs::read_to_string(&file).map_err(Error::file("read", &file))?;
        let in_homes = text.lines().filter(|line| !line.contains("config_file:"));
        let in_homes: String = in_homes.flat_map(|line| [line, "\n"]).collect();
        self.write("clusters.d/bench.yml", &in_homes)?;
        let bound = bound.map_or(String::new(), |bound| format!("LOGINS_AT_ONCE={bound}\n"));
        let hook_env = self.hook_env(prefix);
        self.write("hook.env", &format!("{hook_env}HOOK_TIMEOUT={}\n{bound}", self.timeout))
    }

    /// A login of anybody, after the site's files were written.
    pub fn ood_k8s_of(&self, program: &Path, user: &str) -> Command {
        let mut command = self.command(program);
        command.args(["pre-hook", "--user", user]).args(self.files());
        command
    }

    /// The global flags that name this site's files.
    fn files(&self) -> impl Iterator<Item = String> {
        let flags = [
            ("--hook-env", "hook.env"),
            ("--clusters-dir", "clusters.d"),
            ("--kubeconfig", "root.kubeconfig"),
        ];
        let flags = flags.map(|(flag, file)| [flag.to_owned(), self.path(file).display().to_string()]);
        flags.into_iter().flatten()
    }

    /// A new token for root's kubeconfig.
    pub fn refresh_token(&self, program: &Path, line: Line) -> Result<Command, Error> {
        self.write_settings(line, "user-")?;
        let mut command = self.command(program);
        command.arg("refresh-token").args(self.files());
        Ok(command)
    }

    /// Writes the pull secret `secret` with this password to every namespace.
    pub fn mint_all(&self, program: &Path, secret: &str, password: &str) -> Result<Command, Error> {
        self.write_settings(Line::Direct, "user-")?;
        let hook_env = self.hook_env("user-").replace("\"registry\"", &format!("\"{secret}\""));
        self.write("hook.env", &hook_env)?;
        let auths = format!(r#"{{"auths":{{"registry.example.org":{{"username":"robot","password":"{password}"}}}}}}"#);
        self.write("registry.json", &auths)?;
        let mut command = self.command(program);
        command
            .args(["mint-registry-secret", "--all", "--timeout", "60s"])
            .args(includes_gone(program))
            .args(self.files());
        Ok(command)
    }

    /// The list of all namespaces with their users.
    pub fn list_users(&self, program: &Path) -> Result<Command, Error> {
        self.write_settings(Line::Direct, "user-")?;
        let mut command = self.command(program);
        command.args(["users", "--timeout", "60s"]).args(self.files());
        Ok(command)
    }

    /// Namespaces with `prefix` for these users.
    pub fn bootstrap(&self, program: &Path, prefix: &str, users: &[String]) -> Result<Command, Error> {
        self.write_settings(Line::Direct, prefix)?;
        let mut command = self.command(program);
        command
            .args(["bootstrap-user", "--timeout", "60s"])
            .args(self.files())
            .args(users);
        Ok(command)
    }

    /// The login with the stock hooks in `hooks`.
    pub fn stock_hooks(&self, hooks: &Path, line: Line, prefix: &str) -> Result<Command, Error> {
        self.write_settings(line, prefix)?;
        Ok(self.stock_hooks_of(hooks, &self.user, &self.user_kubeconfig()))
    }

    /// The login of anybody with the stock hooks in `hooks`, after the site's files were written.
    pub fn stock_hooks_of(&self, hooks: &Path, user: &str, kubeconfig: &Path) -> Command {
        let mut command = self.command(Path::new("/bin/bash"));
        command
            .args(["-c", STOCK_HOOKS, "stock-hooks", user])
            .arg(self.path("hook.env"))
            .env("HOOKS", hooks)
            .env("KUBECTL", self.path("kubectl"))
            .env("KUBECONFIG", self.path("root.kubeconfig"))
            .env("USER_KUBECONFIG", kubeconfig);
        command
    }

    /// One PATCH of an annotation, the minimum that a login writes.
    pub fn curl(&self, line: Line, value: u32) -> Command {
        let patch = format!(r#"{{"metadata":{{"annotations":{{"openondemand.org/last-hook-execution":"{value}"}}}}}}"#);
        let mut command = self.command(Path::new("curl"));
        command
            .args(["--silent", "--show-error", "--fail", "--request", "PATCH", "--cacert"])
            .arg(&self.ca_file)
            .arg("--config")
            .arg(self.path("curl.conf"))
            .args([
                "--header",
                "Content-Type: application/merge-patch+json",
                "--data",
                &patch,
            ])
            .arg(format!("{}/api/v1/namespaces/bench-curl", self.url(line)));
        command
    }

    /// Makes the next login a first one, by removing the kubeconfig.
    pub fn forget_the_user(&self) {
        let _ = fs::remove_file(self.user_kubeconfig());
    }

    /// Clears root's kubectl cache, so that kubectl repeats API discovery.
    pub fn forget_discovery(&self) {
        let _ = fs::remove_dir_all(self.path(".kube"));
    }

    /// Root's PATH and HOME, and the tokens as the portal exports them.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
            .env("HOME", self.folder.path())
            .env("OOD_OIDC_ACCESS_TOKEN", ACCESS_TOKEN)
            .env("OOD_OIDC_REFRESH_TOKEN", "refresh");
        command
    }

    fn write_settings(&self, line: Line, prefix: &str) -> Result<(), Error> {
        let url = self.url(line);
        let ca = self.ca_file.display();
        self.write("hook.env", &self.hook_env(prefix))?;
        for number in 0..self.clusters {
            self.write_cluster(number, line, prefix)?;
        }
        self.write(
            "root.kubeconfig",
            &format!(
                "apiVersion: v1\nkind: Config\n\
                 clusters: [{{name: bench, cluster: {{server: \"{url}\", certificate-authority: \"{ca}\"}}}}]\n\
                 users: [{{name: ondemand, user: {{token: \"{token}\"}}}}]\n\
                 contexts: [{{name: bench, context: {{cluster: bench, user: ondemand}}}}]\n\
                 current-context: bench\n",
                token = self.token,
            ),
        )
    }

    /// One file of clusters.d. The first has the names that it would have alone.
    fn write_cluster(&self, number: u32, line: Line, prefix: &str) -> Result<(), Error> {
        let (id, namespaces, users) = match number {
            0 => ("bench".to_owned(), prefix.to_owned(), String::new()),
            _ => (
                format!("bench-{number}"),
                format!("{prefix}{number}-"),
                format!("    username_prefix: {number}-\n"),
            ),
        };
        let text = format!(
            "v2:\n  job:\n    adapter: kubernetes\n    config_file: {config}\n    cluster: {id}\n    context: {id}\n    \
             namespace_prefix: {namespaces}\n{users}    server:\n      endpoint: {url}\n      cert_authority_file: {ca}\n    \
             auth:\n      type: oidc\n",
            config = self.user_kubeconfig().display(),
            url = self.url(line),
            ca = self.ca_file.display(),
        );
        self.write(&format!("clusters.d/{id}.yml"), &text)
    }

    /// The keys of the stock example; a system account may log in.
    fn hook_env(&self, prefix: &str) -> String {
        format!(
            "K8S_USERNAME_PREFIX=\"\"\nNAMESPACE_PREFIX=\"{prefix}\"\nNETWORK_POLICY_ALLOW_CIDR=\"127.0.0.1/32\"\n\
             IDP_ISSUER_URL=\"https://idp.example.org\"\nCLIENT_ID=\"kubernetes\"\nCLIENT_SECRET=\"secret\"\n\
             IMAGE_PULL_SECRET=\"registry\"\nREGISTRY_DOCKER_CONFIG_JSON=\"{registry}\"\nUSE_JOB_POD_REAPER=\"true\"\nMIN_UID=1\n",
            registry = self.path("registry.json").display(),
        )
    }

    fn url(&self, line: Line) -> &str {
        match line {
            Line::Direct => &self.direct_url,
            Line::Delayed => &self.delayed_url,
        }
    }

    pub fn user_kubeconfig(&self) -> PathBuf {
        self.path("home/config")
    }

    /// The account that logs in.
    pub fn account(&self) -> Result<User, Error> {
        account(&self.user)
    }

    /// The homes of many users, in memory: ext4 looks at each file that was deleted in the last minutes before it makes one,
    /// and the homes of the storm before were.
    pub fn homes(&self) -> PathBuf {
        self.memory.path().join("homes")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Mode 0600, and clusters.d for everybody to read, as OnDemand's dashboard must: ood-k8s refuses files that others
    /// could have written.
    fn write(&self, name: &str, text: &str) -> Result<(), Error> {
        let path = self.path(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
        let is_for_all = name.starts_with("clusters.d/");
        set_mode(&path, if is_for_all { 0o644 } else { 0o600 })
    }
}

fn account(user: &str) -> Result<User, Error> {
    let account = User::from_name(user).ok().flatten();
    account.ok_or_else(|| Error::NoAccount(user.to_owned()))
}

/// A copy, since the user may not be able to access root's cache directory.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    fs::copy(from, to).map_err(Error::file("copy", from))?;
    set_mode(to, 0o755)
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Error> {
    fs::set_permissions(path, Permissions::from_mode(mode)).map_err(Error::file("set the mode of", path))
}

/// The made-up users of the bench are nobody's accounts, which a program from before did not ask.
fn includes_gone(program: &Path) -> Option<&'static str> {
    let help = Command::new(program).args(["mint-registry-secret", "--help"]).output();
    let knows = help.is_ok_and(|help| String::from_utf8_lossy(&help.stdout).contains("--include-gone"));
    knows.then_some("--include-gone")
}
