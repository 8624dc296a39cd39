//! POSIX ACLs: what lets another account write must be seen where the mode shows root's own group.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use rustix::fs::{getxattr_query, removexattr, setxattr, XattrFlags};

use crate::attacker::ATTACKER;
use crate::ground::{apart, count, Ground};
use crate::remedies::run_remedy;
use crate::support::skip;
use crate::writers::{Target, Trial};

const ACL: &str = "system.posix_acl_access";

/// What `setfacl -m u:1:rwX` leaves: version 2, then tag, permissions and id of each entry (Linux's
/// `posix_acl_xattr.h`).
pub fn set_acl(path: &Path) -> bool {
    let (execute, nobody) = (u16::from(path.is_dir()), u32::MAX);
    let entries = [
        (0x01, 6 | execute, nobody),
        (0x02, 6 | execute, ATTACKER),
        (0x04, 4 | execute, nobody),
        (0x10, 6 | execute, nobody),
        (0x20, execute, nobody),
    ];
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for (tag, permissions, id) in entries {
        let tag: u16 = tag;
        bytes.extend([tag.to_le_bytes(), permissions.to_le_bytes()].concat());
        bytes.extend(id.to_le_bytes());
    }
    match setxattr(path, ACL, &bytes, XattrFlags::empty()) {
        Ok(()) => true,
        Err(rustix::io::Errno::OPNOTSUPP) => false,
        Err(error) => panic!("{}: {error}", path.display()),
    }
}

/// Does what the remedy says; of a directory with `setfacl` where that is installed, else as it does.
fn do_the_remedy(ground: &Ground, said: &str, path: &Path) {
    if !path.is_dir() {
        // A file is copied instead: whoever has it open would write on.
        assert!(said.contains("run: install -m 06"), "{said}");
        return run_remedy(ground, said);
    }
    let remedy = format!("run: setfacl -b {}", path.display());
    assert!(said.contains(&remedy), "no {remedy:?} in {said}");
    if Command::new("setfacl")
        .arg("-b")
        .arg(path)
        .status()
        .is_ok_and(|status| status.success())
    {
        return;
    }
    // `-b` leaves the group what its own entry says, and not the mask (setfacl(1)).
    removexattr(path, ACL).unwrap();
    let mode = path.metadata().unwrap().permissions().mode() & !0o020;
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

#[test]
fn an_acl_that_lets_another_account_write_is_refused_until_its_remedy_was_run() {
    apart(
        module_path!(),
        "an_acl_that_lets_another_account_write_is_refused_until_its_remedy_was_run",
        |ground| {
            let trial = Trial::new();
            let probe = ground.path.join("probe");
            fs::write(&probe, "").unwrap();
            if !set_acl(&probe) {
                return skip("this kernel's tmpfs has no ACLs");
            }
            let (mut ways, mut taken) = (0, 0);
            for target in Target::ALL {
                for step in 0..3 {
                    let path = trial.put(target);
                    let step = path.ancestors().nth(step).unwrap();
                    assert_eq!(trial.run(target, &path).status, 0, "{target:?} before");
                    assert!(set_acl(step));
                    assert!(getxattr_query(step, ACL).unwrap() > 0);
                    let run = trial.run(target, &path);
                    ways += 1;
                    if run.status != 3 {
                        taken += 1;
                        eprintln!("{target:?} {}: {run:?}", step.display());
                        continue;
                    }
                    do_the_remedy(ground, &run.stderr, step);
                    let run = trial.run(target, &path);
                    assert_eq!(run.status, 0, "{target:?} {}: {run:?}", step.display());
                }
            }
            count("S6 ACLs", ways, taken, "each refused, and taken after its remedy");
        },
    );
}
