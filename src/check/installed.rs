//! Checks what an installation by hand left beside the package (copied units, a cron file beside a timer), and what logins
//! share below `/run`.

use std::path::{Path, PathBuf};

use crate::cluster;
use crate::config::files;
use crate::findings::{Area, Code, Finding};
use crate::log;
use crate::queue;
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

/// Whether logins can use what they share: which clusters do not answer, and whose turn it is.
pub(super) fn shared_by_logins() -> Vec<Finding> {
    let mut area = Area::new("installation");
    // Anybody else finds them closed, as they should be.
    if rustix::process::geteuid().is_root() {
        let faults = [cluster::directory_of_unanswered_fault(), queue::directory_fault()];
        for fault in faults.into_iter().flatten() {
            area.told_warning(Code::NotesUnusable, fault);
        }
    }
    area.into_findings()
}

/// Whether something runs these commands, and takes the log lines. `needed` are those that this web node needs.
pub(super) fn runs_at_all(root: &Path, needed: &[&str]) -> Vec<Finding> {
    let mut area = Area::new("installation");
    for command in needed.iter().filter(|command| !is_run(root, command)) {
        area.warning(Code::NothingRuns,
            format!("no timer and no line of cron runs ood-k8s {command} on this web node"),
            format!(
                "run: systemctl enable --now ood-k8s-{command}.timer, or copy /usr/share/ood-k8s/cron.d/ood-k8s to /etc/cron.d; nothing has to be done if something else runs it"
            ),
        );
    }
    if !takes_log_lines(root) {
        area.warning(
            Code::NoSyslog,
            "there is no journal and no syslog (nobody listens on /dev/log), so the log lines of logins and renewals are lost",
            "run: systemctl enable --now systemd-journald.socket systemd-journald-dev-log.socket, or start rsyslog",
        );
    }
    area.into_findings()
}

fn is_run(root: &Path, command: &str) -> bool {
    let by_cron = cron_files(root)
        .iter()
        .chain(&texts_in(root, &["var/spool/cron", "var/spool/cron/crontabs"]))
        .any(|(_, text)| jobs(text).any(|job| runs(job, command)));
    let scripts = texts_in(root, &["etc/cron.hourly"]);
    by_cron
        || scripts
            .iter()
            .any(|(_, text)| text.lines().any(|line| runs(line, command)))
        || by_timer(root, command)
}

/// Our timer, or one of the site's own whose service runs the command.
fn by_timer(root: &Path, command: &str) -> bool {
    let units = [SITE_UNITS, PACKAGE_UNITS, "lib/systemd/system"];
    let enabled = units
        .iter()
        .flat_map(|units| std::fs::read_dir(root.join(units).join("timers.target.wants")));
    let timers = enabled.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    timers.into_iter().any(|timer| {
        let stem = timer.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let text = |units: &&str| files::read(&root.join(units).join(format!("{stem}.service")), "").ok();
        let is_of = |bytes: &[u8]| String::from_utf8_lossy(bytes).lines().any(|line| runs(line, command));
        stem == format!("ood-k8s-{command}") || units.iter().filter_map(text).any(|content| is_of(&content.bytes))
    })
}

/// Whether somebody listens there: a socket outlives a daemon that was killed.
fn takes_log_lines(root: &Path) -> bool {
    let listens = |path: &str| {
        let socket = std::os::unix::net::UnixDatagram::unbound();
        socket.is_ok_and(|socket| socket.connect(root.join(path)).is_ok())
    };
    listens("dev/log") || listens(log::JOURNAL.trim_start_matches('/'))
}

/// A copy stays as it is when the package is upgraded. A link is another matter: of an administrator's, or a mask.
fn copied_unit(area: &mut Area, root: &Path, unit: &str) {
    let copy = root.join(SITE_UNITS).join(unit);
    let is_copy = copy.symlink_metadata().is_ok_and(|file| file.is_file());
    if is_copy && root.join(PACKAGE_UNITS).join(unit).exists() {
        area.warning(Code::UnitCopied,
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
            Code::RunTwice,
            format!("both {} and {timer} run ood-k8s {command}", path.display()),
            remedy,
        );
    }
}

