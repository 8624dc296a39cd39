//! Runs the identity provider until it is interrupted, with one user, to try things by hand.

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

/// Prints what a shell can take over by `eval`, and waits for Ctrl-C.
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
