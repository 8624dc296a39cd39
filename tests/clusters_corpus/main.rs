//! Folders of clusters.d as people have them, with `ood_core` under Ruby as the judge. Its verdicts are noted, with its
//! version, in verdicts.json; where Ruby and the sources of `ood_core` and `ood_support` are, they are asked for again:
//!
//! `OOD_CORE=DIR OOD_SUPPORT=DIR cargo test --test clusters_corpus`, and with `OOD_K8S_BLESS=1` the note is renewed.

mod cases;
mod ruby;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use ood_k8s::config::clusters::{judged_by_ondemand, Cluster};
use ood_k8s::config::{Site, Sources};
use ood_k8s::naming::Username;
use ood_k8s::user::User;
use serde_json::{json, Value};

use cases::{Ours, CHANGES, FOLDERS, GOOD};

/// What OnDemand takes, and we do not, on purpose: an error that names file, key and line.
const STRICTER: &[(&str, &str)] = &[
    (
        "auth unknown",
        "ood_core leaves users to themselves, and logins would too",
    ),
    (
        "server missing",
        "for oidc the server must be known; ood_core's default is https://localhost:8080",
    ),
    ("server endpont", "the same"),
    ("cluster a list", "ood_core calls the cluster [\"dev\"]"),
    ("cluster a mapping", "ood_core calls the cluster {\"a\"=>\"b\"}"),
    (
        "a line separator in a comment",
        "what is behind it counts for Ruby, and looks like a comment",
    ),
    (
        "a question mark before a key in brackets",
        "the key is another for Ruby than it looks like",
    ),
    ("a question mark before a word in a list", "the same"),
    ("an adapter with a question mark in brackets", "the same"),
    (
        "a tag that no space ends",
        "the list has one item for Ruby, and looks like two",
    ),
];

/// What we read otherwise than Ruby, which refuses it: an error for a Kubernetes cluster, and `check` does not say more.
const NOT_TOLD: &[&str] = &[
    "NEL outside quotes",
    "a question mark before a value in brackets",
    "no key in brackets",
];

struct Case {
    name: String,
    folder: PathBuf,
    ours: Ours,
}

fn cases(root: &Path) -> Vec<Case> {
    let changed = CHANGES.iter().map(|(name, from, to, ours)| {
        assert!(GOOD.contains(from), "{name}");
        let text = if *from == "\n" {
            GOOD.replace(from, to)
        } else {
            GOOD.replacen(from, to, 1)
        };
        (*name, vec![("dev.yml", text)], *ours)
    });
    let whole = FOLDERS.iter().map(|(name, files, ours)| {
        let files = files.iter().map(|(file, text)| (*file, (*text).to_owned())).collect();
        (*name, files, *ours)
    });
    let all = changed.chain(whole).enumerate();
    all.map(|(number, (name, files, ours))| {
        let folder = root.join(format!("{number}"));
        fs::create_dir(&folder).unwrap();
        for (file, text) in files {
            fs::write(folder.join(file), text).unwrap();
            fs::set_permissions(folder.join(file), Permissions::from_mode(0o644)).unwrap();
        }
        Case {
            name: name.to_owned(),
            folder,
            ours,
        }
    })
    .collect()
}

/// Whoever asked Ruby was root.
fn root_user() -> User {
    User {
        name: Username::parse("root").unwrap(),
        uid: 0,
        gid: 0,
        groups: vec![0],
        home: "/root".into(),
    }
}

fn site(case: &Case, hook_env: &Path) -> Site {
    let sources = Sources {
        hook_env: Some(hook_env.to_owned()),
        clusters_dir: Some(case.folder.clone()),
        only: Vec::new(),
        names_kubeconfig: false,
    };
    Site::load(&sources).unwrap()
}

/// The same that Ruby is asked for.
fn values(cluster: &Cluster) -> Value {
    json!({
        "cluster": cluster.cluster,
        "context": cluster.context,
        "username_prefix": cluster.username_prefix.value,
        "namespace_prefix": cluster.namespace_prefix.value,
        "endpoint": cluster.endpoint,
        "allowed": cluster.access.verdict(&root_user()).unwrap().is_offered,
    })
}

