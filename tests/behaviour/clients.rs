//! The book's table of clients: each that is installed here lists pods by the file that a login wrote, in every mode.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, SystemTime};

use kube::api::ListParams;
use kube::config::{KubeConfigOptions, Kubeconfig};
use ood_k8s_control_plane::Programs;
use ood_k8s_sandbox::Sandbox;

use super::support::{skip, Cluster, Realm};

const PAGE: &str = "docs/src/clients.md";

/// How a client is run.
enum Client {
    /// A program, with the kubeconfig and the namespace as last arguments.
    Program(Vec<PathBuf>),
    /// kubectl has flags for them.
    Kubectl(PathBuf),
    /// kube-rs is part of this program.
    KubeRs,
}

fn project(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Where tests/clients/build has put them.
fn installed() -> PathBuf {
    let script = project("tests/clients/build");
    let output = Command::new(script).arg("--where").output().expect("a shell");
    String::from_utf8(output.stdout).expect("UTF-8").trim_end().into()
}

/// The client of a row of the table, by the beginning of its name; `None` if this test knows none.
fn client(row: &str) -> Option<Client> {
    let folder = installed();
    let python = |name: &str| {
        let words = [
            folder.join("python/bin/python"),
            folder.join("list_pods.py"),
            name.into(),
        ];
        Client::Program(words.to_vec())
    };
    let of = |start: &str| row.starts_with(start);
    Some(match row {
        _ if of("kubectl") => Client::Kubectl(Programs::find().ok()?.kubectl),
        _ if of("Go, client-go 0.36 with `") => Client::Program(vec![folder.join("client-go-auth")]),
        _ if of("Go, client-go 0.36 without") => Client::Program(vec![folder.join("client-go")]),
        _ if of("Python `kubernetes` 37") => python("kubernetes"),
        _ if of("Python `kubernetes_asyncio` 36") => python("kubernetes_asyncio"),
        _ if of("Python `kr8s` 0.20") => python("kr8s"),
        _ if of("Python `lightkube` 1.0") => python("lightkube"),
        _ if of("Python `pykube-ng` 23.6") => python("pykube-ng"),
        _ if of("JavaScript `@kubernetes/client-node` 1.3") => {
            Client::Program(vec!["node".into(), folder.join("js/list-pods.mjs")])
        }
        _ if of("Rust kube-rs 5 without") => Client::KubeRs,
        _ => return None,
    })
}

impl Client {
    fn is_installed(&self) -> bool {
        let files = match self {
            Self::Program(words) => words.as_slice(),
            Self::Kubectl(path) => std::slice::from_ref(path),
            Self::KubeRs => &[],
        };
        files
            .iter()
            .filter(|path| path.is_absolute())
            .all(|path| path.is_file())
    }

    /// Lists pods; what went wrong, if something did.
    fn lists_pods(&self, realm: &Realm) -> Result<(), String> {
        let (kubeconfig, namespace) = (realm.site.path("home/config"), realm.site.namespace());
        let mut command = match self {
            Self::KubeRs => return by_kube_rs(&kubeconfig, &namespace),
            Self::Program(words) => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]).arg(&kubeconfig).arg(&namespace);
                command
            }
            Self::Kubectl(path) => {
                let mut command = Command::new(path);
                command
                    .args(["get", "pods", "-n", &namespace, "--kubeconfig"])
                    .arg(&kubeconfig);
                command
                    .env("KUBECACHEDIR", realm.site.path("kubectl-cache"))
                    .env("KUBERC", "off");
                command
            }
        };
        let Output { status, stderr, .. } = command.current_dir("/").output().expect("the client starts");
        if status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&stderr).into_owned())
        }
    }
}

fn by_kube_rs(kubeconfig: &Path, namespace: &str) -> Result<(), String> {
    let runtime = tokio::runtime::Runtime::new().expect("threads");
    let listed = async {
        let file = Kubeconfig::read_from(kubeconfig).map_err(|error| error.to_string())?;
        let config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await;
        let client = kube::Client::try_from(config.map_err(|error| error.to_string())?);
        let client = client.map_err(|error| error.to_string())?;
        let pods: kube::Api<k8s_openapi::api::core::v1::Pod> = kube::Api::namespaced(client, namespace);
        pods.list(&ListParams::default())
            .await
            .map_err(|error| error.to_string())
    };
    runtime.block_on(listed).map(|_| ())
}

