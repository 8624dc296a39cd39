//! What the kernel says about SELinux: whether it enforces, what it would decide, and the labels of files.
//!
//! Everything is a file below `/sys/fs/selinux` (`security/selinux/selinuxfs.c` in Linux), or an extended attribute.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

const SELINUXFS: &str = "/sys/fs/selinux";
const LABEL: &str = "security.selinux";
/// Longer than any label.
const LONGEST_LABEL: usize = 4096;

/// Whether SELinux is used and enforces; `None` where it is not used.
pub fn is_enforcing() -> Option<bool> {
    let text = read("enforce")?;
    Some(text == "1")
}

/// Whether a label is valid, so whether the policy knows its type.
pub fn knows(label: &str) -> bool {
    ask("context", label).is_ok()
}

/// The label of a process that `source` starts from a file labelled `target`; `None` if the policy does not know one of them.
pub fn label_of_process(source: &str, target: &str) -> Option<String> {
    let class = read("class/process/index")?;
    ask("create", &format!("{source} {target} {class}")).ok()
}

/// Whether a boolean is on; `None` if there is none of this name.
pub fn boolean(name: &str) -> Option<bool> {
    let text = read(&format!("booleans/{name}"))?;
    Some(text.starts_with('1'))
}

/// The type in a file's label; `None` without a label.
pub fn type_of(path: &Path) -> Option<String> {
    let mut buffer = vec![0; LONGEST_LABEL];
    let length = rustix::fs::getxattr(path, LABEL, &mut buffer[..]).ok()?;
    type_in(&String::from_utf8_lossy(&buffer[..length]))
}

/// The third of `user:role:type:level`.
pub fn type_in(label: &str) -> Option<String> {
    let label = label.trim_end_matches(['\0', '\n']);
    label.split(':').nth(2).map(str::to_owned)
}

fn read(name: &str) -> Option<String> {
    let text = std::fs::read_to_string(path(name)).ok()?;
    Some(text.trim_end_matches(['\0', '\n']).to_owned())
}

/// Writes a question and reads the answer, through one descriptor: the kernel keeps the answer with it.
fn ask(name: &str, question: &str) -> std::io::Result<String> {
    let mut file = std::fs::OpenOptions::new().read(true).write(true).open(path(name))?;
    file.write_all(question.as_bytes())?;
    let mut answer = String::new();
    file.read_to_string(&mut answer)?;
    Ok(answer.trim_end_matches(['\0', '\n']).to_owned())
}

fn path(name: &str) -> PathBuf {
    Path::new(SELINUXFS).join(name)
}
