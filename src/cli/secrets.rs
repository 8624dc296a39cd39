//! The flags for Secrets in many namespaces: registry passwords, and root's other files.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, Args};

use super::values::{dry_run, number, parse_key_and_path, parse_object_name};
use crate::config::parse_lifetime;
use crate::print::Output;

pub(super) const MINT_REGISTRY_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s mint-registry-secret --write registry.json --username robot \\
      --registry registry.example.org
  ood-k8s mint-registry-secret --write registry.json --username robot \\
      --registry docker.io --password-stdin < password
  ood-k8s mint-registry-secret --write registry.json \\
      --from-docker-config ~/.docker/config.json
  ood-k8s mint-registry-secret --write registry.json --all \\
      --registry 1234.dkr.ecr.example.org --expires-in 12h \\
      --credential-command docker-credential-ecr-login
  ood-k8s mint-registry-secret --list
  ood-k8s mint-registry-secret alice bob
  ood-k8s mint-registry-secret --all --dry-run
  ood-k8s mint-registry-secret --delete-old registry-2026 --all \\
      --kubeconfig admin.kubeconfig";

pub(super) const SYNC_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s sync-secret proxy --from-file x509up=/var/lib/proxy alice bob
  ood-k8s sync-secret site-ca --from-file /etc/pki/tls/ca.pem --all
  ood-k8s sync-secret tls --type kubernetes.io/tls --namespace web \\
      --from-file tls.crt=/root/c --from-file tls.key=/root/k";

