//! Races between root, which opens a path, and another account, which changes where it leads.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use ood_k8s::config::files;
use ood_k8s::naming::Username;
use ood_k8s::renewal::{Record, Renewals};
use ood_k8s::store;

use crate::attacker::{wait, Attacker, Dice, Timing};
use crate::ground::{apart, count, give, their_link, tries, Ground, Race, Victim};
use crate::support::{Realm, Run, CANARY};

/// What a login does with `RENEWAL_DIR`: whether it could keep a record there.
pub fn keep(folder: &Path) -> Result<(), String> {
    let user = Username::parse("ann").unwrap();
    let record = Record::of_login(&CANARY.into(), std::time::SystemTime::UNIX_EPOCH);
    let renewals = Renewals::open(folder).map_err(|error| error.to_string())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
    let held = runtime.unwrap().block_on(renewals.hold(&user, Duration::from_secs(1)));
    let held = held.map_err(|error| error.to_string())?;
    held.keep(&record).map_err(|error| error.to_string())
}

/// A folder of the attacker's with a link to the victim under the record's name.
pub fn their_folder(path: &Path, user: &str, victim: &Path) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    their_link(victim, &path.join(format!("{user}.json")));
    give(path);
}

/// Whether something of root's has come to stand in a folder of the attacker's.
fn holds_something_of_roots(folder: &Path) -> bool {
    folder.metadata().is_ok_and(|folder| folder.uid() != 0)
        && fs::read_dir(folder)
            .unwrap()
            .any(|entry| entry.unwrap().path().symlink_metadata().unwrap().uid() == 0)
}

#[test]
fn a_folder_moved_to_renewal_dir_just_before_it_is_created_is_never_written_through() {
    apart(
        module_path!(),
        "a_folder_moved_to_renewal_dir_just_before_it_is_created_is_never_written_through",
        |ground| {
            for (steps, name) in [(6, "S1 RENEWAL_DIR, few steps"), (150, "S1 RENEWAL_DIR, 150 steps")] {
                let above = (0..steps).fold(ground.folder(&format!("way-{steps}")), |path, _| path.join("d"));
                fs::create_dir_all(&above).unwrap();
                let above = above.strip_prefix(&ground.path).unwrap().join("sticky");
                race_for_renewal_dir(ground, &ground.sticky(above.to_str().unwrap()), name);
            }
        },
    );
}

fn race_for_renewal_dir(ground: &Ground, sticky: &Path, name: &str) {
    let victim = ground.victim("passwd");
    let theirs = ground.theirs("theirs");
    let (mut attacker, mut timing, mut race) = (Attacker::mover(), Timing::new(), Race::of(tries()));
    let (mut hits, mut refused) = (0, 0);
    while race.goes_on(refused) {
        let tried = race.tried;
        let (mine, folder) = (theirs.join(format!("{tried}")), sticky.join(format!("renewal-{tried}")));
        their_folder(&mine, "ann", &victim.path);
        let (attackers, roots) = timing.next();
        attacker.moves(&mine, &folder, attackers);
        wait(roots);
        let is_refused = keep(&folder).is_err();
        refused += u32::from(is_refused);
        timing.came_first(!is_refused);
        let hit = victim.was_hit() || holds_something_of_roots(&folder) || holds_something_of_roots(&mine);
        hits += u32::from(hit);
        let _ = fs::rename(&mine, theirs.join("used"));
        let _ = fs::remove_file(theirs.join("used/ann.json"));
        let _ = fs::remove_dir(theirs.join("used"));
    }
    let outcomes = [("the attacker came first", refused), ("root", race.tried - refused)];
    race.count(name, hits, &outcomes);
}

