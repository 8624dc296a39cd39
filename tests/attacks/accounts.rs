//! A passwd and group database of the attack's own, and system files that tell whether they were touched.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use crate::canaries::Canaries;
use crate::ground::Ground;

/// Adds lines to the passwd and group databases that this mount namespace sees, and puts canaries in place of
/// `/etc/shadow` and `/root`. `None` where that cannot be done.
pub fn fake(ground: &Ground, passwd: &[u8], group: &[u8]) -> Option<Canaries> {
    let folder = ground.folder("system");
    let files = [
        ("passwd", 0o644, [&fs::read("/etc/passwd").unwrap(), passwd].concat()),
        ("group", 0o644, [&fs::read("/etc/group").unwrap(), group].concat()),
        ("shadow", 0o600, b"root:$6$SHADOW:1::::::\n".to_vec()),
    ];
    for (name, mode, content) in files {
        let path = folder.join(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        if !bind(&path, &Path::new("/etc").join(name)) {
            return None;
        }
    }
    let root = folder.join("root");
    drop(Canaries::plant(&root, 0));
    fs::rename(root.join("closed/.kube"), root.join(".kube")).unwrap();
    bind(&root, Path::new("/root")).then(|| Canaries::watch(&folder))
}

/// In this namespace alone, which ends with its last process.
fn bind(from: &Path, to: &Path) -> bool {
    let mut mount = Command::new("mount");
    // A link would lead the mount to another place than the one that is asked for.
    let is_plain = to.symlink_metadata().is_ok_and(|metadata| !metadata.is_symlink());
    is_plain
        && mount
            .arg("--bind")
            .arg(from)
            .arg(to)
            .status()
            .is_ok_and(|status| status.success())
}

/// Whether the C library's answers come from the files of this namespace, and not from a daemon outside it.
pub fn are_known(name: &str) -> bool {
    nix::unistd::User::from_name(name).is_ok_and(|user| user.is_some())
}
