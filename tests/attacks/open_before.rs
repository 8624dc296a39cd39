//! What an account opened before root did what was printed: it changes nothing afterwards.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::{chown, PermissionsExt as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ood_k8s::door;
use ood_k8s::renewal::Renewals;
use ood_k8s::store;

use crate::acls::set_acl;
use crate::attacker::ATTACKER;
use crate::ground::{apart, count, give, Ground};
use crate::remedies::follow;

const TEXT: &str = "root's\n";

/// A process of the attacker's that has opened something.
struct Holder(Child);

impl Holder {
    /// Runs `opens` in the directory, and once root is done `acts`; each attempt may fail.
    fn start(directory: &Path, opens: &str, acts: &str) -> Self {
        let mut shell = Command::new("bash");
        shell.args(["-c", &format!("{opens} && echo ready && read go && {{ {acts}; }}")]);
        shell.current_dir(directory).gid(ATTACKER).uid(ATTACKER);
        let mut child = shell
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap())
            .read_line(&mut line)
            .unwrap();
        assert_eq!(line, "ready\n", "{opens}");
        Self(child)
    }

    fn act(mut self) {
        self.0.stdin.take().unwrap().write_all(b"go\n").unwrap();
        self.0.stdout.take().unwrap().read_to_end(&mut Vec::new()).unwrap();
        self.0.wait().unwrap();
    }
}

/// How the file could be written, until the remedy.
type Way = (&'static str, fn(&Path) -> bool);

const WAYS: [Way; 6] = [
    ("0666", |file| mode(file, 0o666)),
    ("0602", |file| mode(file, 0o602)),
    ("0660 of their group", |file| {
        chown(file, None, Some(ATTACKER)).unwrap();
        mode(file, 0o660)
    }),
    ("theirs", |file| {
        give(file);
        true
    }),
    ("theirs, 0400", |file| {
        give(file);
        mode(file, 0o600)
    }),
    ("an ACL", |file| mode(file, 0o600) && set_acl(file)),
];

fn mode(file: &Path, mode: u32) -> bool {
    fs::set_permissions(file, Permissions::from_mode(mode)).unwrap();
    true
}

/// The directory of root's that the file stands in, beside one of the attacker's for hard links.
fn file_in(ground: &Ground, number: u32) -> PathBuf {
    let file = ground.folder(&format!("it's {number}")).join("hook; env");
    fs::write(&file, TEXT).unwrap();
    file
}

#[test]
fn an_account_that_has_a_file_open_changes_nothing_after_the_remedy() {
    apart(
        module_path!(),
        "an_account_that_has_a_file_open_changes_nothing_after_the_remedy",
        |ground| {
            let (mut tried, mut hits, mut changed) = (0, 0, 0);
            let theirs = ground.theirs("theirs");
            for (name, way) in WAYS {
                for link in [false, true] {
                    tried += 1;
                    let file = file_in(ground, tried);
                    if !way(&file) {
                        continue;
                    }
                    // A hard link that was made before `fs.protected_hardlinks` was set, say.
                    let held = theirs.join(format!("{tried}"));
                    fs::hard_link(&file, &held).unwrap();
                    let opens = format!("exec 3>>{held:?}");
                    let acts = if link {
                        format!("echo theirs >{held:?}")
                    } else {
                        "echo theirs >&3".into()
                    };
                    let holder = Holder::start(&theirs, &opens, &acts);
                    let rounds = follow(ground, || trusted(&file));
                    assert_eq!(rounds, 1, "{name}");
                    holder.act();
                    changed += u32::from(fs::read_to_string(&held).unwrap().contains("theirs"));
                    let content = door::read(&file).unwrap();
                    let is_roots = content.trust.is_ok() && content.bytes == TEXT.as_bytes();
                    hits += u32::from(!is_roots || door::judge(&file).is_err());
                }
            }
            assert!(changed >= 5, "the attacker could write what was open: {changed}");
            count(
                "S2 files open before the remedy",
                tried,
                hits,
                &format!("{changed} changed what they had open"),
            );
        },
    );
}

fn trusted(file: &Path) -> Result<(), String> {
    door::judge(file).map_err(|fault| fault.to_string())
}

#[test]
fn the_copy_keeps_the_mode_and_is_never_written_through_a_link() {
    apart(
        module_path!(),
        "the_copy_keeps_the_mode_and_is_never_written_through_a_link",
        |ground| {
            let victim = ground.victim("passwd");
            let (mut tried, mut hits) = (0, 0);
            for (before, after) in [(0o666, 0o644), (0o602, 0o600), (0o646, 0o644), (0o722, 0o700)] {
                tried += 1;
                let file = file_in(ground, tried);
                mode(&file, before);
                crate::ground::their_link(&victim.path, &file.with_file_name("hook; env.ood-k8s-new"));
                follow(ground, || trusted(&file));
                assert_eq!(file.metadata().unwrap().permissions().mode() & 0o7777, after);
                assert_eq!(fs::read_to_string(&file).unwrap(), TEXT);
                hits += u32::from(victim.was_hit());
            }
            count("S2 links in the place of the copy", tried, hits, "");
        },
    );
}

#[test]
fn a_file_of_another_account_below_a_sticky_directory_is_moved_away_and_not_copied() {
    apart(
        module_path!(),
        "a_file_of_another_account_below_a_sticky_directory_is_moved_away_and_not_copied",
        |ground| {
            let sticky = ground.sticky("sticky");
            let (file, folder) = (sticky.join("hook.env"), sticky.join("folder"));
            fs::write(&file, "theirs").unwrap();
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("hook.env"), "theirs").unwrap();
            give(&file);
            give(&folder);
            for path in [file.clone(), folder.join("hook.env")] {
                let said = door::read(&path).map_or_else(|fault| fault, |content| content.trust.unwrap_err());
                assert!(
                    said.to_string()
                        .contains("; create it again as root once it is gone, so run: mv "),
                    "{said}"
                );
                follow(ground, || match door::read(&path) {
                    Err(door::FileFault::Missing { .. }) => Ok(()),
                    Err(fault) => Err(fault.to_string()),
                    Ok(content) => content.trust.map_err(|fault| fault.to_string()),
                });
            }
            assert!(!file.exists() && !folder.exists());
        },
    );
}

