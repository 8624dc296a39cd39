//! Users' life after the first login: when it began, who has a namespace, and how they go.

mod by;
mod everybody;
mod first_claim;
mod listing;
mod locked;
mod not_allowed;
mod offboard;
mod show;
mod stop;
mod suspend;
mod transfer;
mod whole_way;

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use ood_k8s_sandbox::identity_provider::IdentityProvider;
use serde_json::Value;

use crate::support::{account, in_mounts, Cluster, Run, Site};

const SUSPENDED: &str = "openondemand.org/suspended";

/// On a cluster of its own: these commands find namespaces by their owner, and all tests have the same.
fn site() -> Site {
    let site = Site::on(Cluster::own());
    site.set("HOOK_TIMEOUT=1m");
    site
}

/// What is kept of the user's session, and the identity provider that it is of.
struct Kept {
    record: PathBuf,
    provider: IdentityProvider,
}

impl std::ops::Deref for Kept {
    type Target = std::path::Path;

    fn deref(&self) -> &std::path::Path {
        &self.record
    }
}

impl AsRef<std::path::Path> for Kept {
    fn as_ref(&self) -> &std::path::Path {
        &self.record
    }
}

impl Kept {
    /// The record.
    fn json(&self) -> Value {
        serde_json::from_str(&std::fs::read_to_string(&self.record).unwrap()).unwrap()
    }

    /// A login with tokens of the provider's; returns the refresh token.
    fn log_in(&self, site: &Site) -> String {
        let tokens = self.provider.log_in(&site.user);
        let args = ["pre-hook", "--user", &site.user];
        Run::of(&mut site.command_with(&args, &tokens.access, &tokens.refresh)).ok();
        tokens.refresh
    }

    /// The tokens that were revoked, each with the status.
    fn revoked(&self) -> Vec<(String, u16)> {
        let all = self.provider.revocations().into_iter();
        all.map(|it| (it.form.get("token").cloned().unwrap_or_default(), it.status))
            .collect()
    }
}

/// Has sessions kept, and returns where the user's will be.
fn renewing(site: &Site) -> Kept {
    let (folder, provider) = (site.path("renewal"), IdentityProvider::start());
    let client = provider.ondemand();
    site.write("idp.pem", provider.ca_pem());
    site.set(&format!(
        "CREDENTIALS=exec\nIDP_ISSUER_URL={}\nIDP_CA_FILE={}\nCLIENT_ID={}\nCLIENT_SECRET={}\nRENEWAL_DIR={}",
        provider.issuer(),
        site.path("idp.pem").display(),
        client.id,
        client.secret,
        folder.display()
    ));
    let record = folder.join(format!("{}.json", site.user));
    Kept { record, provider }
}

/// An administrator's kubeconfig.
pub fn admin(site: &Site) -> String {
    let kubeconfig = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    let file = site.path("admin.kubeconfig");
    // Two commands at once read it, and what is there already is not emptied under the first.
    if std::fs::read_to_string(&file).ok().as_ref() != Some(&kubeconfig) {
        site.write("admin.kubeconfig", &kubeconfig);
    }
    file.display().to_string()
}

/// `offboard`, with an administrator's kubeconfig.
fn offboard(site: &Site, args: &[&str]) -> Run {
    let kubeconfig = admin(site);
    let mut command = site.command(&[&["offboard"], args].concat());
    if !args.contains(&"--admin-kubeconfig") {
        command.args(["--admin-kubeconfig", &kubeconfig]);
    }
    Run::of(command.stdin(Stdio::null()))
}

fn annotation(site: &Site, key: &str) -> Value {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    namespace["metadata"]["annotations"][key].clone()
}

/// The roles that bindings in the namespace give, sorted.
fn bindings(site: &Site) -> Vec<String> {
    let namespace = site.namespace();
    let path = format!("/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings");
    let items = site.cluster.items(&path);
    let roles = items
        .iter()
        .map(|it| it["roleRef"]["name"].as_str().unwrap().to_owned());
    let mut roles: Vec<_> = roles.collect();
    roles.sort();
    roles
}

/// Whether the namespace is being deleted, or gone.
fn is_going(site: &Site) -> bool {
    let namespace = site.cluster.object(&site.namespace_path());
    namespace.is_none_or(|it| !it["metadata"]["deletionTimestamp"].is_null())
}

/// A process that looks as the user's nginx does; it ends when this is dropped.
struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn with_nginx(site: &Site) -> Nginx {
    with_nginx_of(site, &site.user)
}

fn with_nginx_of(site: &Site, user: &str) -> Nginx {
    let mut command = Command::new("/bin/sleep");
    command.arg0(format!("nginx: master process ({user}) -c pun.conf"));
    let child = command.arg("600").stdin(Stdio::null()).spawn().unwrap();
    std::fs::create_dir_all(site.path(&format!("run/{user}"))).unwrap();
    site.write(&format!("run/{user}/passenger.pid"), &format!("{}\n", child.id()));
    site.set(&format!(
        "PUN_PID_PATH={}",
        site.path("run/%{user}/passenger.pid").display()
    ));
    Nginx(child)
}

/// The same command where the passwd database has this account instead of the tests' own, with its uid.
fn with_account(site: &Site, name: &str, command: &Command) -> Command {
    let own = account();
    let others = std::fs::read_to_string("/etc/passwd").unwrap();
    let line = format!(
        "{name}:x:{}:{}::{}:/bin/sh\n",
        own.uid,
        own.gid,
        site.path("home").display()
    );
    let is_other = |line: &&str| !line.starts_with(&format!("{}:", own.name));
    let others: String = others.lines().filter(is_other).flat_map(|line| [line, "\n"]).collect();
    // Whole in one step: a command that was started before reads it.
    site.write("passwd.new", &format!("{others}{line}"));
    std::fs::set_permissions(site.path("passwd.new"), std::fs::Permissions::from_mode(0o644)).unwrap();
    std::fs::rename(site.path("passwd.new"), site.path("passwd")).unwrap();
    in_mounts(
        &format!("mount --bind {} /etc/passwd", site.path("passwd").display()),
        command,
    )
}

/// A login where the passwd database has this account.
fn login(site: &Site, name: &str) -> Run {
    let command = site.command_with_tokens(&["pre-hook", "--user", name]);
    Run::of(&mut with_account(site, name, &command))
}
