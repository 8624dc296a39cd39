//! Kubeconfigs as people have them, with kubectl as the judge: what it can use works with ours, before and after an edit;
//! what it refuses is refused, or used on purpose.

mod kube_rs;
mod kubectl;
mod others;
mod ours;
mod text;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use ood_k8s::cluster::{self, ClusterError, RootKubeconfig};
use ood_k8s::config::clusters::Cluster;
use ood_k8s::config::settings::Settings;
use ood_k8s::deadline::Deadline;
use ood_k8s::kubeconfig::{apply, apply_for_kubectl, Credentials, Edit, UserEntry};
use ood_k8s_sandbox::Sandbox;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use kubectl::Kubectl;
use text::{Case, Text};

/// What kubectl reads and does not use, and we do.
const LENIENT: &[(&str, &str)] = &[
    (
        "cluster: the CA in both",
        "the data counts, as kubectl itself says in its message",
    ),
    (
        "cluster: insecure, and a CA",
        "nobody is checked, and `check` calls that an error",
    ),
    (
        "user: exec v1 without interactiveMode",
        "a login has no terminal to ask at anyway",
    ),
];

/// What kubectl reads, and we do not.
const STRICTER: &[(&str, &str)] = &[(
    "file: a list",
    "kubectl takes it for an empty file, and would overwrite it",
)];

/// What kubectl's YAML reader refuses, and ours does not.
const LENIENT_YAML: &[(&str, &str)] = &[("file: a line in tabs", "it is blank, and an edit leaves it out")];

/// What became of one case.
struct Judged {
    case: String,
    complaints: Vec<String>,
    is_lenient: bool,
    is_used: bool,
    is_compared: bool,
}

#[test]
fn what_kubectl_can_use_works_and_what_it_refuses_is_refused_or_used_on_purpose() {
    let Some(kubectl) = Kubectl::find() else { return };
    let sandbox = Sandbox::builder().no_anonymous().start();
    let folder = tempfile::tempdir().expect("a folder");
    let text = Text::new(&sandbox, folder.path());
    let cases = text.cases();
    assert!(cases.len() >= 150, "{} cases", cases.len());
    let next = AtomicUsize::new(0);
    let judged = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::SeqCst)) {
                    let result = judge(case, &kubectl, folder.path(), text.token());
                    judged.lock().expect("no panic").push(result);
                }
            });
        }
    });
    let judged = judged.into_inner().expect("no panic");
    let complaints: Vec<_> = judged
        .iter()
        .flat_map(|judged| {
            judged
                .complaints
                .iter()
                .map(move |complaint| format!("{}: {complaint}", judged.case))
        })
        .collect();
    assert!(
        complaints.is_empty(),
        "{} of {}:\n{}",
        complaints.len(),
        cases.len(),
        complaints.join("\n")
    );
    for (name, why) in LENIENT {
        assert!(
            judged.iter().any(|judged| judged.case == *name && judged.is_lenient),
            "{name} is not used: {why}"
        );
    }
    let used = judged.iter().filter(|judged| judged.is_used).count();
    eprintln!("{} files; kubectl can use {used}, and all of these work", cases.len());
}

fn judge(case: &Case, kubectl: &Kubectl, folder: &Path, token: &str) -> Judged {
    let mut judged = Judged {
        case: case.name.clone(),
        complaints: Vec::new(),
        is_lenient: false,
        is_used: false,
        is_compared: false,
    };
    let path = folder.join(format!("config-{}", case.number));
    text::write(&path, case.text.as_bytes(), 0o600);
    let view = kubectl.view(&path);
    let used = view.as_ref().map_err(Clone::clone).and_then(|_| kubectl.uses(&path));
    judged.is_used = used.is_ok();
    before(case, &path, &view, &used, &mut judged);
    after(case, kubectl, &path, &view, token, &mut judged);
    judged
}