/// cron's files whose lines name the account that runs them.
fn cron_files(root: &Path) -> Vec<(PathBuf, String)> {
    let mut found = texts_in(root, &["etc/cron.d"]);
    found.extend(text_of(root.join("etc/crontab")));
    found.sort();
    found
}

fn texts_in(root: &Path, folders: &[&str]) -> Vec<(PathBuf, String)> {
    let entries = folders.iter().flat_map(|folder| std::fs::read_dir(root.join(folder)));
    let paths = entries.flatten().filter_map(|entry| Some(entry.ok()?.path()));
    paths.filter_map(text_of).collect()
}

fn text_of(path: PathBuf) -> Option<(PathBuf, String)> {
    let bytes = files::read(&path, "").ok()?.bytes;
    Some((path, String::from_utf8_lossy(&bytes).into_owned()))
}

/// The lines that are neither comments nor settings of variables.
fn jobs(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| line.starts_with(|c: char| c.is_ascii_digit() || c == '*' || c == '@'))
}

fn runs(job: &str, command: &str) -> bool {
    let mut words = job.split(|c: char| c.is_whitespace() || c == '=');
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

    fn lacking(root: &tempfile::TempDir) -> Vec<String> {
        let found = runs_at_all(root.path(), &COMMANDS)
            .into_iter()
            .map(|finding| finding.text);
        found.filter(|text| text.contains(" runs ood-k8s ")).collect()
    }

    #[test]
    fn a_command_that_nothing_runs_is_told_at_once() {
        let bare = lacking(&site(&[]));
        assert!(
            bare.len() == 2 && bare[0].contains("runs ood-k8s refresh-token"),
            "{bare:?}"
        );
        let other = "[Service]\nExecStart=/usr/bin/ood-k8s refresh-token\n";
        let wanted = "etc/systemd/system/timers.target.wants";
        for files in [
            &[TIMER][..],
            &[("etc/cron.d/ood-k8s", JOB)],
            &[("etc/crontab", JOB)],
            &[("var/spool/cron/root", "@hourly /usr/bin/ood-k8s refresh-token\n")],
            &[(
                "etc/cron.hourly/token",
                "#!/bin/sh\nexec /usr/bin/ood-k8s refresh-token\n",
            )],
            &[
                (&format!("{wanted}/token.timer"), ""),
                ("etc/systemd/system/token.service", other),
            ],
        ] {
            let told = lacking(&site(files));
            assert!(
                told.len() == 1 && told[0].contains("renew-creds"),
                "{files:?}: {told:?}"
            );
        }
        for files in [
            &[(
                "etc/cron.d/ood-k8s",
                "#17 * * * * root /usr/bin/ood-k8s refresh-token\n",
            )][..],
            &[("etc/systemd/system/ood-k8s-refresh-token.timer", "")],
            &[("etc/cron.d/x", "17 * * * * root /usr/bin/ood-k8s check\n")],
        ] {
            assert_eq!(lacking(&site(files)).len(), 2, "{files:?}");
        }
    }

    #[test]
    fn a_syslog_that_is_not_there_or_does_not_listen_is_told() {
        let root = site(&[("dev/x", "")]);
        let told = |root: &tempfile::TempDir| {
            let found = runs_at_all(root.path(), &[]);
            found.iter().any(|finding| finding.text.contains("/dev/log"))
        };
        assert!(told(&root));
        let listening = std::os::unix::net::UnixDatagram::bind(root.path().join("dev/log")).unwrap();
        assert!(!told(&root));
        drop(listening);
        assert!(told(&root), "a socket that nobody reads");
        let root = site(&[("run/systemd/journal/x", "")]);
        assert!(told(&root));
        let _journal = std::os::unix::net::UnixDatagram::bind(root.path().join("run/systemd/journal/socket")).unwrap();
        assert!(!told(&root), "the journal is enough");
    }
}
