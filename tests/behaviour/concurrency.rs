//! Many at once, and sudden death.

use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::support::{access_token, account, alone, Run, Site};

/// First logins at once, of as many users as a course has.
const LOGINS: usize = 200;
/// Sudden deaths of `set-creds`.
const KILLS: usize = 1000;

fn start(site: &Site) -> Child {
    let mut command = site.command_with_tokens(&["pre-hook", "--user", &site.user]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn finish(child: Child) -> Run {
    Run::from_output(child.wait_with_output().unwrap(), Duration::ZERO)
}

#[test]
fn concurrent_logins_of_one_user_end_as_one_login_does() {
    let alone = Site::new();
    alone.pre_hook().ok();
    let site = Site::new();
    let runs: Vec<_> = (0..8).map(|_| start(&site)).collect();
    for run in runs {
        finish(run).ok();
    }
    let essence = |site: &Site| {
        let mut all = Vec::new();
        for path in site.all_paths() {
            let mut object = site.cluster.object(&path).unwrap();
            object["metadata"] =
                serde_json::json!({ "labels": object["metadata"]["labels"].get("app.kubernetes.io/name") });
            all.push(
                object
                    .to_string()
                    .replace(&site.namespace(), "NAMESPACE")
                    .replace(&registry(site), "REGISTRY"),
            );
        }
        all
    };
    assert_eq!(essence(&site), essence(&alone));
    let kubeconfig = site.user_kubeconfig().unwrap();
    assert_eq!(kubeconfig["users"].as_array().unwrap().len(), 1);
    assert_eq!(kubeconfig["contexts"].as_array().unwrap().len(), 1);
}

fn registry(site: &Site) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(std::fs::read(site.path("registry.json")).unwrap())
}

#[test]
fn two_hundred_first_logins_at_once_all_succeed() {
    let _alone = alone();
    let site = Site::new();
    let hook_env = std::fs::read_to_string(site.path("hook.env")).unwrap();
    // The same user with another prefix is another namespace: no two hundred accounts are needed.
    let prefix = |i: usize| format!("{}-{i}-", site.cluster.mark);
    let runs: Vec<_> = (0..LOGINS)
        .map(|i| {
            site.write(
                &format!("hook{i}.env"),
                &format!(
                    "{hook_env}NAMESPACE_PREFIX={}\nHOOK_TIMEOUT=1m\nCONNECT_TIMEOUT=1m\n",
                    prefix(i)
                ),
            );
            let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
            std::fs::create_dir(site.path(&format!("clusters{i}.d"))).unwrap();
            site.write(
                &format!("clusters{i}.d/prod.yml"),
                &file.replace("home/config", &format!("home/config{i}")),
            );
            let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
            command
                .env_clear()
                .env("OOD_OIDC_ACCESS_TOKEN", access_token())
                .args(["pre-hook", "--user", &site.user]);
            command.arg("--hook-env").arg(site.path(&format!("hook{i}.env")));
            command.arg("--clusters-dir").arg(site.path(&format!("clusters{i}.d")));
            command.arg("--kubeconfig").arg(site.path("root.kubeconfig"));
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        finish(run).ok();
    }
    for i in 0..LOGINS {
        let namespace = format!("{}{}", prefix(i), site.user);
        let bindings = site.cluster.items(&format!(
            "/apis/rbac.authorization.k8s.io/v1/namespaces/{namespace}/rolebindings"
        ));
        assert_eq!(bindings.len(), 3, "{namespace}");
        let account = site
            .cluster
            .object(&format!("/api/v1/namespaces/{namespace}/serviceaccounts/default"))
            .unwrap();
        assert_eq!(account["imagePullSecrets"][0]["name"], "registry", "{namespace}");
        assert!(site.path(&format!("home/config{i}")).exists());
    }
}

#[test]
fn a_thousand_sudden_deaths_of_set_creds_leave_the_kubeconfig_whole() {
    let _alone = alone();
    let site = Site::new();
    site.set_creds().done();
    let before = site.user_kubeconfig().unwrap();
    let mut seed = std::process::id() | 1;
    let mut killed = 0;
    for _ in 0..KILLS {
        let mut command = site.command_with_tokens(&["set-creds", &site.user]);
        // Each run has another refresh token, so that each has something to write.
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        command.env("OOD_OIDC_REFRESH_TOKEN", format!("refresh-{seed}"));
        // The child in the home is in the same process group, and dies with it.
        let mut child = command
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(seed % 20_000)));
        let group = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        killed += usize::from(!child.wait().unwrap().success());
        let now = site.user_kubeconfig().expect("the kubeconfig is there");
        assert_eq!(
            (&now["clusters"], &now["contexts"]),
            (&before["clusters"], &before["contexts"])
        );
        assert_eq!(now["users"][0]["user"]["auth-provider"]["config"]["client-id"], "ood");
    }
    assert!(killed > KILLS / 4, "only {killed} of {KILLS} died");
    let started = Instant::now();
    site.set_creds().done();
    assert!(
        started.elapsed() < Duration::from_secs(5),
        "the lock of a dead run is broken at once: {:?}",
        started.elapsed()
    );
    let mine = account().uid;
    for entry in std::fs::read_dir(site.path("home")).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(
            std::os::unix::fs::MetadataExt::uid(&entry.metadata().unwrap()),
            mine,
            "{entry:?}"
        );
    }
}
