//! A site in a temporary folder, a cluster of either kind, and the program run as OnDemand runs it.

mod accounts;
mod cluster;
pub mod documented;
mod mounts;
mod node;
mod realm;
mod registry;
mod requests;
mod run;
mod schema;
mod site;
mod terminal;

pub use accounts::Accounts;
pub use cluster::Cluster;
pub use mounts::in_mounts;
pub use node::{with_input, Node};
pub use realm::Realm;
pub use registry::{Registry, TokenService, PASSWORD as REGISTRY_PASSWORD, USER as REGISTRY_USER};
pub use requests::{of_method, refuse_by_policies, requests_of, returning_login_writes_nothing};
pub use run::Run;
pub use site::{access_token, account, jwt, Site, CANARY};
pub use terminal::Terminal;

/// Whether this runs as root: ids can be changed, and other users' files made.
pub fn is_root() -> bool {
    nix::unistd::Uid::effective().is_root()
}

/// Says loudly that a test did nothing; with `OOD_K8S_TEST_STRICT=1`, as in CI, that is a failure.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("OOD_K8S_TEST_STRICT").is_none_or(|strict| strict != "1"),
        "skipped, and OOD_K8S_TEST_STRICT is set: {reason}"
    );
    eprintln!("SKIPPED: {reason}");
}

/// Held by the tests that load the machine and by those that measure time: one at a time.
pub fn alone() -> std::sync::MutexGuard<'static, ()> {
    static ALONE: std::sync::Mutex<()> = std::sync::Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// Waits until `condition` holds, and fails if it does not within ten seconds.
pub fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    let end = std::time::Instant::now() + std::time::Duration::from_secs(10);
    while !condition() {
        assert!(std::time::Instant::now() < end, "waited ten seconds for: {what}");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
}
