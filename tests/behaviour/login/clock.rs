//! The time of a login is the server's: a reaper reads it, and this node's clock may be wrong.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use crate::support::{Cluster, Run, Site};

fn now() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn written(site: &Site) -> i64 {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    let text = &namespace["metadata"]["annotations"]["openondemand.org/last-hook-execution"];
    text.as_str().unwrap().parse().unwrap()
}

#[test]
fn a_node_whose_clock_is_wrong_writes_the_servers_time_at_every_kind_of_login() {
    for (skew, word) in [
        (20 * 60, "behind"),
        (10 * 3600, "behind"),
        (-20 * 60, "ahead of"),
        (-9 * 3600, "ahead of"),
    ] {
        let site = Site::on(Cluster::sandbox(Sandbox::start()));
        site.cluster.faults().set_clock_skew(skew);
        for kind in ["first", "returning", "taking over"] {
            if kind == "taking over" {
                let none = json!({ "metadata": { "annotations": { "openondemand.org/owner": null } } });
                site.cluster.merge(&site.namespace_path(), &none);
            }
            let args = ["pre-hook", "--user", &site.user, "--log-level", "warn"];
            let run = Run::of(&mut site.command_with_tokens(&args)).done();
            assert!(
                run.stderr.contains(word) && run.stderr.contains("chronyc tracking"),
                "{run:?}"
            );
            let away = written(&site) - (now() + skew);
            assert!(away.abs() <= 5, "{kind}, {skew}: {away} s from the server's time");
        }
    }
}

#[test]
fn a_difference_of_less_than_a_minute_is_neither_told_nor_asked_about() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.cluster.faults().set_clock_skew(-50);
    site.pre_hook().ok();
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);
}

#[test]
fn a_right_clock_after_a_wrong_one_never_sets_the_time_back_by_more_than_it_was_ahead_of_the_server() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    // This node is ahead of the server by 20 minutes, then right.
    site.cluster.faults().set_clock_skew(-20 * 60);
    let _ = site.bootstrap(&[]);
    let first = written(&site);
    site.cluster.faults().set_clock_skew(0);
    site.pre_hook().ok();
    assert!(written(&site) >= first);
    assert!(written(&site) - now() < 60);
}

#[test]
fn on_any_server_the_time_is_that_of_the_login() {
    let site = Site::new();
    site.set("HOOK_TIMEOUT=1m");
    site.pre_hook().ok();
    let first = written(&site);
    std::thread::sleep(Duration::from_millis(1100));
    site.pre_hook().ok();
    assert!(written(&site) > first && (now() - written(&site)).abs() < 60);
}
