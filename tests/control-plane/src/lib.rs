//! A real Kubernetes control plane for tests: etcd, kube-apiserver and kube-controller-manager on loopback.
//!
//! `tests/control-plane/build` builds the programs; `KUBEBUILDER_ASSETS` may specify others. A control plane takes
//! two seconds to start, so the tests of a binary share one, and each uses its own users:
//!
//! ```no_run
//! let plane = ood_k8s_control_plane::ControlPlane::shared();
//! let namespaces = plane.kubectl().args(["get", "namespaces"]).output()?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! There is no scheduler and no node: pods are accepted but never run.

mod ask;
mod audit;
mod builder;
mod error;
mod kubectl;
mod pki;
mod port;
mod programs;
mod seed;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ood_k8s_loopback::Supervised;
use serde_json::Value;
use tempfile::TempDir;

pub use audit::Request;
pub use builder::Builder;
pub use error::Error;
pub use programs::Programs;

use port::HeldPort;

/// What an administrator sets up in a cluster first: the `ServiceAccount` `ondemand`, its permissions and users' roles.
pub const SITE: &str = include_str!("../site.yaml");

const AUDIT_LOG: &str = "audit.log";
const ADMIN_KUBECONFIG: &str = "admin.kubeconfig";

/// A running control plane. Dropping it stops the servers and removes everything that they wrote.
#[derive(Debug)]
pub struct ControlPlane {
    controller_manager: Option<Supervised>,
    api_server: Supervised,
    etcd: Supervised,
    folder: TempDir,
    port: HeldPort,
    programs: Programs,
    ca: String,
    admin_token: String,
}

impl ControlPlane {
    /// The settings for a new control plane.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// The control plane that all tests of this process share, with [`SITE`] in it.
    ///
    /// # Panics
    /// If it does not start, with the reason.
    pub fn shared() -> Arc<Self> {
        // Statics are never dropped; the servers' supervisors notice when this process exits.
        static SHARED: OnceLock<Arc<ControlPlane>> = OnceLock::new();
        let shared = SHARED.get_or_init(|| {
            let started = Self::builder().start();
            Arc::new(started.unwrap_or_else(|error| panic!("{error}")))
        });
        Arc::clone(shared)
    }

    /// The API server's address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("https://{}", self.port.address)
    }

    /// The API server's port; its certificate also names `localhost`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port.address.port()
    }

    /// The certificate of the authority that signed the API server's certificate.
    #[must_use]
    pub fn ca_pem(&self) -> &str {
        &self.ca
    }

    /// The path of that certificate.
    #[must_use]
    pub fn ca_file(&self) -> PathBuf {
        self.folder.path().join(pki::CA)
    }

    /// The bearer token of a user `admin` in `system:masters`.
    #[must_use]
    pub fn admin_token(&self) -> &str {
        &self.admin_token
    }

    /// That user's kubeconfig file.
    #[must_use]
    pub fn admin_kubeconfig(&self) -> PathBuf {
        self.folder.path().join(ADMIN_KUBECONFIG)
    }

    /// The text of a kubeconfig for this server with `token`; cluster, user and context are called `test`.
    #[must_use]
    pub fn kubeconfig(&self, token: &str) -> String {
        builder::kubeconfig(&self.url(), &self.ca_file(), token)
    }

    /// Stops the servers, and keeps what they wrote.
    pub(crate) fn stop(self) -> TempDir {
        let Self {
            controller_manager,
            api_server,
            etcd,
            folder,
            ..
        } = self;
        drop((controller_manager, api_server, etcd));
        folder
    }

    /// Whether the administrator is given what is at this path of the API.
    pub(crate) fn has(&self, path: &str) -> bool {
        ask::is_ok(self.port.address, &self.ca, &self.admin_token, path)
    }

    /// The programs' paths.
    #[must_use]
    pub fn programs(&self) -> &Programs {
        &self.programs
    }

    /// All requests answered so far, in the order of their answers, including the controller manager's.
    ///
    /// Every request that was answered before this call is in the list.
    pub fn requests(&self) -> Result<Vec<Request>, Error> {
        Ok(self.audit_events()?.iter().filter_map(Request::of_event).collect())
    }

    /// Like `requests`, but as complete events of `audit.k8s.io/v1` (level Metadata), with the stage `ResponseStarted` too.
    pub fn audit_events(&self) -> Result<Vec<Value>, Error> {
        static MARKS: AtomicU32 = AtomicU32::new(0);
        // The log is written while answers are sent: once our own request is in it, the earlier ones are too.
        let mark = format!("/version?mark={}", MARKS.fetch_add(1, Ordering::Relaxed));
        let deadline = Instant::now() + Duration::from_secs(10);
        self.api_server.wait_until(deadline, || self.has(&mark))?;
        let path = self.folder.path().join(AUDIT_LOG);
        let mut log = String::new();
        self.api_server.wait_until(deadline, || {
            log = fs::read_to_string(&path).unwrap_or_default();
            log.contains(&format!("\"{mark}\""))
        })?;
        Ok(audit::events(&log))
    }

    /// Whether there is a controller manager: without one, no default `ServiceAccount` appears
    /// and a deleted namespace stays `Terminating`.
    #[must_use]
    pub fn has_controller_manager(&self) -> bool {
        self.controller_manager.is_some()
    }

    /// Prevents the creation of default `ServiceAccounts` and the removal of deleted namespaces until the guard is dropped.
    pub fn hold_service_accounts(&self) -> Result<HeldServiceAccounts<'_>, Error> {
        let controller_manager = self.controller_manager.as_ref().ok_or(Error::NoControllerManager)?;
        controller_manager.freeze();
        Ok(HeldServiceAccounts { controller_manager })
    }

    /// The process ids of the servers.
    #[must_use]
    pub fn pids(&self) -> Vec<u32> {
        let always = [&self.etcd, &self.api_server];
        always
            .into_iter()
            .chain(&self.controller_manager)
            .map(Supervised::pid)
            .collect()
    }

    /// The directory with the logs, keys and the database, while the control plane runs.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// While it exists, the controller manager is paused ([`ControlPlane::hold_service_accounts`]).
#[derive(Debug)]
#[must_use = "the controller manager resumes as soon as this is dropped"]
pub struct HeldServiceAccounts<'plane> {
    controller_manager: &'plane Supervised,
}

impl Drop for HeldServiceAccounts<'_> {
    fn drop(&mut self) {
        self.controller_manager.thaw();
    }
}
