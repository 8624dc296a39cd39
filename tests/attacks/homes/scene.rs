//! Where one kind of hostile home is made: the home, and around it what is root's and another user's.

use std::fs::{self, Permissions};
use std::os::unix::fs::{lchown, symlink, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::canaries::Canaries;
use crate::ground::Ground;

/// Whose home it is.
pub const USER: u32 = 40_001;
/// Another person.
pub const OTHER: u32 = 40_002;
/// A kubeconfig that a user may well have.
pub const PLAIN: &str = "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n";

/// One home of the user's, empty and 0700 until it is made hostile.
pub struct Scene {
    /// Root's, 0755, with all below.
    pub base: PathBuf,
    pub home: PathBuf,
    pub roots: PathBuf,
    pub others: PathBuf,
    /// Like `/tmp`: what is written there must be the user's.
    pub everybodys: PathBuf,
    watched: Vec<Canaries>,
    /// The kubeconfig, where it must be as it was after a failure.
    whole: Option<(PathBuf, Vec<u8>)>,
    /// What serves the home, and ends with it.
    server: Option<Child>,
}

impl Scene {
    pub fn base(ground: &Ground, number: usize) -> PathBuf {
        ground.path.join(format!("homes/{number}"))
    }

    pub fn set(ground: &Ground, number: usize) -> Self {
        ground.folder("homes");
        let base = Self::base(ground, number);
        fs::create_dir(&base).unwrap();
        fs::set_permissions(&base, Permissions::from_mode(0o755)).unwrap();
        let [home, roots, others, everybodys] = ["home", "roots", "others", "everybodys"].map(|name| base.join(name));
        fs::create_dir(&everybodys).unwrap();
        fs::set_permissions(&everybodys, Permissions::from_mode(0o1777)).unwrap();
        drop((Canaries::plant(&roots, 0), Canaries::plant(&others, OTHER)));
        let scene = Self {
            base,
            home,
            roots,
            others,
            everybodys,
            watched: Vec::new(),
            whole: None,
            server: None,
        };
        make_folder(&scene.home);
        scene
    }

    /// A place in `.kube`, which is made.
    pub fn in_kube(&self, name: &str) -> PathBuf {
        let kube = self.home.join(".kube");
        if !kube.exists() {
            make_folder(&kube);
        }
        kube.join(name)
    }

    /// Makes the kubeconfig, which a failure must leave as it is.
    pub fn kubeconfig(&mut self, content: impl Into<Vec<u8>>) {
        let (path, content) = (self.in_kube("config"), content.into());
        make_file(&path, &content);
        self.whole = Some((path, content));
    }

    /// Mounts a file system at the home.
    pub fn mount(&self, options: &str) -> bool {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", options, "hostile"]).arg(&self.home);
        mount.status().is_ok_and(|status| status.success())
    }

    /// Mounts a file system that nobody answers for at the home.
    pub fn mount_silent(&mut self) -> bool {
        let options = format!("fd=3,rootmode=40000,user_id={USER},group_id={USER}");
        // `read` waits for the end of its input; /dev/fuse stays open so long, and nothing is read from it.
        let script = "exec 3<>/dev/fuse && mount -i -t fuse -o \"$1\" silent \"$0\" && echo mounted && read -r _";
        let server = Command::new("sh")
            .args(["-c", script])
            .arg(&self.home)
            .arg(options)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn();
        let mut server = server.unwrap();
        let mut line = String::new();
        let mut said = std::io::BufReader::new(server.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut said, &mut line).unwrap();
        self.server = Some(server);
        line == "mounted\n"
    }

    /// From now on, what is root's and another's must stay as it is.
    pub fn watch(&mut self) {
        self.watched = [&self.roots, &self.others].map(|tree| Canaries::watch(tree)).into();
    }

    pub fn faults(&self, status: i32) -> Vec<String> {
        let mut faults: Vec<_> = self.watched.iter().flat_map(Canaries::faults).collect();
        for entry in fs::read_dir(&self.everybodys).unwrap() {
            if entry.unwrap().metadata().unwrap().uid() != USER {
                faults.push("a file of everybody's folder is not the user's".into());
            }
        }
        if let Some((path, content)) = self.whole.as_ref().filter(|_| status != 0) {
            // One that was late may have written it since, and then whole.
            let is_whole = |now: Vec<u8>| now == *content || status == 7 && now.ends_with(b"\n");
            if !fs::read(path).is_ok_and(is_whole) {
                faults.push("the kubeconfig is not as it was".into());
            }
        }
        faults
    }
}

impl Drop for Scene {
    fn drop(&mut self) {
        if let Some(mut server) = self.server.take() {
            drop(server.stdin.take());
            let _ = server.wait();
        }
    }
}

/// Makes a folder of the user's, 0700.
pub fn make_folder(path: &Path) {
    fs::create_dir(path).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o700)).unwrap();
    own(path);
}

/// Makes a file of the user's, 0600.
pub fn make_file(path: &Path, content: impl AsRef<[u8]>) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o600)).unwrap();
    own(path);
}

/// Makes a link of the user's.
pub fn make_link(at: &Path, to: impl AsRef<Path>) {
    symlink(to, at).unwrap();
    own(at);
}

/// Gives it to the user; a link itself.
pub fn own(path: &Path) {
    lchown(path, Some(USER), Some(USER)).unwrap();
}
