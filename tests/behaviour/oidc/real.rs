//! Keycloak and a real API server: kubectl works as the user, through the kubeconfig that a login wrote, in every mode.

use std::process::{Command, Output};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use ood_k8s::oidc::token;
use ood_k8s_control_plane::ControlPlane;
use ood_k8s_identity_provider::{Distribution, IdentityProvider, Tokens};
use secrecy::SecretString;
use serde_json::Value;

use crate::support::{skip, wait_until, Cluster, Run, Site};

/// Both servers, which trust each other; one test at a time, since some change the realm.
pub(crate) struct Stage {
    pub(crate) provider: IdentityProvider,
    plane: Arc<ControlPlane>,
}

pub(crate) fn stage() -> Option<MutexGuard<'static, Stage>> {
    static STAGE: OnceLock<Mutex<Stage>> = OnceLock::new();
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        return None;
    }
    if let Err(error) = Distribution::find() {
        skip(&error.to_string());
        return None;
    }
    let stage = STAGE.get_or_init(|| {
        let provider = IdentityProvider::builder().start().unwrap();
        let cluster = Cluster::real_with(provider.api_server_arguments());
        let plane = Arc::clone(cluster.plane().unwrap());
        Mutex::new(Stage { provider, plane })
    });
    Some(stage.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Stage {
    /// A site whose users log in at Keycloak, with these additional keys.
    pub(crate) fn site(&self, lines: &str) -> Site {
        let site = Site::on(Cluster::beside(&self.plane));
        let (ondemand, kubernetes) = (self.provider.ondemand(), self.provider.kubernetes());
        site.set(&format!(
            "IDP_ISSUER_URL={}\nIDP_CA_FILE={}\nCLIENT_ID={}\nCLIENT_SECRET={}\nOIDC_AUDIENCE=kubernetes\n\
             OIDC_USERNAME_CLAIM=preferred_username\nEXCHANGE_AUDIENCE=kubernetes\n{lines}",
            self.provider.issuer(),
            self.provider.ca_file().display(),
            ondemand.id,
            ondemand.secret,
        ));
        if lines.contains("EXCHANGE") || lines.contains("=exchange") {
            site.set(&format!(
                "EXCHANGE_CLIENT_ID={}\nEXCHANGE_CLIENT_SECRET={}",
                kubernetes.id, kubernetes.secret
            ));
        }
        site
    }

    pub(crate) fn log_in(&self, site: &Site) -> Tokens {
        self.provider.log_in(&self.provider.user(&site.user).unwrap()).unwrap()
    }

    pub(crate) fn kubectl(&self, site: &Site, args: &[&str]) -> Command {
        let mut kubectl = self.plane.kubectl();
        kubectl.env("KUBECONFIG", site.path("home/config")).args(args);
        kubectl
    }

    /// The API server accepts no token until it has fetched Keycloak's keys.
    pub(crate) fn wait_for_keys(&self, token: &str) {
        let cluster = Cluster::beside(&self.plane);
        wait_until("the API server takes Keycloak's tokens", || {
            cluster.who_is(token).is_some()
        });
    }
}

pub(crate) fn hook(site: &Site, tokens: &Tokens) -> Run {
    let args = ["pre-hook", "--user", &site.user];
    Run::of(&mut site.command_with(&args, &tokens.access, &tokens.refresh))
}

#[track_caller]
pub(crate) fn succeeded(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The user's entry.
fn entry(site: &Site) -> Value {
    site.user_kubeconfig().unwrap()["users"][0]["user"].clone()
}

#[test]
fn kubectl_is_the_user_and_sees_the_users_pods_in_every_mode() {
    let Some(stage) = stage() else {
        return;
    };
    for lines in [
        "CREDENTIALS=auth-provider",
        "CREDENTIALS=token",
        "CREDENTIALS=exchange",
        "CREDENTIALS=exec",
        "CREDENTIALS=exec # EXCHANGE",
    ] {
        let site = stage.site(lines);
        let tokens = stage.log_in(&site);
        stage.wait_for_keys(&tokens.access);
        hook(&site, &tokens).ok();
        let who = succeeded(
            stage
                .kubectl(&site, &["auth", "whoami", "-o", "json"])
                .output()
                .unwrap(),
        );
        let who: Value = serde_json::from_str(&who).unwrap();
        assert_eq!(who["status"]["userInfo"]["username"], site.user, "{lines}");
        let pods = stage.kubectl(&site, &["get", "pods"]).output().unwrap();
        let nothing = String::from_utf8_lossy(&pods.stderr).into_owned();
        succeeded(pods);
        assert!(
            nothing.contains(&site.namespace()),
            "the context's namespace: {nothing}"
        );
        let elsewhere = stage
            .kubectl(&site, &["get", "pods", "-n", "default"])
            .output()
            .unwrap();
        assert!(!elsewhere.status.success(), "{lines}: nobody has rights in default");
    }
}

#[test]
fn a_first_login_is_told_the_name_that_the_api_server_takes_the_user_for() {
    let Some(stage) = stage() else {
        return;
    };
    for (lines, says) in [
        ("CREDENTIALS=exchange", None),
        ("CREDENTIALS=exec", None),
        // The login's own token is there at once, and one that is exchanged comes after the cluster is done.
        (
            "CREDENTIALS=exchange\nOIDC_USERNAME_PREFIX=oidc:",
            Some("OIDC_USERNAME_PREFIX=''"),
        ),
        (
            "CREDENTIALS=token\nOIDC_USERNAME_PREFIX=oidc:",
            Some("OIDC_USERNAME_PREFIX=''"),
        ),
        (
            "CREDENTIALS=auth-provider\nOIDC_USERNAME_PREFIX=oidc:",
            Some("OIDC_USERNAME_PREFIX=''"),
        ),
    ] {
        let site = stage.site(&format!("LOG_LEVEL=warn\n{lines}"));
        let tokens = stage.log_in(&site);
        stage.wait_for_keys(&tokens.access);
        let first = hook(&site, &tokens).done();
        let is_told = says.is_some_and(|says| first.stderr.contains(says));
        assert_eq!(is_told, says.is_some(), "{lines}: {first:?}");
        assert_eq!(
            first.stderr.contains("knows the user as"),
            says.is_some(),
            "{lines}: {first:?}"
        );
    }
}

#[test]
fn an_access_token_that_has_ended_is_refreshed_at_keycloak_before_it_is_exchanged() {
    let Some(stage) = stage() else {
        return;
    };
    stage.provider.set_access_token_life(Duration::from_secs(2)).unwrap();
    let site = stage.site("CREDENTIALS=exchange");
    let old = stage.log_in(&site);
    stage.provider.set_access_token_life(Duration::from_secs(300)).unwrap();
    stage.wait_for_keys(&stage.log_in(&site).access);
    hook(&site, &old).ok();
    succeeded(stage.kubectl(&site, &["get", "pods"]).output().unwrap());
}

#[test]
fn two_kubectl_side_by_side_at_the_moment_of_refresh_leave_a_kubeconfig_that_works() {
    let Some(stage) = stage() else {
        return;
    };
    stage.provider.set_access_token_life(Duration::from_secs(13)).unwrap();
    let site = stage.site("CREDENTIALS=auth-provider");
    let tokens = stage.log_in(&site);
    stage.wait_for_keys(&tokens.access);
    hook(&site, &tokens).ok();
    stage.provider.set_access_token_life(Duration::from_secs(300)).unwrap();
    let access = SecretString::from(tokens.access.as_str());
    wait_until("kubectl takes the token as ended", || {
        token::check(&access, SystemTime::now()).is_err()
    });
    let start = || {
        stage
            .kubectl(&site, &["auth", "whoami", "-o", "name"])
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap()
    };
    let both = [start(), start()].map(|kubectl| kubectl.wait_with_output().unwrap());
    assert!(both.iter().any(|output| output.status.success()), "{both:?}");
    for output in both.into_iter().filter(|output| !output.status.success()) {
        // client-go does not wait for the lock of another kubectl that stores its token at
        // this very moment: `lockFile` in k8s.io/client-go/tools/clientcmd/config.go.
        let message = String::from_utf8_lossy(&output.stderr);
        assert!(message.contains("could not persist new tokens"), "{message}");
        assert!(message.contains("config.lock: file exists"), "{message}");
    }
    succeeded(start().wait_with_output().unwrap());
    let config = &entry(&site)["auth-provider"]["config"];
    assert_ne!(config["id-token"], tokens.access, "kubectl has refreshed it");
}

#[test]
fn a_login_while_two_kubectl_run_never_shows_them_half_a_token() {
    let Some(stage) = stage() else {
        return;
    };
    for lines in ["CREDENTIALS=exec", "CREDENTIALS=exchange"] {
        let site = stage.site(lines);
        stage.wait_for_keys(&stage.log_in(&site).access);
        hook(&site, &stage.log_in(&site)).ok();
        let logins: Vec<_> = (0..3).map(|_| stage.log_in(&site)).collect();
        std::thread::scope(|scope| {
            let kubectl = || {
                for _ in 0..4 {
                    succeeded(stage.kubectl(&site, &["get", "pods"]).output().unwrap());
                }
            };
            let threads = [scope.spawn(kubectl), scope.spawn(kubectl)];
            logins.iter().for_each(|tokens| drop(hook(&site, tokens).ok()));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
    }
}

#[test]
fn after_a_stop_keycloak_refuses_the_refresh_token() {
    let Some(stage) = stage() else {
        return;
    };
    let site = stage.site("CREDENTIALS=exec");
    let folder = site.path("renewal");
    site.set(&format!("HOOK_TIMEOUT=1m\nRENEWAL_DIR={}", folder.display()));
    let (tokens, other) = (stage.log_in(&site), stage.log_in(&site));
    stage.wait_for_keys(&tokens.access);
    hook(&site, &tokens).ok();
    let record = folder.join(format!("{}.json", site.user));
    assert!(record.exists());
    let admin = site.kubeconfig(&site.cluster.url(), site.cluster.admin_token());
    site.write("admin.kubeconfig", &admin);
    let offboard = |more: &[&str]| {
        let args = [
            "offboard",
            &site.user,
            "--suspend",
            "--stop",
            "--yes",
            "--admin-kubeconfig",
        ];
        let file = site.path("admin.kubeconfig").display().to_string();
        Run::of(&mut site.command(&[&args[..], &[&file], more].concat()))
    };
    let ondemand = stage.provider.ondemand();
    site.set("CLIENT_SECRET=wrong");
    let wrong = offboard(&[]);
    assert!(
        wrong.status == 6 && wrong.stderr.contains("correct CLIENT_ID and CLIENT_SECRET"),
        "{wrong:?}"
    );
    assert_eq!(
        stage.provider.refresh(ondemand, &tokens.refresh).unwrap().status,
        200,
        "it works still"
    );
    assert!(record.exists());
    site.set(&format!("CLIENT_SECRET={}", ondemand.secret));
    let run = offboard(&["-o", "json"]).ok();
    assert!(run.stdout.contains("RefreshToken") && !record.exists(), "{run:?}");
    let refused = stage.provider.refresh(ondemand, &tokens.refresh).unwrap();
    assert_eq!(
        (refused.status, refused.text("error")),
        (400, Some("invalid_grant")),
        "{refused:?}"
    );
    let another = stage.provider.refresh(ondemand, &other.refresh).unwrap();
    assert_eq!(
        another.status, 200,
        "another session of the user's goes on: {another:?}"
    );
}

#[test]
fn keycloaks_refusals_lead_to_what_is_missing() {
    let Some(stage) = stage() else {
        return;
    };
    let site = stage.site("CREDENTIALS=exchange");
    let tokens = stage.log_in(&site);
    let unmapped = stage
        .provider
        .user(&site.user)
        .and_then(|user| stage.provider.log_in_through(stage.provider.no_audience(), &user));
    hook(&site, &unmapped.unwrap()).fails(
        6,
        &[
            "not within the token audience",
            "audience mapper for EXCHANGE_CLIENT_ID",
        ],
    );
    site.set("EXCHANGE_AUDIENCE=ondemand");
    hook(&site, &tokens).fails(
        6,
        &[
            "Requested audience not available",
            "audience mapper for EXCHANGE_AUDIENCE",
        ],
    );
    site.set("EXCHANGE_AUDIENCE=nobody");
    hook(&site, &tokens).fails(6, &["Audience not found", "EXCHANGE_AUDIENCE"]);
    site.set("EXCHANGE_AUDIENCE=kubernetes\nEXCHANGE_CLIENT_SECRET=wrong");
    hook(&site, &tokens).fails(6, &["unauthorized_client", "EXCHANGE_CLIENT_SECRET"]);
    let site = stage.site("CREDENTIALS=exchange");
    stage.provider.set_exchange(false).unwrap();
    hook(&site, &tokens).fails(6, &["not enabled", "Standard token exchange"]);
    stage.provider.set_exchange(true).unwrap();
    stage
        .provider
        .log_out(&stage.provider.user(&site.user).unwrap())
        .unwrap();
    hook(&site, &tokens).fails(6, &["Invalid token", "log in to OnDemand again"]);
    assert!(site.user_kubeconfig().is_none());
}
