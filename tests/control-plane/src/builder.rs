//! Starts the servers of a control plane one after another, each once the previous one is ready.

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use ood_k8s_loopback::{random_secret, ServerKind, Supervised};
use tempfile::TempDir;

use crate::port::HeldPort;
use crate::seed::Seed;
use crate::{pki, ControlPlane, Error, Programs, ADMIN_KUBECONFIG, AUDIT_LOG, SITE};

/// On an idle machine they take three seconds; on one that is compiling, many times that.
const START_LIMIT: Duration = Duration::from_secs(90);
const AUDIT_POLICY: &str = include_str!("audit.yaml");
const TOKENS: &str = "tokens.csv";
const CONTROLLER_MANAGER_KUBECONFIG: &str = "controller-manager.kubeconfig";
/// Relative to the servers' directory, since a socket's path is limited to 107 bytes.
const ETCD: &str = "unix://etcd.sock";
/// Etcd's own.
pub(crate) const ETCD_FOLDER: &str = "etcd";

/// The settings of a control plane.
#[derive(Debug, Default)]
#[must_use = "a builder starts nothing before `start` is called"]
pub struct Builder {
    api_server_arguments: Vec<String>,
    no_controller_manager: bool,
    more_controllers: Vec<&'static str>,
}

impl Builder {
    /// Adds an argument of kube-apiserver, such as `--oidc-issuer-url=https://…`. It overrides the crate's own.
    pub fn arg(mut self, argument: impl Into<String>) -> Self {
        self.api_server_arguments.push(argument.into());
        self
    }

    /// Runs another controller, such as `deployment-controller`.
    pub fn controller(mut self, name: &'static str) -> Self {
        self.more_controllers.push(name);
        self
    }

    /// No default `ServiceAccounts`, and deleted namespaces stay `Terminating`.
    pub fn without_controller_manager(mut self) -> Self {
        self.no_controller_manager = true;
        self
    }

    /// Starts it, and returns once it is ready and has [`SITE`].
    ///
    /// If `KUBEBUILDER_ASSETS` is a directory without kube-controller-manager, it starts without one:
    /// see [`ControlPlane::has_controller_manager`].
    pub fn start(self) -> Result<ControlPlane, Error> {
        self.start_from(Seed::of_this_process()?.as_deref())
    }

    /// With what is in the seed, or made anew.
    pub(crate) fn start_from(self, seed: Option<&Seed>) -> Result<ControlPlane, Error> {
        let programs = Programs::find()?;
        let deadline = Instant::now() + START_LIMIT;
        let folder = TempDir::with_prefix("ood-k8s-control-plane-")
            .map_err(Error::file("create a directory in", &std::env::temp_dir()))?;
        let kind = ServerKind::of_environment();
        let port = HeldPort::take(kind.host()).map_err(Error::Port)?;
        let ca = pki::write(folder.path())?;
        let admin_token = write_settings(folder.path(), port.address)?;

        if let Some(seed) = seed {
            seed.plant(&folder.path().join(ETCD_FOLDER))?;
        }
        let etcd = start_etcd(&programs, folder.path(), deadline)?;
        let mut arguments = api_server_arguments(port.address);
        // What speaks TLS 1.2 only is another program: `tests/control-plane/build VERSION+tls12`.
        arguments.extend((kind == ServerKind::Http1).then(|| "--disable-http2-serving".to_owned()));
        arguments.extend_from_slice(&self.api_server_arguments);
        let api_server = Supervised::start("kube-apiserver", &programs.api_server, &arguments, folder.path())?;
        let mut plane = ControlPlane {
            controller_manager: None,
            api_server,
            etcd,
            folder,
            port,
            programs,
            ca,
            admin_token,
        };
        plane.wait_for_system_namespaces(deadline)?;
        if seed.is_none() {
            plane.apply(SITE)?;
        }
        if !self.no_controller_manager {
            plane.start_controller_manager(&self.more_controllers, deadline)?;
        }
        Ok(plane)
    }
}

impl ControlPlane {
    /// `/readyz` succeeds shortly before the API server has created the namespace `default`.
    fn wait_for_system_namespaces(&self, deadline: Instant) -> Result<(), Error> {
        self.api_server.wait_until(deadline, || self.has("/readyz"))?;
        self.api_server
            .wait_until(deadline, || self.has("/api/v1/namespaces/default"))?;
        Ok(())
    }

