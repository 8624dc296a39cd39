//! Checks what Apache's unit hides from logins: a hook that Apache starts with sudo stays in Apache's mount namespace.
//!
//! `OnDemand` 4.2 ships such a drop-in on Ubuntu 26.04, with `InaccessiblePaths=/root`. What an administrator's shell
//! can read says nothing there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::profiles::{COPIES, GROUPS};
use crate::config::{files, Site};
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};

/// The directories in which systemd looks for units; the first takes precedence.
const UNIT_DIRECTORIES: [&str; 4] = [
    "etc/systemd/system",
    "run/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
/// Apache's unit on Enterprise Linux, and on Debian and Ubuntu.
const UNITS: [&str; 2] = ["httpd.service", "apache2.service"];
/// What `ProtectHome` is about (systemd.exec(5)).
const HOMES: [&str; 3] = ["/home", "/root", "/run/user"];

/// What holds while the profiles file cannot be used.
const COPIES_WHAT: &str = "the directory with the copy of PROFILES_FILE";
const GROUPS_WHAT: &str = "the directory with the groups that users had at earlier logins";

/// Findings about Apache's units below `root`, which is `/` except in tests.
pub(super) fn check(root: &Path, site: &Site, kubeconfig: &Path) -> Vec<Finding> {
    let mut area = Area::new("web server");
    for unit in UNITS {
        let view = View::of(&unit_files(root, unit));
        let settings = &site.settings;
        let remedy = "move it to a directory of its own, for example /etc/ood/k8s, and set ROOT_KUBECONFIG in hook.env";
        hidden(&mut area, &view, "root's kubeconfig", kubeconfig, remedy);
        let elsewhere =
            format!("move it to a place that logins can read, or change that setting with: systemctl edit {unit}");
        hidden(&mut area, &view, "hook.env", &settings.path, &elsewhere);
        if let Some(secret) = &settings.pull_secret {
            hidden(&mut area, &view, "the registry file", &secret.file, &elsewhere);
        }
        if let Some(ca) = &settings.credentials.idp_ca_file {
            hidden(&mut area, &view, "IDP_CA_FILE", ca, &elsewhere);
        }
        if let Some(folder) = &settings.renewal.folder {
            hidden(&mut area, &view, "RENEWAL_DIR", folder, &elsewhere);
            read_only(&mut area, &view, "RENEWAL_DIR", folder, unit);
        }
        if let Some(file) = &settings.profiles_file {
            hidden(&mut area, &view, "PROFILES_FILE", file, &elsewhere);
            read_only(&mut area, &view, COPIES_WHAT, Path::new(COPIES), unit);
        }
        if site
            .profiles
            .file()
            .is_some_and(|file| !file.access.group_names().is_empty())
        {
            read_only(&mut area, &view, GROUPS_WHAT, Path::new(GROUPS), unit);
        }
        for (what, path) in of_declared_secrets(site) {
            hidden(&mut area, &view, &what, path, &elsewhere);
        }
        let (homes, what) = (Path::new("/home"), "the directory of users' homes");
        hidden(&mut area, &view, what, homes, &elsewhere);
        read_only(&mut area, &view, what, homes, unit);
    }
    area.into_findings()
}

/// The directory of declared secrets, and the files with what logins hand out.
fn of_declared_secrets(site: &Site) -> Vec<(String, &Path)> {
    let folder = site.settings.secrets_dir.as_deref();
    let mut all: Vec<_> = folder
        .map(|folder| ("SECRETS_DIR".to_owned(), folder))
        .into_iter()
        .collect();
    let declared = site.profiles.file().map(|file| &file.declared.secrets);
    for secret in declared.into_iter().flat_map(|secrets| secrets.values()) {
        let what = format!("a file of the declared secret {}", secret.name);
        all.extend(secret.data.iter().map(|(_, path)| (what.clone(), path.as_path())));
    }
    all
}

fn hidden(area: &mut Area, view: &View, what: &str, path: &Path, remedy: &str) {
    // Where a link leads counts as well.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    if let Some(setting) = view.hides(path).or_else(|| view.hides(&target)) {
        let text = format!("{what}, {}, is hidden from logins by {setting}", path.display());
        area.error(Code::HiddenFromLogins, ExitStatus::Configuration, text, remedy);
    }
}

fn read_only(area: &mut Area, view: &View, what: &str, path: &Path, unit: &str) {
    if let Some(setting) = view.makes_read_only(path) {
        let text = format!("{what}, {}, is read-only for logins by {setting}", path.display());
        let remedy = format!(
            "run systemctl edit {unit}, and add ReadWritePaths={} to its [Service]",
            path.display()
        );
        area.error(Code::ReadOnlyForLogins, ExitStatus::Configuration, text, remedy);
    }
}

