//! The command line: the one definition that help, manual pages and completions come from.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::config::{self, parse_duration, parse_lifetime};
use crate::log::{Format, Level};
use crate::naming::ServiceAccountName;

const EXIT_STATUS: &str = "\
Exit status:
  0  all done
  1  a fault in this program, or in the passwd database
  2  the command line cannot be understood, or lacks something
  3  configuration: hook.env, clusters.d, the registry file, metrics, kubeconfigs of root and administrators
  4  refused: the user, or a namespace that is not the user's
  5  a cluster could not be reached, or said no
  6  credentials: tokens and passwords that cannot be used, the user's kubeconfig
  7  the deadline was over before all was done
  8  root's token has ended, or ends before refresh-token runs again (counts before all others)";

/// Open OnDemand's Kubernetes pre-hook: namespaces, rights and credentials at login.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s", version, after_help = EXIT_STATUS, max_term_width = 100)]
pub struct Cli {
    /// What every command takes.
    #[command(flatten)]
    pub global: Global,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Flags that every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Global options")]
pub struct Global {
    /// Settings, in the format of the stock hooks [default: /etc/ood/config/hook.env]
    #[arg(long, global = true, value_name = "FILE")]
    pub hook_env: Option<PathBuf>,
    /// OnDemand's cluster configurations [default: /etc/ood/config/clusters.d]
    #[arg(long, global = true, value_name = "DIR")]
    pub clusters_dir: Option<PathBuf>,
    /// Root's kubeconfig [default: ~/.kube/config of whoever runs this]
    #[arg(long, global = true, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Only this cluster, by the name of its file in clusters.d; can be repeated
    #[arg(long = "cluster", global = true, value_name = "ID")]
    pub clusters: Vec<String>,
    /// Give up after this long, for example 10s or 500ms [default: HOOK_TIMEOUT of hook.env, or 10s]
    #[arg(long, global = true, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// What goes to standard error [default: error for pre-hook, warn otherwise]
    #[arg(long, global = true, value_enum, value_name = "LEVEL")]
    pub log_level: Option<Level>,
    /// How the record in syslog is written
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value = "logfmt")]
    pub log_format: Format,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// What OnDemand calls at login: bootstrap-user and set-creds, for every cluster at once
    ///
    /// OnDemand calls `PATH --user NAME`, so set pun_pre_hook_root_cmd to hooks/pre-hook, or to a link
    /// to this program whose name ends in pre-hook. Prints nothing when all is well.
    #[command(
        after_help = "Examples:\n  ood-k8s pre-hook --user alice\n  ood-k8s pre-hook --user alice --log-level info"
    )]
    PreHook(PreHookArgs),
    /// Make users' namespaces and what belongs in them
    ///
    /// The namespace, its network policy, the role bindings and the registry password. What is as it
    /// should be is left alone; a namespace of somebody else is never touched.
    #[command(
        after_help = "Examples:\n  ood-k8s bootstrap-user alice\n  ood-k8s bootstrap-user --dry-run=client alice | kubectl diff -f -\n  ood-k8s bootstrap-user -o json $(getent group researchers | cut -d: -f4 | tr , ' ')"
    )]
    BootstrapUser(BootstrapUserArgs),
    /// Write the user's tokens into the user's kubeconfig
    ///
    /// From OOD_OIDC_ACCESS_TOKEN and OOD_OIDC_REFRESH_TOKEN, with cluster and context as OnDemand's dashboard
    /// would set them. Other entries of the file are kept.
    #[command(after_help = "Examples:\n  ood-k8s set-creds alice\n  ood-k8s set-creds --cluster prod -o json alice")]
    SetCreds(SetCredsArgs),
    /// Renew the token in root's kubeconfig before it ends, for every cluster
    ///
    /// Asks each cluster for a token of the ServiceAccount, tries it, and then puts it into root's kubeconfig;
    /// whatever fails, the old token stays. For root's crontab or a timer: prints nothing when all is well.
    #[command(after_help = REFRESH_TOKEN_EXAMPLES)]
    RefreshToken(RefreshTokenArgs),
    /// Renew the tokens of users whose session at OnDemand goes on, before they end
    ///
    /// With the refresh tokens that logins leave in RENEWAL_DIR of hook.env, which only root can read. Users whose nginx
    /// has ended, or whose session the identity provider has ended, are forgotten. For root's crontab or a timer.
    #[command(after_help = RENEW_CREDS_EXAMPLES)]
    RenewCreds(RenewCredsArgs),
    /// Write root's kubeconfig for the clusters of clusters.d: cluster, context, first token
    ///
    /// What is there and works is left alone, so that it can be run again. In the end each cluster is asked
    /// who we are.
    #[command(after_help = SETUP_ROOT_EXAMPLES)]
    SetupRoot(SetupRootArgs),
    /// Print or apply the ServiceAccount and the roles that the other commands need, and no more
    ///
    /// Without --apply it asks no cluster and prints the manifests, as in hooks/k8s-bootstrap/ondemand.yaml, with the
    /// site's names.
    #[command(after_help = CLUSTER_ROLES_EXAMPLES)]
    ClusterRoles(ClusterRolesArgs),
    /// Registries' passwords: into root's file, and from there into users' namespaces
    ///
    /// With --write into the file; other registries in it stay as they are. The password is never in an argument: it is
    /// asked for at the terminal, or comes from standard input, a file, another docker configuration or a credential
    /// helper. With user names or --all into the Secret IMAGE_PULL_SECRET of their namespaces, which is listed in their
    /// ServiceAccounts; what is as it should be is left alone.
    #[command(after_help = MINT_REGISTRY_SECRET_EXAMPLES)]
    MintRegistrySecret(MintRegistrySecretArgs),
    /// Print the user's token for one cluster, as kubectl asks for it
    ///
    /// What the exec entry of a user's kubeconfig calls, as the user. The token is the one that the last login to
    /// OnDemand left; when it has ended, the way to a new one is another login.
    #[command(after_help = "Examples:\n  ood-k8s credential --cluster prod")]
    Credential(CredentialArgs),
    /// Keep a Secret with files of root's up to date in users' namespaces
    ///
    /// The Secret gets these keys and no others; where it has them already, nothing is written. Whatever fails is told,
    /// and does not stop the rest.
    #[command(after_help = SYNC_SECRET_EXAMPLES)]
    SyncSecret(SyncSecretArgs),
    /// Say what is wrong with this web node and its clusters, and how to mend it
    ///
    /// One line a finding. Changes nothing, and fails when it found an error.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// The configuration as understood
    #[command(subcommand)]
    Config(ConfigCommand),
}

