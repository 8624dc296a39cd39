//! Runs a control plane until it is interrupted, with the site's roles in it, to try things by hand.

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

/// Prints what a shell can take over by `eval`, and waits for Ctrl-C.
fn run() -> Result<std::convert::Infallible, Error> {
    let plane = ControlPlane::builder().start()?;
    plane.install_site()?;
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
