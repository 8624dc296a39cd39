//! `mint-registry-secret`: registries' passwords, on their way to the users' pull secrets.

mod change;
mod file;
mod namespaces;

use super::{only, Invocation};
use crate::cli::MintRegistrySecretArgs;
use crate::error::Failures;
use crate::registry::RegistryError;

/// Does what the flags say: with the file, and then with the namespaces.
pub(super) async fn run(invocation: &Invocation, args: &MintRegistrySecretArgs) -> Result<(), Failures> {
    let in_namespaces = args.whose.all || !args.whose.users.is_empty();
    if let Some(path) = &args.file.list {
        return file::list(invocation, args, path.as_deref());
    }
    if let Some(path) = &args.file.write {
        file::write(invocation, args, path).await?;
    } else if !in_namespaces {
        let usage = "say what to do: user names or --all, --write FILE, or --list";
        return Err(only(RegistryError::Usage(usage)));
    }
    if in_namespaces {
        namespaces::mint(invocation, args).await?;
    }
    Ok(())
}
