//! Where root keeps what this program knows from earlier logins: below `/var/lib/ood-k8s`, apart for each hook.env.

use std::path::Path;

/// A file name for the path of hook.env; long ones differ at the end.
pub(super) fn name_of(hook_env: &Path) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let plain = |c: char| if is_plain(c) { c } else { '_' };
    let name: String = hook_env.to_string_lossy().chars().map(plain).collect();
    name.chars().skip(name.len().saturating_sub(200)).collect()
}
