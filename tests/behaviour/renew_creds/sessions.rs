//! What is renewed, what is left alone, and who is forgotten.

use std::fs;
use std::process::Command;

use ood_k8s_sandbox::identity_provider::Exchange;

use super::nginx::{write_pid, Nginx};
use super::{Renewing, LONG, SHORT};
use crate::support::{documented, is_root};

#[test]
fn a_token_that_ends_before_the_next_run_is_renewed_and_another_is_left_alone() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let old = renewing.token();
    renewing.renews("1 user: 1 renewed");
    let new = renewing.token();
    assert_ne!(new, old);
    let asked = renewing.provider.token_requests().len();
    renewing.renews("1 user: 1 kept");
    assert_eq!(renewing.token(), new);
    assert_eq!(renewing.provider.token_requests().len(), asked, "nobody was asked");
    // Which tokens end before the next run depends on when that is.
    let run = renewing.renew(&["--interval", "1h"]).done();
    assert_eq!(run.stdout.trim_end(), "1 user: 1 renewed");
    assert!(
        run.stderr.contains("a new token expires in ")
            && run.stderr.contains(", but this command runs every 1h0m; run it"),
        "{}",
        run.stderr
    );
}

#[test]
fn every_mode_that_root_can_renew_is_renewed_and_of_the_others_nothing_is_kept() {
    for mode in ["exchange", "token", "exec", "exec\nEXCHANGE_CLIENT_ID="] {
        let renewing = Renewing::new(&format!("CREDENTIALS={mode}"));
        renewing.log_in(SHORT);
        let tokens = || {
            let cached = fs::read_to_string(renewing.site.path("home/cache/ood-k8s/prod.json")).unwrap_or_default();
            let kubeconfig = renewing.site.user_kubeconfig().unwrap();
            (cached, kubeconfig["users"][0]["user"]["token"].clone())
        };
        let old = tokens();
        renewing.renews("1 user: 1 renewed");
        assert_ne!(tokens(), old, "{mode}");
        renewing.renews("1 user: 1 kept");
    }
    // kubectl renews what a public client was given, too.
    let renewing = Renewing::new("EXCHANGE_DIALECT=keycloak-legacy");
    renewing.provider.set(|settings| settings.exchange = Exchange::Legacy);
    renewing.log_in(SHORT);
    renewing.renews("0 users");
    // Also if that is set between two logins.
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    renewing.site.set("EXCHANGE_DIALECT=keycloak-legacy");
    renewing.provider.set(|settings| settings.exchange = Exchange::Legacy);
    renewing.renews("1 user: 1 renewed");
    renewing.renew(&["--interval", "1h"]).ok();
    assert_eq!(renewing.refreshes().len(), 1);
    let renewing = Renewing::new("CREDENTIALS=auth-provider\nPUN_PID_PATH=nonsense");
    renewing.log_in(SHORT);
    assert!(!renewing.site.path("renewal").exists());
}

#[test]
fn a_mode_that_renews_itself_forgets_what_was_kept_for_another() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    renewing.site.set("CREDENTIALS=auth-provider");
    renewing.renews("1 user: 1 kept");
    renewing.log_in(SHORT);
    assert!(renewing.record().is_none());
}

#[test]
fn several_clusters_are_renewed_with_one_refresh() {
    let renewing = Renewing::new("");
    let site = &renewing.site;
    let own = "  custom:\n    ood_k8s:\n      exchange_audience: kubernetes-test\n";
    let file = site.cluster_file("test", &site.cluster.url(), "oidc");
    site.write("clusters.d/test.yml", &format!("{file}{own}"));
    renewing.log_in(SHORT);
    let tokens = || {
        let kubeconfig = site.user_kubeconfig().unwrap();
        [0, 1].map(|index| kubeconfig["users"][index]["user"]["token"].clone())
    };
    let old = tokens();
    renewing.renews("1 user: 1 renewed");
    let new = tokens();
    assert!(new[0] != old[0] && new[1] != old[1] && new[0] != new[1]);
    assert_eq!(renewing.refreshes().len(), 1);
}

