//! `mint-registry-secret`: registries' passwords, on their way to the users' pull secrets.

mod change;
mod file;

use super::{only, Invocation};
use crate::cli::MintRegistrySecretArgs;
use crate::error::Failures;
use crate::registry::RegistryError;

/// Does what the flags say: with the file, so far.
pub(super) async fn run(invocation: &Invocation, args: &MintRegistrySecretArgs) -> Result<(), Failures> {
    match (&args.file.write, &args.file.list) {
        (Some(path), _) => file::write(invocation, args, path).await,
        (None, Some(path)) => file::list(invocation, args, path.as_deref()),
        (None, None) => Err(only(RegistryError::Usage("say what to do: --write FILE, or --list"))),
    }
}
