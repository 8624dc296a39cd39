//! Several runs at once, changes while one is running, and sudden death.

use std::fs;
use std::process::Stdio;

use crate::support::{alone, wait_until, Run, Site};

#[test]
fn a_token_that_another_run_renewed_during_the_random_wait_is_left_alone() {
    let site = Site::new();
    let mut command = site.refresh_command(&["--if-remaining-below", "5h", "--jitter", "20s", "--log-level", "info"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Whether this comes during the wait or, rarely, after it: the run ends well, and the newer token stays.
    let theirs = site.mint(10 * 3600);
    site.set_root_token(&theirs);
    Run::finish(run).done();
    assert_eq!(site.root_token(), theirs);
}

/// Runs a refresh that finds the file locked after its token was tried, does `meanwhile`, and lets it go on.
fn refresh_after(site: &Site, meanwhile: impl FnOnce()) -> Run {
    let lock = site.path("root.kubeconfig.lock");
    fs::write(&lock, "").unwrap();
    let mut command = site.refresh_command(&["--timeout", "60s", "-o", "json"]);
    let run = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_until("the new token was tried", || site.cluster.requests().len() >= 2);
    meanwhile();
    fs::remove_file(lock).unwrap();
    Run::finish(run)
}

#[test]
fn a_token_that_another_run_put_there_meanwhile_is_kept_if_it_works_at_least_as_long() {
    let site = Site::new();
    let theirs = site.mint(10 * 3600);
    let run = refresh_after(&site, || site.set_root_token(&theirs)).ok();
    assert_eq!(run.json()["results"][0]["outcome"], "unchanged");
    assert_eq!(site.root_token(), theirs);

    let site = Site::new();
    let theirs = site.mint(8 * 3600);
    refresh_after(&site, || site.set_root_token(&theirs)).ok();
    assert_ne!(site.root_token(), theirs);
}

#[test]
fn a_context_that_was_given_another_server_meanwhile_does_not_get_the_token() {
    let site = Site::new();
    let changed = site.root_text().replace(&site.cluster.url(), "https://192.0.2.1:6443");
    refresh_after(&site, || site.write("root.kubeconfig", &changed)).fails(
        3,
        &[
            "contexts were changed by another process",
            "root's kubeconfig is unchanged",
        ],
    );
    assert_eq!(site.root_text(), changed);
}

#[test]
fn twenty_refreshes_at_once_leave_one_whole_kubeconfig_with_a_token_that_works() {
    let _alone = alone();
    let site = Site::new();
    let start = |_| {
        site.refresh_command(&["--timeout", "60s"])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    let runs: Vec<_> = (0..20).map(start).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    assert!(site.cluster.who_is(&site.root_token()).is_some());
    assert!(!site.path("root.kubeconfig.lock").exists());
}

#[test]
fn sudden_deaths_leave_roots_kubeconfig_whole_and_working() {
    let _alone = alone();
    let site = Site::new();
    // The moments are spread over slightly more than a whole run, however long that takes on this machine.
    let whole = site.refresh(&["--timeout", "60s"]).ok().took;
    let (mut renewed, mut killed) = (0, 0);
    let mut before = site.root_token();
    for round in 0..120_u32 {
        let mut run = site
            .refresh_command(&["--timeout", "60s"])
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(whole * (round * 37 % 60) / 40);
        run.kill().unwrap();
        killed += u32::from(!run.wait().unwrap().success());
        let after = site.root_token();
        if after != before {
            renewed += 1;
            assert!(site.cluster.who_is(&after).is_some(), "round {round}");
            before = after;
        }
    }
    site.refresh(&[]).ok();
    assert!(
        renewed > 0 && killed > 0,
        "{renewed} renewed, {killed} killed: nothing was proved"
    );
}