const REFRESH_TOKEN_EXAMPLES: &str = "\
Examples:
  ood-k8s refresh-token
  ood-k8s refresh-token --if-remaining-below 3h --jitter 5m
  ood-k8s refresh-token --cluster prod --minter-kubeconfig admin.kubeconfig -o table
  ssh control-plane kubectl create token ondemand -n ondemand | ood-k8s refresh-token --cluster prod --token-file -";

const RENEW_CREDS_EXAMPLES: &str = "\
Examples:
  ood-k8s renew-creds
  ood-k8s renew-creds --dry-run
  ood-k8s renew-creds --quiet --metrics-file /var/lib/node_exporter/textfile_collector/ood-k8s-renew-creds.prom";

const SETUP_ROOT_EXAMPLES: &str = "\
Examples:
  ood-k8s setup-root --minter-kubeconfig admin.kubeconfig
  ood-k8s setup-root --cluster prod --token-file /root/token --dry-run";

const CLUSTER_ROLES_EXAMPLES: &str = "\
Examples:
  ood-k8s cluster-roles
  ood-k8s cluster-roles --pull-secret private-docker-registry | kubectl diff -f -
  ood-k8s cluster-roles --apply --admin-kubeconfig admin.kubeconfig --cluster prod";

const MINT_REGISTRY_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s mint-registry-secret --write /etc/ood/config/registry.json --registry registry.example.org --username robot
  ood-k8s mint-registry-secret --write registry.json --registry docker.io --username robot --password-stdin < password
  ood-k8s mint-registry-secret --write registry.json --from-docker-config ~/.docker/config.json
  ood-k8s mint-registry-secret --write registry.json --registry 1234.dkr.ecr.example.org \\
      --credential-command docker-credential-ecr-login --expires-in 12h --all
  ood-k8s mint-registry-secret --list
  ood-k8s mint-registry-secret alice bob
  ood-k8s mint-registry-secret --all --dry-run";

