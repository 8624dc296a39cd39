//! The journal: what a real journald keeps of our lines, and a real journalctl finds.

use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::time::Duration;

use super::journald::Journald;
use crate::support::{is_root, skip, Site, CANARY};

fn login(site: &Site) -> Command {
    site.command_with_tokens(&["pre-hook", "--user", &site.user])
}

#[test]
fn a_login_is_found_by_user_cluster_and_result_and_its_failure_by_the_user() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    journal.run_of(&login(&site)).ok();
    site.set("IMAGE_PULL_SECRET=UPPER");
    journal.run_of(&login(&site)).fails(3, &["IMAGE_PULL_SECRET"]);
    let of_user = format!("OOD_K8S_USER={}", site.user);
    let found = journal.find(&[&of_user]);
    let texts = |key: &str| -> Vec<_> { found.iter().map(|entry| entry[key].as_str().unwrap_or("-")).collect() };
    assert_eq!(texts("OOD_K8S_RESULT"), ["ok", "configuration", "-"], "{found:?}");
    assert_eq!(texts("OOD_K8S_CLUSTER"), ["prod", "prod", "-"], "{found:?}");
    assert_eq!(texts("OOD_K8S_COMMAND"), ["login", "login", "-"], "{found:?}");
    assert_eq!(texts("PRIORITY"), ["6", "3", "3"], "{found:?}");
    assert_eq!(texts("_UID"), ["0"; 3], "{found:?}");
    assert_eq!(texts("SYSLOG_IDENTIFIER"), ["ood-k8s"; 3], "{found:?}");
    assert_eq!(texts("SYSLOG_FACILITY"), ["3"; 3], "{found:?}");
    assert_eq!(texts("_TRANSPORT"), ["journal"; 3], "{found:?}");
    let messages = texts("MESSAGE");
    let begin = format!("level=info msg=login user={} cluster=prod result=ok", site.user);
    assert!(messages[0].starts_with(&begin), "{messages:?}");
    let begin = format!("level=error user={} msg=\"", site.user);
    assert!(
        messages[2].starts_with(&begin) && messages[2].contains("IMAGE_PULL_SECRET"),
        "{messages:?}"
    );
    assert_ne!(texts("MESSAGE_ID")[1], texts("MESSAGE_ID")[2]);
    assert_eq!(journal.find(&[&of_user, "OOD_K8S_RESULT=ok"]).len(), 1);
    assert_eq!(journal.find(&["--priority=err", "SYSLOG_IDENTIFIER=ood-k8s"]).len(), 2);
    assert!(
        !format!("{:?}", journal.find(&[])).contains(CANARY),
        "a secret in the journal"
    );
}

#[test]
fn a_warning_has_its_level_and_the_user_and_json_is_json_in_every_line() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    site.set("USE_JOB_POD_REAPER=yes\nLOG_FORMAT=json");
    journal.run_of(&login(&site)).ok();
    site.set("IMAGE_PULL_SECRET=UPPER");
    journal.run_of(&login(&site)).fails(3, &["IMAGE_PULL_SECRET"]);
    let found = journal.find(&[&format!("OOD_K8S_USER={}", site.user)]);
    assert!(found.len() >= 5, "{found:?}");
    for entry in &found {
        let line: serde_json::Value = serde_json::from_str(entry["MESSAGE"].as_str().unwrap()).unwrap();
        let priority = match line["level"].as_str().unwrap() {
            "error" => "3",
            "warning" => "4",
            "info" => "6",
            other => panic!("{other}"),
        };
        assert_eq!(entry["PRIORITY"], priority, "{entry}");
        assert_eq!(line["user"], site.user.as_str(), "{entry}");
    }
    let warned = found.iter().any(|entry| {
        entry["MESSAGE"]
            .as_str()
            .unwrap()
            .contains("USE_JOB_POD_REAPER is neither")
    });
    assert!(warned, "{found:?}");
}

