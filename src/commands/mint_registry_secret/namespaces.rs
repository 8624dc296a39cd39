//! User names and `--all`: the pull secrets in users' namespaces, from the registry file of hook.env.

use crate::cli::MintRegistrySecretArgs;
use crate::cluster::{self, OtherType};
use crate::commands::error::{only, Failures};
use crate::commands::invocation::Invocation;
use crate::commands::results::conclude;
use crate::config::registry::{self, RegistrySecret};
use crate::config::{ConfigError, Site};
use crate::log;
use crate::many::{Many, Whose};
use crate::objects::{self, SERVICE_ACCOUNT};
use crate::print::Output;

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
    let output = args.output.unwrap_or(Output::Table);
    let whose = if args.whose.all {
        Whose::All
    } else {
        Whose::Users(&args.whose.users)
    };
    let many = Many {
        site,
        kubeconfig: &invocation.kubeconfig(&site.settings).map_err(only)?,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        whose,
        only_present: false,
        jobs: args.whose.jobs,
        is_dry_run: args.dry_run,
        lists_news: output != Output::Table,
        command: "mint-registry-secret",
    };
    let (secrets, accounts) = (&secrets, &accounts);
    let tally = many
        .each(|api, namespace| async move {
            let wanted = objects::pull_secrets(&namespace, secrets);
            cluster::mint(&api, &namespace, &wanted, accounts, other).await
        })
        .await;
    conclude(&many, tally, output)
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
