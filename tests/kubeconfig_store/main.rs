//! The kubeconfig store as the disk, kubectl and sudden death meet it.

mod crash;
mod faults;
mod kubectl;
mod locking;
mod marks;

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ood_k8s::kubeconfig::{
    apply, CertificateAuthority, ClusterEntry, ContextEntry, Credentials, DocumentError, Edit, Mark, OidcAuthProvider,
    UserEntry,
};
use ood_k8s::outcome::Outcome;
use ood_k8s::store::{update, StoreError};

/// Longer than any test needs to wait for a lock that becomes free.
const WAIT: Duration = Duration::from_secs(20);
/// The file that a helper process works on. Its tests do nothing where this is not set.
const HELPER_PATH: &str = "OOD_K8S_TEST_PATH";

/// All three entries, called `name`.
fn entries(name: &str, token: &str) -> Edit {
    Edit {
        cluster: Some(ClusterEntry {
            name: name.into(),
            server: format!("https://{name}.example.org:6443"),
            certificate_authority: Some(CertificateAuthority::File("/etc/pki/ca.pem".into())),
        }),
        context: Some(ContextEntry {
            name: name.into(),
            cluster: name.into(),
            user: name.into(),
            namespace: Some(format!("user-{name}")),
        }),
        user: Some(UserEntry {
            name: name.into(),
            credentials: Credentials::AuthProviderOidc(OidcAuthProvider {
                idp_issuer_url: "https://idp.example.org/realms/hpc".into(),
                client_id: "kubernetes".into(),
                client_secret: "hush".into(),
                idp_certificate_authority_data: None,
                id_token: token.into(),
                refresh_token: Some("again".into()),
            }),
        }),
        mark: Some(Mark {
            cluster: name.into(),
            site: name.into(),
        }),
    }
}

fn set(path: &Path, wait: Duration, edit: Edit) -> Result<Outcome, StoreError<DocumentError>> {
    let edits = [edit];
    update(path, wait, |text| apply(text, &edits))
}

/// Whether the file at `path` already says all of `edit`.
fn says(path: &Path, edit: Edit) -> bool {
    let text = fs::read_to_string(path).expect("the kubeconfig");
    apply(&text, &[edit]).expect("a whole kubeconfig").is_none()
}

/// The names in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<_> = entries
        .map(|entry| entry.expect("an entry").file_name().into_string().expect("utf-8"))
        .collect();
    names.sort();
    names
}

/// This test program again, to run only the test `name`, with `path` to work on.
fn helper(name: &str, path: &Path) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command
        .args(["--exact", name, "--nocapture", "--test-threads=1"])
        .env(HELPER_PATH, path)
        .stdin(Stdio::null());
    command
}

fn helper_path() -> Option<std::path::PathBuf> {
    env::var_os(HELPER_PATH).map(Into::into)
}

/// Says loudly that a test did not run; with `OOD_K8S_TEST_STRICT=1` that is a failure.
fn skip(reason: &str) {
    let strict = env::var_os("OOD_K8S_TEST_STRICT");
    assert!(strict.as_deref() != Some(OsStr::new("1")), "not run: {reason}");
    eprintln!("SKIPPED, not proved: {reason}");
}
