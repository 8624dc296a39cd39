//! Accounts that have expired: told beside those that are gone, and left out where those are.

use serde_json::{json, Value};

use super::SUSPENDED;
use crate::support::{Accounts, Cluster, Run, Site};

/// Accounts with an expiry date in the past, of today, in the future, and such as have none.
fn accounts() -> Accounts {
    let today = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        / 86_400;
    Accounts::new()
        .user("past", 61_001, "/bin/sh")
        .shadow("past", "$6$s4lt$h4sh", "1")
        .user("today", 61_002, "/bin/sh")
        .shadow("today", "!", &today.to_string())
        .user("later", 61_003, "/bin/sh")
        .shadow("later", "*", &(today + 2).to_string())
        .user("nopass", 61_004, "/bin/sh")
        .shadow("nopass", "!", "")
        .user("noshell", 61_005, "/usr/sbin/nologin")
        .shadow("noshell", "*", "")
        .user("unshadowed", 61_006, "/bin/false")
}

const NAMES: [&str; 6] = ["later", "nopass", "noshell", "past", "today", "unshadowed"];

fn site() -> Option<Site> {
    let site = Accounts::site(Cluster::own())?;
    for name in NAMES {
        site.make_namespace(&format!("user-{name}"), Some(name));
    }
    site.make_namespace("user-gone", Some("no-such-user"));
    Some(site)
}

fn run(site: &Site, args: &[&str]) -> Run {
    let run = Run::of(&mut accounts().command(site, args));
    assert!(!run.stdout.contains("h4sh") && !run.stderr.contains("h4sh"), "{run:?}");
    run
}

/// The users of a list, with what is said of their accounts.
fn said(run: &Run) -> Vec<(String, String)> {
    let json = run.json();
    let word = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
    let rows = json["results"].as_array().unwrap().iter();
    let mut rows: Vec<_> = rows.map(|row| (word(row, "user"), word(row, "account"))).collect();
    rows.sort();
    rows
}

#[test]
fn an_account_that_has_expired_is_locked_and_a_password_or_a_shell_locks_nothing() {
    let Some(site) = site() else { return };
    let all = run(&site, &["users", "-o", "json"]).ok();
    let expected = [
        ("later", "there"),
        ("no-such-user", "removed"),
        ("nopass", "there"),
        ("noshell", "there"),
        ("past", "locked"),
        ("today", "locked"),
        ("unshadowed", "there"),
    ];
    let expected: Vec<(String, String)> = expected.iter().map(|(a, b)| ((*a).into(), (*b).into())).collect();
    assert_eq!(said(&all), expected);
    let rows = all.json()["results"].as_array().unwrap().clone();
    let shells: Vec<_> = rows.iter().filter_map(|row| row["shell"].as_str()).collect();
    assert_eq!(shells, ["/usr/sbin/nologin", "/bin/false"], "told, and no more");
    let names = |args: &[&str]| run(&site, &[&["users", "-o", "name"], args].concat()).ok().stdout;
    assert_eq!(names(&["--locked"]), "past\ntoday\n");
    assert_eq!(names(&["--orphaned"]), "no-such-user\n", "as before");
    assert_eq!(names(&["--not-allowed"]), "no-such-user\npast\ntoday\n");
    let wide = run(&site, &["users", "-o", "wide"]);
    assert!(
        wide.stdout.contains("SHELL") && wide.stdout.contains("/bin/false"),
        "{wide:?}"
    );
}

#[test]
fn they_are_skipped_and_counted_beside_those_who_are_gone() {
    let Some(site) = site() else { return };
    let mint = |args: &[&str]| {
        run(&site, &[&["mint-registry-secret", "--all"], args].concat())
            .done()
            .stdout
    };
    assert_eq!(mint(&[]), "7 namespaces: 4 created, 1 gone, 2 locked\n");
    let has_secret = |name: &str| {
        site.cluster
            .object(&format!("/api/v1/namespaces/user-{name}/secrets/registry"))
            .is_some()
    };
    assert!(has_secret("noshell") && has_secret("later") && !has_secret("past") && !has_secret("gone"));
    // Root's account may write no Secret of this name.
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    site.write("key", "value");
    let key = site.path("key").display().to_string();
    let sync = ["sync-secret", "site", "--from-file", &key, "--all"];
    assert_eq!(
        run(&site, &sync).done().stdout,
        "7 namespaces: 4 created, 1 gone, 2 locked\n"
    );
    // Their numbers are theirs still.
    let stamped = run(&site, &["users", "restamp", "--all", "--dry-run"]).done().stdout;
    assert!(stamped.contains("1 gone") && !stamped.contains("locked"), "{stamped}");
    assert!(mint(&["--include-gone"]).contains("3 created"));
    assert!(has_secret("past") && has_secret("gone"));
}

