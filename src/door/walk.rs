//! A path walked once, step by step: what is used afterwards are the descriptors that were judged on the way.

use std::collections::VecDeque;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::OnceLock;

use rustix::fd::OwnedFd;
use rustix::fs::{FileType, Mode, OFlags, CWD};
use rustix::io::Errno;

use super::entered::{self, Known};
use super::fault::FileFault;
use super::judge::Seen;
use super::place::{Directory, Place};

/// As many links as the kernel follows (`path_resolution(7)`).
const MOST_LINKS: usize = 40;
const STEP: OFlags = OFlags::PATH.union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const FOLDER: OFlags = OFlags::PATH.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);
/// With `O_DIRECTORY` an automounted file system is mounted; with `O_PATH` alone its empty mount point would be opened
/// (`follow_automount` in Linux's fs/namei.c).
const STEP_INTO: OFlags = STEP.union(OFlags::DIRECTORY);
/// What is created on the way is root's alone.
const OURS_ALONE: Mode = Mode::RWXU;

/// Who may have had a hand in a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Only root, or whoever runs this: every directory and link on the way.
    OnlyRoot,
    /// Another account may own directories, but no link: a metrics directory is node_exporter's, say.
    LinksOfRoot,
    /// Anybody: for a process that has become the user, and may do no more than that user.
    Anybody,
}

/// What a walk does at the first thing that is not trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnFault {
    /// It ends: root opens nothing behind it, which may be a file system of another account's that never answers.
    Stop,
    /// It goes on, for a caller that asks what is there all the same.
    GoOn,
}

/// How a path is walked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rules {
    pub trust: Trust,
    /// Whether directories that are missing are created.
    pub creates: bool,
    /// Whether it is a place of ours, where we would write or create something: what another account has put in the
    /// way is then moved away, and not made root's.
    pub is_ours: bool,
    /// Whether a link in the last step is followed.
    pub follows_last: bool,
    /// What happens at the first thing that is not trusted.
    pub on_fault: OnFault,
}

/// Where a path leads, and the first thing on the way that is not trusted.
pub(super) struct Walked {
    pub place: Place,
    /// What stood there, if the last step was asked whether it is a link; `None` if nothing did.
    pub kind: Option<FileType>,
    pub fault: Option<FileFault>,
}

/// Walks into a directory: each step is judged, the last one too.
pub(super) fn enter(path: &Path) -> Result<(Directory, Option<FileFault>), FileFault> {
    let rules = Rules {
        trust: Trust::OnlyRoot,
        creates: false,
        is_ours: false,
        follows_last: true,
        on_fault: OnFault::Stop,
    };
    let mut walk = Walk::begin(path, rules)?;
    match walk.all_the_way() {
        Ok(()) => {
            if !walk.is_judged {
                // Sticky helps what is in it, but here it matters that nothing is added.
                let seen = Seen::of(walk.at.fd()).map_err(|error| FileFault::of_system(path, error))?;
                walk.note(seen.check_mode(walk.at.path()))?;
            }
            Ok((walk.at, walk.fault))
        }
        Err(error) => Err(walk.failed(error)),
    }
}

/// Walks a path to the directory of its last step. What cannot be opened is an error; what is not trusted is a fault,
/// for the caller to judge.
pub(super) fn walk(path: &Path, rules: Rules) -> Result<Walked, FileFault> {
    let mut walk = Walk::begin(path, rules)?;
    match walk.last_place() {
        Ok((place, kind)) => Ok(Walked {
            place,
            kind,
            fault: walk.fault,
        }),
        Err(error) => Err(walk.failed(error)),
    }
}

/// The root directory, opened once: whoever can write that has no need of us, so it is not judged.
fn root(path: &Path) -> Result<Directory, FileFault> {
    static ROOT: OnceLock<Directory> = OnceLock::new();
    if let Some(root) = ROOT.get() {
        return Ok(root.clone());
    }
    let fd = rustix::fs::openat(CWD, "/", FOLDER, Mode::empty()).map_err(|error| FileFault::of_system(path, error))?;
    Ok(ROOT.get_or_init(|| Directory::new(fd, "/".into())).clone())
}

