//! Ways to let others write or replace a file of root's: all that matter are refused, and the harmless ones are taken.

use std::cell::Cell;
use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, symlink, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::stat::{makedev, mknod, Mode, SFlag};

use crate::attacker::ATTACKER;
use crate::ground::{apart, count, give, their_link};
use crate::support::{Run, Site};

/// A file that root relies on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    HookEnv,
    Cluster,
    Registry,
    Kubeconfig,
    Authority,
}

impl Target {
    pub const ALL: [Self; 5] = [
        Self::HookEnv,
        Self::Cluster,
        Self::Registry,
        Self::Kubeconfig,
        Self::Authority,
    ];

    fn original(self) -> &'static str {
        match self {
            Self::HookEnv => "hook.env",
            Self::Cluster => "clusters.d/prod.yml",
            Self::Registry => "registry.json",
            Self::Kubeconfig => "root.kubeconfig",
            Self::Authority => "ca.pem",
        }
    }
}

/// A site, in which one file at a time is in a place of its own, two folders deep.
pub struct Trial {
    site: Site,
    number: Cell<u32>,
}

impl Trial {
    pub fn new() -> Self {
        let (site, number) = (Site::new(), Cell::new(0));
        Self { site, number }
    }

    /// A good copy of the file, in new folders of root's.
    pub fn put(&self, target: Target) -> PathBuf {
        self.number.set(self.number.get() + 1);
        let original = self.site.path(target.original());
        let folder = self.site.path(&format!("above-{}/folder", self.number.get()));
        fs::create_dir_all(&folder).unwrap();
        let path = folder.join(original.file_name().unwrap());
        fs::copy(&original, &path).unwrap();
        path
    }

    /// A bootstrap with the file at this path, and all others where they are.
    pub fn run(&self, target: Target, path: &Path) -> Run {
        let site = &self.site;
        let at = |other: Target| {
            if target == other {
                path.to_owned()
            } else {
                site.path(other.original())
            }
        };
        let (mut hook_env, mut kubeconfig) = (at(Target::HookEnv), at(Target::Kubeconfig));
        if target == Target::Registry {
            hook_env = self.pointing_to(&hook_env, &site.path(target.original()), path);
        }
        if target == Target::Authority {
            kubeconfig = self.pointing_to(&kubeconfig, &site.path(target.original()), path);
        }
        let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
        command
            .env_clear()
            .current_dir("/")
            .args(["bootstrap-user", &site.user]);
        command.arg("--hook-env").arg(hook_env);
        command.arg("--clusters-dir").arg(at(Target::Cluster).parent().unwrap());
        command.arg("--kubeconfig").arg(kubeconfig);
        Run::of(&mut command)
    }

    /// A copy of a file that names the second path in place of the first.
    fn pointing_to(&self, file: &Path, first: &Path, second: &Path) -> PathBuf {
        let text = fs::read_to_string(file).unwrap();
        let name = format!("pointing-{}", self.number.get());
        self.site
            .write(&name, &text.replace(first.to_str().unwrap(), second.to_str().unwrap()));
        self.site.path(&name)
    }
}

/// What is done to a file; `true` if another account then has a hand in it.
type Way = (&'static str, bool, fn(&Path));

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn group(path: &Path, bits: u32) {
    chown(path, None, Some(ATTACKER)).unwrap();
    mode(path, bits);
}

fn aside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap().to_owned();
    name.push(".aside");
    let aside = path.with_file_name(name);
    fs::rename(path, &aside).unwrap();
    aside
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap()
}

fn above(path: &Path) -> &Path {
    folder(folder(path))
}

fn device(path: &Path) {
    fs::remove_file(path).unwrap();
    // /dev/null's numbers.
    if mknod(path, SFlag::S_IFCHR, Mode::from_bits_truncate(0o600), makedev(1, 3)).is_err() {
        symlink("/dev/null", path).unwrap();
    }
}

fn pipe(path: &Path) {
    fs::remove_file(path).unwrap();
    nix::unistd::mkfifo(path, Mode::from_bits_truncate(0o600)).unwrap();
}

