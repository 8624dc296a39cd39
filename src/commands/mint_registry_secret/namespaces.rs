//! User names and `--all`: the pull secrets in users' namespaces, from the registry file of hook.env.

use crate::cli::{MintRegistrySecretArgs, Output};
use crate::cluster::{self, OtherType};
use crate::commands::many::{Many, Whose};
use crate::commands::{all_of, broken_files, only, Invocation};
use crate::config::registry::{self, RegistrySecret};
use crate::config::{ConfigError, Site};
use crate::error::Failures;
use crate::objects::{self, SERVICE_ACCOUNT};

/// Makes the Secrets and lists them, as a login does, in every namespace that is asked for.
pub(super) async fn mint(invocation: &Invocation, args: &MintRegistrySecretArgs, site: &Site) -> Result<(), Failures> {
    let secrets = secrets(site).map_err(only)?;
    let mut accounts = vec![SERVICE_ACCOUNT.to_owned()];
    accounts.extend(
        args.service_accounts
            .iter()
            .filter(|name| *name != SERVICE_ACCOUNT)
            .cloned(),
    );
    let other = OtherType::of(args.replace);
    let many = Many {
        invocation,
        site,
        whose: if args.whose.all {
            Whose::All
        } else {
            Whose::Users(&args.whose.users)
        },
        jobs: args.whose.jobs,
        is_dry_run: args.dry_run,
        output: args.output.unwrap_or(Output::Table),
        command: "mint-registry-secret",
    };
    let (secrets, accounts) = (&secrets, &accounts);
    let mut tally = many
        .each(|api, namespace| async move {
            let wanted = objects::pull_secrets(&namespace, secrets);
            cluster::mint(&api, &namespace, &wanted, accounts, other).await
        })
        .await;
    tally.print(&many);
    let mut failures = broken_files(site);
    failures.append(&mut tally.failures);
    all_of(failures)
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
    registry::load_strictly(pull_secret)
}
