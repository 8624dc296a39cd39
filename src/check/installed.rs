//! Checks what an installation by hand left beside the package: copied units, and a cron file beside a timer.

use std::path::{Path, PathBuf};

use super::finding::{Area, Finding};
use crate::config::files;
use crate::shell::quoted;

/// Where systemd reads an administrator's units, which take precedence over a package's.
const SITE_UNITS: &str = "etc/systemd/system";
const PACKAGE_UNITS: &str = "usr/lib/systemd/system";
/// The commands that a timer or cron runs.
const COMMANDS: [&str; 2] = ["refresh-token", "renew-creds"];

/// Findings about the files below `root`, which is `/` except in tests.
pub(super) fn check(root: &Path) -> Vec<Finding> {
    let mut area = Area::new("installation");
    let cron_files = cron_files(root);
    for command in COMMANDS {
        for unit in ["service", "timer"].map(|kind| format!("ood-k8s-{command}.{kind}")) {
            copied_unit(&mut area, root, &unit);
        }
        twice(&mut area, root, command, &cron_files);
    }
    area.into_findings()
}

/// A copy stays as it is when the package is upgraded. A link is another matter: of an administrator's, or a mask.
fn copied_unit(area: &mut Area, root: &Path, unit: &str) {
    let copy = root.join(SITE_UNITS).join(unit);
    let is_copy = copy.symlink_metadata().is_ok_and(|file| file.is_file());
    if is_copy && root.join(PACKAGE_UNITS).join(unit).exists() {
        area.warning(
            format!("{} is used instead of the unit that the package installs and upgrades", copy.display()),
            format!(
                "move changes of your own to a drop-in (systemctl edit {unit}), then run: rm {} && systemctl daemon-reload",
                quoted(&copy)
            ),
        );
    }
}

/// A timer that is enabled, and a cron file that runs the same command.
fn twice(area: &mut Area, root: &Path, command: &str, cron_files: &[(PathBuf, String)]) {
    let timer = format!("ood-k8s-{command}.timer");
    let enabled = root.join(SITE_UNITS).join("timers.target.wants").join(&timer);
    if enabled.symlink_metadata().is_err() {
        return;
    }
    for (path, text) in cron_files
        .iter()
        .filter(|(_, text)| jobs(text).any(|job| runs(job, command)))
    {
        let remedy = if jobs(text).all(|job| runs(job, command)) {
            format!("run: rm {}", quoted(path))
        } else {
            format!("remove its line with ood-k8s {command}")
        };
        area.warning(
            format!("both {} and {timer} run ood-k8s {command}", path.display()),
            remedy,
        );
    }
}

/// cron's files with a line of ours, which name the account that runs it.
fn cron_files(root: &Path) -> Vec<(PathBuf, String)> {
    let entries = std::fs::read_dir(root.join("etc/cron.d")).into_iter().flatten();
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.push(root.join("etc/crontab"));
    paths.sort();
    let content = |path: PathBuf| {
        let bytes = files::read(&path, "").ok()?.bytes;
        Some((path, String::from_utf8_lossy(&bytes).into_owned()))
    };
    paths.into_iter().filter_map(content).collect()
}

/// The lines that are neither comments nor settings of variables.
fn jobs(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| line.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '@'))
}

fn runs(job: &str, command: &str) -> bool {
    let mut words = job.split_whitespace();
    words.any(|word| word.ends_with("ood-k8s")) && words.any(|word| word == command)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn site(files: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        root
    }

    fn told(root: &tempfile::TempDir) -> Vec<String> {
        let findings = check(root.path()).into_iter();
        findings
            .map(|f| format!("{}; {}", f.text, f.remedy.unwrap_or_default()))
            .collect()
    }

    const TIMER: (&str, &str) = ("etc/systemd/system/timers.target.wants/ood-k8s-refresh-token.timer", "");
    const JOB: &str =
        "SHELL=/bin/sh\n# ood-k8s renew-creds\n17 * * * * root /usr/bin/ood-k8s refresh-token --jitter 5m\n";

    #[test]
    fn a_unit_that_was_copied_by_hand_is_told_only_where_the_package_has_it_too() {
        let name = "ood-k8s-renew-creds.service";
        let (copy, package) = (format!("{SITE_UNITS}/{name}"), format!("{PACKAGE_UNITS}/{name}"));
        let told_of = told(&site(&[(&copy, ""), (&package, "")]));
        assert!(
            told_of[0].contains("rm ") && told_of[0].ends_with("systemctl daemon-reload"),
            "{told_of:?}"
        );
        assert_eq!(told_of.len(), 1);
        assert!(told(&site(&[(&copy, "")])).is_empty() && told(&site(&[(&package, "")])).is_empty());
        let masked = site(&[(&package, ""), (TIMER.0, "")]);
        std::os::unix::fs::symlink("/dev/null", masked.path().join(&copy)).unwrap();
        assert!(told(&masked).is_empty(), "a mask is an administrator's decision");
    }

    #[test]
    fn a_cron_file_beside_the_timer_is_told_under_whatever_name_it_has() {
        for file in ["etc/cron.d/ood-k8s", "etc/cron.d/kubernetes-token", "etc/crontab"] {
            let told_of = told(&site(&[TIMER, (file, JOB)]));
            assert!(
                told_of[0].contains(file) && told_of[0].contains("run: rm "),
                "{told_of:?}"
            );
        }
        let shared = format!("{JOB}@daily root /usr/local/bin/backup\n");
        let told_of = told(&site(&[TIMER, ("etc/cron.d/site", &shared)]));
        assert!(
            told_of[0].ends_with("remove its line with ood-k8s refresh-token"),
            "{told_of:?}"
        );
    }

    #[test]
    fn either_alone_is_as_it_should_be_and_so_is_another_command() {
        assert!(told(&site(&[TIMER])).is_empty() && told(&site(&[("etc/cron.d/ood-k8s", JOB)])).is_empty());
        let other = JOB.replace("refresh-token", "renew-creds");
        assert!(told(&site(&[TIMER, ("etc/cron.d/ood-k8s", &other)])).is_empty());
        let comment = JOB.replace("17 *", "#17 *");
        assert!(told(&site(&[TIMER, ("etc/cron.d/ood-k8s", &comment)])).is_empty());
    }
}
