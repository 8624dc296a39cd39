//! A pod that the admission policies refuse, with the API server's message: on the real control plane, if it is there.
//!
//! The sandbox evaluates no policies, and imitating their answer would show nothing.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::unistd::Uid;
use ood_k8s_control_plane::{ControlPlane, Programs};

use super::node::{Node, Server, NAMESPACE_PREFIX};
use super::screen::Screen;
use super::{run, Error};

/// The API server acts on a new policy some seconds later.
const IN_FORCE: Duration = Duration::from_secs(60);

/// The title of the section.
pub const TITLE: &str = "A pod that is refused";

const POD: &str = "\
apiVersion: v1
kind: Pod
metadata: {name: shell}
spec:
  securityContext: {runAsUser: 0}
  containers: [{name: shell, image: registry.example.org/shell}]
";

/// Starts the real control plane, sets it up, and creates the pod as the user.
pub async fn pod(screen: &mut Screen, program: &Path) -> Result<(), Error> {
    screen.title(TITLE)?;
    if Programs::find().is_err() {
        return screen.caption(
            "Policies need the real API server, which is not built: run tests/control-plane/build once (needs Go), then \
             this again.",
        );
    }
    let (plane, token) = tokio::task::spawn_blocking(start).await??;
    screen.hide(token.clone());
    screen.hide(plane.admin_token().into());
    let node = lay_out(&plane, &token)?;
    screen.picture.mask(node.folder().display().to_string(), "/tmp/site");
    screen.picture.mask(user(&node), "alice");
    show(screen, program, &plane, &node).await?;
    node.remove()
}

/// The control plane, and the token of root's account.
fn start() -> Result<(Arc<ControlPlane>, String), ood_k8s_control_plane::Error> {
    let plane = ControlPlane::builder().start()?;
    let token = plane.service_account_token("ondemand", "ondemand")?;
    Ok((Arc::new(plane), token))
}

/// A web node for it, with a profiles file: then the user's ids are recorded on the namespace.
fn lay_out(plane: &ControlPlane, token: &str) -> Result<Node, Error> {
    let server = Server {
        url: plane.url(),
        ca_pem: plane.ca_pem(),
        root: plane.kubeconfig(token),
        admin: plane.kubeconfig(plane.admin_token()),
    };
    let node = Node::lay_out(&server)?;
    node.write("k8s-profiles.yml", "version: 1\npolicies: {}\n", 0o644)?;
    node.set("PROFILES_FILE", &node.path("k8s-profiles.yml").display().to_string())?;
    Ok(node)
}

async fn show(screen: &mut Screen, program: &Path, plane: &Arc<ControlPlane>, node: &Node) -> Result<(), Error> {
    let admin = node.path("admin.kubeconfig").display().to_string();
    screen.caption("On a real Kubernetes API server, with PROFILES_FILE in hook.env:")?;
    let words = [
        "cluster-policies",
        "--apply",
        "--mode",
        "deny",
        "--admin-kubeconfig",
        &admin,
    ];
    let shown = ["ood-k8s"].iter().chain(&words).map(|word| (*word).to_owned());
    screen.command(&shown.collect::<Vec<_>>())?;
    run::output(program, node, &words, &[0]).await?;
    let user = user(node);
    let words = ["bootstrap-user", user.as_str()];
    screen.block(&format!("ood-k8s {}", words.join(" ")))?;
    run::output(program, node, &words, &[0]).await?;

    screen.caption(&format!("Then {user} creates a pod that runs as root, with kubectl:"))?;
    screen.block(POD)?;
    let plane = Arc::clone(plane);
    let message = tokio::task::spawn_blocking(move || refusal(&plane, &user)).await??;
    screen.caption("The API server answers:")?;
    screen.paragraph(4, &message)
}

/// Whose pod it is: root has no pods, and the account daemon is on every system.
fn user(node: &Node) -> String {
    if Uid::effective().is_root() {
        "daemon"
    } else {
        &node.user
    }
    .to_owned()
}

/// What kubectl says, once the policies are in force; until then the pod is only tried.
fn refusal(plane: &ControlPlane, user: &str) -> Result<String, Error> {
    let end = Instant::now() + IN_FORCE;
    while Instant::now() < end {
        if let Some(message) = refused(plane, user)? {
            return Ok(message);
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Err(Error::NotRefused)
}

/// The message with which a pod of the user's is refused; none if it would be accepted.
fn refused(plane: &ControlPlane, user: &str) -> Result<Option<String>, Error> {
    let failed = |source| Error::Program {
        program: plane.programs().kubectl.clone(),
        source,
    };
    let namespace = format!("{NAMESPACE_PREFIX}{user}");
    let mut child = plane
        .kubectl()
        .args(["create", "--dry-run=server", "-f", "-", "--as", user, "-n", &namespace])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(POD.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Ok((!output.status.success()).then_some(message))
}
