//! `--write` and `--list`: the registry file, changed in one step, and looked at.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::{json, Value};

use super::request::{request, waits_for_a_person};
use crate::cli::MintRegistrySecretArgs;
use crate::commands::error::{only, Error, Failures};
use crate::commands::invocation::{guard, guard_for_the_record, Invocation};
use crate::config::settings::Settings;
use crate::config::{self, ConfigError};
use crate::deadline::Deadline;
use crate::log;
use crate::passwords::{self, Change, Changed, RegistryError, RegistryFile, Row, Tried};
use crate::print::{columns, or_dash, print as print_as, Output};
use crate::registry::docker_config::Listed;
use crate::time::for_a_person;
use crate::time::millis;

const KEY: &str = "REGISTRY_DOCKER_CONFIG_JSON";
/// How long a registry may take to answer; the file is written in any case.
const LONGEST_TRIAL: Duration = Duration::from_secs(5);

/// Changes the file.
pub(super) async fn write(invocation: &Invocation, args: &MintRegistrySecretArgs, path: &Path) -> Result<(), Failures> {
    let started = Instant::now();
    let changed = change_file(invocation, args, path).await.map_err(only)?;
    warn(path, &changed);
    if !args.dry_run {
        record(path, &changed.rows, started);
    }
    let default = (args.dry_run || std::io::stdout().is_terminal()).then_some(Output::Table);
    // Where namespaces follow, the result is theirs: scripts read one document.
    let is_all = !args.whose.all && args.whose.users.is_empty();
    if let Some(output) = args.output.or(default).filter(|_| is_all) {
        print(path, &changed.rows, output, args.dry_run);
    }
    Ok(())
}

async fn change_file(invocation: &Invocation, args: &MintRegistrySecretArgs, path: &Path) -> Result<Changed, Error> {
    let deadline = &invocation.deadline;
    let waits_for_a_person = waits_for_a_person(&args.file);
    if !waits_for_a_person {
        guard_for_the_record(deadline);
    }
    deadline.enter("reading the registry file");
    // Before anybody is asked for a password.
    let file = if args.dry_run {
        RegistryFile::peek(path)?
    } else {
        RegistryFile::open(path)?
    };
    let change = request(&args.file)?.gather(deadline).await?;
    if waits_for_a_person {
        invocation.extend_deadline(deadline.total());
        guard_for_the_record(deadline);
    }
    if !args.file.trial.no_verify {
        verify(path, &change, args.file.trial.plain_http, deadline).await?;
    }
    deadline.enter("writing the registry file");
    let changed = if args.dry_run {
        file.try_out(&change)
    } else {
        file.replace(&change, deadline.remaining())
    };
    Ok(changed?)
}

/// Has registries try the new passwords: nothing is written that one of them refuses.
async fn verify(path: &Path, change: &Change, plain_http: bool, deadline: &Deadline) -> Result<(), RegistryError> {
    deadline.enter("trying the password at the registry");
    let logins = change.logins().map_err(|reason| RegistryError::File {
        path: path.to_owned(),
        reason,
    })?;
    let limit = LONGEST_TRIAL.min(deadline.remaining() / 2);
    for tried in passwords::try_all(&logins, limit, plain_http).await? {
        if let Tried::Untried(warning) = tried {
            log::warning(&warning);
        }
    }
    Ok(())
}

/// What works, but probably not as it was meant.
fn warn(path: &Path, changed: &Changed) {
    for row in &changed.rows {
        let registry = &row.registry;
        if row.is_token {
            // `DockerConfigEntry` in the kubelet's pkg/credentialprovider/config.go has no field for it.
            log::warning(&format!("{registry} has an identity token, which the kubelet does not read: images will not be pulled with it; use a robot account with a password"));
        }
        if row.ends_in_seconds == Some(0) {
            log::warning(&format!("the password of {registry} is a token that has ended"));
        }
    }
    if changed.is_empty {
        log::warning(&format!(
            "{} has no registry any more; logins fail with it until one is added, or IMAGE_PULL_SECRET of hook.env is emptied",
            path.display()
        ));
    }
}

