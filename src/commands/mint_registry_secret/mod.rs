//! `mint-registry-secret`: registries' passwords, on their way to the users' pull secrets.

mod file;
mod namespaces;
mod request;

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use crate::cli::MintRegistrySecretArgs;
use crate::config::Site;

/// Does what the flags say: with the file, and then with the namespaces.
pub(super) async fn run(invocation: &Invocation, args: &MintRegistrySecretArgs) -> Result<(), Failures> {
    let in_namespaces = args.whose.all || !args.whose.users.is_empty();
    if let Some(path) = &args.file.list {
        return file::list(invocation, args, path.as_deref());
    }
    if args.dry_run && in_namespaces && args.file.write.is_some() {
        let usage =
            "--dry-run with --write cannot look into namespaces, which would get the new file: leave one of them out";
        return Err(only(Error::Usage(usage)));
    }
    // With --write it begins when a person has typed the password.
    if args.file.write.is_none() {
        guard_for_the_record(&invocation.deadline);
    }
    let site = in_namespaces.then(|| invocation.site()).transpose().map_err(only)?;
    if let Some(site) = &site {
        check_file(args, site).map_err(only)?;
    }
    if let Some(path) = &args.file.write {
        file::write(invocation, args, path).await?;
    } else if !in_namespaces {
        let usage = "say what to do: user names or --all, --write FILE, or --list";
        return Err(only(Error::Usage(usage)));
    }
    match site {
        Some(site) => namespaces::mint(invocation, args, &site).await,
        None => Ok(()),
    }
}

/// The file that is written must be the one that the namespaces get.
fn check_file(args: &MintRegistrySecretArgs, site: &Site) -> Result<(), Error> {
    let file = site.settings.pull_secret.as_ref().map(|secret| &secret.file);
    if args.file.write.is_some() && args.file.write.as_ref() != file {
        let usage = "--write with users or --all: name the file that REGISTRY_DOCKER_CONFIG_JSON of hook.env names";
        return Err(Error::Usage(usage));
    }
    Ok(())
}
