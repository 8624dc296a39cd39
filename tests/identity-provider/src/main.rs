//! Runs the identity provider with one user until it is interrupted, for manual tests.

use std::process::ExitCode;

use ood_k8s_identity_provider::{Error, IdentityProvider};

fn main() -> ExitCode {
    match run() {
        Ok(never) => match never {},
        Err(error) => {
            eprintln!("ood-k8s-identity-provider: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints lines for a shell's `eval`, and waits for Ctrl-C.
fn run() -> Result<std::convert::Infallible, Error> {
    let provider = IdentityProvider::builder().start()?;
    let user = provider.user("jane")?;
    println!("ISSUER={}", provider.issuer());
    println!("CA_FILE={}", provider.ca_file().display());
    for client in [provider.ondemand(), provider.kubernetes()] {
        println!("{}_SECRET={}", client.id.to_uppercase(), client.secret);
    }
    println!("JANES_PASSWORD={}", user.password);
    println!("# the process [{}]; Ctrl-C stops it", provider.pid());
    loop {
        std::thread::park();
    }
}
