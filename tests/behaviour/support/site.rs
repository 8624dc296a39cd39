//! A web node in a temporary folder: hook.env, clusters.d, root's kubeconfig, the registry file and a home.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use serde_json::{json, Value};
use tempfile::TempDir;

use super::{is_root, Cluster, Run};

/// Part of every secret that a test hands out; seen anywhere but in its place, the test fails.
pub const CANARY: &str = "cAnArY";

/// Someone who can log in: as root a system account, otherwise whoever runs the tests.
#[derive(Debug, Clone)]
pub struct Account {
    pub name: String,
    pub uid: u32,
    pub gid: u32,
}

/// The account that tests log in with.
pub fn account() -> Account {
    let uid = if is_root() {
        nix::unistd::User::from_name("daemon")
            .unwrap()
            .expect("every system has daemon")
            .uid
    } else {
        nix::unistd::Uid::effective()
    };
    let user = nix::unistd::User::from_uid(uid).unwrap().unwrap();
    Account {
        name: user.name,
        uid: user.uid.as_raw(),
        gid: user.gid.as_raw(),
    }
}

/// The whole site.
pub struct Site {
    pub cluster: Cluster,
    pub user: String,
    folder: TempDir,
}

/// What its logins have kept of a profiles file goes with the test: each hook.env has files of its own.
impl Drop for Site {
    fn drop(&mut self) {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
        let hook_env = self.path("hook.env").display().to_string();
        let name = hook_env.replace(|c| !is_plain(c), "_");
        let kept = Path::new("/var/lib/ood-k8s");
        // Neither follows a link in its last step.
        let _ = fs::remove_file(kept.join("profiles").join(&name));
        let _ = fs::remove_dir_all(kept.join("groups").join(&name));
    }
}

impl Site {
    /// A site on a cluster of the kind that is asked for.
    pub fn new() -> Self {
        Self::on(Cluster::start())
    }

    pub fn on(cluster: Cluster) -> Self {
        let folder = tempfile::tempdir().unwrap();
        // The child that runs as the user must reach the home in it.
        fs::set_permissions(folder.path(), Permissions::from_mode(0o711)).unwrap();
        let site = Self {
            cluster,
            user: account().name,
            folder,
        };
        site.lay_out();
        site
    }

    fn lay_out(&self) {
        let account = account();
        fs::create_dir(self.path("clusters.d")).unwrap();
        fs::create_dir(self.path("home")).unwrap();
        if is_root() {
            std::os::unix::fs::chown(self.path("home"), Some(account.uid), Some(account.gid)).unwrap();
        }
        let password = base64::engine::general_purpose::STANDARD.encode(format!("robot:{CANARY}"));
        self.write(
            "registry.json",
            &json!({ "auths": { "registry.example.org": { "auth": password } } }).to_string(),
        );
        self.write("ca.pem", &self.cluster.ca_pem());
        self.write("hook.env", &self.default_hook_env());
        self.write(
            "clusters.d/prod.yml",
            &self.cluster_file("prod", &self.cluster.url(), "oidc"),
        );
        self.write(
            "root.kubeconfig",
            &self.kubeconfig(&self.cluster.url(), &self.cluster.ondemand_token()),
        );
    }

    /// Without a bound: tests of one machine share `/run`, and most of them the user.
    fn default_hook_env(&self) -> String {
        format!(
            "NAMESPACE_PREFIX=\"{}-\"\nNETWORK_POLICY_ALLOW_CIDR=\"10.0.0.0/8,192.0.2.7/32\"\n\
             IDP_ISSUER_URL=\"https://idp.example.org/realms/main\"\nCLIENT_ID=ood\nCLIENT_SECRET='{CANARY}-client'\n\
             IMAGE_PULL_SECRET=registry\nREGISTRY_DOCKER_CONFIG_JSON={}\nUSE_JOB_POD_REAPER=true\nMIN_UID=1\n\
             LOGINS_AT_ONCE=unlimited\n",
            self.cluster.mark,
            self.path("registry.json").display()
        )
    }

