//! What is printed to be run as root: it helps, and no name of another account's choice becomes a command in it.

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ood_k8s::config::files;
use ood_k8s::config::registry;
use ood_k8s::config::settings::{PullSecret, Settings};
use ood_k8s::{door, store};

use crate::attacker::ATTACKER;
use crate::ground::{apart, count, give, their_link, Ground};
use crate::races::{keep, their_folder};
use crate::support::{Realm, Run};

/// More remedies than one thing can need in turn.
const MOST: usize = 6;

/// The command that a line ends with.
fn remedy(line: &str) -> &str {
    line.rsplit_once("run: ")
        .unwrap_or_else(|| panic!("no remedy: {line}"))
        .1
}

/// Runs it as an administrator does who copies it, in a folder where `RED` would show that another command ran.
fn run_remedy(ground: &Ground, line: &str) {
    assert!(!line.contains(char::is_control), "{line:?}");
    let here = ground.folder("here");
    let output = Command::new("bash")
        .args(["-c", remedy(line.trim_end())])
        .current_dir(&here)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(fs::read_dir(&here).unwrap().count(), 0, "{line} ran something else");
}

/// Tries, and does what each refusal says, until it works. How many remedies it took.
fn follow(ground: &Ground, attempt: impl Fn() -> Result<(), String>) -> usize {
    for round in 0..=MOST {
        match attempt() {
            Ok(()) => return round,
            Err(line) => run_remedy(ground, &line),
        }
    }
    panic!("{MOST} remedies did not help: {}", attempt().unwrap_err());
}

/// What an attacker puts where `RENEWAL_DIR` is to be, so that `DIR/ann.json` would be the victim.
type Trap = (&'static str, fn(&Path, &Path));

const TRAPS: [Trap; 5] = [
    ("a folder", |folder, victim| their_folder(folder, "ann", victim)),
    ("a folder with the folder in it", |folder, victim| {
        fs::create_dir(folder).unwrap();
        give(folder);
        their_folder(&folder.join("renewal"), "ann", victim);
    }),
    ("a link to a folder of root's", |folder, victim| {
        their_link(victim.parent().unwrap(), folder)
    }),
    ("a folder with a link to a folder of root's", |folder, victim| {
        fs::create_dir(folder).unwrap();
        their_link(victim.parent().unwrap(), &folder.join("renewal"));
        give(folder);
    }),
    ("a file", |folder, _| {
        fs::write(folder, "").unwrap();
        give(folder);
    }),
];

#[test]
fn whoever_does_what_is_printed_of_renewal_dir_makes_nothing_of_an_attackers_trusted() {
    apart(
        module_path!(),
        "whoever_does_what_is_printed_of_renewal_dir_makes_nothing_of_an_attackers_trusted",
        |ground| {
            let (sticky, victim) = (ground.sticky("sticky"), ground.victim("ann.json"));
            // As root's own home is: nothing else about it keeps a record out.
            fs::set_permissions(&victim.folder, Permissions::from_mode(0o700)).unwrap();
            let (mut tried, mut hits) = (0, 0);
            for (name, trap) in TRAPS {
                for below in ["", "renewal", "deeper/renewal"] {
                    let folder = sticky.join(name.replace(' ', "-") + &format!("-{tried}"));
                    trap(&folder, &victim.path);
                    follow(ground, || keep(&folder.join(below)));
                    // Once more at the name that was freed.
                    let again = sticky.join(format!("again-{tried}"));
                    trap(&again, &victim.path);
                    follow(ground, || keep(&again.join(below)));
                    tried += 2;
                    hits += u32::from(victim.was_hit());
                }
            }
            count("S2 remedies of RENEWAL_DIR", tried, hits, "");
        },
    );
}

#[test]
fn a_login_after_its_remedies_writes_through_no_link() {
    apart(
        module_path!(),
        "a_login_after_its_remedies_writes_through_no_link",
        |ground| {
            let (sticky, victim) = (ground.sticky("sticky"), ground.victim("passwd"));
            let realm = Realm::exchanging("OIDC_AUDIENCE=");
            let (mut hits, mut remedies) = (0, 0);
            for number in 0..7 {
                let folder = sticky.join(format!("renewal-{number}"));
                their_folder(&folder, &realm.site.user, &victim.path);
                realm.site.set(&format!("RENEWAL_DIR={}", folder.display()));
                remedies += follow(ground, || {
                    let tokens = realm.log_in();
                    let args = ["set-creds", &realm.site.user];
                    let run = Run::of(&mut realm.site.command_with(&args, &tokens.access, &tokens.refresh));
                    if run.status == 0 {
                        Ok(())
                    } else {
                        Err(run.stderr.trim_end().to_owned())
                    }
                });
                hits += u32::from(victim.was_hit());
            }
            count("S2 whole logins", 7, hits, &format!("{remedies} remedies were run"));
        },
    );
}

#[test]
fn whoever_does_what_is_printed_of_a_file_to_be_written_hits_no_other_file() {
    apart(
        module_path!(),
        "whoever_does_what_is_printed_of_a_file_to_be_written_hits_no_other_file",
        |ground| {
            let (sticky, victim) = (ground.sticky("sticky"), ground.victim("ann.json"));
            let (mut tried, mut hits) = (0, 0);
            for (_, trap) in TRAPS {
                for below in ["ann.json", "renewal/ann.json", "new/ann.json"] {
                    tried += 1;
                    let folder = sticky.join(format!("folder-{tried}"));
                    trap(&folder, &victim.path);
                    let file = folder.join(below);
                    let write = || {
                        let text = |_: &str| Ok(Some("{}".into()));
                        let written = store::update_root::<String>(&file, Duration::from_secs(1), text);
                        written.map(drop).map_err(|error| error.to_string())
                    };
                    follow(ground, write);
                    hits += u32::from(victim.was_hit());
                }
            }
            count("S2 remedies of files to be written", tried, hits, "");
        },
    );
}

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

fn warned(warnings: Vec<String>) -> Result<(), String> {
    warnings.into_iter().next().map_or(Ok(()), Err)
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
            warned(warnings)
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
                    .find(|remedy| remedy.contains("chown -h root"));
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

#[test]
fn a_link_of_roots_is_followed_where_it_leads_to_roots_own() {
    apart(
        module_path!(),
        "a_link_of_roots_is_followed_where_it_leads_to_roots_own",
        |ground| {
            let target = ground.folder("target").join("auth.json");
            let link = ground.path.join("auth.json");
            symlink(&target, &link).unwrap();
            let text = |_: &str| Ok(Some("{}".into()));
            store::update_root::<String>(&link, Duration::from_secs(1), text).unwrap();
            assert!(link.is_symlink() && target.is_file());
        },
    );
}