const SYNC_SECRET_EXAMPLES: &str = "\
Examples:
  ood-k8s sync-secret grid-proxy --from-file x509up=/var/lib/proxies/atlas alice bob
  ood-k8s sync-secret site-ca --from-file /etc/pki/tls/certs/ca.pem --all
  ood-k8s sync-secret tls --type kubernetes.io/tls --from-file tls.crt=/root/c --from-file tls.key=/root/k --namespace web";

const CHECK_EXAMPLES: &str = "\
Examples:
  ood-k8s check
  ood-k8s check --user alice
  ood-k8s check -o json | jq '.findings[] | select(.severity != \"ok\")'";

/// `pre-hook`.
#[derive(Debug, Args)]
pub struct PreHookArgs {
    /// Who logs in
    #[arg(long, value_name = "NAME")]
    pub user: String,
}

/// `bootstrap-user`.
#[derive(Debug, Args)]
pub struct BootstrapUserArgs {
    /// User names
    #[arg(required = true, value_name = "USER")]
    pub users: Vec<String>,
    /// Change nothing: print the objects (client), or ask the server what would change (server)
    #[arg(long, value_enum, value_name = "WHERE", num_args = 0..=1, default_value = "none", default_missing_value = "client", require_equals = true)]
    pub dry_run: DryRun,
    /// Take a namespace that nobody has claimed, although nothing in it proves whose it is
    #[arg(long)]
    pub adopt: bool,
    /// How to print the result [default: table; yaml with --dry-run=client]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
    /// Print the registry password with --dry-run=client
    #[arg(long)]
    pub show_secrets: bool,
    /// How many users at once
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
}

/// `set-creds`.
#[derive(Debug, Args)]
pub struct SetCredsArgs {
    /// User name
    #[arg(value_name = "USER")]
    pub user: String,
    /// How to print the result
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `credential`.
#[derive(Debug, Args)]
pub struct CredentialArgs {
    /// Where the token is [default: ~/.kube/cache/ood-k8s]
    #[arg(long, value_name = "DIR")]
    pub cache_dir: Option<PathBuf>,
}

/// Whose credentials ask for a token, or where one that was made elsewhere is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Where the token comes from [default: asked for with the old one]")]
pub struct TokenSourceArgs {
    /// Ask with another identity than the one to renew, for example a cluster administrator's
    #[arg(long, value_name = "FILE", visible_alias = "admin-kubeconfig")]
    pub minter_kubeconfig: Option<PathBuf>,
    /// The context there [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "minter_kubeconfig")]
    pub minter_context: Option<String>,
    /// Take a token that was made elsewhere, from a file of root's or, with -, from standard input
    #[arg(long, value_name = "PATH", conflicts_with_all = ["minter_kubeconfig", "from_secret"])]
    pub token_file: Option<PathBuf>,
    /// Take the token without an end from this Secret of the ServiceAccount, which only --minter-kubeconfig may read with
    /// the shipped rights; a token that is renewed is safer
    #[arg(long, value_name = "NAME", value_parser = parse_object_name)]
    pub from_secret: Option<String>,
    /// How long the token shall work; the server may give less
    #[arg(long, value_name = "DURATION", default_value = "9h", value_parser = parse_token_life)]
    pub duration: Duration,
    /// Whose token it is [default: service_account of clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
}

/// `refresh-token`.
#[derive(Debug, Args)]
pub struct RefreshTokenArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// Do nothing while the old token works longer than this
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub if_remaining_below: Option<Duration>,
    /// How often this runs: warns of a token that ends before the next time (exit status 8)
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// Wait a random time up to this before a renewal, so that many web nodes do not ask at once
    #[arg(long, value_name = "DURATION", value_parser = parse_lifetime)]
    pub jitter: Option<Duration>,
    /// Write metrics for node_exporter's textfile collector; its name must end in .prom
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print the result, also when all is well
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `renew-creds`.
#[derive(Debug, Args)]
pub struct RenewCredsArgs {
    /// How often this runs: what ends before the next time is renewed. Identity providers' access tokens often live for
    /// five minutes
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = parse_lifetime)]
    pub interval: Duration,
    /// How many users at once
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub jobs: u16,
    /// Write metrics for node_exporter's textfile collector, into a file of their own; its name must end in .prom
    #[arg(long, value_name = "FILE", value_parser = parse_metrics_file)]
    pub metrics_file: Option<PathBuf>,
    /// Print nothing when all is well
    #[arg(short, long)]
    pub quiet: bool,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Print every user, in place of one line for all
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

