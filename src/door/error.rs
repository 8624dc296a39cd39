//! What can go wrong while a file or directory is used, in words that say what to do; never with a value from it.

use std::io;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use crate::foreign::is_harmless_letter;

/// The longest path in a message, in characters.
const LONGEST_PATH: usize = 200;

/// What a link, a directory in the place of a file, or a name can cause.
const OF_THE_OWNER: [Errno; 4] = [Errno::LOOP, Errno::NAMETOOLONG, Errno::ISDIR, Errno::NOTDIR];

/// A path for messages: if it results from the user's links, the user chose its name, and root reads it.
pub(crate) fn shown(path: &Path) -> String {
    let text: String = path.to_string_lossy().chars().take(LONGEST_PATH).collect();
    if text.chars().all(|c| is_harmless_letter(c) || "/._-+@=".contains(c)) {
        return text;
    }
    // Nothing may end the quotes, look like the semicolon that precedes our remedies, or be run by a shell that it is
    // pasted into.
    let escaped = text.chars().map(|c| match c {
        '"' | '\\' | ';' | '`' | '$' => c.escape_unicode().to_string(),
        ' '..='~' => c.to_string(),
        _ if is_harmless_letter(c) => c.to_string(),
        _ => c.escape_unicode().to_string(),
    });
    format!("\"{}\"", escaped.collect::<String>())
}

/// Why a file or directory could not be used. [`std::fmt::Display`] includes the cause, so there is no `source`.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The user may not do this.
    #[error("cannot {doing} {}: permission denied; check {}", shown(.path), what_denies(*.is_labelled))]
    Denied {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Whether SELinux may have denied it.
        is_labelled: bool,
    },
    /// The file system is mounted read-only.
    #[error("cannot {doing} {}: the file system is read-only; mount it writable", shown(.path))]
    ReadOnly {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The file system is full.
    #[error("cannot {doing} {}: no space left; free some space (the old file is intact)", shown(.path))]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// The user's quota is used up.
    #[error("cannot {doing} {}: the disk quota is used up; remove some files (the old file is intact)", shown(.path))]
    Quota {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// A directory on the path is missing, or a link is dangling.
    #[error("cannot {doing} {}: its directory does not exist; create it", shown(.path))]
    NoFolder {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
    },
    /// Anything else, in the system's own words.
    #[error("cannot {doing} {}: {cause}", shown(.path))]
    Other {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// What the system reported.
        cause: io::Error,
    },
}

impl FileError {
    /// What the system said while something was being done to a path.
    pub fn new(doing: &'static str, path: &Path, cause: io::Error) -> Self {
        let path = path.to_path_buf();
        match cause.kind() {
            io::ErrorKind::PermissionDenied => Self::Denied {
                doing,
                path,
                is_labelled: selinux_enforces(),
            },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { doing, path },
            io::ErrorKind::StorageFull => Self::Full { doing, path },
            io::ErrorKind::QuotaExceeded => Self::Quota { doing, path },
            io::ErrorKind::NotFound => Self::NoFolder { doing, path },
            _ => Self::Other { doing, path, cause },
        }
    }

    /// Whether the owner of the file can have caused it, and can mend it. A file system that is full, read-only or gone is
    /// everybody's.
    pub fn is_of_the_owner(&self) -> bool {
        match self {
            Self::Denied { .. } | Self::Quota { .. } | Self::NoFolder { .. } => true,
            Self::ReadOnly { .. } | Self::Full { .. } => false,
            Self::Other { cause, .. } => cause
                .raw_os_error()
                .map(Errno::from_raw_os_error)
                .is_some_and(|errno| OF_THE_OWNER.contains(&errno)),
        }
    }

    /// For `map_err`: adds what was being done, and to what.
    pub fn during(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |cause| Self::new(doing, &path, cause)
    }
}

/// Whether SELinux enforces: then owner and mode may be right, and the label wrong. The audit log is often silent about
/// it, so it has to be told here.
pub(super) fn selinux_enforces() -> bool {
    enforces(std::fs::read("/sys/fs/selinux/enforce"))
}

/// Every account may read the file, by its mode: who is denied it is denied by SELinux, as in OnDemand's domain.
fn enforces(state: io::Result<Vec<u8>>) -> bool {
    match state {
        Ok(state) => state.starts_with(b"1"),
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

fn what_denies(is_labelled: bool) -> &'static str {
    if is_labelled {
        "its owner, mode and SELinux label (ls -lZ), and those of its directory; labels are corrected by restorecon -R"
    } else {
        "its owner and mode, and those of its directory"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_home_holds_is_its_owners_and_what_holds_the_home_is_not() {
        let is_of_the_owner =
            |errno: Errno| FileError::new("read", Path::new("/home/ann/.kube/config"), errno.into()).is_of_the_owner();
        for errno in [
            Errno::ACCESS,
            Errno::DQUOT,
            Errno::NOENT,
            Errno::LOOP,
            Errno::ISDIR,
            Errno::NOTDIR,
            Errno::NAMETOOLONG,
        ] {
            assert!(is_of_the_owner(errno), "{errno}");
        }
        for errno in [
            Errno::IO,
            Errno::STALE,
            Errno::NOSPC,
            Errno::ROFS,
            Errno::TIMEDOUT,
            Errno::MFILE,
            Errno::NOMEM,
        ] {
            assert!(!is_of_the_owner(errno), "{errno}");
        }
    }

    #[test]
    fn a_denial_names_the_label_only_where_selinux_enforces() {
        let denied = |is_labelled| {
            let path = PathBuf::from("/home/ann/.kube");
            FileError::Denied {
                doing: "write into",
                path,
                is_labelled,
            }
            .to_string()
        };
        assert!(denied(true).ends_with("(ls -lZ), and those of its directory; labels are corrected by restorecon -R"));
        assert!(denied(false).ends_with("permission denied; check its owner and mode, and those of its directory"));
    }

    #[test]
    fn selinux_enforces_where_the_kernel_says_so_and_where_it_may_not_be_asked() {
        let failed = |errno: Errno| enforces(Err(errno.into()));
        assert!(enforces(Ok(b"1".to_vec())) && failed(Errno::ACCESS));
        // Permissive; without SELinux; in a container without its file system.
        assert!(!enforces(Ok(b"0".to_vec())) && !failed(Errno::NOENT) && !failed(Errno::NOTDIR));
    }

    #[test]
    fn a_path_with_an_ordinary_name_is_printed_as_it_is() {
        for path in ["/etc/ood/hook.env", "/home/müller/.kube", "/home/小林/a@b+c=d-e"] {
            assert_eq!(shown(Path::new(path)), path);
        }
    }

    #[test]
    fn a_path_cannot_add_a_remedy_or_a_command_to_a_message() {
        for (path, expected) in [
            ("/h/my file", "\"/h/my file\""),
            ("/h/a; run: evil", "\"/h/a\\u{3b} run: evil\""),
            ("/h/a\u{ff1b}b", "\"/h/a\\u{ff1b}b\""),
            ("/h/a\"b\\c", "\"/h/a\\u{22}b\\u{5c}c\""),
            ("/h/$(id)`id`", "\"/h/\\u{24}(id)\\u{60}id\\u{60}\""),
            ("/h/a\nb", "\"/h/a\\u{a}b\""),
            ("/h/a\u{202e}b", "\"/h/a\\u{202e}b\""),
            ("/h/a\u{3164}b", "\"/h/a\\u{3164}b\""),
        ] {
            assert_eq!(shown(Path::new(path)), expected);
        }
    }
}
