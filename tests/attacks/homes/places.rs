//! What can stand where a file or folder of the user's belongs: each shape at each place.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{lchown, PermissionsExt as _};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::{makedev, mknod, Mode, SFlag};
use rustix::fs::IFlags;

use super::kinds::{Kind, May};
use super::scene::{make_file, make_folder, make_link, own, Scene, OTHER, PLAIN};

/// Where, from the home; the home itself; and whether a file belongs there.
const PLACES: [(&str, &str, bool); 5] = [
    ("home", "", false),
    (".kube", ".kube", false),
    ("cache", ".kube/cache", false),
    ("config", ".kube/config", true),
    ("config.lock", ".kube/config.lock", true),
];

struct Spot<'a> {
    scene: &'a Scene,
    path: PathBuf,
    is_file: bool,
}

type Shape = (&'static str, fn(&Spot<'_>) -> bool);

const SHAPES: [Shape; 29] = [
    ("link to root's", |spot| spot.link_into(&spot.scene.roots, "closed")),
    ("link to root's, open", |spot| spot.link_into(&spot.scene.roots, "open")),
    ("link to another's", |spot| spot.link_into(&spot.scene.others, "closed")),
    ("link to another's, open", |spot| {
        spot.link_into(&spot.scene.others, "open")
    }),
    ("link to root's readable file", |spot| {
        spot.link(spot.scene.roots.join("open/readable"))
    }),
    ("link to a folder of everybody's", |spot| {
        spot.link_into(&spot.scene.everybodys, "")
    }),
    ("link to nowhere", |spot| spot.link(spot.scene.base.join("nowhere"))),
    ("link to itself", |spot| spot.link(&spot.path)),
    ("circle of links", |spot| {
        make_link(&spot.scene.base.join("other"), &spot.path);
        spot.link(spot.scene.base.join("other"))
    }),
    ("60 links", |spot| {
        let at = |number: u32| spot.scene.base.join(format!("link-{number}"));
        make_link(&at(0), spot.scene.roots.join("open"));
        (1..60).for_each(|number| make_link(&at(number), at(number - 1)));
        spot.link(at(59))
    }),
    ("link to /proc/self/mem", |spot| spot.link("/proc/self/mem")),
    ("link to /proc/self/fd/0", |spot| spot.link("/proc/self/fd/0")),
    ("link to /proc/1/root", |spot| spot.link("/proc/1/root")),
    ("link to /dev/kmsg", |spot| spot.link("/dev/kmsg")),
    ("link to /dev/full", |spot| spot.link("/dev/full")),
    ("link to /etc/shadow", |spot| spot.link("/etc/shadow")),
    ("link to /root", |spot| spot.link("/root")),
    ("hard link to root's", |spot| {
        fs::hard_link(spot.scene.roots.join("open/config"), &spot.path).is_ok()
    }),
    ("pipe", |spot| {
        nix::unistd::mkfifo(&spot.path, Mode::from_bits_truncate(0o600)).unwrap();
        spot.is_theirs()
    }),
    ("socket", |spot| {
        drop(UnixListener::bind(&spot.path).unwrap());
        spot.is_theirs()
    }),
    // /dev/zero's numbers, which never end; and numbers for local use, which no driver has.
    ("character device", |spot| spot.device(SFlag::S_IFCHR, (1, 5))),
    ("block device", |spot| spot.device(SFlag::S_IFBLK, (240, 77))),
    ("folder of root's", |spot| spot.folder_of(0)),
    ("folder of another's", |spot| spot.folder_of(OTHER)),
    ("file of root's", |spot| spot.file_of(0)),
    ("file of another's", |spot| spot.file_of(OTHER)),
    ("mode 000", |spot| spot.theirs() && spot.mode(0o000)),
    ("mode 444", |spot| spot.theirs() && spot.mode(0o444)),
    ("1 GiB", |spot| {
        make_file(&spot.path, "");
        File::options()
            .write(true)
            .open(&spot.path)
            .unwrap()
            .set_len(1 << 30)
            .is_ok()
    }),
];

/// Where and what hinders nobody: all else must fail.
const HARMLESS: [(&str, &str); 7] = [
    ("home", "link to a folder of everybody's"),
    (".kube", "link to a folder of everybody's"),
    ("cache", "link to a folder of everybody's"),
    ("config", "link to a folder of everybody's"),
    ("config", "mode 444"),
    ("home", "append-only"),
    ("cache", "append-only"),
];

/// By its inode's flags: with these, not even its owner may change it.
const FLAGS: [(&str, IFlags); 2] = [("immutable", IFlags::IMMUTABLE), ("append-only", IFlags::APPEND)];

impl<'a> Spot<'a> {
    fn at(scene: &'a Scene, below: &str, is_file: bool) -> Self {
        if below.is_empty() {
            // Empty so far.
            fs::remove_dir(&scene.home).unwrap();
            let path = scene.home.clone();
            return Self { scene, path, is_file };
        }
        let path = match below.strip_prefix(".kube/") {
            Some(name) => scene.in_kube(name),
            None => scene.home.join(below),
        };
        Self { scene, path, is_file }
    }

    fn link(&self, to: impl AsRef<Path>) -> bool {
        make_link(&self.path, to);
        true
    }

    /// To a folder, or to a file in it.
    fn link_into(&self, tree: &Path, folder: &str) -> bool {
        let folder = tree.join(folder);
        self.link(if self.is_file { folder.join("config") } else { folder })
    }

    fn is_theirs(&self) -> bool {
        own(&self.path);
        true
    }

    fn mode(&self, mode: u32) -> bool {
        fs::set_permissions(&self.path, Permissions::from_mode(mode)).is_ok()
    }

    /// What belongs there.
    fn theirs(&self) -> bool {
        if self.is_file {
            make_file(&self.path, PLAIN);
        } else {
            make_folder(&self.path);
        }
        true
    }

    fn device(&self, kind: SFlag, (major, minor): (u64, u64)) -> bool {
        let made = mknod(&self.path, kind, Mode::from_bits_truncate(0o600), makedev(major, minor));
        made.is_ok() && self.is_theirs()
    }

    fn folder_of(&self, owner: u32) -> bool {
        make_folder(&self.path);
        lchown(&self.path, Some(owner), Some(owner)).is_ok()
    }

    fn file_of(&self, owner: u32) -> bool {
        make_file(&self.path, PLAIN);
        lchown(&self.path, Some(owner), Some(owner)).is_ok()
    }
}

fn may(place: &str, shape: &str) -> May {
    if HARMLESS.contains(&(place, shape)) {
        May::Work
    } else {
        May::Fail
    }
}

pub fn kinds() -> Vec<Kind> {
    let mut kinds = Vec::new();
    for (group, below, is_file) in PLACES {
        for (name, shape) in SHAPES {
            let prepare = move |scene: &mut Scene| shape(&Spot::at(scene, below, is_file));
            kinds.push(Kind::new(group, name, may(group, name), Box::new(prepare)));
        }
        for (name, flags) in FLAGS {
            let prepare = move |scene: &mut Scene| {
                let spot = Spot::at(scene, below, is_file);
                spot.theirs() && rustix::fs::ioctl_setflags(File::open(&spot.path).unwrap(), flags).is_ok()
            };
            kinds.push(Kind::new(group, name, may(group, name), Box::new(prepare)));
        }
    }
    kinds
}