/// The steps of a path, without the dots.
fn steps(path: &Path) -> VecDeque<OsString> {
    let steps = path.components().filter(|step| *step != Component::CurDir);
    steps.map(|step| step.as_os_str().to_owned()).collect()
}

struct Walk<'a> {
    file: &'a Path,
    rules: Rules,
    at: Directory,
    /// Whether the mode of `at` was judged as it was entered.
    is_judged: bool,
    pending: VecDeque<OsString>,
    links: usize,
    fault: Option<FileFault>,
}

impl<'a> Walk<'a> {
    fn begin(file: &'a Path, rules: Rules) -> Result<Self, FileFault> {
        let absolute = std::path::absolute(file).map_err(|error| FileFault::of_system(file, error))?;
        Ok(Self {
            file,
            rules,
            at: root(file)?,
            is_judged: false,
            pending: steps(&absolute),
            links: 0,
            fault: None,
        })
    }

    /// What is missing behind a step that is not trusted is whatever its owner wants it to be; otherwise it is the file
    /// that is missing, whichever step of it is.
    fn failed(self, error: FileFault) -> FileFault {
        match (self.fault, error) {
            (Some(fault), _) => fault,
            (None, FileFault::Missing { .. }) => FileFault::Missing {
                path: self.file.to_owned(),
            },
            (None, error) => error,
        }
    }

    fn all_the_way(&mut self) -> Result<(), FileFault> {
        while let Some(step) = self.pending.pop_front() {
            self.take(&step)?;
        }
        Ok(())
    }

    fn take(&mut self, step: &OsStr) -> Result<(), FileFault> {
        self.is_judged = false;
        match step.to_str() {
            Some("/") => self.at = root(self.file)?,
            Some("..") => self.up()?,
            _ => self.down(step)?,
        }
        Ok(())
    }

    fn last_place(&mut self) -> Result<(Place, Option<FileType>), FileFault> {
        while let Some(step) = self.pending.pop_front() {
            let is_name = !matches!(step.to_str(), Some("/" | ".."));
            if !(is_name && self.pending.is_empty()) {
                self.take(&step)?;
                continue;
            }
            let place = self.at.place(&step);
            // What is no link now is opened later without following one, and judged then.
            let kind = self.rules.follows_last.then(|| place.kind().ok()).flatten();
            if kind != Some(FileType::Symlink) || !self.is_followed(&step)? {
                return Ok((place, kind.filter(|kind| *kind != FileType::Symlink)));
            }
        }
        Err(FileFault::unusable(self.file, "it is a directory"))
    }

    fn up(&mut self) -> Result<(), FileFault> {
        let path = self.at.path().parent().unwrap_or(Path::new("/")).to_owned();
        let fd = rustix::fs::openat(self.at.fd(), "..", FOLDER, Mode::empty())
            .map_err(|error| FileFault::of_system(&path, error))?;
        self.at = Directory::new(fd, path);
        Ok(())
    }

    /// Whether the last step, which was a link a moment ago, is one that was followed.
    fn is_followed(&mut self, step: &OsStr) -> Result<bool, FileFault> {
        match self.open(step) {
            Ok(fd) => Ok(self.not_a_link(&fd, step)?.is_none()),
            Err(Errno::NOENT) => Ok(false),
            Err(error) => Err(FileFault::of_system(&self.at.path().join(step), error)),
        }
    }

    fn open(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        rustix::fs::openat(self.at.fd(), step, STEP, Mode::empty())
    }

    /// A directory, or what stands in its place: a link, perhaps.
    fn open_folder(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        match rustix::fs::openat(self.at.fd(), step, STEP_INTO, Mode::empty()) {
            Err(Errno::NOTDIR | Errno::LOOP) => self.open(step),
            other => other,
        }
    }

