//! `--metrics-file`: what node_exporter reads after success and after failure.

use std::fs;
use std::os::unix::fs::{symlink, PermissionsExt as _};
use std::time::Duration;

use super::{end_of, BINDINGS};
use crate::support::Site;

#[test]
fn metrics_tell_the_end_the_last_success_and_the_last_failure() {
    let site = Site::new();
    let path = site.path("ood-k8s.prom");
    let metrics = path.display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    let text = fs::read_to_string(&path).unwrap();
    let value = |text: &str, name: &str| -> Option<f64> {
        let line = text
            .lines()
            .find(|line| line.starts_with(&format!("{name}{{cluster=\"prod\"}} ")))?;
        line.rsplit(' ').next()?.parse().ok()
    };
    let end = value(&text, "ood_k8s_root_token_end_timestamp_seconds").unwrap();
    assert!((end - Duration::from_secs(end_of(&site.root_token())).as_secs_f64()).abs() < 1.0);
    let success = value(&text, "ood_k8s_refresh_token_last_success_timestamp_seconds").unwrap();
    assert!(value(&text, "ood_k8s_refresh_token_duration_seconds").is_some_and(|seconds| seconds < 10.0));
    assert_eq!(
        value(&text, "ood_k8s_refresh_token_last_failure_timestamp_seconds"),
        None
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o644,
        "node_exporter is no root"
    );

    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let run = site.refresh(&["--metrics-file", &metrics]);
    assert_eq!(run.status, 5, "{run:?}");
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(
        value(&text, "ood_k8s_refresh_token_last_success_timestamp_seconds"),
        Some(success)
    );
    assert!(value(&text, "ood_k8s_refresh_token_last_failure_timestamp_seconds").unwrap() >= success);
    let run = site.refresh(&["--metrics-file", "/tmp/x.txt"]);
    assert!(run.status == 2 && run.stderr.contains("must end in .prom"), "{run:?}");
}

#[test]
fn a_folder_for_metrics_that_is_missing_is_named_and_not_made() {
    let site = Site::new();
    let old = site.root_token();
    let metrics = site.path("missing/ood-k8s.prom").display().to_string();
    site.refresh(&["--metrics-file", &metrics])
        .fails(3, &["its directory does not exist", "the metrics are unchanged"]);
    assert_ne!(site.root_token(), old, "the token is renewed all the same");
    assert!(!site.path("missing").exists());
}

#[test]
fn failures_before_any_cluster_is_asked_reach_the_metrics_too() {
    let site = Site::new();
    let metrics = site.path("ood-k8s.prom").display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    let end = |text: &str| {
        text.lines()
            .find(|line| line.contains("_end_timestamp_seconds{"))
            .map(str::to_owned)
    };
    let before = fs::read_to_string(&metrics).unwrap();
    site.write("root.kubeconfig", "users: [broken");
    site.refresh(&["--metrics-file", &metrics])
        .fails(3, &["is not a kubeconfig"]);
    let after = fs::read_to_string(&metrics).unwrap();
    assert!(
        after.contains("last_failure_timestamp_seconds{cluster=\"prod\"}"),
        "{after}"
    );
    assert_eq!(end(&after), end(&before), "the alert on the end goes on");
    site.write(
        "clusters.d/prod.yml",
        "v2: {job: {adapter: kubernetes, auth: {type: odic}}}",
    );
    let _ = site.refresh(&["--metrics-file", &metrics]);
    assert_eq!(
        end(&fs::read_to_string(&metrics).unwrap()),
        end(&before),
        "a broken file is no cluster that is gone"
    );
}

#[test]
fn a_link_in_the_place_of_the_metrics_is_replaced_and_not_followed() {
    let site = Site::new();
    site.write("precious", "root's own");
    let path = site.path("ood-k8s.prom");
    symlink(site.path("precious"), &path).unwrap();
    let metrics = path.display().to_string();
    site.refresh(&["--metrics-file", &metrics]).ok();
    assert_eq!(fs::read_to_string(site.path("precious")).unwrap(), "root's own");
    assert!(fs::symlink_metadata(&path).unwrap().is_file());
}

#[test]
fn a_lock_of_another_account_next_to_the_metrics_is_waited_for_and_told() {
    let site = Site::new();
    let old = site.root_token();
    let metrics = site.path("ood-k8s.prom").display().to_string();
    let lock = site.path("ood-k8s.prom.lock");
    site.write("ood-k8s.prom.lock", "");
    // It never looks old enough to have been left behind.
    let later = std::time::SystemTime::now() + Duration::from_secs(3600);
    fs::File::options()
        .write(true)
        .open(&lock)
        .unwrap()
        .set_modified(later)
        .unwrap();
    let run = site.refresh(&["--metrics-file", &metrics]);
    assert!(run.took < Duration::from_secs(9), "{run:?}");
    run.fails(3, &["ood-k8s.prom.lock", "the metrics are unchanged"]);
    assert_ne!(site.root_token(), old, "the token is renewed all the same");
    assert!(lock.exists(), "it is not ours to remove");
    for odd in ["a directory", "a pipe", "a link"] {
        fs::remove_file(&lock).or_else(|_| fs::remove_dir(&lock)).unwrap();
        match odd {
            "a directory" => fs::create_dir(&lock).unwrap(),
            "a pipe" => nix::unistd::mkfifo(&lock, nix::sys::stat::Mode::S_IRWXU).unwrap(),
            _ => symlink("nowhere", &lock).unwrap(),
        }
        let run = site.refresh(&["--metrics-file", &metrics]);
        assert!(
            run.took < Duration::from_secs(9) && run.stderr.contains("metrics"),
            "{odd}: {run:?}"
        );
    }
}