/// A login in this mode, whose token the API server accepts.
fn logged_in(mode: &str) -> Realm {
    let site = |lines: &str| Realm::with(Cluster::sandbox(Sandbox::start()), lines);
    let realm = match mode {
        "exchange" => Realm::exchanging_with(Cluster::sandbox(Sandbox::start()), ""),
        "exec" => site(&format!(
            "CREDENTIALS=exec\nEXEC_COMMAND={}",
            env!("CARGO_BIN_EXE_ood-k8s")
        )),
        mode => site(&format!("CREDENTIALS={mode}")),
    };
    // Python's client takes a token as expired five minutes before its time.
    let life = Duration::from_secs(3600);
    realm.provider.set(|settings| settings.access_token_life = life);
    let tokens = realm.log_in();
    realm.pre_hook(&tokens).done();
    let entry = realm.entry();
    let written = entry["token"].as_str().unwrap_or(&tokens.access).to_owned();
    realm.site.cluster.faults().add_token(&written, &realm.site.user, &[]);
    realm
}

/// What the table should say of a client whose token has expired: whether it refreshes, and whether it stores what it got.
///
/// The sandbox does not know the refreshed token, so it says no more than that.
fn refreshes(client: &Client) -> (bool, bool) {
    let realm = Realm::with(Cluster::sandbox(Sandbox::start()), "CREDENTIALS=auth-provider");
    realm.set_creds(&realm.log_in()).done();
    realm.site.bootstrap(&[]).done();
    let tokens = realm.log_in_long_ago();
    let text = std::fs::read_to_string(realm.site.path("home/config")).unwrap();
    let entry = &realm.entry()["auth-provider"]["config"];
    let text = text.replace(entry["id-token"].as_str().unwrap(), &tokens.access);
    let text = text.replace(entry["refresh-token"].as_str().unwrap(), &tokens.refresh);
    std::fs::write(realm.site.path("home/config"), text).unwrap();
    super::support::wait_until("the token has expired for every client", || {
        ood_k8s::oidc::token::check(&tokens.access.as_str().into(), SystemTime::now()).is_err()
    });
    let _ = client.lists_pods(&realm);
    let has_refreshed = realm
        .grants()
        .iter()
        .any(|(grant, status)| grant == "refresh_token" && *status == 200);
    let stored = &realm.entry()["auth-provider"]["config"]["id-token"];
    (has_refreshed, *stored != tokens.access)
}

#[test]
fn each_client_that_is_here_works_in_the_modes_that_the_books_table_says() {
    let page = std::fs::read_to_string(project(PAGE)).unwrap();
    let rows = page.lines().filter_map(|line| line.strip_prefix("| "));
    let rows = rows.map(|row| row.trim_end_matches(" |").split(" | ").collect::<Vec<_>>());
    let (mut wrong, mut tried) = (Vec::new(), Vec::new());
    let valid: Vec<_> = ["auth-provider", "exchange", "token", "exec"]
        .map(|mode| (mode, logged_in(mode)))
        .into();
    for row in rows.filter(|row| row.len() == 5) {
        let Some(client) = client(row[0]) else { continue };
        if !client.is_installed() {
            skip(&format!("not installed (tests/clients/build): {}", row[0]));
            continue;
        }
        tried.push(row[0]);
        for (mode, realm) in &valid {
            let cell = row[match *mode {
                "auth-provider" => 1,
                "exec" => 4,
                _ => 3,
            }];
            let seen = client.lists_pods(realm);
            if seen.is_ok() != cell.starts_with("yes") {
                wrong.push(format!("{}: {mode}: the table says {cell:?}, seen {seen:?}", row[0]));
            }
        }
        let (refreshes, stores) = refreshes(&client);
        let says_it_stores = row[2].starts_with("yes") && row[2].contains("stores");
        if (refreshes, stores) != (row[2].starts_with("yes"), says_it_stores) {
            wrong.push(format!("{}: expired: {:?}, seen {refreshes} {stores}", row[0], row[2]));
        }
    }
    assert!(wrong.is_empty(), "{PAGE}: {wrong:#?}");
    assert!(tried.iter().any(|row| row.starts_with("Rust")), "{tried:?}");
}
