//! Whether the server accepts the token is asked at each run: a token that is refused is due, however long it should last.

use std::fs;

use ood_k8s_sandbox::Fault;
use serde_json::json;

use crate::support::Site;

const HOURLY: [&str; 2] = ["--if-remaining-below", "3h"];

impl Site {
    /// The account is deleted and made anew: its tokens are refused, and would have lasted for hours.
    fn recreate_account(&self) {
        let account = self.cluster.account();
        let accounts = "/api/v1/namespaces/ondemand/serviceaccounts";
        self.cluster.delete(&format!("{accounts}/{}", account.name));
        self.cluster
            .create(accounts, &json!({ "metadata": { "name": account.name } }));
        let token = self.root_token();
        crate::support::wait_until("the old token is refused", || self.cluster.who_is(&token).is_none());
    }

    fn metric(file: &str, name: &str) -> Option<f64> {
        let text = fs::read_to_string(file).ok()?;
        let line = text
            .lines()
            .find(|line| line.starts_with(name) && line.contains("{cluster="))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    fn success(file: &str) -> Option<f64> {
        Self::metric(file, "ood_k8s_refresh_token_last_success_timestamp_seconds")
    }

    fn failure(file: &str) -> Option<f64> {
        Self::metric(file, "ood_k8s_refresh_token_last_failure_timestamp_seconds")
    }
}

/// A site whose token is not due.
fn fresh() -> (Site, String) {
    let site = Site::new();
    site.set_root_token(&site.mint(4 * 3600));
    let metrics = site.path("ood-k8s.prom").display().to_string();
    (site, metrics)
}

#[test]
fn a_token_that_the_server_refuses_is_a_failure_although_it_is_not_due() {
    let (site, metrics) = fresh();
    let run = |more: &[&str]| site.refresh(&[&HOURLY[..], &["--metrics-file", &metrics], more].concat());
    run(&[]).ok();
    let before = Site::success(&metrics);
    assert!(before.is_some() && Site::failure(&metrics).is_none());
    site.recreate_account();
    run(&[]).fails(5, &["401", "refresh-token --cluster prod --admin-kubeconfig"]);
    assert_eq!(Site::success(&metrics), before);
    assert!(Site::failure(&metrics).is_some());
    run(&["--dry-run"]).fails(5, &["401"]);
}

#[test]
fn a_token_that_the_server_refuses_is_renewed_where_a_source_can() {
    let (site, _) = fresh();
    site.recreate_account();
    let admin = site.write_admin_kubeconfig();
    let before = site.root_token();
    site.refresh(&[&HOURLY[..], &["--admin-kubeconfig", &admin]].concat())
        .ok();
    assert_ne!(site.root_token(), before);
    assert_eq!(
        site.cluster.who_is(&site.root_token()),
        Some(site.cluster.account().username())
    );
    // Given as a file, likewise.
    site.recreate_account();
    site.write("token", &site.mint(4 * 3600));
    let file = site.path("token").display().to_string();
    site.refresh(&[&HOURLY[..], &["--token-file", &file]].concat()).ok();
    assert_eq!(
        site.cluster.who_is(&site.root_token()),
        Some(site.cluster.account().username())
    );
}

#[test]
fn a_server_that_cannot_be_asked_is_neither_a_success_nor_a_failure_of_a_token_that_is_not_due() {
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    site.set_root_token(&site.mint(4 * 3600));
    let metrics = site.path("ood-k8s.prom").display().to_string();
    let run = |more: &[&str]| site.refresh(&[&HOURLY[..], &["--metrics-file", &metrics, "-o", "json"], more].concat());
    run(&[]).ok();
    let before = Site::success(&metrics);
    let text = site.root_text();
    let sandbox = site.cluster.faults();
    for disturb in [
        ood_k8s_sandbox::Sandbox::refuse_connections,
        ood_k8s_sandbox::Sandbox::go_silent,
    ] {
        disturb(sandbox);
        let json = run(&["--timeout", "2s"]).ok().json();
        assert!(json["results"][0]["untried"].is_string(), "{json}");
        assert_eq!(json["results"][0]["outcome"], "unchanged");
        sandbox.recover();
    }
    sandbox.fail(Fault::status(503).containing("selfsubjectreviews"));
    assert!(run(&["--timeout", "1s"]).ok().json()["results"][0]["untried"].is_string());
    sandbox.clear_faults();
    assert_eq!((Site::success(&metrics), Site::failure(&metrics)), (before, None));
    assert_eq!(site.root_text(), text);
    let json = run(&[]).ok().json();
    assert!(json["results"][0].get("untried").is_none(), "{json}");
}

#[test]
fn a_token_that_is_due_by_the_servers_clock_is_renewed_although_this_node_is_behind() {
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    site.set_root_token(&site.mint(4 * 3600));
    let before = site.root_token();
    site.cluster.faults().set_clock_skew(2 * 3600);
    let run = site.refresh(&HOURLY);
    assert_eq!(run.status, 0, "{run:?}");
    assert_ne!(site.root_token(), before);
}

#[test]
fn after_a_failure_nobody_is_told_to_run_it_more_often() {
    let site = Site::new();
    let ended = crate::support::jwt(&json!({ "exp": 1_700_000_000 }));
    site.write("root.kubeconfig", &site.kubeconfig(&site.cluster.url(), &ended));
    let run = site.refresh(&[]).fails(8, &["token expired", "--admin-kubeconfig"]);
    assert!(
        !run.stderr.contains("run it more often") && run.stderr.contains("error"),
        "{run:?}"
    );
    // So it is for other failures while the token ends.
    site.set_root_token(&site.mint(600));
    site.cluster.delete(&format!(
        "{}/rolebindings/{}",
        super::BINDINGS,
        site.cluster.account().name
    ));
    let run = site.refresh(&["--interval", "1h"]).fails(8, &["not allowed to create"]);
    assert!(!run.stderr.contains("run it more often"), "{run:?}");
}

#[test]
fn the_shipped_cron_line_and_timer_write_metrics() {
    let cron = include_str!("../../../hooks/cron.d/ood-k8s");
    let unit = include_str!("../../../hooks/systemd/ood-k8s-refresh-token.service");
    let lines = cron.lines().chain(unit.lines());
    let active: Vec<_> = lines
        .filter(|line| !line.starts_with('#') && line.contains("refresh-token") && line.contains("/usr/bin/"))
        .collect();
    assert_eq!(active.len(), 2, "{active:?}");
    assert!(
        active.iter().all(|line| line.contains("--metrics-file /")),
        "{active:?}"
    );
}