#[test]
fn a_login_never_writes_through_a_folder_moved_to_renewal_dir() {
    apart(
        module_path!(),
        "a_login_never_writes_through_a_folder_moved_to_renewal_dir",
        |ground| {
            let (sticky, theirs) = (ground.sticky("sticky"), ground.theirs("theirs"));
            let (victim, realm) = (ground.victim("passwd"), Realm::exchanging("OIDC_AUDIENCE="));
            let (mut attacker, mut dice, mut hits, mut refused) = (Attacker::mover(), Dice::new(), 0, 0);
            for number in 0..12 {
                let (mine, folder) = (
                    theirs.join(format!("{number}")),
                    sticky.join(format!("renewal-{number}")),
                );
                their_folder(&mine, &realm.site.user, &victim.path);
                realm.site.set(&format!("RENEWAL_DIR={}", folder.display()));
                let tokens = realm.log_in();
                attacker.moves(&mine, &folder, Duration::from_micros(dice.within(0..60_000)));
                let run = Run::of(&mut realm.site.command_with(
                    &["set-creds", &realm.site.user],
                    &tokens.access,
                    &tokens.refresh,
                ));
                assert!(run.status == 0 || run.status == 3, "{run:?}");
                refused += u32::from(run.status == 3);
                hits += u32::from(victim.was_hit() || holds_something_of_roots(&folder));
            }
            count(
                "S1 RENEWAL_DIR, whole logins",
                12,
                hits,
                &format!("the attacker came first {refused} times"),
            );
        },
    );
}

#[test]
fn a_link_that_comes_and_goes_never_leads_root_to_another_file() {
    apart(
        module_path!(),
        "a_link_that_comes_and_goes_never_leads_root_to_another_file",
        |ground| {
            let (file, victim) = (
                ground.sticky("sticky").join("kubeconfig"),
                ground.victim("kubelet.yaml"),
            );
            let _attacker = Attacker::with_a_link(&file, &victim.path);
            let (mut race, mut hits, mut refused, mut dice) = (Race::of(tries()), 0, 0, Dice::new());
            while race.goes_on(refused) {
                // So that the link's coming does not follow from root's own removal below.
                wait(Duration::from_micros(dice.within(0..150)));
                let written = store::update_root::<String>(&file, Duration::from_secs(1), |text| {
                    Ok(Some(format!("{text}{CANARY}\n").into()))
                });
                refused += u32::from(written.is_err());
                // Nor may the other file's text come into this one.
                let is_copied = written.is_ok() && fs::read_to_string(&file).is_ok_and(|text| text.contains("root"));
                hits += u32::from(victim.was_hit() || is_copied);
                // Root's own, so that the attacker can have another go; unlink(2) follows nothing.
                let _ = fs::remove_file(&file);
            }
            let outcomes = [("refused", refused), ("written", race.tried - refused)];
            race.count("S4 root's kubeconfig", hits, &outcomes);
        },
    );
}

#[test]
fn a_file_that_is_exchanged_with_a_link_is_never_read_as_roots() {
    apart(
        module_path!(),
        "a_file_that_is_exchanged_with_a_link_is_never_read_as_roots",
        |ground| {
            let (sticky, victim) = (ground.sticky("sticky"), ground.victim("secret"));
            let (file, link) = (sticky.join("hook.env"), sticky.join("link"));
            fs::write(&file, "theirs").unwrap();
            give(&file);
            their_link(&victim.path, &link);
            let _attacker = Attacker::exchanging(&file, &link);
            // A try takes microseconds.
            let mut race = Race::of(20 * tries());
            let (mut read, mut links, mut files) = (0, 0, 0);
            while race.goes_on(files) {
                match files::read_secret(&file, "it is there") {
                    Ok(content) => {
                        read += 1;
                        assert!(content.bytes == Victim::TEXT.as_bytes() || content.bytes == b"theirs");
                    }
                    Err(error) if error.to_string().contains("once it is gone") => links += 1,
                    Err(_) => files += 1,
                }
            }
            let outcomes = [
                ("refused for its owner", links),
                ("exchanged between look and open", files),
            ];
            race.count("S5 a file that is read", read, &outcomes);
        },
    );
}