const WAYS: [Way; 37] = [
    ("0602", true, |file| mode(file, 0o602)),
    ("0622", true, |file| mode(file, 0o622)),
    ("0666", true, |file| mode(file, 0o666)),
    ("0777", true, |file| mode(file, 0o777)),
    ("0620 of a group", true, |file| group(file, 0o620)),
    ("0660 of a group", true, |file| group(file, 0o660)),
    ("0664 of a group", true, |file| group(file, 0o664)),
    ("another's", true, |file| give(file)),
    ("another's, 0400", true, |file| {
        give(file);
        mode(file, 0o400);
    }),
    ("nobody's", true, |file| chown(file, Some(65534), None).unwrap()),
    ("another's link to root's", true, |file| their_link(&aside(file), file)),
    ("another's link to nowhere", true, |file| {
        aside(file);
        their_link(Path::new("nowhere"), file);
    }),
    ("another's link to another's", true, |file| {
        let aside = aside(file);
        give(&aside);
        their_link(&aside, file);
    }),
    ("root's link to another's", true, |file| {
        let aside = aside(file);
        give(&aside);
        symlink(aside, file).unwrap();
    }),
    ("root's link to another's link", true, |file| {
        let theirs = file.with_extension("theirs");
        their_link(&aside(file), &theirs);
        symlink(theirs, file).unwrap();
    }),
    ("root's link into another's folder", true, |file| {
        let theirs = folder(file).join("theirs");
        fs::create_dir(&theirs).unwrap();
        fs::rename(file, theirs.join("file")).unwrap();
        give(&theirs);
        symlink("theirs/file", file).unwrap();
    }),
    ("root's link to itself", true, |file| {
        aside(file);
        symlink(file, file).unwrap();
    }),
    ("a pipe", true, pipe),
    ("another's pipe", true, |file| {
        pipe(file);
        give(file);
    }),
    ("a folder", true, |file| {
        fs::remove_file(file).unwrap();
        fs::create_dir(file).unwrap();
    }),
    ("a device", true, device),
    ("5 MiB", true, |file| {
        let mut text = fs::read_to_string(file).unwrap();
        text.push('\n');
        text.push_str(&"#\n".repeat(5 << 19));
        fs::write(file, text).unwrap();
    }),
    ("folder 0777", true, |file| mode(folder(file), 0o777)),
    ("folder 0775 of a group", true, |file| group(folder(file), 0o775)),
    ("folder another's", true, |file| give(folder(file))),
    ("folder sticky, another's", true, |file| {
        mode(folder(file), 0o1777);
        give(folder(file));
    }),
    ("folder another's link", true, |file| {
        their_link(&aside(folder(file)), folder(file));
    }),
    ("above 0777", true, |file| mode(above(file), 0o777)),
    ("above 0775 of a group", true, |file| group(above(file), 0o775)),
    ("above another's", true, |file| give(above(file))),
    ("above sticky, another's", true, |file| {
        mode(above(file), 0o1777);
        give(above(file));
    }),
    ("above another's link", true, |file| {
        their_link(&aside(above(file)), above(file));
    }),
    ("0660 of root's group", false, |file| mode(file, 0o660)),
    ("0400", false, |file| mode(file, 0o400)),
    ("root's link to root's", false, |file| {
        symlink(aside(file), file).unwrap();
    }),
    ("folder root's link", false, |file| {
        symlink(aside(folder(file)), folder(file)).unwrap();
    }),
    ("above sticky, root's", false, |file| mode(above(file), 0o1777)),
];

#[test]
fn every_way_to_let_others_write_or_replace_a_file_of_roots_is_refused() {
    apart(
        module_path!(),
        "every_way_to_let_others_write_or_replace_a_file_of_roots_is_refused",
        |_| {
            let trial = Trial::new();
            let (mut ways, mut taken, mut harmless) = (0, Vec::new(), 0);
            for target in Target::ALL {
                for (name, is_harmful, done) in WAYS {
                    let path = trial.put(target);
                    done(&path);
                    let run = trial.run(target, &path);
                    match (is_harmful, run.status) {
                        (true, 3) => assert_eq!(run.stderr.lines().count(), 1, "{target:?}, {name}: {run:?}"),
                        (true, _) => taken.push(format!("{target:?}, {name}: {run:?}")),
                        (false, 0) => harmless += 1,
                        (false, _) => panic!("{target:?}, {name} is harmless: {run:?}"),
                    }
                    ways += u32::from(is_harmful);
                }
            }
            assert!(ways >= 105, "{ways}");
            let hits = u32::try_from(taken.len()).unwrap();
            taken.iter().for_each(|way| eprintln!("{way}"));
            count(
                "ways to write root's files",
                ways,
                hits,
                &format!("{harmless} harmless ones taken"),
            );
        },
    );
}