#[test]
fn who_has_lost_a_cluster_by_its_acls_gets_no_new_token_for_it() {
    let renewing = Renewing::new("");
    let site = &renewing.site;
    let file = site.cluster_file("test", &site.cluster.url(), "oidc");
    site.write("clusters.d/test.yml", &file);
    renewing.log_in(SHORT);
    let token = |index: usize| site.user_kubeconfig().unwrap()["users"][index]["user"]["token"].clone();
    let old = [token(0), token(1)];
    site.write(
        "clusters.d/test.yml",
        &format!("{file}  acls: [{{adapter: group, groups: [no-such-group]}}]\n"),
    );
    let run = renewing.renew(&["-o", "json"]).done();
    let result = &run.json()["results"][0];
    assert_eq!(result["result"], "renewed", "{run:?}");
    assert_eq!(result["reason"], "not offered to the user any longer: \"test\"");
    let names: Vec<_> = (0..2)
        .map(|index| site.user_kubeconfig().unwrap()["users"][index]["name"].clone())
        .collect();
    for (index, name) in names.iter().enumerate() {
        let is_withheld = name.as_str().unwrap().contains("test");
        assert_eq!(token(index) == old[index], is_withheld, "{name}");
    }
    // Of all clusters: nothing is refreshed any longer.
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    let before = renewing.refreshes().len();
    renewing.renew(&["--interval", "1h"]).done();
    assert_eq!(renewing.refreshes().len(), before);
}

#[test]
fn a_user_whose_nginx_has_ended_is_forgotten_but_not_while_it_may_be_starting() {
    let mut renewing = Renewing::new("");
    renewing.log_in(SHORT);
    renewing.end_nginx();
    let old = renewing.token();
    // The hook runs before nginx does.
    renewing.renews("1 user: 1 renewed");
    renewing.age_login();
    let asked = renewing.refreshes().len();
    let run = renewing.renew(&["-o", "json"]).ok().json();
    assert_eq!(run["summary"]["forgotten"], 1, "{run}");
    assert_eq!(
        run["results"][0]["reason"], "the process in its pid file is gone",
        "{run}"
    );
    assert_eq!(fs::read_dir(renewing.site.path("renewal")).unwrap().count(), 0);
    assert_eq!(renewing.refreshes().len(), asked);
    assert_ne!(renewing.token(), old, "the home is left as it is");
    renewing.renews("0 users");
}

#[test]
fn neither_another_process_nor_a_missing_or_foreign_pid_file_is_the_users_nginx() {
    let mut renewing = Renewing::new("");
    let mut forgotten = |change: &mut dyn FnMut(&Renewing)| {
        renewing.log_in(LONG);
        renewing.age_login();
        renewing.renews("1 user: 1 kept");
        change(&renewing);
        renewing.renews("1 user: 1 forgotten");
        renewing.end_nginx();
        fs::remove_dir_all(renewing.site.path("run")).unwrap();
        renewing.start_nginx();
    };
    forgotten(&mut |renewing| write_pid(&renewing.site, &std::process::id().to_string()));
    forgotten(&mut |renewing| {
        let pid = renewing
            .site
            .path("run")
            .join(&renewing.site.user)
            .join("passenger.pid");
        fs::rename(&pid, pid.with_extension("real")).unwrap();
        std::os::unix::fs::symlink(pid.with_extension("real"), pid).unwrap();
    });
    forgotten(&mut |renewing| {
        let folder = renewing.site.path("run").join(&renewing.site.user);
        fs::remove_file(folder.join("passenger.pid")).unwrap();
    });
    if is_root() {
        forgotten(&mut |renewing| {
            let pid = renewing
                .site
                .path("run")
                .join(&renewing.site.user)
                .join("passenger.pid");
            std::os::unix::fs::chown(pid, Some(65534), None).unwrap();
        });
        // A stale pid file, whose number a process of the user's own was given; it calls itself what it likes.
        for uid in [65534, 1] {
            let mut impostor = None;
            forgotten(&mut |renewing| impostor = Some(Nginx::of_account(&renewing.site, uid)));
        }
    }
}

