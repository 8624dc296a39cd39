//! One of root's files, read whole, and who else can have written or read it.

use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;

use rustix::fs::FileType;

use super::fault::FileFault;
use super::judge::Seen;
use super::place::Place;
use super::readers::Readers;
use super::walk::{walk, OnFault, Rules, Trust};
use crate::shell::quoted;

/// Of any file of ours, in bytes: a kubeconfig with a thousand clusters stays well below.
pub const LARGEST: u64 = 4 << 20;

/// Why a directory, a pipe or a device is not read.
const NOT_REGULAR: &str = "it is not a regular file";

/// A file's content, and who else had to do with it. It may hold secrets, so it has no `Debug`.
pub struct Content {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Whether only root (or whoever runs this) can have written it.
    pub trust: Result<(), FileFault>,
    /// Whether its mode lets everybody read it.
    pub readable_by_others: bool,
    /// Who else can read it: a group, or whoever an ACL names.
    pub other_reader: Option<String>,
    /// Which users can read it.
    pub readers: Readers,
}

/// Reads a file, whoever may have written it: the caller judges by [`Content::trust`].
///
/// The path is walked once. What is judged is the file that is read, and the directories that led to it.
pub fn read(path: &Path) -> Result<Content, FileFault> {
    let rules = Rules {
        on_fault: OnFault::GoOn,
        ..READING
    };
    let walked = walk(path, rules)?;
    let (file, seen) = open_regular(&walked.place, walked.kind, path)?;
    let mut content = content_of(file, &seen, seen.check_writers(&walked.place), path)?;
    // The directories first: whoever can write to one of them chose the file, and its mode says nothing.
    content.trust = walked.fault.map_or(Ok(()), Err).and(content.trust);
    Ok(content)
}

/// Reads a file that only root (or whoever runs this) can have written; of any other nothing is read.
pub fn read_trusted(path: &Path) -> Result<Content, FileFault> {
    let walked = walk(path, READING)?;
    walked.fault.map_or(Ok(()), Err)?;
    let (file, seen) = open_regular(&walked.place, walked.kind, path)?;
    seen.check_writers(&walked.place)?;
    content_of(file, &seen, Ok(()), path)
}

/// Reads the last so many bytes of a file, from the beginning of a line on, whoever may have written it.
pub fn read_end(path: &Path, most: u64) -> Result<Vec<u8>, FileFault> {
    let rules = Rules {
        on_fault: OnFault::GoOn,
        ..READING
    };
    let walked = walk(path, rules)?;
    let (mut file, seen) = open_regular(&walked.place, walked.kind, path)?;
    let failed = |error: std::io::Error| FileFault::of_system(path, error);
    let length = u64::try_from(seen.stat.st_size).unwrap_or(0);
    let from = length.saturating_sub(most);
    file.seek(SeekFrom::Start(from)).map_err(failed)?;
    let mut bytes = Vec::new();
    file.take(most).read_to_end(&mut bytes).map_err(failed)?;
    if from > 0 {
        let first = bytes
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(bytes.len(), |end| end + 1);
        bytes.drain(..first);
    }
    Ok(bytes)
}

/// Judges a file like [`read`], without reading it.
pub fn judge(path: &Path) -> Result<(), FileFault> {
    let walked = walk(path, READING)?;
    let (_, seen) = open_regular(&walked.place, walked.kind, path)?;
    walked.fault.map_or(Ok(()), Err)?;
    seen.check_writers(&walked.place)
}

/// Judges the way to a file that is to be created: no other account may be able to put another one there.
pub fn judge_new(path: &Path) -> Result<(), FileFault> {
    match walk(path, READING) {
        Ok(walked) => walked.fault.map_or(Ok(()), Err),
        // Directories that are missing are created with the file.
        Err(FileFault::Missing { .. }) => Ok(()),
        Err(fault) => Err(fault),
    }
}

/// That a file with a secret in it can be read by another account.
pub fn readable_secret(path: &Path, reader: &str) -> FileFault {
    FileFault::Unsafe {
        path: path.to_owned(),
        reason: format!("it holds a secret and {reader} can read it"),
        remedy: format!("run: chmod 0600 {}", quoted(path)),
    }
}

const READING: Rules = Rules {
    trust: Trust::OnlyRoot,
    creates: false,
    is_ours: false,
    follows_last: true,
    on_fault: OnFault::Stop,
};

/// Opens a regular file. Nothing else is even opened: with some devices that alone does something (a watchdog, a tape),
/// and another account's link may lead to one.
///
/// `kind` is what stood there when the way was walked, if that was asked.
fn open_regular(place: &Place, kind: Option<FileType>, path: &Path) -> Result<(File, Seen), FileFault> {
    let failed = |error: std::io::Error| FileFault::of_system(path, error);
    let unusable = || FileFault::unusable(path, NOT_REGULAR);
    let kind = match kind {
        Some(kind) => kind,
        None => place.kind().map_err(failed)?,
    };
    if kind != FileType::RegularFile {
        return Err(unusable());
    }
    let file = place.open().map_err(failed)?;
    let seen = Seen::of(&file).map_err(|error| failed(error.into()))?;
    // What stands there may have changed in between.
    if !seen.is(FileType::RegularFile) {
        return Err(unusable());
    }
    Ok((file, seen))
}