    /// Into a directory, or along a link.
    fn down(&mut self, step: &OsStr) -> Result<(), FileFault> {
        let path = self.at.path().join(step);
        if let Some(known) = entered::known(&path) {
            (self.at, self.is_judged) = (known.directory, known.is_judged);
            return Ok(());
        }
        let opened = match self.open_folder(step) {
            // Not behind a step that is not trusted: that would create root's directory wherever its owner wants it.
            Err(Errno::NOENT) if self.rules.creates && self.fault.is_none() => {
                self.create(step).map_err(|error| FileFault::not_created(&path, error))
            }
            other => other.map_err(|error| FileFault::of_system(&path, error)),
        };
        let fd = opened?;
        let Some(seen) = self.not_a_link(&fd, step)? else {
            return Ok(());
        };
        if self.rules.trust == Trust::OnlyRoot && !seen.is_sticky_of_root() {
            let place = self.at.place(step);
            self.note(self.check_owner(&seen, &place).and_then(|()| seen.check_mode(&path)))?;
            self.is_judged = true;
        }
        if !seen.is(FileType::Directory) {
            return Err(FileFault::of_system(&path, Errno::NOTDIR));
        }
        self.at = Directory::new(fd, path);
        self.keep();
        Ok(())
    }

    /// Keeps the directory for the next walk, if it was judged and nothing before it is a fault.
    fn keep(&self) {
        if self.rules.trust == Trust::OnlyRoot && self.fault.is_none() {
            let (directory, is_judged) = (self.at.clone(), self.is_judged);
            entered::keep(Known { directory, is_judged });
        }
    }

    /// Another process may be quicker; what is there is judged after it was opened, whoever created it.
    fn create(&self, step: &OsStr) -> rustix::io::Result<OwnedFd> {
        match rustix::fs::mkdirat(self.at.fd(), step, OURS_ALONE) {
            Ok(()) | Err(Errno::EXIST) => self.open_folder(step),
            Err(error) => Err(error),
        }
    }

    /// What was found of a step that is no link; `None` if it was one, which is followed then.
    fn not_a_link(&mut self, fd: &OwnedFd, step: &OsStr) -> Result<Option<Seen>, FileFault> {
        let path = self.at.path().join(step);
        let failed = |error: Errno| FileFault::of_system(&path, error);
        let seen = Seen::on_the_way(fd).map_err(failed)?;
        if !seen.is(FileType::Symlink) {
            return Ok(Some(seen));
        }
        self.links += 1;
        if self.links > MOST_LINKS {
            return Err(FileFault::unusable(self.file, "it has too many links"));
        }
        self.note(self.check_owner(&seen, &self.at.place(step)))?;
        // The link that was judged is the one that is read: an empty path stands for the descriptor (readlinkat(2)).
        let target = rustix::fs::readlinkat(fd, "", Vec::new()).map_err(failed)?;
        let target = PathBuf::from(OsString::from_vec(target.into_bytes()));
        for step in steps(&target).into_iter().rev() {
            self.pending.push_front(step);
        }
        Ok(None)
    }

    fn check_owner(&self, seen: &Seen, place: &Place) -> Result<(), FileFault> {
        if self.rules.is_ours {
            seen.check_is_ours(&place.path())
        } else {
            seen.check_owner(place)
        }
    }

