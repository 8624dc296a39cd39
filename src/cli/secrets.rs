//! The flags of Secrets in many namespaces: registry passwords, and other files of root's.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::values::{parse_key_and_path, parse_object_name};
use crate::config::parse_lifetime;
use crate::print::Output;

pub(super) const MINT_REGISTRY_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s mint-registry-secret --write /etc/ood/config/registry.json --registry registry.example.org --username robot
  ood-k8s mint-registry-secret --write registry.json --registry docker.io --username robot --password-stdin < password
  ood-k8s mint-registry-secret --write registry.json --from-docker-config ~/.docker/config.json
  ood-k8s mint-registry-secret --write registry.json --registry 1234.dkr.ecr.example.org \\
      --credential-command docker-credential-ecr-login --expires-in 12h --all
  ood-k8s mint-registry-secret --list
  ood-k8s mint-registry-secret alice bob
  ood-k8s mint-registry-secret --all --dry-run";

pub(super) const SYNC_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s sync-secret grid-proxy --from-file x509up=/var/lib/proxies/atlas alice bob
  ood-k8s sync-secret site-ca --from-file /etc/pki/tls/certs/ca.pem --all
  ood-k8s sync-secret tls --type kubernetes.io/tls --from-file tls.crt=/root/c --from-file tls.key=/root/k --namespace web";

/// `mint-registry-secret`.
#[derive(Debug, Args)]
pub struct MintRegistrySecretArgs {
    /// Which file, and what to do with it.
    #[command(flatten)]
    pub file: RegistryFileArgs,
    /// Whose namespaces, and how many at once.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// List the Secret in this ServiceAccount too, where it is there; can be repeated
    #[arg(long = "service-account", value_name = "NAME", value_parser = parse_object_name)]
    pub service_accounts: Vec<String>,
    /// Delete a Secret of another type and make it anew, since a type cannot be changed
    #[arg(long)]
    pub replace: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result [default: table, for --write on a terminal only]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `sync-secret`.
#[derive(Debug, Args)]
pub struct SyncSecretArgs {
    /// The Secret's name
    #[arg(value_name = "NAME", value_parser = parse_object_name)]
    pub name: String,
    /// A file of root's, under this key; without a key under its own name; can be repeated
    #[arg(long = "from-file", value_name = "[KEY=]PATH", required = true, value_parser = parse_key_and_path)]
    pub files: Vec<(String, PathBuf)>,
    /// The Secret's type
    #[arg(long = "type", value_name = "TYPE", default_value = "Opaque")]
    pub kind: String,
    /// Whose namespaces, and how many at once.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// This namespace, whoever has it; can be repeated
    #[arg(long = "namespace", short, value_name = "NAME", value_parser = parse_object_name, conflicts_with_all = ["users", "all"])]
    pub namespaces: Vec<String>,
    /// Delete a Secret of another type and make it anew, since a type cannot be changed
    #[arg(long)]
    pub replace: bool,
    /// Ask the server what would change, and change nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// Whose namespaces.
#[derive(Debug, Args)]
#[command(next_help_heading = "Whose namespaces")]
pub struct WhoseArgs {
    /// User names
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    /// Everybody's whom OnDemand has made a namespace for
    #[arg(long, conflicts_with = "users")]
    pub all: bool,
    /// How many namespaces at once, in each cluster
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
}

/// The registry file, for `mint-registry-secret`.
#[derive(Debug, Args)]
#[command(next_help_heading = "The registry file")]
pub struct RegistryFileArgs {
    /// Write into this docker configuration, which is made where it is missing
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub write: Option<PathBuf>,
    /// Print registries and user names, no passwords [default: REGISTRY_DOCKER_CONFIG_JSON of hook.env]
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with_all = ["users", "all", "replace", "dry_run", "service_accounts"])]
    #[allow(clippy::option_option, reason = "not given, given without a file, given with one")]
    pub list: Option<Option<PathBuf>>,
    /// The registry as images are named: HOST[:PORT][/PATH], *.example.org or docker.io; can be repeated
    #[arg(long = "registry", value_name = "HOST", requires = "write")]
    pub registries: Vec<String>,
    /// The user's name at the registry; without --password-stdin and --password-file the password is asked for
    #[arg(long, value_name = "NAME", requires = "write", conflicts_with_all = ["from_docker_config", "credential_command", "remove"])]
    pub username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Read the password from a file of root's that nobody else can read
    #[arg(long, value_name = "PATH", requires = "username", conflicts_with = "password_stdin")]
    pub password_file: Option<PathBuf>,
    /// Copy the passwords of another docker configuration: all of them, or those of --registry
    #[arg(long, value_name = "PATH", requires = "write", conflicts_with_all = ["credential_command", "remove"])]
    pub from_docker_config: Option<PathBuf>,
    /// Ask a docker credential helper, for example docker-credential-ecr-login. No shell is run: words are split at
    /// blanks, quotes and backslashes keep them together, and get is added
    #[arg(long, value_name = "COMMAND", requires = "write", conflicts_with = "remove")]
    pub credential_command: Option<String>,
    /// The helper's password ends after this long; a JWT says so itself
    #[arg(long, value_name = "DURATION", requires = "credential_command", value_parser = parse_lifetime)]
    pub expires_in: Option<Duration>,
    /// Take the registries out of the file
    #[arg(long, requires = "write")]
    pub remove: bool,
}