#[test]
fn they_lose_access_with_reconcile_and_another_cluster_does_not_get_them() {
    let Some(site) = site() else { return };
    site.write(
        "admin.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), site.cluster.admin_token()),
    );
    let admin = site.path("admin.kubeconfig").display().to_string();
    run(&site, &["users", "reconcile", "--yes", "--admin-kubeconfig", &admin]).ok();
    let is_out = |name: &str| {
        let namespace = site.cluster.object(&format!("/api/v1/namespaces/user-{name}")).unwrap();
        namespace["metadata"]["annotations"][SUSPENDED].is_string()
    };
    assert_eq!(NAMES.map(is_out), [false, false, false, true, true, false]);
    let row = |user: &str| json!({ "user": user, "state": "active", "uid": null });
    let rows = ["past", "today", "no-such-user"].map(row);
    let list = json!({ "results": rows });
    site.write("users.json", &list.to_string());
    let file = site.path("users.json").display().to_string();
    let furnish = run(&site, &["bootstrap-user", "--all-users", "--from-list", &file]).done();
    assert_eq!(furnish.stdout, "3 users: 1 gone, 2 locked\n");
}

#[test]
fn their_tokens_are_renewed_no_more_and_check_says_so() {
    let Some(site) = site() else { return };
    let folder = site.path("renewal");
    site.set(&format!(
        "CREDENTIALS=exec\nCLIENT_SECRET=\nRENEWAL_DIR={}",
        folder.display()
    ));
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let nginx = super::with_nginx_of(&site, "past");
    let record = json!({
        "version": 1, "user": "past", "refresh_token": "t", "handed_over": "t",
        "logged_in": "2020-01-01T00:00:00Z", "token_ends": {},
    });
    site.write("renewal/past.json", &record.to_string());
    std::fs::set_permissions(
        folder.join("past.json"),
        std::os::unix::fs::PermissionsExt::from_mode(0o600),
    )
    .unwrap();
    let renewed = run(&site, &["renew-creds", "-o", "json"]).done();
    assert!(renewed.stdout.contains("the user's account has expired"), "{renewed:?}");
    assert!(!folder.join("past.json").exists());
    drop(nginx);
    for (name, is_told) in [("past", true), ("later", false), ("noshell", false)] {
        let check = run(&site, &["check", name]);
        let told = check.stdout.contains("OK8S-415") && check.stdout.contains("chage -E -1 past");
        assert_eq!(told, is_told, "{name}: {check:?}");
    }
}

#[test]
fn where_getent_is_not_or_hangs_nobody_is_locked_and_it_is_told() {
    let Some(site) = site() else { return };
    let of = |program: &str| {
        site.write("getent", program);
        let limit = if program.contains("sleep") { "2s" } else { "1m" };
        let path = site.path("getent");
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
        let mut command = accounts().command(&site, &["users", "-o", "name", "--locked", "--timeout", limit]);
        let mut outer = std::process::Command::new("unshare");
        let script = "mount --bind \"$0\" /usr/bin/getent; exec \"$@\"";
        outer
            .args(["--mount", "--propagation", "private", "sh", "-ec", script])
            .arg(&path);
        outer.arg(command.get_program()).args(command.get_args());
        outer.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command = outer;
        Run::of(&mut command).done()
    };
    for (program, words) in [
        ("#!/no/such/interpreter\n", "cannot run /usr/bin/getent"),
        ("#!/bin/sh\nexec sleep 600\n", "did not answer within 2s"),
        ("#!/bin/sh\nexit 3\n", "ended with exit status: 3"),
        (
            "#!/bin/sh\nexec tr '\\0' x </dev/zero | head -c 900000\n",
            "answered too much",
        ),
    ] {
        let run = of(program);
        assert!(run.stdout.is_empty() && run.stderr.contains(words), "{words}: {run:?}");
        assert_eq!(
            run.stderr
                .matches("cannot determine which accounts have expired")
                .count(),
            1,
            "{run:?}"
        );
    }
}

#[test]
fn a_help_desk_sees_that_an_account_has_expired() {
    let Some(site) = site() else { return };
    for (name, state) in [("past", "locked"), ("later", "there"), ("noshell", "there")] {
        let shown = run(&site, &["users", "show", name, "-o", "json"]);
        let told = shown.json();
        assert_eq!(told["account"]["state"], state, "{told:#}");
        let is_told = told["findings"].as_array().unwrap().iter().any(|finding| {
            finding["code"] == "OK8S-415" && finding["remedy"].as_str().unwrap().contains("chage -E -1")
        });
        assert_eq!(is_told, state == "locked", "{told:#}");
    }
}
