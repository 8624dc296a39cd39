//! `users`: who has a namespace, in whose passwd database, in which state, and how much memory the answer takes.

use std::time::{SystemTime, UNIX_EPOCH};

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use crate::support::{account, alone, Cluster, Run, Site};

const DAY: u64 = 86_400;

/// On a cluster of its own: all namespaces are listed, and other tests have others.
fn site() -> Site {
    Site::on(Cluster::own())
}

fn users(site: &Site, args: &[&str]) -> Run {
    Run::of(&mut site.command(&[&["users"], args].concat()))
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// A namespace with these annotations beside the owner's.
fn make(site: &Site, name: &str, owner: Option<&str>, annotations: &Value) {
    site.make_namespace(name, owner);
    let body = json!({ "metadata": { "annotations": annotations } });
    site.cluster.merge(&format!("/api/v1/namespaces/{name}"), &body);
}

fn ago(days: u64) -> String {
    (now() - days * DAY).to_string()
}

/// One namespace of each kind.
fn everybody(site: &Site) {
    let login = |days| json!({ "openondemand.org/last-hook-execution": ago(days) });
    site.pre_hook().ok();
    make(site, "user-gone", Some("no-such-user"), &login(100));
    make(site, "user-new", Some("another-one-gone"), &login(1));
    make(site, "user-root", Some("root"), &login(100));
    let mut other = login(2);
    other["openondemand.org/uid"] = json!("3999");
    make(site, "user-other", Some(&account().name), &other);
    make(site, "user-stock", None, &json!({}));
    let suspended = json!({ "openondemand.org/suspended": ago(3), "openondemand.org/last-hook-execution": "soon" });
    make(site, "user-held", Some(&account().name), &suspended);
    make(site, "user-leaving", Some("no-such-user"), &login(100));
    let held = json!({ "metadata": { "finalizers": ["example.org/held"] } });
    site.cluster.merge("/api/v1/namespaces/user-leaving", &held);
    site.cluster.delete("/api/v1/namespaces/user-leaving");
    site.cluster
        .create("/api/v1/namespaces", &json!({ "metadata": { "name": "foreign" } }));
}

/// The namespaces, with what the rows say of the account and the state.
fn rows(run: &Run) -> Vec<(String, String, String)> {
    let json = run.json();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = json["results"].as_array().unwrap().iter();
    let mut rows: Vec<_> = rows
        .map(|row| (word(row, "namespace"), word(row, "account"), word(row, "state")))
        .collect();
    rows.sort();
    rows
}

fn names(run: &Run) -> Vec<String> {
    rows(run).into_iter().map(|(name, ..)| name).collect()
}

#[test]
fn every_kind_of_owner_is_told_and_each_choice_takes_its_own() {
    let site = site();
    everybody(&site);
    let own = site.namespace();
    let all = users(&site, &["-o", "json"]).ok();
    let mut expected = vec![
        (own.as_str(), "there", "active"),
        ("user-gone", "removed", "active"),
        ("user-held", "there", "suspended"),
        ("user-leaving", "removed", "terminating"),
        ("user-new", "removed", "active"),
        ("user-other", "other-uid", "active"),
        ("user-root", "below-min-uid", "active"),
        ("user-stock", "-", "unclaimed"),
    ];
    expected.sort_unstable();
    let found = rows(&all);
    let found: Vec<_> = found
        .iter()
        .map(|(a, b, c)| (a.as_str(), b.as_str(), c.as_str()))
        .collect();
    assert_eq!(found, expected);
    let summary = json!({ "active": 5, "suspended": 1, "terminating": 1, "unclaimed": 1 });
    assert_eq!(all.json()["summary"], summary);
    let row = |name: &str| {
        let results = all.json()["results"].as_array().unwrap().clone();
        results.into_iter().find(|row| row["namespace"] == name).unwrap()
    };
    assert!(
        row(&own)["claimed"].as_str().unwrap().starts_with("20"),
        "{}",
        row(&own)
    );
    assert_eq!(row(&own)["uid"], account().uid.to_string());
    assert_eq!(row("user-gone").get("claimed"), None, "nobody recorded it");
    assert_eq!(row("user-held").get("last_login"), None, "no number");
    assert!(row("user-held")["suspended"].is_string());

    let chosen = |args: &[&str]| names(&users(&site, &[args, &["-o", "json"]].concat()).ok());
    assert_eq!(chosen(&["--orphaned"]), ["user-gone", "user-leaving", "user-new"]);
    assert_eq!(chosen(&["--orphaned", "--idle", "90d"]), ["user-gone", "user-leaving"]);
    assert_eq!(chosen(&["--unclaimed"]), ["user-stock"]);
    assert_eq!(chosen(&["--suspended"]), ["user-held"]);
    assert_eq!(chosen(&["--idle", "90d"]), ["user-gone", "user-leaving", "user-root"]);
    assert_eq!(chosen(&["--idle", "3650d"]), [""; 0]);
}

#[test]
fn every_format_has_the_same_rows_and_names_are_for_other_commands() {
    let site = site();
    everybody(&site);
    let table = users(&site, &[]).ok();
    let heading: Vec<_> = table.stdout.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(
        heading,
        [
            "USER",
            "CLUSTER",
            "NAMESPACE",
            "CLAIMED",
            "LAST",
            "LOGIN",
            "ACCOUNT",
            "STATE"
        ]
    );
    assert_eq!(table.stdout.lines().count(), 9);
    let gone = table.stdout.lines().find(|line| line.contains("user-gone")).unwrap();
    let cells: Vec<_> = gone.split_whitespace().collect();
    assert_eq!(
        cells,
        ["no-such-user", "prod", "user-gone", "-", "100d0h", "removed", "active"]
    );
    let yaml: Value = ood_k8s::yaml::from_str(&users(&site, &["-o", "yaml"]).ok().stdout).unwrap();
    let json = users(&site, &["-o", "json"]).ok().json();
    assert_eq!((&yaml["results"], &yaml["version"]), (&json["results"], &json!(1)));
    let run = users(&site, &["--orphaned", "-o", "name"]).ok();
    let mut lines: Vec<_> = run.stdout.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["another-one-gone", "no-such-user"], "each once");
    for (format, nothing) in [("table", ""), ("name", ""), ("yaml", "results: []\n")] {
        let run = users(&site, &["--idle", "3650d", "-o", format]).ok();
        assert!(
            run.stdout.starts_with(nothing) && (format == "yaml") != run.stdout.is_empty(),
            "{run:?}"
        );
    }
}

