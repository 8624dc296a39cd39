//! Starts the library, which counts faults where it can: it reads the registers of the programs that it follows.

use std::process::ExitCode;

#[cfg(target_arch = "x86_64")]
fn main() -> ExitCode {
    ood_k8s_faults::main()
}

#[cfg(not(target_arch = "x86_64"))]
fn main() -> ExitCode {
    eprintln!("ood-k8s-faults: it reads the registers of x86_64; run it on such a machine");
    ExitCode::FAILURE
}
