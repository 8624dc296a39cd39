//! What is printed to be run as root: whoever does it makes nothing of an attacker's trusted.

use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use ood_k8s::store;

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
pub fn run_remedy(ground: &Ground, line: &str) {
    let line = line.trim_end();
    assert!(!line.contains(char::is_control), "{line:?}");
    let here = ground.folder("here");
    let mut bash = Command::new("bash")
        .args(["-c", remedy(line)])
        .current_dir(&here)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Not every command asks.
    let _ = bash.stdin.take().unwrap().write_all(b"y\n");
    let output = bash.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "{line}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(fs::read_dir(&here).unwrap().count(), 0, "{line} ran something else");
}

/// Tries, and does what each refusal says, until it works. How many remedies it took.
pub fn follow(ground: &Ground, attempt: impl Fn() -> Result<(), String>) -> usize {
    for round in 0..=MOST {
        match attempt() {
            Ok(()) => return round,
            Err(line) => run_remedy(ground, line.trim_end()),
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
        their_link(victim.parent().unwrap(), folder);
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