    fn start_controller_manager(&mut self, more: &[&str], deadline: Instant) -> Result<(), Error> {
        let Some(program) = self.programs.controller_manager.clone() else {
            return Ok(());
        };
        let arguments = controller_manager_arguments(more);
        let server = Supervised::start("kube-controller-manager", &program, &arguments, self.folder())?;
        let account = "/api/v1/namespaces/default/serviceaccounts/default";
        server.wait_until(deadline, || self.has(account))?;
        self.controller_manager = Some(server);
        Ok(())
    }
}

fn start_etcd(programs: &Programs, folder: &Path, deadline: Instant) -> Result<Supervised, Error> {
    let arguments = [
        &format!("--data-dir={ETCD_FOLDER}"),
        "--unsafe-no-fsync",
        "--log-level=warn",
        "--listen-peer-urls=unix://etcd-peer.sock",
        &format!("--listen-client-urls={ETCD}"),
        // Unused, but etcd accepts no socket here.
        "--advertise-client-urls=http://127.0.0.1:1",
    ]
    .map(str::to_owned);
    let server = Supervised::start("etcd", &programs.etcd, &arguments, folder)?;
    server.wait_until(deadline, || folder.join("etcd.sock").exists())?;
    Ok(server)
}

/// Paths are relative to the control plane's directory.
fn api_server_arguments(address: SocketAddr) -> Vec<String> {
    [
        &format!("--etcd-servers={ETCD}"),
        &format!("--bind-address={}", address.ip()),
        &format!("--secure-port={}", address.port()),
        // `HeldPort` keeps the same port.
        "--permit-port-sharing",
        &format!("--tls-cert-file={}", pki::SERVING_CERTIFICATE),
        &format!("--tls-private-key-file={}", pki::SERVING_KEY),
        "--authorization-mode=RBAC",
        &format!("--token-auth-file={TOKENS}"),
        "--service-account-issuer=https://kubernetes.default.svc",
        &format!("--service-account-signing-key-file={}", pki::SERVICE_ACCOUNT_KEY),
        &format!("--service-account-key-file={}", pki::SERVICE_ACCOUNT_PUBLIC_KEY),
        "--audit-policy-file=audit.yaml",
        &format!("--audit-log-path={AUDIT_LOG}"),
        "--service-cluster-ip-range=10.0.0.0/24",
        // A loopback address cannot be an endpoint of the Service `kubernetes`.
        "--endpoint-reconciler-type=none",
        "--cert-dir=.",
    ]
    .map(str::to_owned)
    .to_vec()
}

fn controller_manager_arguments(more: &[&str]) -> Vec<String> {
    let controllers = [&["serviceaccount-controller", "namespace-controller"], more].concat();
    [
        &format!("--kubeconfig={CONTROLLER_MANAGER_KUBECONFIG}"),
        &format!("--controllers={}", controllers.join(",")),
        "--leader-elect=false",
        "--secure-port=0",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Writes tokens, kubeconfigs and the audit policy; returns the administrator's token.
fn write_settings(folder: &Path, address: SocketAddr) -> Result<String, Error> {
    let put = |name: &str, text: &str| {
        let path = folder.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path))
    };
    // Random, since every user of the machine can connect to a port on loopback.
    let [admin, controller_manager] = [random_secret()?, random_secret()?];
    put(
        TOKENS,
        &format!(
            "{admin},admin,admin,system:masters\n\
             {controller_manager},system:kube-controller-manager,controller-manager,system:masters\n"
        ),
    )?;
    let url = format!("https://{address}");
    let ca = folder.join(pki::CA);
    put(ADMIN_KUBECONFIG, &kubeconfig(&url, &ca, &admin))?;
    put(
        CONTROLLER_MANAGER_KUBECONFIG,
        &kubeconfig(&url, &ca, &controller_manager),
    )?;
    put("audit.yaml", AUDIT_POLICY)?;
    Ok(admin)
}

pub(crate) fn kubeconfig(url: &str, ca: &Path, token: &str) -> String {
    let ca = ca.display();
    format!(
        "apiVersion: v1\n\
         kind: Config\n\
         clusters: [{{name: test, cluster: {{server: \"{url}\", certificate-authority: \"{ca}\"}}}}]\n\
         users: [{{name: test, user: {{token: \"{token}\"}}}}]\n\
         contexts: [{{name: test, context: {{cluster: test, user: test}}}}]\n\
         current-context: test\n"
    )
}
