//! `mint-registry-secret --write` below a sticky folder: the attacker has as long as root types the password.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use ood_k8s::passwords::{Change, RegistryFile};
use ood_k8s::registry::DockerConfig;

use crate::attacker::{wait, Attacker, Dice};
use crate::ground::{apart, count, give, their_link, tries, Ground, Race, Victim};

const WAIT: Duration = Duration::from_secs(1);

fn change() -> Change {
    let source = DockerConfig::from_bytes(br#"{"auths":{"r.example.org":{"auth":"cm9ib3Q6cGFzcw=="}}}"#).unwrap();
    Change::Copy {
        source,
        only: Vec::new(),
    }
}

/// What the attacker does while root types, and where root's file is to be.
type Act = fn(&Ground, &Path) -> (PathBuf, Box<dyn FnOnce()>);

/// A link at the name, before or after root has looked; a folder with it, at a folder's name that is not there yet.
fn acts() -> [Act; 4] {
    [
        |ground, victim| {
            let file = ground.sticky("sticky").join("before.json");
            their_link(victim, &file);
            (file, Box::new(|| ()))
        },
        |ground, victim| {
            let file = ground.sticky("sticky").join("after.json");
            let (link, victim) = (file.clone(), victim.to_owned());
            (file, Box::new(move || their_link(&victim, &link)))
        },
        |ground, victim| {
            let folder = ground.sticky("sticky").join("folder");
            fs::create_dir(&folder).unwrap();
            their_link(victim, &folder.join("auth.json"));
            give(&folder);
            (folder.join("auth.json"), Box::new(|| ()))
        },
        |ground, victim| {
            let folder = ground.sticky("sticky").join("linked");
            fs::create_dir(&folder).unwrap();
            give(&folder);
            let (path, elsewhere) = (folder.clone(), victim.parent().unwrap().to_owned());
            let replace = move || {
                fs::rename(&path, path.with_extension("aside")).unwrap();
                their_link(&elsewhere, &path);
            };
            (folder.join(victim.file_name().unwrap()), Box::new(replace))
        },
    ]
}

/// The victim: JSON that is there, or a name that is free in a folder of root's.
fn victims(ground: &Ground) -> [(PathBuf, Victim); 2] {
    let there = ground.victim("auth.json");
    let missing = there.folder.join("missing.json");
    let free = ground.victim("auth.json");
    [(there.path.clone(), there), (missing, free)]
}

#[test]
fn what_another_account_does_while_root_types_the_password_changes_no_other_file() {
    apart(
        module_path!(),
        "what_another_account_does_while_root_types_the_password_changes_no_other_file",
        |ground| {
            let (mut ways, mut hits, mut refused) = (0, 0, 0);
            for with_terminal in [false, true] {
                for number in 0..acts().len() {
                    for kind in 0..2 {
                        let ground = Ground {
                            path: ground.folder(&format!("{with_terminal}-{number}-{kind}")),
                        };
                        let (target, victim) = &victims(&ground)[kind];
                        let (file, act) = acts()[number](&ground, target);
                        let written = if with_terminal {
                            at_a_terminal(&file, act)
                        } else {
                            in_process(&file, act)
                        };
                        refused += u32::from(!written);
                        ways += 1;
                        hits += u32::from(victim.was_hit());
                    }
                }
            }
            count(
                "S3 mint-registry-secret --write",
                ways,
                hits,
                &format!("refused {refused} times"),
            );
        },
    );
}

fn in_process(file: &Path, act: impl FnOnce()) -> bool {
    let Ok(opened) = RegistryFile::open(file) else {
        act();
        return false;
    };
    act();
    opened.replace(&change(), WAIT).is_ok()
}

/// With the program as root starts it; the prompt says that the file was looked at.
fn at_a_terminal(file: &Path, act: impl FnOnce()) -> bool {
    let pty = nix::pty::openpty(None, None).unwrap();
    let slave = || Stdio::from(pty.slave.try_clone().unwrap());
    let mut child = Command::new(env!("CARGO_BIN_EXE_ood-k8s"))
        .env_clear()
        .current_dir("/")
        .args([
            "mint-registry-secret",
            "--registry",
            "r.example.org",
            "--username",
            "robot",
            "--no-verify",
            "--write",
        ])
        .arg(file)
        .stdin(slave())
        .stdout(Stdio::null())
        .stderr(slave())
        .spawn()
        .unwrap();
    let mut terminal = fs::File::from(pty.master.try_clone().unwrap());
    let mut shown = Vec::new();
    let mut byte = [0];
    // The prompt, or a line that says why there is none.
    while !shown.ends_with(b": ") || !String::from_utf8_lossy(&shown).contains("Password") {
        if shown.ends_with(b"\n") || terminal.read(&mut byte).unwrap_or(0) == 0 {
            break;
        }
        shown.push(byte[0]);
    }
    act();
    let _ = terminal.write_all(b"password\r");
    // Read on, so that the program is not held up.
    let rest = std::thread::spawn(move || drop(terminal.read_to_end(&mut Vec::new())));
    let status = child.wait().unwrap();
    drop(pty);
    rest.join().unwrap();
    status.success()
}

#[test]
fn a_link_that_comes_and_goes_never_leads_the_password_to_another_file() {
    apart(
        module_path!(),
        "a_link_that_comes_and_goes_never_leads_the_password_to_another_file",
        |ground| {
            let (file, mut race) = (ground.sticky("sticky").join("registry.json"), Race::of(tries()));
            let victim = ground.victim("daemon.json");
            let _attacker = Attacker::with_a_link(&file, &victim.path);
            let (mut hits, mut refused, mut dice) = (0, 0, Dice::new());
            while race.goes_on(refused) {
                wait(Duration::from_micros(dice.within(0..150)));
                refused += u32::from(!in_process(&file, || ()));
                hits += u32::from(victim.was_hit());
                let _ = fs::remove_file(&file);
            }
            let outcomes = [("refused", refused), ("written", race.tried - refused)];
            race.count("S3 the link comes and goes", hits, &outcomes);
        },
    );
}

#[test]
fn no_folder_of_roots_is_made_behind_another_accounts_link() {
    apart(
        module_path!(),
        "no_folder_of_roots_is_made_behind_another_accounts_link",
        |ground| {
            let victim = ground.victim("auth.json");
            let link = ground.sticky("sticky").join("link");
            their_link(&victim.folder, &link);
            let mut hits = 0;
            for file in ["new/auth.json", "new/deeper/auth.json"] {
                assert!(RegistryFile::open(&link.join(file)).is_err());
                hits += u32::from(victim.was_hit());
            }
            assert!(ood_k8s::door::open_private(&link.join("new/renewal"), true).is_err());
            hits += u32::from(victim.was_hit());
            count("S3 folders behind a link", 3, hits, "");
        },
    );
}
