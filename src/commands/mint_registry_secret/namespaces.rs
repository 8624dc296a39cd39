//! User names and `--all`: the pull secrets in users' namespaces, from the registry file of hook.env.

use std::path::Path;

use crate::cli::MintRegistrySecretArgs;
use crate::cluster::{self, OtherType};
use crate::commands::error::{only, Error, Failures};
use crate::commands::invocation::Invocation;
use crate::commands::results::{conclude, left_out};
use crate::config::registry::{self, RegistrySecret};
use crate::config::{ConfigError, Site};
use crate::log;
use crate::many::{Many, Whose};
use crate::objects::{self, SERVICE_ACCOUNT};
use crate::print::Output;

/// Makes the Secrets and lists them, as a login does, in every namespace that is asked for.
pub(super) async fn mint(invocation: &Invocation, args: &MintRegistrySecretArgs, site: &Site) -> Result<(), Failures> {
    if let Some(old) = &args.delete_old {
        return delete_old(invocation, args, site, old).await;
    }
    let secrets = secrets(site).map_err(only)?;
    let mut accounts = vec![SERVICE_ACCOUNT.to_owned()];
    accounts.extend(
        args.service_accounts
            .iter()
            .filter(|name| *name != SERVICE_ACCOUNT)
            .cloned(),
    );
    let other = OtherType::of(args.replace);
    let kubeconfig = invocation.kubeconfig(&site.settings).map_err(only)?;
    let many = many(invocation, args, site, &kubeconfig);
    let (secrets, accounts) = (&secrets, &accounts);
    let tally = many
        .each(|api, namespace| async move {
            let wanted = objects::pull_secrets(&namespace, secrets);
            cluster::mint(&api, &namespace, &wanted, accounts, other).await
        })
        .await;
    conclude(&many, tally, args.output.unwrap_or(Output::Table))
}

/// Deletes what has an older name; nothing that hook.env names now.
async fn delete_old(
    invocation: &Invocation,
    args: &MintRegistrySecretArgs,
    site: &Site,
    old: &str,
) -> Result<(), Failures> {
    let names = registry::secret_names(&site.settings).map_err(only)?;
    if names.iter().any(|name| name == old) {
        return Err(only(Error::Usage(
            "--delete-old names a pull secret that hook.env asks for; name an older one",
        )));
    }
    let kubeconfig = invocation.kubeconfig(&site.settings).map_err(only)?;
    let many = many(invocation, args, site, &kubeconfig);
    let tally = many
        .each(|api, namespace| async move { cluster::delete_old_secret(&api, &namespace, old).await })
        .await;
    conclude(&many, tally, args.output.unwrap_or(Output::Table))
}

fn many<'a>(
    invocation: &'a Invocation,
    args: &'a MintRegistrySecretArgs,
    site: &'a Site,
    kubeconfig: &'a Path,
) -> Many<'a> {
    let whose = if args.whose.all {
        Whose::All
    } else {
        Whose::Users(&args.whose.users)
    };
    Many {
        site,
        kubeconfig,
        admin: None,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        whose,
        // What is old goes everywhere.
        leaves_out: left_out(whose, args.gone.include_gone || args.delete_old.is_some()),
        jobs: args.whose.jobs,
        is_dry_run: args.dry_run,
        lists_news: args.output.unwrap_or(Output::Table) != Output::Table,
        command: "mint-registry-secret",
    }
}

/// What hook.env says; unlike at a login, nothing of it may be wrong.
fn secrets(site: &Site) -> Result<Vec<RegistrySecret>, ConfigError> {
    let settings = &site.settings;
    if let Some(fault) = settings.fault_of(&["IMAGE_PULL_SECRET", "REGISTRY_DOCKER_CONFIG_JSON"]) {
        return Err(fault.clone());
    }
    let Some(pull_secret) = &settings.pull_secret else {
        return Err(ConfigError::Required {
            path: settings.path.clone(),
            key: "IMAGE_PULL_SECRET",
            remedy: "name the Secret that users' namespaces shall have",
        });
    };
    let mut notes = Vec::new();
    let secrets = registry::load_strictly(pull_secret, &mut notes);
    notes.iter().for_each(|note| log::warning(&note.to_string()));
    secrets
}
