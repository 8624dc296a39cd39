//! Whether a command line is OnDemand's call of the hook, which is known before it is parsed.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Whether these are the arguments of a login. A word that is somebody's name may look so too.
pub fn is_hook(mut args: impl Iterator<Item = OsString>) -> bool {
    args.next().is_some_and(|name| is_its_name(&name)) || args.any(|arg| arg == "pre-hook")
}

/// Whether the program is called as the hook.
pub(super) fn is_its_name(name: &OsStr) -> bool {
    let name = Path::new(name).file_name().unwrap_or_default();
    name.as_encoded_bytes().ends_with(b"pre-hook")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_known_by_the_programs_name_or_by_a_word() {
        for (line, is_one) in [
            ("/opt/site/pre-hook --user ann", true),
            ("/usr/bin/ood-k8s pre-hook --user ann", true),
            ("ood-k8s --quiet pre-hook", true),
            ("/opt/pre-hook/ood-k8s set-creds ann", false),
            ("ood-k8s", false),
        ] {
            let words = line.split(' ').map(OsString::from);
            assert_eq!(is_hook(words), is_one, "{line}");
        }
    }
}