#[test]
fn an_owner_that_is_no_user_name_never_becomes_two_names_for_another_command() {
    let site = site();
    for (number, owner) in ["ann\nroot", "ann root", "-rf", "a;b", ""].iter().enumerate() {
        make(&site, &format!("user-{number}"), Some(owner), &json!({}));
    }
    make(&site, "user-fine", Some("fine"), &json!({}));
    assert_eq!(users(&site, &["-o", "name"]).done().stdout, "fine\n");
    let table = users(&site, &[]).done();
    assert_eq!(table.stdout.lines().count(), 7, "one line each: {table:?}");
}

#[test]
fn where_nobody_at_all_has_an_account_the_directory_service_is_doubted() {
    let site = site();
    for number in 0..3 {
        make(
            &site,
            &format!("user-{number}"),
            Some(&format!("nobody-{number}")),
            &json!({}),
        );
    }
    let run = users(&site, &["--orphaned", "-o", "name"]).done();
    assert!(
        run.stderr.contains("none of the 3 owners") && run.stderr.contains("getent passwd"),
        "{run:?}"
    );
    site.pre_hook().ok();
    let run = users(&site, &["--orphaned", "-o", "name"]).ok();
    assert_eq!(run.stdout.lines().count(), 3);
}

#[test]
fn pods_are_counted_with_the_rights_to_see_them_and_else_it_is_said() {
    let site = site();
    site.pre_hook().ok();
    let pod =
        |name: &str| json!({ "metadata": { "name": name }, "spec": { "containers": [{ "name": "c", "image": "i" }] } });
    for name in ["one", "two"] {
        site.cluster.create(&site.core("pods"), &pod(name));
    }
    // In the sandbox no pod ends.
    if site.cluster.is_real() {
        site.cluster.create(&site.core("pods"), &pod("done"));
        let ended = json!({ "status": { "phase": "Succeeded" } });
        site.cluster.merge(&site.core("pods/done/status"), &ended);
    }
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let admin = site.path("admin.kubeconfig").display().to_string();
    let run = users(&site, &["--pods", "-o", "json", "--admin-kubeconfig", &admin]).ok();
    assert_eq!(run.json()["results"][0]["pods"], 2, "{run:?}");
    let wide = users(&site, &["-o", "wide"]).done();
    assert!(
        wide.stderr.contains("pods are not counted") && wide.stderr.contains("--admin-kubeconfig"),
        "{wide:?}"
    );
    assert!(
        wide.stdout.contains("PODS") && wide.stdout.contains(&site.namespace()),
        "{wide:?}"
    );
}

#[test]
fn a_list_that_breaks_off_is_no_complete_one() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..300 {
        site.make_namespace(&format!("user-{number}"), Some("daemon"));
    }
    site.cluster.faults().fail(Fault::status(403).containing("continue="));
    let run = users(&site, &["-o", "json"]);
    assert_eq!(run.status, 5, "{run:?}");
    assert_eq!(run.json()["results"].as_array().unwrap().len(), 250);
    assert_eq!(run.json()["errors"].as_array().unwrap().len(), 1);
}

#[test]
fn ten_thousand_namespaces_take_a_bounded_time_and_memory() {
    let _alone = alone();
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    for number in 0..10_000 {
        site.make_namespace(&format!("user-{number}"), Some(&format!("u{number}")));
    }
    let mut peaks = Vec::new();
    for format in ["table", "json", "name"] {
        let inner = site.command(&["users", "-o", format]);
        // The shell's own limit on nothing: only to read the peak of its child.
        let mut command = std::process::Command::new("/usr/bin/env");
        command.arg("-i").arg(inner.get_program()).args(inner.get_args());
        let started = std::time::Instant::now();
        let mut child = command.stdout(std::process::Stdio::piped()).spawn().unwrap();
        let status = format!("/proc/{}/status", child.id());
        let mut out = child.stdout.take().unwrap();
        let reader = std::thread::spawn(move || {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut out, &mut text).unwrap();
            text
        });
        let mut peak = 0;
        while child.try_wait().unwrap().is_none() {
            let text = std::fs::read_to_string(&status).unwrap_or_default();
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
            peak = kib.unwrap_or(0).max(peak);
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        let text = reader.join().unwrap();
        assert!(text.lines().count() >= 10_000, "{format}: {}", text.lines().count());
        println!("{format}: {peak} KiB, {:?}", started.elapsed());
        peaks.push(peak);
    }
    // The figure of a release build is in the book; this one is not optimized.
    assert!(peaks.iter().all(|peak| *peak < 48 * 1024), "{peaks:?}");
}