#[test]
fn a_session_that_the_identity_provider_has_ended_is_forgotten_and_the_home_left_as_it_is() {
    let renewing = Renewing::new("");
    renewing.log_in(SHORT);
    renewing.provider.log_out(&renewing.site.user);
    let old = renewing.token();
    let run = renewing.renew(&["-o", "table"]).ok();
    assert!(
        run.stdout.contains("forgotten") && run.stdout.contains("has ended the session"),
        "{}",
        run.stdout
    );
    assert!(renewing.record().is_none());
    assert_eq!(renewing.token(), old);
}

#[test]
fn a_user_who_is_not_there_any_more_is_forgotten() {
    let renewing = Renewing::new("");
    renewing.log_in(LONG);
    let record = renewing.record().unwrap().to_string();
    let record = record.replace(&format!("\"{}\"", renewing.site.user), "\"no-such-user\"");
    renewing.site.write("renewal/no-such-user.json", &record);
    let summary = "2 users: 1 forgotten, 1 kept";
    renewing.renews(summary);
    documented::counts_are_shown("docs/src/users-tokens.md", "5 users", summary);
    assert!(!renewing.site.path("renewal/no-such-user.json").exists());
}

#[test]
fn a_new_login_replaces_what_was_kept_and_the_same_login_again_does_not() {
    let renewing = Renewing::new("");
    renewing
        .provider
        .set(|settings| settings.single_use_refresh_tokens = true);
    let first = renewing.log_in(SHORT);
    assert_eq!(renewing.kept_token(), first.refresh);
    renewing.renews("1 user: 1 renewed");
    let newest = renewing.kept_token();
    assert_ne!(newest, first.refresh);
    // Apache hands over the tokens that it has when the user's nginx is started again.
    renewing.set_creds(&first).done();
    assert_eq!(renewing.kept_token(), newest);
    let second = renewing.log_in(LONG);
    assert_eq!(renewing.kept_token(), second.refresh);
}

#[test]
fn a_login_whose_access_token_has_ended_uses_the_refresh_token_that_still_works() {
    let renewing = Renewing::new("");
    renewing.provider.set(|settings| {
        settings.single_use_refresh_tokens = true;
        settings.clock_skew = -1000;
    });
    let ended = renewing.provider.log_in(&renewing.site.user);
    renewing.provider.set(|settings| settings.clock_skew = 0);
    renewing.live(SHORT);
    renewing.set_creds(&ended).done();
    let kept = renewing.kept_token();
    assert_ne!(kept, ended.refresh, "the login has spent it");
    renewing.live(LONG);
    renewing.renews("1 user: 1 renewed");
    // The same tokens once more: the refresh token of Apache was spent twice over.
    renewing.set_creds(&ended).done();
    assert!(renewing.refreshes().iter().all(|(_, status)| *status == 200));
    assert_eq!(renewing.refreshes().len(), 3);
    renewing.renew(&["--interval", "1h"]).done();
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let mut renewing = Renewing::new("");
    renewing.log_in(SHORT);
    let (token, record) = (renewing.token(), renewing.record());
    assert_eq!(
        renewing.renew(&["--dry-run"]).ok().stdout.trim_end(),
        "1 user: 1 renewed (dry run)"
    );
    renewing.end_nginx();
    renewing.age_login();
    let run = renewing.renew(&["--dry-run", "-o", "json"]).ok().json();
    assert_eq!(
        (&run["dry_run"], &run["results"][0]["result"]),
        (&true.into(), &"forgotten".into())
    );
    assert_eq!(renewing.token(), token);
    assert_eq!(renewing.kept_token(), record.unwrap()["refresh_token"]);
    assert!(
        renewing.provider.requests().len() <= 2,
        "discovery and exchange of the login"
    );
}