/// The file as it is.
fn before(case: &Case, path: &Path, view: &Result<Value, String>, used: &Result<(), String>, judged: &mut Judged) {
    let mut complain = |complaint: String| judged.complaints.push(complaint);
    let root = RootKubeconfig::load(path);
    match (&root, view) {
        (Ok(root), view) => {
            let refusals = root.refusals();
            let is_known = LENIENT_YAML.iter().any(|(name, _)| *name == case.name);
            if refusals.is_empty() != view.is_ok() && !is_known {
                complain(format!("kubectl says {:?}, and we {refusals:?}", view.as_ref().err()));
            }
        }
        (Err(error), Ok(_)) if STRICTER.iter().all(|(name, _)| *name != case.name) => {
            complain(format!("kubectl reads it, and we say {error}"));
        }
        (Err(_), _) => {}
    }
    if let (Ok(root), true) = (&root, used.is_ok()) {
        let way = root.target(&ours()).expect("what kubectl can use has a way").way;
        judged.is_compared = true;
        if let Some(complaint) = kube_rs::disagrees(&case.name, path, &way) {
            complain(complaint);
        }
    }
    let ours = root.and_then(|root| try_out(&root));
    match (ours, used) {
        (Ok(()), Ok(())) => {}
        // The server runs, and what was not sent did not go astray.
        (Err(ClusterError::Unreachable { reason, .. }), _) => complain(format!("cannot reach: {reason}")),
        (Err(error), Ok(())) => complain(format!("kubectl can use it, and we say {error}")),
        // Something elsewhere in the file: `check` tells it.
        (Ok(()), Err(_)) if view.is_err() && case.is_elsewhere => {}
        (Ok(()), Err(words)) => {
            judged.is_lenient = LENIENT.iter().any(|(name, _)| *name == case.name);
            if !judged.is_lenient {
                complain(format!("kubectl refuses it ({words}), and we use it"));
            }
        }
        (Err(error), Err(_)) => {
            let words = error.to_string();
            if !words.contains("; ") && !words.contains("does not accept") {
                complain(format!("no remedy in: {words}"));
            }
            if words.contains(case.token.as_str()) {
                complain("the token is in the words".into());
            }
        }
    }
}

/// The file with a new token.
fn after(case: &Case, kubectl: &Kubectl, path: &Path, view: &Result<Value, String>, token: &str, judged: &mut Judged) {
    let mut complain = |complaint: String| judged.complaints.push(complaint);
    let edits = [Edit {
        user: Some(UserEntry {
            name: "ondemand".into(),
            credentials: Credentials::Token(token.into()),
        }),
        ..Edit::default()
    }];
    let new = match apply(&case.text, &edits) {
        Ok(Some(new)) => new.expose_secret().to_owned(),
        Ok(None) => case.text.clone(),
        Err(error) => {
            if view.is_ok() && STRICTER.iter().all(|(name, _)| *name != case.name) {
                complain(format!("kubectl reads it, and it cannot be edited: {error}"));
            }
            return;
        }
    };
    text::write(path, new.as_bytes(), 0o600);
    let seen = kubectl.view(path);
    match (&seen, apply_for_kubectl(&case.text, &edits, None)) {
        (Ok(_), Err(error)) => complain(format!("kubectl reads what comes out, and we say {error}")),
        (Err(_), Ok(_)) if LENIENT_YAML.iter().any(|(name, _)| *name == case.name) => {}
        (Err(words), Ok(_)) => complain(format!("kubectl refuses what comes out: {words}")),
        _ => {}
    }
    if let (Ok(view), Ok(seen)) = (view, &seen) {
        if without_ours(view) != without_ours(seen) {
            complain(format!("an edit changed {view} to {seen}"));
        }
    }
    if judged.is_used && case.is_tried_again() {
        if let Err(words) = kubectl.uses(path) {
            judged.complaints.push(format!("after the edit kubectl says {words}"));
        }
    }
}

/// kubectl's view without our user's entry, and without what it makes of no file at all.
fn without_ours(view: &Value) -> Value {
    let mut view = view.clone();
    for list in ["clusters", "contexts", "users"] {
        if view[list].is_null() {
            view[list] = Value::Array(Vec::new());
        }
    }
    let users = view["users"].as_array_mut().expect("a list");
    users.retain(|user| user["name"] != "ondemand");
    view
}

/// The cluster whose context is ours.
fn ours() -> Cluster {
    let mut cluster = Cluster::of_stock_hook(&Settings::empty(Path::new("hook.env")));
    cluster.root_context = Some("ondemand".into());
    cluster
}

/// A request with root's credentials, as a login sends it.
fn try_out(root: &RootKubeconfig) -> Result<(), ClusterError> {
    let cluster = ours();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let deadline = Deadline::after(Duration::from_secs(30));
        let api = cluster::connect(root.target(&cluster)?, &deadline).await?;
        cluster::server_version(&api).await.map(|_| ())
    })
}