/// `setup-root`.
#[derive(Debug, Args)]
pub struct SetupRootArgs {
    /// Where the token comes from.
    #[command(flatten)]
    pub source: TokenSourceArgs,
    /// The CA of the API server [default: server.cert_authority_file of clusters.d, or the CA of --minter-kubeconfig]
    #[arg(long, value_name = "FILE")]
    pub certificate_authority: Option<PathBuf>,
    /// Say what would be done, and do nothing
    #[arg(long)]
    pub dry_run: bool,
    /// How to print the result
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `cluster-roles`.
#[derive(Debug, Args)]
pub struct ClusterRolesArgs {
    /// Make the clusters so, in place of printing
    #[arg(long, requires = "admin_kubeconfig")]
    pub apply: bool,
    /// The kubeconfig of somebody who may: a cluster's administrator
    #[arg(long, value_name = "FILE", requires = "apply")]
    pub admin_kubeconfig: Option<PathBuf>,
    /// The context there [default: the one with the cluster's endpoint]
    #[arg(long, value_name = "NAME", requires = "admin_kubeconfig")]
    pub admin_context: Option<String>,
    /// One more Secret to give the rights to, beside IMAGE_PULL_SECRET of hook.env; can be repeated
    #[arg(long = "pull-secret", visible_alias = "secret", value_name = "NAME", value_parser = parse_object_name)]
    pub pull_secrets: Vec<String>,
    /// Whom the rights are for [default: service_account of clusters.d, or ondemand/ondemand]
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = ServiceAccountName::parse)]
    pub service_account: Option<ServiceAccountName>,
    /// Leave out the right to make tokens for itself: somebody else makes them (refresh-token --token-file or
    /// --minter-kubeconfig)
    #[arg(long)]
    pub no_token_right: bool,
    /// With --apply: ask the server what would change, and change nothing
    #[arg(long, requires = "apply")]
    pub dry_run: bool,
    /// How to print it [default: yaml, or table with --apply]
    #[arg(short, long, value_enum, value_name = "FORMAT")]
    pub output: Option<Output>,
}

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

/// `check`.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Check what this user has, and what a login would change
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// Leave out what is as it should be
    #[arg(short, long)]
    pub quiet: bool,
    /// The portal configuration that OnDemand generated [default: the first that exists of Apache's usual places]
    #[arg(long, value_name = "FILE")]
    pub portal_conf: Option<PathBuf>,
    /// OnDemand's sudoers file [default: /etc/sudoers.d/ood]
    #[arg(long, value_name = "FILE")]
    pub sudoers: Option<PathBuf>,
    /// How to print the findings
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
}

/// `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Print every setting and where it came from
    #[command(after_help = "Examples:\n  ood-k8s config show\n  ood-k8s config show -o json | jq .hook_env")]
    Show(ConfigShowArgs),
}

/// `config show`.
#[derive(Debug, Args)]
pub struct ConfigShowArgs {
    /// How to print it
    #[arg(short, long, value_enum, value_name = "FORMAT", default_value = "table")]
    pub output: Output,
    /// Print CLIENT_SECRET too
    #[arg(long)]
    pub show_secrets: bool,
}