/// Reads a file in a directory that is open. `path` is its name in messages.
pub fn read_place(place: &Place, path: &Path) -> Result<Content, FileFault> {
    read_kind(place, None, path)
}

/// The same for a name that may be a link, which is walked from the root like any path.
pub fn read_place_or_link(place: &Place, path: &Path) -> Result<Content, FileFault> {
    match place.kind().ok() {
        Some(FileType::Symlink) => read(path),
        kind => read_kind(place, kind, path),
    }
}

fn read_kind(place: &Place, kind: Option<FileType>, path: &Path) -> Result<Content, FileFault> {
    let (file, seen) = open_regular(place, kind, path)?;
    content_of(file, &seen, seen.check_writers(place), path)
}

fn content_of(mut file: File, seen: &Seen, trust: Result<(), FileFault>, path: &Path) -> Result<Content, FileFault> {
    let size = u64::try_from(seen.stat.st_size).unwrap_or_default();
    let bytes = whole(&mut file, size).map_err(|error| FileFault::of_system(path, error))?;
    if bytes.len() as u64 > LARGEST {
        return Err(FileFault::unusable(path, format!("it is larger than {LARGEST} bytes")));
    }
    Ok(Content {
        bytes,
        trust,
        readable_by_others: seen.is_readable_by_others(),
        other_reader: seen.other_reader(),
        readers: Readers::of(&file, seen),
    })
}

/// Reads a file of this size to its end, and at most one byte more than is allowed, in one buffer, so that no copy of a
/// secret is left behind as it grows.
///
/// One that is as long as was seen, with room for more, is at its end: that needs no second read.
pub fn whole(file: &mut File, size: u64) -> std::io::Result<Vec<u8>> {
    let expected = usize::try_from(size.min(LARGEST)).unwrap_or_default();
    let mut bytes = vec![0; expected + 1];
    let mut length = 0;
    loop {
        match file.read(&mut bytes[length..]) {
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
            Ok(0) => break,
            Ok(read) => length += read,
        }
        if length as u64 == size {
            break;
        }
        if length == bytes.len() {
            // It has grown, or is too large.
            file.take(LARGEST - size.min(LARGEST)).read_to_end(&mut bytes)?;
            return Ok(bytes);
        }
    }
    bytes.truncate(length);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn words(read: Result<Content, FileFault>) -> String {
        read.map(drop).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_judged_by_its_own_mode() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "text").unwrap();
        for (mode, trusted, command) in [
            (0o600, true, ""),
            (0o644, true, ""),
            (0o602, false, "run: install -m 0600 -T "),
        ] {
            fs::set_permissions(&file, Permissions::from_mode(mode)).unwrap();
            let content = read(&file).unwrap();
            assert_eq!(
                (content.trust.is_ok(), content.readable_by_others),
                (trusted, mode == 0o644)
            );
            assert_eq!(content.bytes, b"text");
            assert_eq!(judge(&file), content.trust);
            let said = content.trust.err().map(|fault| fault.to_string()).unwrap_or_default();
            assert!(said.contains(command), "{said}");
        }
    }

    #[test]
    fn only_regular_files_of_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        nix::unistd::mkfifo(&path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
        fs::create_dir(path("folder")).unwrap();
        for name in ["pipe", "folder"] {
            assert!(words(read(&path(name))).contains("not a regular file"), "{name}");
            assert!(judge(&path(name)).is_err());
        }
        for (length, is_read) in [(LARGEST, true), (LARGEST + 1, false)] {
            File::create(path("large")).unwrap().set_len(length).unwrap();
            assert_eq!(read(&path("large")).is_ok(), is_read, "{length}");
        }
        assert!(words(read(&path("missing"))).contains("no such file"));
    }

    #[test]
    fn a_way_to_a_new_file_is_judged_as_far_as_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let open = folder.path().join("open");
        assert_eq!(judge_new(&open.join("new/file")), Ok(()));
        fs::create_dir(&open).unwrap();
        fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
        assert!(judge_new(&open.join("new/file")).is_err());
        assert!(judge_new(&open.join("file")).is_err());
    }

    #[test]
    fn a_file_that_has_grown_or_shrunk_since_it_was_seen_is_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        for text in ["", "x", "sixteen letters!"] {
            fs::write(&path, text).unwrap();
            for seen in [0, 1, 15, 16, 17, 4096] {
                let read = whole(&mut File::open(&path).unwrap(), seen).unwrap();
                assert_eq!(String::from_utf8(read).unwrap(), text, "seen with {seen}");
            }
        }
        // One byte more than is allowed says that it is too large.
        let text = vec![b'x'; usize::try_from(LARGEST).unwrap() + 9];
        fs::write(&path, text).unwrap();
        for seen in [0, LARGEST, LARGEST + 9, u64::MAX] {
            let read = whole(&mut File::open(&path).unwrap(), seen).unwrap();
            assert!(read.len() as u64 == LARGEST + 1, "{} with {seen}", read.len());
        }
    }
}
