//! `credential`: what kubectl calls, as the user, through the exec entry of a user's kubeconfig.

use std::path::PathBuf;
use std::time::SystemTime;

use secrecy::ExposeSecret as _;

use crate::cli::CredentialArgs;
use crate::credential::{self, CredentialError};
use crate::exit::ExitStatus;
use crate::{log, print};

/// Prints the user's token for one cluster, or one line with the reason why there is none.
pub(super) fn run(clusters: &[String], args: &CredentialArgs) -> ExitStatus {
    let found = match clusters {
        [cluster] => credential::get(&folder(args), cluster, SystemTime::now()),
        _ => Err(CredentialError::WhichCluster),
    };
    match found {
        Ok(answer) => {
            print::text(answer.expose_secret());
            ExitStatus::Success
        }
        Err(error) => {
            log::to_the_user(&error.to_string());
            match error {
                CredentialError::WhichCluster => ExitStatus::Usage,
                _ => ExitStatus::Credentials,
            }
        }
    }
}

/// The home from the passwd database, like the login that wrote the token; `HOME` if the user is unknown there, as in a
/// container.
fn folder(args: &CredentialArgs) -> PathBuf {
    if let Some(folder) = &args.cache_dir {
        return folder.clone();
    }
    let me = nix::unistd::User::from_uid(nix::unistd::Uid::current()).ok().flatten();
    let home = me
        .map(|user| user.dir)
        .or_else(|| std::env::var_os("HOME").map(Into::into));
    credential::usual_folder(&home.unwrap_or_else(|| "/".into()))
}