#[test]
fn a_user_name_cannot_make_a_field_or_a_line_of_its_own() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    for name in [
        "ann\nOOD_K8S_RESULT=ok",
        "ann\nMESSAGE=forged",
        "ann\n_UID=4711\n",
        "\u{2028}ann\rMESSAGE=forged",
        "ann user=bob result=ok msg=login",
    ] {
        let run = journal.run_of(&site.command_with_tokens(&["pre-hook", "--user", name]));
        assert_eq!(run.status, 4, "{run:?}");
    }
    let found = journal.find(&["SYSLOG_IDENTIFIER=ood-k8s"]);
    assert_eq!(found.len(), 10, "a record and a failure for each: {found:?}");
    for entry in &found {
        assert_eq!(entry["_UID"], "0", "{entry}");
        assert!(
            entry["OOD_K8S_RESULT"].is_null() || entry["OOD_K8S_RESULT"] == "refused",
            "{entry}"
        );
        let line = entry["MESSAGE"].as_str().unwrap();
        assert!(line.starts_with("level=error ") && !line.contains('\n'), "{entry}");
        assert!(
            entry["OOD_K8S_USER"].as_str().is_some_and(|user| user.contains("ann")),
            "{entry}"
        );
    }
    assert!(journal.find(&["OOD_K8S_RESULT=ok"]).is_empty());
    let run = journal.run_of(&site.command(&["logs", "-o", "json"])).ok();
    let rows = run.json()["results"].as_array().unwrap().clone();
    assert!(
        rows.len() == 5 && rows.iter().all(|row| row["result"] == "refused"),
        "{rows:?}"
    );
}

#[test]
fn a_journal_that_takes_no_lines_keeps_nobody_from_logging_in() {
    if !is_root() {
        return skip("only root may mount");
    }
    let site = Site::new();
    std::fs::create_dir(site.path("journal")).unwrap();
    let socket = site.path("journal/socket");
    let hung = UnixDatagram::bind(&socket).unwrap();
    std::fs::set_permissions(&socket, std::fs::Permissions::from_mode(0o666)).unwrap();
    let full = UnixDatagram::unbound().unwrap();
    full.set_nonblocking(true).unwrap();
    while full.send_to(b"MESSAGE=x\n", &socket).is_ok() {}
    let journal = Journald::with_socket_in(&site.path("journal"));
    let told = ["pre-hook", "--user", &site.user, "--log-level", "warn"];
    let run = journal.run_of(&site.command_with_tokens(&told)).done();
    assert!(
        run.took > Duration::from_millis(900) && run.took < Duration::from_secs(5),
        "{run:?}"
    );
    assert!(site.user_kubeconfig().is_some());
    assert!(run.stderr.contains("the journal does not accept messages"), "{run:?}");
    drop(hung);
    let run = journal.run_of(&login(&site)).ok();
    assert!(run.took < Duration::from_secs(3), "a socket that nobody reads: {run:?}");
}

#[test]
fn who_ran_a_command_is_found_in_the_journal() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    let mut command = site.command(&["bootstrap-user", &site.user]);
    journal.run_of(command.env("SUDO_USER", "carol\n_UID=4711")).ok();
    let found = journal.find(&[&format!("OOD_K8S_USER={}", site.user)]);
    let by = found[0]["OOD_K8S_BY"].as_str().unwrap();
    assert!(by.ends_with("\"carol _UID=4711\" by SUDO_USER"), "{by}");
    journal.run_of(&login(&site)).ok();
    assert_eq!(journal.find(&[&format!("OOD_K8S_BY={by}")]).len(), 1);
}

#[test]
fn the_bundle_has_the_journals_lines_of_roots_processes_and_none_that_others_wrote_in_our_name() {
    let Some(journal) = Journald::start() else { return };
    let site = Site::new();
    journal.run_of(&login(&site)).ok();
    let forged = "printf 'MESSAGE=forged\nSYSLOG_IDENTIFIER=ood-k8s\n' | setpriv --reuid=daemon --clear-groups logger --journald";
    assert!(journal.run("sh", &["-c", forged]).status.success());
    assert_eq!(journal.find(&["MESSAGE=forged"]).len(), 1);
    let bundle = site.path("bundle.json");
    let _ = journal.run_of(&site.command(&["check", "-q", "--bundle", bundle.to_str().unwrap()]));
    let bundle: serde_json::Value = serde_json::from_slice(&std::fs::read(bundle).unwrap()).unwrap();
    assert_eq!(bundle["log"]["from"], "journal");
    let lines = bundle["log"]["lines"].as_array().unwrap();
    let of_the_login = format!("level=info msg=login user={} cluster=prod result=ok", site.user);
    assert!(
        lines.iter().any(|line| line.as_str().unwrap().contains(&of_the_login)),
        "{lines:?}"
    );
    assert!(!format!("{lines:?}").contains("forged"), "{lines:?}");
}
