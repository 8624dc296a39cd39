//! Printed remedies in folders with hostile names: they help, and no name becomes a command in them.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ood_k8s::config::files;
use ood_k8s::config::registry;
use ood_k8s::config::settings::{PullSecret, Settings};
use ood_k8s::{door, store};

use crate::attacker::ATTACKER;
use crate::ground::{apart, count, give, their_link};
use crate::races::keep;
use crate::remedies::{follow, run_remedy};
use crate::support::{Realm, Run};

/// Names that would be commands if they were not quoted.
const NAMES: [&[u8]; 12] = [
    b"x; touch RED #",
    b"x; run: touch RED",
    b"`touch RED`",
    b"$(touch RED)",
    b"'; touch RED; '",
    b"\"; touch RED; \"",
    b"a\ntouch RED\n",
    b"&& touch RED",
    b"| touch RED",
    b"-rf",
    "\u{fc} \u{37e} touch RED".as_bytes(),
    b"\xff\x1b[2J;touch RED",
];

/// What is wrong with a file, and how it is found.
type Wrong = (&'static str, fn(&Path), fn(&Path) -> Result<(), String>);

fn owned_file(path: &Path) {
    fs::write(path, "A=b\n").unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
}

fn read_secret(path: &Path) -> Result<(), String> {
    files::read_secret(path, "it is there")
        .map(drop)
        .map_err(|error| error.to_string())
}

fn judge_way(path: &Path) -> Result<(), String> {
    files::check_trust(&path.join("file")).map_err(|error| error.to_string())
}

fn folder_with_a_file(path: &Path) {
    fs::create_dir(path).unwrap();
    owned_file(&path.join("file"));
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn warned<W: ToString>(warnings: &[W]) -> Result<(), String> {
    warnings.first().map_or(Ok(()), |warning| Err(warning.to_string()))
}

const WRONG: [Wrong; 14] = [
    (
        "a file of another's",
        |path| {
            owned_file(path);
            give(path);
        },
        read_secret,
    ),
    (
        "a file that others can write",
        |path| {
            owned_file(path);
            mode(path, 0o602);
        },
        read_secret,
    ),
    (
        "a file that a group can write",
        |path| {
            owned_file(path);
            std::os::unix::fs::chown(path, None, Some(ATTACKER)).unwrap();
            mode(path, 0o660);
        },
        read_secret,
    ),
    (
        "a file that others can read",
        |path| {
            owned_file(path);
            mode(path, 0o644);
        },
        read_secret,
    ),
    (
        "a way of another's",
        |path| {
            folder_with_a_file(path);
            give(path);
        },
        judge_way,
    ),
    (
        "a way that others can write",
        |path| {
            folder_with_a_file(path);
            mode(path, 0o777);
        },
        judge_way,
    ),
    (
        "a folder of another's",
        |path| {
            fs::create_dir(path).unwrap();
            give(path);
        },
        |path| door::open_directory(path).map(drop).map_err(|error| error.to_string()),
    ),
    (
        "a folder that others can write",
        |path| {
            fs::create_dir(path).unwrap();
            mode(path, 0o1777);
        },
        |path| door::open_directory(path).map(drop).map_err(|error| error.to_string()),
    ),
    (
        "a private folder that others can look into",
        |path| fs::create_dir(path).unwrap(),
        keep,
    ),
    (
        "a private folder of another's",
        |path| {
            fs::create_dir(path).unwrap();
            give(path);
        },
        keep,
    ),
    (
        "another's link on the way to metrics",
        |path| their_link(Path::new("/nowhere"), path),
        |path| {
            let text = |_: &str| Ok(Some("up 1\n".into()));
            let published = store::publish::<String>(path, Duration::from_secs(1), text);
            published.map(drop).map_err(|error| error.to_string())
        },
    ),
    (
        "another's link to a file to be written",
        |path| their_link(Path::new("/nowhere"), path),
        |path| {
            let text = |_: &str| Ok(Some("{}\n".into()));
            let written = store::update_root::<String>(path, Duration::from_secs(1), text);
            written.map(drop).map_err(|error| error.to_string())
        },
    ),
    (
        "a registry file that others can read",
        |path| {
            fs::write(path, r#"{"auths":{"r.example.org":{"auth":"cm9ib3Q6cGFzcw=="}}}"#).unwrap();
            mode(path, 0o644);
        },
        |path| {
            let (name, per_registry) = ("registry".to_owned(), false);
            let mut warnings = Vec::new();
            let loaded = registry::load(
                &PullSecret {
                    name,
                    file: path.to_owned(),
                    per_registry,
                },
                &mut warnings,
            );
            assert!(loaded.is_ok());
            warned(&warnings)
        },
    ),
    (
        "a hook.env with a secret that others can read",
        |path| {
            fs::write(path, "CLIENT_SECRET=s\n").unwrap();
            mode(path, 0o644);
        },
        |path| {
            let settings = Settings::load(path, &mut Vec::new()).map_err(|error| error.to_string())?;
            settings.exposure().map_or(Ok(()), Err)
        },
    ),
];

#[test]
fn every_remedy_that_is_printed_helps_and_runs_nothing_else_whatever_a_path_is_called() {
    apart(
        module_path!(),
        "every_remedy_that_is_printed_helps_and_runs_nothing_else_whatever_a_path_is_called",
        |ground| {
            let mut tried = 0;
            for (what, make, attempt) in WRONG {
                for name in NAMES {
                    tried += 1;
                    let folder = ground.folder(&format!("remedies-{tried}"));
                    let path: PathBuf = folder.join(OsStr::from_bytes(name));
                    make(&path);
                    let remedies = follow(ground, || attempt(&path));
                    assert!(
                        remedies > 0 || what.ends_with("metrics"),
                        "{what} is taken: {}",
                        path.display()
                    );
                }
            }
            count(
                "S9 printed remedies",
                tried,
                0,
                "each helped, and none ran anything else",
            );
        },
    );
}

#[test]
fn check_prints_the_whole_remedy_of_a_cluster_file_with_a_hostile_name() {
    apart(
        module_path!(),
        "check_prints_the_whole_remedy_of_a_cluster_file_with_a_hostile_name",
        |ground| {
            let realm = Realm::exchanging("OIDC_AUDIENCE=");
            let cluster = realm.site.cluster_file("x", &realm.site.cluster.url(), "oidc");
            let mut tried = 0;
            for name in NAMES.iter().filter_map(|name| std::str::from_utf8(name).ok()) {
                tried += 1;
                let name = format!("clusters.d/{}.yml", name.replace('/', ""));
                realm.site.write(&name, &cluster);
                give(&realm.site.path(&name));
                let run = Run::of(&mut realm.site.command(&["check", "-o", "json"]));
                let findings = run.json()["findings"].clone();
                let findings = findings.as_array().unwrap().iter();
                let remedy = findings
                    .filter_map(|finding| finding["remedy"].as_str())
                    .find(|remedy| remedy.contains("run: install -m "));
                run_remedy(ground, remedy.unwrap_or_else(|| panic!("{name:?}: {run:?}")));
                assert_eq!(
                    std::os::unix::fs::MetadataExt::uid(&realm.site.path(&name).metadata().unwrap()),
                    0
                );
                fs::remove_file(realm.site.path(&name)).unwrap();
            }
            count("S9 remedies that check prints", tried, 0, "");
        },
    );
}