/// The unit and its drop-ins in the order in which systemd reads them; of several of one name, the first directory's.
fn unit_files(root: &Path, unit: &str) -> Vec<(PathBuf, String)> {
    let directories = || UNIT_DIRECTORIES.iter().map(|directory| root.join(directory));
    let main = directories()
        .map(|directory| directory.join(unit))
        .find(|path| path.exists());
    let mut drop_ins = BTreeMap::new();
    for directory in directories() {
        for name in ["service.d".to_owned(), format!("{unit}.d")] {
            for entry in std::fs::read_dir(directory.join(name)).into_iter().flatten().flatten() {
                if entry.path().extension().is_some_and(|extension| extension == "conf") {
                    drop_ins.entry(entry.file_name()).or_insert_with(|| entry.path());
                }
            }
        }
    }
    let text = |path: PathBuf| {
        let bytes = files::read(&path, "").ok()?.bytes;
        Some((path, String::from_utf8_lossy(&bytes).into_owned()))
    };
    main.into_iter()
        .chain(drop_ins.into_values())
        .filter_map(text)
        .collect()
}

/// What a unit's processes see of the file system, as far as these settings say.
#[derive(Default)]
struct View {
    /// A path and the setting that hides it.
    inaccessible: Vec<(PathBuf, String)>,
    read_only: Vec<(PathBuf, String)>,
    read_write: Vec<(PathBuf, String)>,
    /// The value and the setting.
    protect_home: Option<(String, String)>,
    protect_system: Option<(String, String)>,
}

impl View {
    fn of(files: &[(PathBuf, String)]) -> Self {
        let mut view = Self::default();
        for (path, text) in files {
            let joined = text.replace("\\\n", " ");
            let lines = joined
                .lines()
                .map(str::trim)
                .filter(|line| !line.starts_with(['#', ';']));
            for (key, value) in lines.filter_map(|line| line.split_once('=')) {
                view.set(key.trim(), value.trim(), path);
            }
        }
        view
    }

    fn set(&mut self, key: &str, value: &str, file: &Path) {
        let told = |value: &str| format!("{key}={value} in {}", file.display());
        let scalar = || (!value.is_empty()).then(|| (value.to_ascii_lowercase(), told(value)));
        let list = match key {
            "InaccessiblePaths" | "InaccessibleDirectories" => &mut self.inaccessible,
            "ReadOnlyPaths" | "ReadOnlyDirectories" => &mut self.read_only,
            "ReadWritePaths" | "ReadWriteDirectories" => &mut self.read_write,
            "ProtectHome" => return self.protect_home = scalar(),
            "ProtectSystem" => return self.protect_system = scalar(),
            _ => return,
        };
        if value.is_empty() {
            return list.clear();
        }
        // A prefix: the path may be missing (-), or is below the unit's own root directory (+).
        let words = value
            .split_whitespace()
            .map(|word| word.trim_matches('"').trim_start_matches(['-', '+']));
        list.extend(words.map(|word| (word.into(), told(word))));
    }

    fn hides(&self, path: &Path) -> Option<&str> {
        let is_above = |(hidden, _): &&(PathBuf, String)| path.starts_with(hidden);
        if let Some((_, setting)) = self.inaccessible.iter().find(is_above) {
            return Some(setting);
        }
        let (value, setting) = self.protect_home.as_ref()?;
        let hides_homes = matches!(value.as_str(), "yes" | "true" | "on" | "1" | "tmpfs");
        (hides_homes && HOMES.iter().any(|home| path.starts_with(home))).then_some(setting)
    }

    /// The longest path that a setting names decides; `ProtectHome` and `ProtectSystem` name whole trees.
    fn makes_read_only(&self, path: &Path) -> Option<&str> {
        if self.hides(path).is_some() {
            return None;
        }
        let writable = deepest(&self.read_write, path);
        if let Some((depth, setting)) = deepest(&self.read_only, path) {
            if writable.is_none_or(|(other, _)| other < depth) {
                return Some(setting);
            }
        }
        if writable.is_some() {
            return None;
        }
        let of_home = self.protect_home.as_ref().filter(|(value, _)| value == "read-only");
        if let Some((_, setting)) = of_home.filter(|_| HOMES.iter().any(|home| path.starts_with(home))) {
            return Some(setting);
        }
        let (value, setting) = self.protect_system.as_ref()?;
        let trees: &[&str] = match value.as_str() {
            "strict" => &["/"],
            "full" => &["/usr", "/boot", "/efi", "/etc"],
            "yes" | "true" | "on" | "1" => &["/usr", "/boot", "/efi"],
            _ => &[],
        };
        trees.iter().any(|tree| path.starts_with(tree)).then_some(setting)
    }
}