#[test]
fn an_account_that_has_a_directory_open_changes_nothing_after_the_remedy() {
    apart(
        module_path!(),
        "an_account_that_has_a_directory_open_changes_nothing_after_the_remedy",
        |ground| {
            let (mut tried, mut hits) = (0, 0);
            for (name, way) in &WAYS[..5] {
                tried += 1;
                let folder = ground.folder(&format!("folder {tried}"));
                let file = folder.join("hook.env");
                way(&folder);
                mode(&folder, folder.metadata().unwrap().permissions().mode() | 0o555);
                fs::write(&file, TEXT).unwrap();
                let holder = Holder::start(
                    &folder,
                    "exec 3<.",
                    "echo theirs >new; mv hook.env gone; rm -f hook.env; echo theirs >/proc/self/fd/3/new; ln -s / link",
                );
                let rounds = follow(ground, || trusted(&file));
                assert_eq!(rounds, 1, "{name}");
                holder.act();
                let names = fs::read_dir(&folder).unwrap().count();
                hits += u32::from(names != 1 || fs::read_to_string(&file).unwrap() != TEXT);
            }
            count("S2 directories open before the remedy", tried, hits, "");
        },
    );
}

#[test]
fn a_lock_that_an_account_holds_in_renewal_dir_is_gone_after_the_remedy() {
    apart(
        module_path!(),
        "a_lock_that_an_account_holds_in_renewal_dir_is_gone_after_the_remedy",
        |ground| {
            let folder = ground.folder("renewal");
            mode(&folder, 0o777);
            let holder = Holder::start(&folder, "exec 3>>ann.held && flock 3", "true");
            follow(ground, || crate::races::keep(&folder));
            assert!(Renewals::open(&folder).is_ok());
            holder.act();
        },
    );
}

#[test]
fn a_file_that_root_replaces_is_judged_again_when_it_is_written() {
    apart(
        module_path!(),
        "a_file_that_root_replaces_is_judged_again_when_it_is_written",
        |ground| {
            let file = file_in(ground, 0);
            mode(&file, 0o666);
            let text = |_: &str| Ok(Some("new".into()));
            let write = || {
                let written = store::update_root::<String>(&file, Duration::from_secs(1), text);
                written.map(drop).map_err(|error| error.to_string())
            };
            let theirs = ground.theirs("theirs");
            let holder = Holder::start(&theirs, &format!("exec 3>>{file:?}"), "echo theirs >&3");
            assert_eq!(follow(ground, write), 1);
            holder.act();
            assert_eq!(fs::read_to_string(&file).unwrap(), "new");
        },
    );
}