/// `mint-registry-secret`.
#[derive(Debug, Args)]
pub struct MintRegistrySecretArgs {
    /// The registry file, and what to do with it.
    #[command(flatten)]
    pub file: RegistryFileArgs,
    /// The namespaces, and how many of them at a time.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Who is left out of them.
    #[command(flatten)]
    pub gone: GoneArgs,
    /// Also list the Secret in this ServiceAccount, if it exists; can be repeated
    #[arg(hide_short_help = true, long = "service-account", value_name = "NAME", value_parser = parse_object_name)]
    pub service_accounts: Vec<String>,
    /// Delete and recreate a Secret of another type, since a Secret's type cannot be changed
    #[arg(hide_short_help = true, long)]
    pub replace: bool,
    /// Delete the pull secret of this older name in the namespaces, if this program made it, and take it out of the list of
    /// the default ServiceAccount. Needs an administrator's kubeconfig (--kubeconfig)
    #[arg(hide_short_help = true, long, value_name = "NAME", value_parser = parse_object_name, conflicts_with_all = ["replace", "service_accounts", "write", "list"])]
    pub delete_old: Option<String>,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Output format [default: table; with --write only on a terminal]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `sync-secret`.
#[derive(Debug, Args)]
pub struct SyncSecretArgs {
    /// Name of the Secret
    #[arg(value_name = "NAME", value_parser = parse_object_name)]
    pub name: String,
    /// A file that only root can modify, and its key in the Secret [default key: the file's name]; can be repeated
    #[arg(long = "from-file", value_name = "[KEY=]PATH", required = true, value_parser = parse_key_and_path)]
    pub files: Vec<(String, PathBuf)>,
    /// Type of the Secret
    #[arg(long = "type", value_name = "TYPE", default_value = "Opaque")]
    pub kind: String,
    /// The namespaces, and how many of them at a time.
    #[command(flatten)]
    pub whose: WhoseArgs,
    /// Who is left out of them.
    #[command(flatten)]
    pub gone: GoneArgs,
    /// Write to this namespace without checking its owner; can be repeated
    #[arg(long = "namespace", short, value_name = "NAME", value_parser = parse_object_name, conflicts_with_all = ["users", "all"])]
    pub namespaces: Vec<String>,
    /// Delete and recreate a Secret of another type, since a Secret's type cannot be changed
    #[arg(long)]
    pub replace: bool,
    /// Only report what would change, by a server-side dry run; without a value: server
    #[arg(long, value_name = "WHERE", num_args = 0..=1, require_equals = true, default_value = "none", default_missing_value = "server", hide_default_value = true, action = ArgAction::Set, value_parser = dry_run())]
    pub dry_run: bool,
    /// Output format
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// The namespaces to work in.
#[derive(Debug, Args)]
#[command(next_help_heading = "Namespaces")]
pub struct WhoseArgs {
    /// User names; - reads them from standard input
    #[arg(value_name = "USER")]
    pub users: Vec<String>,
    /// All users who have a namespace
    #[arg(long, conflicts_with = "users")]
    pub all: bool,
    /// Maximum number of namespaces processed at a time in each cluster
    #[arg(hide_short_help = true, long, value_name = "N", default_value_t = 16, value_parser = number::<u16>(1..=256))]
    pub jobs: u16,
}

/// Whether those who have left count too.
#[derive(Debug, Args)]
#[command(next_help_heading = "Namespaces")]
pub struct GoneArgs {
    /// With --all, also for users who are not in the passwd database any more, or whose account has expired
    #[arg(hide_short_help = true, long, requires = "all")]
    pub include_gone: bool,
    /// What is usual now; it was a flag in 0.1.
    #[arg(hide = true, long, requires = "all", conflicts_with = "include_gone")]
    pub only_present: bool,
}

/// The registry file, for `mint-registry-secret`.
#[derive(Debug, Args)]
#[command(next_help_heading = "Registry file")]
pub struct RegistryFileArgs {
    /// Write to this docker configuration; it is created if missing
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub write: Option<PathBuf>,
    /// List registries and user names, without passwords [default: REGISTRY_DOCKER_CONFIG_JSON in hook.env]
    #[arg(long, value_name = "FILE", num_args = 0..=1, conflicts_with_all = ["users", "all", "replace", "dry_run", "service_accounts"])]
    #[allow(clippy::option_option, reason = "not given, given without a file, given with one")]
    pub list: Option<Option<PathBuf>>,
    /// Registry as in image names: HOST[:PORT][/PATH], *.example.org or docker.io; can be repeated
    #[arg(long = "registry", value_name = "HOST", requires = "write")]
    pub registries: Vec<String>,
    /// User name at the registry; prompts for the password if no flag has it
    #[arg(long, value_name = "NAME", requires = "write", conflicts_with_all = ["from_docker_config", "credential_command", "remove"])]
    pub username: Option<String>,
    /// Read the password from standard input
    #[arg(long, requires = "username")]
    pub password_stdin: bool,
    /// Read the password from this file, which must be readable only by root
    #[arg(
        hide_short_help = true,
        long,
        value_name = "PATH",
        requires = "username",
        conflicts_with = "password_stdin"
    )]
    pub password_file: Option<PathBuf>,
    /// Copy the passwords from another docker configuration: all, or those for --registry
    #[arg(hide_short_help = true, long, value_name = "PATH", requires = "write", conflicts_with_all = ["credential_command", "remove"])]
    pub from_docker_config: Option<PathBuf>,
    /// Run this docker credential helper, for example docker-credential-ecr-login. No shell is used: arguments are
    /// separated by spaces, which quotes and backslashes protect, and get is appended
    #[arg(
        hide_short_help = true,
        long,
        value_name = "COMMAND",
        requires = "write",
        conflicts_with = "remove"
    )]
    pub credential_command: Option<String>,
    /// Lifetime of the helper's password; not needed for a JWT
    #[arg(hide_short_help = true, long, value_name = "DURATION", requires = "credential_command", value_parser = parse_lifetime)]
    pub expires_in: Option<Duration>,
    /// How the password is tried.
    #[command(flatten)]
    pub trial: TrialArgs,
    /// Remove the registries from the file
    #[arg(long, requires = "write")]
    pub remove: bool,
}

/// How a new password is tried at its registry.
#[derive(Debug, Args)]
pub struct TrialArgs {
    /// Write the password without trying it at the registry first
    #[arg(hide_short_help = true, long, requires = "write")]
    pub no_verify: bool,
    /// Try the password by HTTP at a registry on this host that has no TLS
    #[arg(hide_short_help = true, long, requires = "write", conflicts_with = "no_verify")]
    pub plain_http: bool,
}