    /// A file of clusters.d, with the kubeconfig in this site's home.
    pub fn cluster_file(&self, id: &str, endpoint: &str, auth: &str) -> String {
        format!(
            "v2:\n  job:\n    adapter: kubernetes\n    cluster: ood-{id}\n    config_file: {}\n    username_prefix: {id}-\n    \
             server:\n      endpoint: {endpoint}\n      cert_authority_file: {}\n    auth:\n      type: {auth}\n",
            self.path("home/config").display(),
            self.path("ca.pem").display()
        )
    }

    /// Root's kubeconfig for one server.
    pub fn kubeconfig(&self, url: &str, token: &str) -> String {
        format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: kubernetes\n  cluster: {{server: '{url}', certificate-authority: '{}'}}\n\
             users:\n- name: ondemand@kubernetes\n  user: {{token: '{token}'}}\n\
             contexts:\n- name: ondemand@kubernetes\n  context: {{cluster: kubernetes, user: ondemand@kubernetes}}\n\
             current-context: ondemand@kubernetes\n",
            self.path("ca.pem").display()
        )
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file of root's; others can read only the CA and clusters.d, as OnDemand's dashboard must.
    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
        let is_for_all = name == "ca.pem" || (name.starts_with("clusters") && name.contains(".d/"));
        let mode = if is_for_all { 0o644 } else { 0o600 };
        fs::set_permissions(self.path(name), Permissions::from_mode(mode)).unwrap();
    }

    /// Adds lines to hook.env; the last assignment of a key wins.
    pub fn set(&self, lines: &str) {
        let text = fs::read_to_string(self.path("hook.env")).unwrap();
        self.write("hook.env", &format!("{text}{lines}\n"));
    }

    /// Writes a file of the user's.
    pub fn write_home(&self, name: &str, text: &str) {
        let path = self.path("home").join(name);
        fs::write(&path, text).unwrap();
        give_to_user(&path);
    }

    /// The user's kubeconfig, parsed.
    pub fn user_kubeconfig(&self) -> Option<Value> {
        let text = fs::read_to_string(self.path("home/config")).ok()?;
        Some(ood_k8s::yaml::from_str(&text).unwrap())
    }

    /// The namespace that the user gets.
    pub fn namespace(&self) -> String {
        format!("{}-{}", self.cluster.mark, self.user)
    }

    pub fn namespace_path(&self) -> String {
        format!("/api/v1/namespaces/{}", self.namespace())
    }

    /// A path in the user's namespace, for example `secrets/registry`.
    pub fn core(&self, rest: &str) -> String {
        format!("{}/{rest}", self.namespace_path())
    }

    pub fn binding(&self, suffix: &str) -> String {
        format!(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings/{}-{suffix}",
            self.namespace(),
            self.user
        )
    }

    pub fn policy(&self) -> String {
        format!(
            "/apis/networking.k8s.io/v1/namespaces/{}/networkpolicies/deny-from-other-namespaces",
            self.namespace()
        )
    }

    /// The paths of everything that a login leaves.
    pub fn all_paths(&self) -> Vec<String> {
        vec![
            self.namespace_path(),
            self.policy(),
            self.binding("ood-initializer"),
            self.binding("ood-user"),
            self.binding("job-pod-reaper-rolebinding"),
            self.core("secrets/registry"),
            self.core("serviceaccounts/default"),
        ]
    }

    /// The program, with this site's files and no tokens.
    pub fn command(&self, args: &[&str]) -> Command {
        self.command_of(&self.path("root.kubeconfig"), args)
    }

    /// The same with another kubeconfig of root's.
    ///
    /// Panics if it would write into other tests' namespaces.
    pub fn command_of(&self, kubeconfig: &Path, args: &[&str]) -> Command {
        let is_for_all = args.contains(&"--all") && !args.contains(&"--dry-run");
        assert!(
            !is_for_all || !self.cluster.is_shared(),
            "{args:?} needs a cluster of its own (Cluster::own)"
        );
        let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
        command.env_clear().current_dir("/").args(args);
        self.flags_of(&mut command, kubeconfig);
        command
    }

    /// Gives the cluster's file the account of these tests, and an administrator a kubeconfig.
    pub fn name_account(&self) {
        let url = self.cluster.url();
        self.write("admin.kubeconfig", &self.kubeconfig(&url, self.cluster.admin_token()));
        let file = self.cluster_file("prod", &url, "oidc");
        let account = self.cluster.account();
        let own = format!("  custom:\n    ood_k8s: {{service_account: {account}}}\n");
        self.write("clusters.d/prod.yml", &(file + &own));
    }

    /// Gives the account what profiles need, as an administrator does.
    pub fn grant_profiles(&self) {
        let admin = self.path("admin.kubeconfig").display().to_string();
        let apply = [
            "cluster-roles",
            "--apply",
            "--with",
            "profiles",
            "--admin-kubeconfig",
            &admin,
        ];
        Run::of(&mut self.command(&apply)).done();
    }

    /// Adds the global flags that name this site's files.
    pub fn flags(&self, command: &mut Command) {
        self.flags_of(command, &self.path("root.kubeconfig"));
    }

    fn flags_of(&self, command: &mut Command, kubeconfig: &Path) {
        command.arg("--hook-env").arg(self.path("hook.env"));
        command.arg("--clusters-dir").arg(self.path("clusters.d"));
        command.arg("--kubeconfig").arg(kubeconfig);
    }

    /// The program, with a good access token and a refresh token in the environment.
    pub fn command_with_tokens(&self, args: &[&str]) -> Command {
        self.command_with(args, &access_token(), &format!("{CANARY}-refresh"))
    }

    /// The program, with these tokens in the environment.
    pub fn command_with(&self, args: &[&str], access: &str, refresh: &str) -> Command {
        let mut command = self.command(args);
        command.env("OOD_OIDC_ACCESS_TOKEN", access);
        command.env("OOD_OIDC_REFRESH_TOKEN", refresh);
        command
    }

    /// A namespace as a login leaves it, for someone who is in no passwd database.
    pub fn make_namespace(&self, name: &str, owner: Option<&str>) {
        let owner = owner.map(|owner| json!({ "openondemand.org/owner": owner }));
        self.cluster.create(
            "/api/v1/namespaces",
            &json!({ "metadata": {
                "name": name, "labels": { "app.kubernetes.io/name": "open-ondemand" }, "annotations": owner,
            } }),
        );
    }

    /// Puts a second cluster with this id into root's kubeconfig and clusters.d, beside `prod`. The tokens are for the two;
    /// `more` ends the new one's file.
    pub fn put_beside(&self, new: &Cluster, id: &str, tokens: [&str; 2], more: &str) {
        let [of_prod, of_new] = tokens;
        let root = format!(
            "apiVersion: v1\nkind: Config\nclusters:\n- name: old\n  cluster: {{server: '{}', certificate-authority: '{}'}}\n\
             - name: new\n  cluster: {{server: '{}', certificate-authority: '{}'}}\n\
             users:\n- name: old\n  user: {{token: '{of_prod}'}}\n- name: new\n  user: {{token: '{of_new}'}}\n\
             contexts:\n- name: old\n  context: {{cluster: old, user: old}}\n- name: new\n  context: {{cluster: new, user: new}}\n\
             current-context: old\n",
            self.cluster.url(),
            self.path("ca.pem").display(),
            new.url(),
            self.path("ca-new.pem").display(),
        );
        self.write("ca-new.pem", &new.ca_pem());
        self.write("root.kubeconfig", &root);
        let file = self.cluster_file(id, &new.url(), "oidc");
        self.write(&format!("clusters.d/{id}.yml"), &format!("{file}{more}"));
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn pre_hook(&self) -> Run {
        Run::of(&mut self.command_with_tokens(&["pre-hook", "--user", &self.user]))
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn bootstrap(&self, more: &[&str]) -> Run {
        Run::of(&mut self.command(&[&["bootstrap-user", &self.user], more].concat()))
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn set_creds(&self) -> Run {
        Run::of(&mut self.command_with_tokens(&["set-creds", &self.user]))
    }
}

/// A token that kubectl could use for an hour.
pub fn access_token() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    jwt(&json!({ "exp": now + 3600, "sub": CANARY }))
}

/// A token in three parts, with the canary readable in it.
pub fn jwt(claims: &Value) -> String {
    format!("{}.{CANARY}", ood_k8s_sandbox::jwt(claims).rsplit_once('.').unwrap().0)
}

/// Makes the user the owner.
fn give_to_user(path: &Path) {
    if is_root() {
        let account = account();
        std::os::unix::fs::lchown(path, Some(account.uid), Some(account.gid)).unwrap();
    }
}
