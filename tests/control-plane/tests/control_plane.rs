//! The control plane works as documented: it starts, it is real, and it leaves nothing behind.

use std::io::{BufRead, BufReader};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use ood_k8s_control_plane::{ControlPlane, Programs};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// Whether the programs were not built: then prints that, and fails with `OOD_K8S_TEST_STRICT=1`.
fn skipped() -> bool {
    let Err(missing) = Programs::find() else {
        return false;
    };
    let strict = std::env::var_os("OOD_K8S_TEST_STRICT").is_some_and(|strict| strict == "1");
    assert!(!strict, "skipped, and OOD_K8S_TEST_STRICT is set: {missing}");
    eprintln!("SKIPPED: {missing}");
    true
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ood-k8s-control-plane");

#[test]
fn a_namespace_gets_its_default_service_account_and_tokens() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let plane = ControlPlane::shared();
    plane.kubectl_output(&["create", "namespace", "jane"])?;
    until("the default ServiceAccount is there", || {
        has_default_account(&plane, "jane")
    });
    let token = plane.service_account_token("jane", "default")?;
    assert_eq!(token.split('.').count(), 3, "not a JWT");
    Ok(())
}

#[test]
fn the_audit_log_names_who_asked_for_what() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let plane = ControlPlane::shared();
    let path = "/api/v1/namespaces/default?asked=by-a-test";
    plane.kubectl_output(&["get", "--raw", path])?;
    let mut requests = plane.requests()?;
    requests.retain(|request| request.path == path);
    let [request] = requests.as_slice() else {
        return Err(format!("not one request: {requests:?}").into());
    };
    assert_eq!((request.verb.as_str(), request.status), ("get", 200));
    assert_eq!(request.user, "admin");
    assert!(!request.audit_id.is_empty());
    assert!(request.user_agent.starts_with("kubectl/"), "{}", request.user_agent);
    Ok(())
}

#[test]
fn held_service_accounts_appear_when_they_are_released() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let plane = ControlPlane::builder().start()?;
    let held = plane.hold_service_accounts()?;
    plane.kubectl_output(&["create", "namespace", "waiting"])?;
    // A request that must fail waits for the account, for at most two seconds (admission).
    assert!(
        plane.apply(POD).is_err(),
        "a pod was admitted without its ServiceAccount"
    );
    assert!(!has_default_account(&plane, "waiting"));
    drop(held);
    until("the default ServiceAccount is there", || {
        has_default_account(&plane, "waiting")
    });
    plane.apply(POD)?;
    Ok(())
}

/// From the second one of a process on, what etcd has comes from a seed.
#[test]
fn each_control_plane_of_a_process_has_the_site_and_nothing_of_another() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let names = ["namespaces", "clusterroles", "clusterrolebindings"];
    let all = |plane: &ControlPlane| plane.kubectl_output(&["get", &names.join(","), "-o", "name"]);
    let first = ControlPlane::builder().start()?;
    let before = all(&first)?;
    assert!(
        before.contains("namespace/ondemand\n") && before.contains("clusterrole.rbac.authorization.k8s.io/ondemand")
    );
    first.kubectl_output(&["create", "namespace", "of-the-first"])?;
    let token = first.service_account_token("ondemand", "ondemand")?;
    for _ in 0..2 {
        let next = ControlPlane::builder().start()?;
        assert_eq!(all(&next)?, before);
        // An account has the same uid here, but the keys are this one's.
        let who = ["auth", "whoami", "--kubeconfig=/dev/null", "--insecure-skip-tls-verify"];
        let asked = next
            .kubectl()
            .args(who)
            .args(["--server", &next.url(), "--token", &token])
            .output()?;
        let said = String::from_utf8_lossy(&asked.stderr);
        assert!(!asked.status.success() && said.contains("Unauthorized"), "{said}");
        next.service_account_token("ondemand", "ondemand")?;
    }
    Ok(())
}

#[test]
fn the_sites_service_account_may_do_what_a_login_needs() {
    if skipped() {
        return;
    }
    let plane = ControlPlane::shared();
    let may = |verb: &str, what: &str| {
        let asked = [
            "auth",
            "can-i",
            verb,
            what,
            "-n",
            "user-jane",
            "--as",
            "system:serviceaccount:ondemand:ondemand",
        ];
        plane
            .kubectl()
            .args(asked)
            .output()
            .is_ok_and(|output| output.status.success())
    };
    for kind in [
        "namespaces",
        "serviceaccounts",
        "rolebindings",
        "secrets",
        "networkpolicies",
    ] {
        assert!(may("create", kind) && may("patch", kind), "{kind}");
    }
    assert!(!may("create", "clusterrolebindings"));
    assert!(!may("delete", "rolebindings"));
}

