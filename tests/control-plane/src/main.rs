//! Runs a control plane with the site's roles until it is interrupted, for manual tests.

use std::process::ExitCode;

use ood_k8s_control_plane::{ControlPlane, Error};

fn main() -> ExitCode {
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("ood-k8s-control-plane: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints lines for a shell's `eval`, and waits for Ctrl-C.
fn run() -> Result<std::convert::Infallible, Error> {
    let plane = ControlPlane::builder().start()?;
    if !plane.has_controller_manager() {
        eprintln!("ood-k8s-control-plane: there is no kube-controller-manager, so no default ServiceAccounts");
    }
    println!("export KUBECONFIG={}", plane.admin_kubeconfig().display());
    println!(
        "# {} with the processes {:?}; Ctrl-C stops it",
        plane.url(),
        plane.pids()
    );
    loop {
        std::thread::park();
    }
}