/// Of the paths in a list, the longest that `path` is in: how long it is, and the setting.
fn deepest<'a>(list: &'a [(PathBuf, String)], path: &Path) -> Option<(usize, &'a str)> {
    let above = list.iter().filter(|(named, _)| path.starts_with(named));
    above
        .map(|(named, setting)| (named.components().count(), setting.as_str()))
        .max()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Sources;

    fn view(texts: &[&str]) -> View {
        let files: Vec<_> = texts
            .iter()
            .map(|text| (PathBuf::from("ood.conf"), (*text).to_owned()))
            .collect();
        View::of(&files)
    }

    fn hides(texts: &[&str], path: &str) -> bool {
        view(texts).hides(Path::new(path)).is_some()
    }

    #[test]
    fn a_file_that_logins_hand_out_and_cannot_read_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(&path, text).unwrap();
            path
        };
        let profiles = write("profiles.yml", "version: 1\nprofiles: [{secrets: [proxy]}]\n");
        let declaration = write("secrets.d/proxy.yaml", "data: {k: {file: /proxies/site}}\n");
        write(
            "etc/systemd/system/httpd.service",
            "[Service]\nInaccessiblePaths=/proxies\n",
        );
        let secrets = declaration.parent().unwrap();
        let text = format!(
            "PROFILES_FILE={}\nSECRETS_DIR={}\n",
            profiles.display(),
            secrets.display()
        );
        let sources = Sources {
            hook_env: Some(write("hook.env", &text)),
            clusters_dir: None,
            only: Vec::new(),
            names_kubeconfig: true,
        };
        let (site, _) = Site::salvage(&sources);
        let found = check(folder.path(), &site, Path::new("/etc/ood/k8s/kubeconfig"));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(
            found[0].text.contains("the declared secret proxy, /proxies/site"),
            "{found:?}"
        );
    }

    #[test]
    fn what_the_unit_hides_is_found_however_it_is_written() {
        let kubeconfig = "/root/.kube/config";
        for text in [
            "[Service]\nInaccessiblePaths=/root /boot",
            "InaccessiblePaths=/boot \\\n  -/root",
            "InaccessiblePaths=\"+/root\"",
            "InaccessibleDirectories=/root/.kube",
            "ProtectHome=yes",
            "ProtectHome=tmpfs",
        ] {
            assert!(hides(&[text], kubeconfig), "{text}");
            assert!(!hides(&[text], "/etc/ood/k8s/kubeconfig"), "{text}");
        }
        for text in [
            "#InaccessiblePaths=/root",
            "InaccessiblePaths=/root/.ssh",
            "ProtectHome=read-only",
            "ProtectHome=no",
            "InaccessiblePaths=/roo",
        ] {
            assert!(!hides(&[text], kubeconfig), "{text}");
        }
    }

    #[test]
    fn a_later_file_takes_back_what_an_earlier_one_hid() {
        assert!(!hides(&["InaccessiblePaths=/root", "InaccessiblePaths="], "/root/x"));
        assert!(!hides(&["ProtectHome=yes", "ProtectHome=no"], "/root/x"));
        assert!(hides(&["InaccessiblePaths=", "InaccessiblePaths=/root"], "/root/x"));
    }

    #[test]
    fn homes_and_the_renewal_directory_that_logins_cannot_write_are_told() {
        let told = |text: &str, path: &str| view(&[text]).makes_read_only(Path::new(path)).map(str::to_owned);
        assert_eq!(
            told("ProtectHome=read-only", "/home").as_deref(),
            Some("ProtectHome=read-only in ood.conf")
        );
        assert!(told("ProtectSystem=strict", "/var/lib/ood-k8s").is_some());
        assert!(told("ProtectSystem=full", "/etc/ood").is_some() && told("ProtectSystem=full", "/var").is_none());
        assert!(told("ReadOnlyPaths=/home", "/home").is_some());
        assert!(told("ProtectSystem=strict\nReadWritePaths=-/home", "/home").is_none());
        assert!(told("ProtectSystem=true", "/home").is_none());
    }

    #[test]
    fn of_drop_ins_of_one_name_the_administrators_counts() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write(
            "usr/lib/systemd/system/apache2.service.d/ood.conf",
            "InaccessiblePaths=/root",
        );
        let files = unit_files(root.path(), "apache2.service");
        assert!(View::of(&files).hides(Path::new("/root/x")).is_some());
        write("etc/systemd/system/apache2.service.d/ood.conf", "");
        let files = unit_files(root.path(), "apache2.service");
        assert!(View::of(&files).hides(Path::new("/root/x")).is_none());
        assert!(unit_files(root.path(), "httpd.service").is_empty());
    }
}