#[test]
fn a_dropped_control_plane_leaves_nothing_behind() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let plane = ControlPlane::builder().without_controller_manager().start()?;
    let (pids, folder) = (plane.pids(), plane.folder().to_owned());
    assert_eq!(pids.len(), 2);
    assert!(pids.iter().all(|pid| is_running(*pid)));
    drop(plane);
    assert!(!pids.iter().any(|pid| is_running(*pid)));
    assert!(!folder.exists());
    Ok(())
}

#[test]
fn a_killed_test_process_leaves_nothing_behind() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let mut process = Command::new(PROGRAM).stdout(Stdio::piped()).spawn()?;
    let mut lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let kubeconfig = lines.next().ok_or("it printed no kubeconfig")??;
    let folder = PathBuf::from(kubeconfig.strip_prefix("export KUBECONFIG=").ok_or("no kubeconfig")?);
    let folder = folder.parent().ok_or("no folder")?;
    let pids = bracketed_numbers(&lines.next().ok_or("it printed no processes")??);
    assert_eq!(pids.len(), 3);
    assert!(pids.iter().all(|pid| is_running(*pid)));

    process.kill()?;
    process.wait()?;
    until("its servers are gone", || !pids.iter().any(|pid| is_running(*pid)));
    until("its folder is gone", || !folder.exists());
    Ok(())
}

#[test]
fn an_argument_that_the_api_server_refuses_is_shown_from_its_log() {
    if skipped() {
        return;
    }
    let error = ControlPlane::builder()
        .arg("--no-such-flag")
        .start()
        .expect_err("the flag does not exist");
    let error = error.to_string();
    assert!(error.starts_with("kube-apiserver exited"), "{error}");
    assert!(error.contains("unknown flag: --no-such-flag"), "{error}");
}

#[test]
fn kubebuilder_assets_are_used_even_without_a_controller_manager() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let programs = Programs::find()?;
    let assets = tempfile::tempdir()?;
    for program in [&programs.etcd, &programs.api_server, &programs.kubectl] {
        symlink(program, assets.path().join(program.file_name().ok_or("no name")?))?;
    }
    let mut process = assets_process(assets.path()).stdout(Stdio::piped()).spawn()?;
    let lines = BufReader::new(process.stdout.take().ok_or("no output")?).lines();
    let last = lines.take(2).last().ok_or("it printed nothing")??;
    let pids = bracketed_numbers(&last);
    let program = std::fs::read_to_string(format!("/proc/{}/cmdline", pids[0]))?;
    process.kill()?;
    process.wait()?;
    assert_eq!(pids.len(), 2, "{last}");
    assert!(Path::new(&program).starts_with(assets.path()), "{program}");
    until("its servers are gone", || !pids.iter().any(|pid| is_running(*pid)));
    Ok(())
}

#[test]
fn incomplete_assets_are_refused_with_the_way_out() -> Outcome {
    let assets = tempfile::tempdir()?;
    let output = assets_process(assets.path()).output()?;
    let words = String::from_utf8(output.stderr)?;
    assert!(!output.status.success());
    assert!(
        words.contains("has no etcd") && words.contains("KUBEBUILDER_ASSETS"),
        "{words}"
    );
    Ok(())
}

const POD: &str = "
apiVersion: v1
kind: Pod
metadata: {name: a, namespace: waiting}
spec: {containers: [{name: a, image: a}]}
";

fn assets_process(assets: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.env("KUBEBUILDER_ASSETS", assets);
    command
}

fn has_default_account(plane: &ControlPlane, namespace: &str) -> bool {
    plane
        .kubectl_output(&["get", "serviceaccount", "default", "-n", namespace])
        .is_ok()
}

/// A zombie does not count as running: it only waits for its supervisor.
fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn bracketed_numbers(line: &str) -> Vec<u32> {
    let inside = line.split(['[', ']']).nth(1).unwrap_or_default();
    inside.split(", ").filter_map(|number| number.parse().ok()).collect()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !holds() {
        assert!(Instant::now() < deadline, "timed out waiting until {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