fn record(path: &Path, rows: &[Row], started: Instant) {
    let mut fields: Vec<(&str, Value)> = vec![
        ("msg", "mint-registry-secret".into()),
        ("file", path.to_string_lossy().into()),
    ];
    for result in ["created", "changed", "unchanged", "removed"] {
        let names = rows.iter().filter(|row| row.result == result);
        let names: Vec<_> = names.map(|row| row.registry.as_str()).collect();
        if !names.is_empty() {
            fields.push((result, names.join(",").into()));
        }
    }
    fields.push(("milliseconds", millis(started).into()));
    log::record(&fields);
}

fn print(path: &Path, rows: &[Row], output: Output, is_dry_run: bool) {
    let value = json!({ "file": path, "dry_run": is_dry_run, "registries": rows });
    print_as(output, || value, || table(rows, is_dry_run));
}

fn table(rows: &[Row], is_dry_run: bool) -> String {
    let mark = if is_dry_run { " (dry run)" } else { "" };
    let mut cells = vec![["REGISTRY", "USER", "RESULT", "ENDS IN"].map(str::to_owned)];
    cells.extend(rows.iter().map(|row| {
        let ends = row
            .ends_in_seconds
            .map(|seconds| for_a_person(Duration::from_secs(seconds)));
        [
            row.registry.clone(),
            or_dash(row.username.as_deref().unwrap_or_default()),
            format!("{}{mark}", row.result),
            or_dash(&ends.unwrap_or_default()),
        ]
    }));
    columns(&cells)
}

/// Prints what is in the file, and then fails if something in it cannot be used.
pub(super) fn list(
    invocation: &Invocation,
    args: &MintRegistrySecretArgs,
    path: Option<&Path>,
) -> Result<(), Failures> {
    guard(&invocation.deadline);
    invocation.deadline.enter("reading the registry file");
    let path = match path {
        Some(path) => path.to_owned(),
        None => configured_file(invocation).map_err(only)?,
    };
    let mut warnings = Vec::new();
    let now = SystemTime::now();
    let config = passwords::read(&path, &mut warnings);
    warnings.iter().for_each(|warning| log::warning(warning));
    let config = config.map_err(only)?;
    let handed = config.for_kubelet(now);
    handed.stays(&path).for_each(|line| log::warning(&line));
    let listed = config.list(now);
    let value = json!({ "file": path, "registries": listed });
    print_as(
        args.output.unwrap_or(Output::Table),
        || value,
        || {
            let mut cells = vec![["REGISTRY", "USER", "HOW"].map(str::to_owned)];
            let row = |listed: &Listed| {
                [
                    listed.registry.clone(),
                    or_dash(listed.username.as_deref().unwrap_or_default()),
                    listed.how.to_string(),
                ]
            };
            cells.extend(listed.iter().map(row));
            columns(&cells)
        },
    );
    if config.is_empty() {
        let refused = |reason| RegistryError::File {
            path: path.clone(),
            reason,
        };
        config.check().map_err(|reason| only(refused(reason)))?;
    }
    let mut failures = Failures::default();
    let left_out = handed.left_out.iter().map(|left_out| left_out.line(&path));
    failures.extend(left_out.map(|line| (String::new(), RegistryError::LeftOut(line))));
    failures.result()
}

/// `REGISTRY_DOCKER_CONFIG_JSON`, which may be set without `IMAGE_PULL_SECRET`.
fn configured_file(invocation: &Invocation) -> Result<PathBuf, ConfigError> {
    let mut warnings = Vec::new();
    let hook_env = config::hook_env_path(invocation.sources.hook_env.as_deref(), &mut warnings);
    let settings = Settings::load(&hook_env, &mut warnings)?;
    warnings.iter().for_each(|warning| log::warning(warning));
    match settings.text(KEY) {
        "" => Err(ConfigError::Required {
            path: hook_env,
            key: KEY,
            remedy: "set it, or name the file: --list FILE",
        }),
        file => Ok(file.into()),
    }
}