#[test]
fn what_ondemand_takes_for_a_kubernetes_cluster_is_one_with_the_same_values_and_nothing_else_is() {
    let root = tempfile::tempdir().unwrap();
    let hook_env = root.path().join("hook.env");
    fs::write(&hook_env, "NETWORK_POLICY_ALLOW_CIDR=10.0.0.0/8\n").unwrap();
    fs::set_permissions(&hook_env, Permissions::from_mode(0o600)).unwrap();
    let cases = cases(root.path());
    assert!(cases.len() >= 200, "{} folders", cases.len());
    let folders = cases.iter().map(|case| (case.name.as_str(), case.folder.as_path()));
    let noted = ruby::verdicts(&folders.collect::<Vec<_>>());
    let mut complaints = Vec::new();
    for case in &cases {
        let complain = |text: String| complaints.push(format!("{}: {text}", case.name));
        judge(case, &site(case, &hook_env), &noted["verdicts"][&case.name], complain);
    }
    assert!(
        complaints.is_empty(),
        "{}:\n{}",
        complaints.len(),
        complaints.join("\n")
    );
    eprintln!("{} folders, judged by {}", cases.len(), noted["versions"]);
}

fn judge(case: &Case, site: &Site, verdict: &Value, mut complain: impl FnMut(String)) {
    let is_listed = |list: &[(&str, &str)]| list.iter().any(|(name, _)| *name == case.name);
    if verdict.is_null() {
        return complain("there is no verdict; renew verdicts.json".into());
    }
    let served = site
        .clusters
        .iter()
        .find(|cluster| cluster.file.is_some() && cluster.id == "dev");
    let ours = ours(site, served);
    if ours != case.ours {
        complain(format!("is {ours:?}: {:?} {:?}", site.broken, site.cluster_warnings));
    }
    let seen = judged_by_ondemand(&case.folder);
    // The first version is not ours, and not looked into.
    let is_fatal = verdict.get("!").is_some() && !case.name.contains("first version");
    if is_fatal == seen.fatal.is_empty() {
        complain(format!(
            "OnDemand makes {verdict} of it, and check says {:?}",
            seen.fatal
        ));
    }
    let dev = &verdict["dev"];
    let is_told = !NOT_TOLD.contains(&case.name.as_str());
    if (dev == "invalid") == seen.invalid.is_empty() && verdict["pitzer"] != "invalid" && is_told {
        complain(format!("OnDemand makes {dev} of it, and check says {:?}", seen.invalid));
    }
    match (served, dev.is_object() && dev.get("fails").is_none()) {
        (Some(cluster), true) => compare(&values(cluster), dev, complain),
        (None, true) if !is_listed(STRICTER) => complain(format!("OnDemand takes it: {dev}")),
        (Some(_), false) if !is_fatal => {
            complain(format!("OnDemand does not take it: {verdict}"));
        }
        _ => {}
    }
}

fn ours(site: &Site, served: Option<&Cluster>) -> Ours {
    let doubts = |text: &String| {
        text.contains("v2.job.adapter")
            || text.contains("take for kubernetes")
            || text.contains("rename it")
            || text.contains("reads the first alone")
    };
    let texts: Vec<_> = site.broken.iter().map(ToString::to_string).collect();
    match served {
        Some(_) => Ours::Served,
        // Alone it is an error, since the way of the stock hook is not taken then.
        None if texts.iter().chain(&site.cluster_warnings).any(doubts) => Ours::Told,
        None if site.broken.is_empty() => Ours::Other,
        None => Ours::Refused,
    }
}

fn compare(ours: &Value, theirs: &Value, mut complain: impl FnMut(String)) {
    for (key, value) in ours.as_object().unwrap() {
        // Without oidc OnDemand has no context of its own; nothing is written then.
        let is_unused = key == "context" && theirs[key].is_null();
        if *value != theirs[key] && !is_unused {
            complain(format!("{key} is {} for OnDemand, and {value} here", theirs[key]));
        }
    }
}
