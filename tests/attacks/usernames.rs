//! Odd names and odd accounts: none of them is taken for a person, and nothing of root's is touched for one.

mod entries;

use std::ffi::OsStr;
use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{chown, PermissionsExt as _};
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::Duration;

use crate::accounts::{are_known, fake};
use crate::canaries::{shows_each, Canaries, Said};
use crate::ground::{apart, count, Ground};
use crate::support::{access_token, skip, Site, CANARY};

use entries::{arguments, Entry, Taken, ENTRIES, PERSON, UNKNOWN};

/// Nothing of a refused login waits for anybody.
const LONGEST: Duration = Duration::from_secs(10);
const AT_ONCE: usize = 4;
const LEAST_NAMES: usize = 89;

/// A name to log in with, and the home that its entry has.
struct Name {
    argument: Vec<u8>,
    about: String,
    taken: Taken,
    home: PathBuf,
}

#[test]
fn no_odd_name_is_taken_for_a_person() {
    apart(module_path!(), "no_odd_name_is_taken_for_a_person", |ground| {
        let (names, passwd) = names(ground);
        let Some(system) = fake(ground, &passwd, b"people:x:41001:\nodd:x:4294967295:in-no-group\n") else {
            return skip("this root cannot bind");
        };
        if !are_known("somebody") {
            return skip("the C library asks a daemon, and not this passwd database");
        }
        let site = site();
        let (accepted, refused): (Vec<_>, Vec<_>) = names.into_iter().partition(|name| name.taken == Taken::Person);
        let homes = Canaries::watch(&ground.path.join("people"));
        let mut faults = try_all(&site, &refused);
        if !site.cluster.requests().is_empty() {
            faults.push("a cluster was asked for a name that is refused".into());
        }
        faults.extend(homes.faults());
        let of_accepted = try_all(&site, &accepted);
        faults.extend(of_accepted);
        faults.extend(system.faults());
        faults.iter().for_each(|fault| eprintln!("{fault}"));
        let hits = u32::try_from(faults.len()).unwrap();
        assert!(refused.len() >= LEAST_NAMES, "{}", refused.len());
        let tried = u32::try_from(refused.len()).unwrap();
        let taken: Vec<_> = accepted.iter().map(|name| name.about.as_str()).collect();
        count(
            "names",
            tried,
            hits,
            &format!("all refused; people: {}", taken.join(", ")),
        );
    });
}

/// All names, and the passwd database in which each of them that can have an entry has one.
fn names(ground: &Ground) -> (Vec<Name>, Vec<u8>) {
    let mut passwd = format!("somebody:x:{PERSON}:{PERSON}::/nonexistent:/bin/sh\n").into_bytes();
    let mut names = Vec::new();
    let people = ground.folder("people");
    for (number, argument) in arguments().into_iter().enumerate() {
        let home = people.join(format!("argument-{number}"));
        fs::create_dir(&home).unwrap();
        chown(&home, Some(PERSON), Some(PERSON)).unwrap();
        if can_have_an_entry(&argument) {
            let entry = format!(":x:{PERSON}:{PERSON}::{}:/bin/sh\n", home.display());
            passwd.extend([&argument, entry.as_bytes()].concat());
        }
        let about = format!(
            "argument {:?}",
            String::from_utf8_lossy(&argument[..argument.len().min(40)])
        );
        let taken = Taken::Nobody;
        names.push(Name {
            argument,
            about,
            taken,
            home,
        });
    }
    for (number, Entry(about, name, lines, taken)) in ENTRIES.into_iter().enumerate() {
        let home = people.join(format!("entry-{number}"));
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, Permissions::from_mode(0o777)).unwrap();
        let lines = lines.replace("NAME", name).replace("HOME", home.to_str().unwrap());
        passwd.extend(lines.as_bytes());
        let (argument, about) = (name.into(), about.into());
        names.push(Name {
            argument,
            about,
            taken,
            home,
        });
    }
    (names, passwd)
}

/// Not one that is to be unknown.
fn can_have_an_entry(argument: &[u8]) -> bool {
    let is_unknown = std::str::from_utf8(argument).is_ok_and(|name| UNKNOWN.contains(&name));
    !is_unknown && !argument.is_empty() && argument.len() < 1000 && !argument.iter().any(|byte| b":\n".contains(byte))
}

/// A site whose kubeconfigs are in the homes of the passwd database.
fn site() -> Site {
    let site = Site::new();
    site.set("MIN_UID=1000\nHOOK_TIMEOUT=8s");
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let config = site.path("home/config").display().to_string();
    site.write("clusters.d/prod.yml", &file.replace(&config, "~/.kube/config"));
    site
}

fn try_all(site: &Site, names: &[Name]) -> Vec<String> {
    let (next, faults, token) = (AtomicUsize::new(0), Mutex::new(Vec::new()), access_token());
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| loop {
                let Some(name) = names.get(next.fetch_add(1, Ordering::Relaxed)) else {
                    return;
                };
                faults.lock().unwrap().extend(try_one(site, name, &token));
            });
        }
    });
    faults.into_inner().unwrap()
}

fn try_one(site: &Site, name: &Name, token: &str) -> Vec<String> {
    let mut command = site.command_with(&["pre-hook"], token, &format!("{CANARY}-refresh"));
    command.arg("--user").arg(OsStr::from_bytes(&name.argument));
    let said = Said::of(&mut command);
    if shows_each() {
        println!("| {} | {} | {} |", name.about, said.status, said.stderr.trim());
    }
    let mut faults = said.faults(LONGEST);
    let is_expected = match name.taken {
        Taken::Nobody => matches!(said.status, 2 | 4) && said.stderr.lines().count() == 1 && said.stdout.is_empty(),
        Taken::Person => said.status == 0 && name.home.join(".kube/config").exists(),
    };
    if !is_expected {
        faults.push("an unexpected end".into());
    }
    let shown = |fault: String| format!("{}: {fault} (status {}): {}", name.about, said.status, said.stderr);
    faults.into_iter().map(shown).collect()
}