/// What `--dry-run` means, in kubectl's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DryRun {
    /// Do it.
    None,
    /// Print the objects; ask no cluster.
    Client,
    /// Ask the server; change nothing.
    Server,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// Columns for people.
    Table,
    /// For scripts.
    Json,
    /// For scripts and people.
    Yaml,
}

/// The TokenRequest API takes no life under ten minutes (Kubernetes `validation.go`, `minExpirationSeconds`).
fn parse_token_life(text: &str) -> Result<Duration, String> {
    match parse_lifetime(text)? {
        life if life < Duration::from_secs(600) => Err("is under 10m, and Kubernetes makes no such tokens".into()),
        life => Ok(life),
    }
}

/// As kubectl's --from-file: KEY=PATH, or PATH alone.
fn parse_key_and_path(text: &str) -> Result<(String, PathBuf), String> {
    let path_alone = || {
        let path = PathBuf::from(text);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        (name, path)
    };
    let both = text
        .split_once('=')
        .map(|(key, path)| (key.to_owned(), PathBuf::from(path)));
    let (key, path) = both.unwrap_or_else(path_alone);
    // Kubernetes `validation.IsConfigMapKey`.
    let is_key = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if key.is_empty() || key.len() > 253 || key == "." || key.starts_with("..") || !key.chars().all(is_key) {
        return Err(format!(
            "has the key {key:?}; write KEY=PATH with letters, digits, - _ and . in KEY"
        ));
    }
    if path.as_os_str().is_empty() {
        return Err("names no file; write KEY=PATH".into());
    }
    Ok((key, path))
}

/// node_exporter reads no other files of the folder, and ours must not be taken for somebody else's.
fn parse_metrics_file(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(text);
    match path.extension() {
        Some(ending) if ending == "prom" => Ok(path),
        _ => Err("must end in .prom, or node_exporter does not read it".into()),
    }
}

fn parse_object_name(text: &str) -> Result<String, String> {
    let name = config::is_object_name(text).then(|| text.to_owned());
    name.ok_or_else(|| "is no name of an object; write a-z, 0-9, - and .".into())
}

/// A command line that cannot be understood, or a call for help.
#[derive(Debug)]
pub struct UsageError {
    error: clap::Error,
    is_hook: bool,
}

impl UsageError {
    /// What is wrong, on one line, where OnDemand is the reader; otherwise clap prints and ends the program.
    pub fn for_the_hook(self) -> String {
        if !self.is_hook || !self.error.use_stderr() {
            self.error.exit();
        }
        let text = self.error.to_string();
        let what = text.split("\n\n").next().unwrap_or_default();
        format!(
            "{}; OnDemand calls: pre-hook --user NAME",
            what.trim_start_matches("error: ")
        )
    }
}

impl Cli {
    /// Parses; a program whose name ends in `pre-hook` is that subcommand, since OnDemand can call only a path.
    ///
    /// The error is for clap to print, but for the hook it is one line (`is_hook`).
    pub fn parse_from_environment() -> Result<Self, UsageError> {
        let mut args: Vec<_> = std::env::args_os().collect();
        let name = args.first().map(PathBuf::from).unwrap_or_default();
        let name = name.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if name.ends_with("pre-hook") {
            args.splice(..1, ["ood-k8s".into(), "pre-hook".into()]);
        }
        let is_hook = args.iter().skip(1).any(|arg| arg == "pre-hook");
        Self::try_parse_from(args).map_err(|error| UsageError { error, is_hook })
    }

    /// What goes to standard error.
    pub fn log_level(&self) -> Level {
        // OnDemand drops a successful hook's words and logs a failed one's as one message: only the failure belongs there.
        let quiet = matches!(self.command, Command::PreHook(_));
        self.global
            .log_level
            .unwrap_or(if quiet { Level::Error } else { Level::Warn })
    }

    /// Which configuration to read.
    pub fn sources(&self) -> config::Sources {
        config::Sources {
            hook_env: self.global.hook_env.clone(),
            clusters_dir: self.global.clusters_dir.clone(),
            only: self.global.clusters.clone(),
        }
    }
}
