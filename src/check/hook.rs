//! Checks the file that OnDemand calls as root at login: it must be executable, trusted, and run this program.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use crate::config::files;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};

/// The suffix of the name under which the program is the hook.
const NAME: &str = "pre-hook";
const REMEDY: &str =
    "set pun_pre_hook_root_cmd in ood_portal.yml to /usr/libexec/ood-k8s/pre-hook, or to another link to this program whose name ends in pre-hook";

/// Findings about the hook that the portal configuration specifies.
pub(super) fn check(area: &mut Area, named: &str) {
    let path = Path::new(named);
    let fault = |area: &mut Area, what: &str| {
        area.error(
            Code::HookUnusable,
            ExitStatus::Configuration,
            format!("the portal's hook {named:?} {what}"),
            REMEDY,
        );
    };
    // OnDemand does not use a shell: spaces are part of the path.
    if !path.is_absolute() {
        return fault(area, "is not an absolute path");
    }
    let Ok(metadata) = path.metadata() else {
        let why = if named.contains(' ') {
            "does not exist (it must be a single path, without arguments)"
        } else {
            "does not exist, so logins go on without Kubernetes"
        };
        return fault(area, why);
    };
    if !metadata.is_file() || metadata.permissions().mode() & 0o111 == 0 {
        return fault(area, "is not an executable file");
    }
    if let Err(error) = files::check_trust(path) {
        area.fault(error);
    }
    match leads_to(path) {
        Destination::Us if !path.as_os_str().as_encoded_bytes().ends_with(NAME.as_bytes()) => {
            fault(
                area,
                "is this program, but its name does not end in pre-hook, so it does not run as the hook",
            );
        }
        Destination::Us => area.ok(format!("the portal's hook is {named}, this program")),
        Destination::Script => area.ok(format!("the portal's hook is {named}, which calls ood-k8s")),
        Destination::Elsewhere => area.warning(
            Code::HookElsewhere,
            format!("the portal's hook is {named}, which does not call ood-k8s"),
            format!("change it to call ood-k8s pre-hook --user USER, or {REMEDY}"),
        ),
    }
}

enum Destination {
    /// This program, or another copy of it.
    Us,
    /// A script that contains the program's name.
    Script,
    Elsewhere,
}

fn leads_to(path: &Path) -> Destination {
    let id = |path: &Path| path.metadata().ok().map(|file| (file.dev(), file.ino()));
    let is_copy = path
        .canonicalize()
        .is_ok_and(|target| target.file_name().is_some_and(|name| name == "ood-k8s"));
    if is_copy || id(path) == id(Path::new("/proc/self/exe")) {
        return Destination::Us;
    }
    // Refuses a large file, which is not a script.
    let script = files::read(path, "").map(|content| content.bytes).unwrap_or_default();
    let is_script = script.starts_with(b"#!");
    if is_script && String::from_utf8_lossy(&script).contains("ood-k8s") {
        return Destination::Script;
    }
    Destination::Elsewhere
}