    /// Keeps the first fault, or ends the walk with it.
    fn note(&mut self, judged: Result<(), FileFault>) -> Result<(), FileFault> {
        if let (Err(fault), None) = (judged, &self.fault) {
            let fault = fault.on_the_way_to(self.file);
            if self.rules.on_fault == OnFault::Stop {
                return Err(fault);
            }
            self.fault = Some(fault);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{symlink, PermissionsExt as _};

    use super::*;

    const RULES: Rules = Rules {
        trust: Trust::OnlyRoot,
        creates: false,
        is_ours: false,
        follows_last: true,
        on_fault: OnFault::GoOn,
    };

    /// A directory of whoever runs this, without links on the way.
    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn mode(path: &Path, mode: u32) {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn links_and_dots_lead_where_the_kernel_finds_them() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.join("a/b")).unwrap();
        fs::write(path.join("a/file"), "").unwrap();
        symlink("a/b", path.join("link")).unwrap();
        symlink("link/../file", path.join("relative")).unwrap();
        symlink(path.join("relative"), path.join("absolute")).unwrap();
        for name in ["a/file", "a/./b/../file", "link/../file", "relative", "absolute"] {
            let walked = walk(&path.join(name), RULES).unwrap();
            assert_eq!(walked.place.path(), path.join("a/file"), "{name}");
            assert_eq!(walked.fault, None);
        }
    }

    #[test]
    fn the_last_link_is_followed_only_if_that_is_asked_for() {
        let (_folder, path) = folder();
        symlink("nowhere", path.join("link")).unwrap();
        let follows_last = false;
        let walked = walk(&path.join("link"), Rules { follows_last, ..RULES }).unwrap();
        assert!(walked.place.is_link());
        assert_eq!(
            walk(&path.join("link"), RULES).unwrap().place.path(),
            path.join("nowhere")
        );
    }

    #[test]
    fn a_link_to_itself_and_a_long_chain_of_links_are_refused() {
        let (_folder, path) = folder();
        symlink("round", path.join("round")).unwrap();
        fs::write(path.join("0"), "").unwrap();
        (0..41).for_each(|n| symlink(format!("{n}"), path.join(format!("{}", n + 1))).unwrap());
        for name in ["round", "round/file", "41"] {
            let fault = walk(&path.join(name), RULES).map(drop).unwrap_err().to_string();
            assert!(fault.contains("too many links"), "{name}: {fault}");
        }
        assert!(walk(&path.join("40"), RULES).is_ok());
    }

    #[test]
    fn what_is_missing_is_told_by_the_name_that_was_asked_for() {
        let (_folder, path) = folder();
        let asked = path.join("missing/deeper/file");
        let fault = walk(&asked, RULES).map(drop).unwrap_err();
        assert_eq!(fault, FileFault::Missing { path: asked });
        assert!(
            walk(&path.join("missing"), RULES).is_ok(),
            "only its directory must be there"
        );
    }

    #[test]
    fn a_directory_that_others_can_write_is_a_fault_of_all_that_is_behind_it() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.join("open/inner")).unwrap();
        mode(&path.join("open"), 0o777);
        symlink("open/inner", path.join("link")).unwrap();
        for name in ["open/file", "open/inner/file", "link/file", "open/inner/../../file"] {
            let fault = walk(&path.join(name), RULES).unwrap().fault;
            assert!(
                matches!(&fault, Some(FileFault::Unsafe { path: at, .. }) if *at == path.join("open")),
                "{name}: {fault:?}"
            );
        }
        assert!(matches!(
            walk(&path.join("open/missing/file"), RULES),
            Err(FileFault::Unsafe { .. })
        ));
        for trust in [Trust::LinksOfRoot, Trust::Anybody] {
            assert_eq!(
                walk(&path.join("open/file"), Rules { trust, ..RULES }).unwrap().fault,
                None
            );
        }
    }

    #[test]
    fn a_sticky_directory_is_trusted_on_the_way_if_it_is_roots() {
        let (_folder, path) = folder();
        mode(&path, 0o1777);
        let is_root = rustix::process::geteuid().is_root();
        assert_eq!(walk(&path.join("file"), RULES).unwrap().fault.is_none(), is_root);
        assert!(enter(&path).is_err(), "files can be added to it");
    }

    #[test]
    fn missing_directories_are_created_for_their_owner_alone_and_not_behind_a_fault() {
        let (_folder, path) = folder();
        let creates = true;
        walk(&path.join("a/b/file"), Rules { creates, ..RULES }).unwrap();
        for name in ["a", "a/b"] {
            assert_eq!(path.join(name).metadata().unwrap().permissions().mode() & 0o7777, 0o700);
        }
        fs::create_dir(path.join("open")).unwrap();
        mode(&path.join("open"), 0o777);
        assert!(walk(&path.join("open/a/file"), Rules { creates, ..RULES }).is_err());
        assert!(!path.join("open/a").exists());
    }

    #[test]
    fn nothing_behind_the_first_fault_is_looked_at() {
        let (_folder, path) = folder();
        fs::create_dir_all(path.join("open/inner")).unwrap();
        mode(&path.join("open"), 0o777);
        // Would be found if the walk went on: a file in a directory's place, a link without end, a missing step.
        fs::write(path.join("open/file"), "").unwrap();
        symlink("round", path.join("open/round")).unwrap();
        let rules = Rules {
            on_fault: OnFault::Stop,
            ..RULES
        };
        for name in [
            "open/inner/x",
            "open/file/x",
            "open/round/x",
            "open/missing/x",
            "open/inner/../../x",
        ] {
            let fault = walk(&path.join(name), rules).map(drop).unwrap_err();
            assert!(
                matches!(&fault, FileFault::Unsafe { path: at, .. } if *at == path.join("open")),
                "{name}: {fault:?}"
            );
        }
        assert!(walk(&path.join("x"), rules).is_ok());
    }

    #[test]
    fn a_file_on_the_way_and_a_path_that_ends_in_no_name_are_refused() {
        let (_folder, path) = folder();
        fs::write(path.join("file"), "").unwrap();
        for name in ["file/other", "..", "file/.."] {
            assert!(walk(&path.join(name), RULES).is_err(), "{name}");
        }
        assert!(walk(Path::new("/"), RULES).is_err());
    }

    fn number(walked: &Walked) -> u64 {
        Seen::of(walked.place.directory().fd()).unwrap().stat.st_ino
    }

    #[test]
    fn a_directory_that_was_entered_is_the_same_until_all_are_to_be_entered_anew() {
        let (_folder, path) = folder();
        let (at, aside) = (path.join("at"), path.join("aside"));
        fs::create_dir(&at).unwrap();
        mode(&at, 0o700);
        let number_at = || number(&walk(&at.join("file"), RULES).unwrap());
        let other = number_at();
        entered::enter_each_once();
        let first = number_at();
        assert_eq!(first, other);
        fs::rename(&at, &aside).unwrap();
        fs::create_dir(&at).unwrap();
        mode(&at, 0o700);
        assert_eq!(number_at(), first, "by the descriptor that was judged");
        entered::enter_anew();
        assert_ne!(number_at(), first);
    }

    #[test]
    fn a_directory_that_others_can_change_is_a_fault_each_time_and_so_is_what_is_behind_it() {
        let (_folder, path) = folder();
        let open = path.join("open");
        fs::create_dir_all(open.join("within")).unwrap();
        entered::enter_each_once();
        let is_a_fault = || walk(&open.join("within/file"), RULES).unwrap().fault.is_some();
        mode(&open, 0o777);
        assert!(is_a_fault() && is_a_fault());
        mode(&open, 0o700);
        mode(&open.join("within"), 0o700);
        assert!(!is_a_fault(), "the fault was not kept either");
    }

    #[test]
    fn who_enters_each_time_anew_sees_a_directory_as_it_is() {
        let (_folder, path) = folder();
        fs::create_dir(path.join("at")).unwrap();
        let is_a_fault = || walk(&path.join("at/file"), RULES).unwrap().fault.is_some();
        mode(&path.join("at"), 0o700);
        assert!(!is_a_fault());
        mode(&path.join("at"), 0o777);
        assert!(is_a_fault());
    }
}
