//! `logs`: the last logins, from a real journal and from files of syslog, and nothing of what others wrote.

use std::process::Command;

use serde_json::Value;

use super::journald::Journald;
use crate::support::{Run, Site};

fn rows(run: &Run) -> Vec<Value> {
    run.json()["results"].as_array().unwrap().clone()
}

#[test]
fn the_last_logins_are_shown_with_what_failed_and_can_be_chosen() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    let login = |user: &str| journal.run_of(&site.command_with_tokens(&["pre-hook", "--user", user]));
    login(&site.user).ok();
    assert_eq!(login("no-such-user").status, 4);
    site.write(
        "root.kubeconfig",
        &site.kubeconfig(&site.cluster.url(), "no-such-token"),
    );
    assert_eq!(login(&site.user).status, 5);
    journal.run_of(&site.command(&["refresh-token"])).fails(5, &["token"]);
    assert!(journal.run("journalctl", &["--sync"]).status.success());
    let logs = |args: &[&str]| journal.run_of(Command::new(env!("CARGO_BIN_EXE_ood-k8s")).arg("logs").args(args));
    let json = |args: &[&str]| rows(&logs(&[args, &["-o", "json"]].concat()).ok());
    let all = json(&[]);
    let results: Vec<_> = all.iter().map(|row| row["result"].as_str().unwrap()).collect();
    assert_eq!(results, ["ok", "refused", "root-token-refused"], "{all:?}");
    assert_eq!(
        (&all[0]["user"], &all[0]["cluster"]),
        (&site.user.as_str().into(), &"prod".into())
    );
    assert!(
        all[0]["milliseconds"].as_u64().is_some_and(|millis| millis > 0),
        "{all:?}"
    );
    assert!(
        all[0].get("error").is_none() && all[1].get("cluster").is_none(),
        "{all:?}"
    );
    assert!(all[2]["error"].as_str().unwrap().contains("does not accept"), "{all:?}");
    assert_eq!(json(&["no-such-user"]), all[1..2]);
    assert_eq!(json(&["--failed"]), all[1..]);
    assert_eq!(json(&["-n", "1"]), all[2..]);
    assert_eq!(json(&["--failed", "--since", "1h", &site.user]), all[2..]);
    assert_eq!(json(&["another"]), [] as [Value; 0]);
    let table = logs(&[]).ok().stdout;
    let lines: Vec<_> = table.lines().collect();
    assert!(
        lines.len() == 4 && lines[0].starts_with("TIME ") && lines[3].contains("root-token-refused"),
        "{table}"
    );
    assert_eq!(
        logs(&["--failed", "-o", "name"]).ok().stdout,
        format!("no-such-user\n{}\n", site.user)
    );
    logs(&["../x"]).fails(4, &["../x"]);
}

#[test]
fn what_another_account_writes_to_the_journal_is_not_shown() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    journal
        .run_of(&site.command_with_tokens(&["pre-hook", "--user", &site.user]))
        .ok();
    let genuine = &journal.find(&["SYSLOG_IDENTIFIER=ood-k8s"])[0];
    let forged = format!(
        "MESSAGE=level=info msg=login user=root cluster=prod result=ok\nSYSLOG_IDENTIFIER=ood-k8s\nMESSAGE_ID={}\nOOD_K8S_USER=root\nOOD_K8S_RESULT=ok\n_UID=0\n",
        genuine["MESSAGE_ID"].as_str().unwrap()
    );
    let script =
        format!("printf '%s' '{forged}' | setpriv --reuid=daemon --regid=daemon --clear-groups logger --journald");
    assert!(journal.run("sh", &["-c", &script]).status.success());
    assert_eq!(journal.find(&["OOD_K8S_USER=root"]).len(), 1, "it is in the journal");
    let run = journal.run_of(&site.command(&["logs", "-o", "json"])).ok();
    let shown = rows(&run);
    assert!(shown.len() == 1 && shown[0]["user"] == site.user.as_str(), "{shown:?}");
}

const LINES: &str = "\
2026-11-26T17:04:41.123456+01:00 web1 ood-k8s[12]: level=info msg=login user=ann cluster=prod result=ok milliseconds=11
2026-11-26T17:04:42.123456+01:00 web1 ood-k8s[13]: {\"level\":\"error\",\"msg\":\"login\",\"user\":\"bob\",\"cluster\":\"prod\",\"result\":\"unreachable\",\"milliseconds\":2600,\"error\":\"cannot reach x; check it\"}
2026-11-26T17:04:42.123456+01:00 web1 ood-k8s[13]: level=error user=bob msg=\"cannot reach x; check it\"
2026-11-26T17:04:43.123456+01:00 web1 sshd[1]: ood-k8s[14]: level=info msg=login user=root cluster=prod result=ok
2026-11-26T17:04:44.123456+01:00 web1 ood-k8s[15]: level=info msg=renew-creds user=ann result=ok
cut off
";

#[test]
fn a_file_of_syslog_is_read_and_never_trusted() {
    let site = Site::new();
    site.write("syslog", LINES);
    let logs = |args: &[&str]| {
        let file = site.path("syslog").display().to_string();
        Run::of(&mut site.command(&[&["logs", "--file", &file], args].concat())).done()
    };
    let run = logs(&["-o", "json"]);
    let shown = rows(&run);
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!(shown[0]["time"], "2026-11-26T16:04:41Z", "{shown:?}");
    assert_eq!(shown[1]["result"], "unreachable");
    assert_eq!(
        shown[1]["error"], "\"cannot reach x, check it\"",
        "no remedy of ours: {shown:?}"
    );
    assert!(
        run.stderr.contains("note: every account") && run.stderr.lines().count() == 1,
        "{run:?}"
    );
    assert_eq!(rows(&logs(&["--failed", "-o", "json"])), shown[1..]);
    assert_eq!(rows(&logs(&["ann", "-o", "json"])), shown[..1]);
    assert_eq!(rows(&logs(&["-n", "1", "-o", "json"])), shown[1..]);
    let forged = "2026-11-26T17:04:45Z web1 ood-k8s[16]: level=info msg=login user=\"ann\\u001b[2J; run: x\" cluster=\"a b\" result=\"ok\\nforged\"\n";
    site.write("syslog", forged);
    let table = logs(&[]).stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    assert!(!table.contains('\u{1b}') && !table.contains("; run"), "{table}");
    assert_eq!(logs(&["-o", "name"]).stdout, "", "no name for another command");
    site.write(
        "syslog",
        &LINES.replace("2026-11-26T17:04:41.123456+01:00", "Nov 26 17:04:41"),
    );
    assert_eq!(rows(&logs(&["ann", "-o", "json"]))[0]["time"], "Nov 26 17:04:41");
    let file = site.path("syslog").display().to_string();
    Run::of(&mut site.command(&["logs", "--file", &file, "--since", "1h"]))
        .fails(2, &["without year", "leave --since out"]);
    Run::of(&mut site.command(&["logs", "--file", "/nonexistent/log"]))
        .fails(3, &["cannot read the log", "no such file"]);
}

#[test]
fn a_log_of_any_size_is_read_from_its_end() {
    let site = Site::new();
    let filler = "2026-11-26T17:04:40Z web1 kernel: something else that happens on a machine\n".repeat(400_000);
    site.write(
        "syslog",
        &format!("{}{filler}{}", LINES.replace("user=ann", "user=too-old"), LINES),
    );
    let file = site.path("syslog").display().to_string();
    let run = Run::of(&mut site.command(&["logs", "--file", &file, "-o", "name", "-n", "1000"])).done();
    assert_eq!(run.stdout, "ann\nbob\n");
}