#[test]
fn it_says_one_line_nothing_or_every_user_and_writes_metrics() {
    let renewing = Renewing::new("");
    renewing.log_in(LONG);
    assert_eq!(renewing.renew(&["--quiet"]).ok().stdout, "");
    let table = renewing.renew(&["-o", "table"]).ok().stdout;
    assert!(
        table.starts_with("USER") && table.contains(&format!("{} ", renewing.site.user)),
        "{table}"
    );
    let prom = renewing.site.path("renew.prom");
    let file = prom.to_str().unwrap();
    renewing.renew(&["--interval", "1h", "--metrics-file", file]).done();
    let metrics = || fs::read_to_string(&prom).unwrap();
    assert!(
        metrics().contains("ood_k8s_renew_creds_users{result=\"renewed\"} 1\n"),
        "{}",
        metrics()
    );
    let success = |text: &str| {
        text.lines()
            .find(|line| line.contains("last_success_timestamp_seconds "))
            .unwrap()
            .to_owned()
    };
    let before = success(&metrics());
    renewing.provider.refuse_connections();
    let run = renewing.renew(&["--interval", "1h", "--metrics-file", file]);
    assert_eq!(run.status, 6, "{run:?}");
    assert!(
        metrics().contains("ood_k8s_renew_creds_users{result=\"failed\"} 1\n"),
        "{}",
        metrics()
    );
    assert_eq!(success(&metrics()), before);
}

#[test]
fn the_units_capabilities_are_enough_and_it_reads_what_apache_has_closed() {
    let setpriv = Command::new("setpriv").arg("--version").output();
    if !is_root() || setpriv.is_err() {
        return crate::support::skip("only root has capabilities to lay down, with setpriv");
    }
    let renewing = Renewing::new("CREDENTIALS=exec");
    renewing.log_in(SHORT);
    renewing.age_login();
    let folder = renewing.site.path("run").join(&renewing.site.user);
    std::os::unix::fs::chown(&folder, Some(65534), Some(65534)).unwrap();
    fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let limited = |capabilities: &str| {
        let mut command = Command::new("setpriv");
        command.args(["--bounding-set", capabilities, "--inh-caps", "-all"]);
        command.arg(env!("CARGO_BIN_EXE_ood-k8s")).arg("renew-creds");
        renewing.site.flags(&mut command);
        crate::support::Run::of(&mut command)
    };
    limited("-all,+setuid,+setgid,+kill").fails(6, &["passenger.pid", "permission denied"]);
    let run = limited("-all,+setuid,+setgid,+kill,+dac_read_search").ok();
    assert_eq!(run.stdout.trim_end(), "1 user: 1 renewed");
}

#[test]
fn a_session_for_a_cluster_that_is_no_more_is_told_and_fails_if_there_is_no_other() {
    let renewing = Renewing::new("");
    let site = &renewing.site;
    site.write(
        "clusters.d/test.yml",
        &site.cluster_file("test", &site.cluster.url(), "oidc"),
    );
    renewing.log_in(SHORT);
    fs::remove_file(site.path("clusters.d/test.yml")).unwrap();
    let run = renewing.renew(&["-o", "table"]).done();
    assert!(
        run.stdout.contains("renewed") && run.stdout.contains("for clusters that are not there: \"test\""),
        "{run:?}"
    );
    renewing.log_in(SHORT);
    for other in ["clusters.d/renamed.yml", "elsewhere.yml"] {
        fs::rename(site.path("clusters.d/prod.yml"), site.path(other)).unwrap();
        let run = renewing.renew(&["-o", "json"]);
        let result = run.json()["results"][0].clone();
        assert_eq!((run.status, &result["result"]), (3, &"kept".into()), "{run:?}");
        assert!(result["reason"].as_str().unwrap().contains("\"prod\""), "{result}");
        let words = ["clusters.d", "\"prod\"", "its old name back"];
        assert!(words.iter().all(|word| run.stderr.contains(word)), "{}", run.stderr);
        fs::rename(site.path(other), site.path("clusters.d/prod.yml")).unwrap();
    }
    // Of a file that cannot be read, nobody knows what it is.
    site.write("clusters.d/other.yml", "v2: {job: {adpater: kubernetes}}\n");
    fs::rename(site.path("clusters.d/prod.yml"), site.path("prod.yml")).unwrap();
    renewing.renew(&[]).fails(3, &["other.yml"]);
    fs::rename(site.path("prod.yml"), site.path("clusters.d/prod.yml")).unwrap();
    fs::remove_file(site.path("clusters.d/other.yml")).unwrap();
    renewing.renews("1 user: 1 renewed");
}
