//! `sync-secret`: copies root's files into a Secret in users' namespaces.

use std::collections::BTreeSet;
use std::sync::Arc;

use secrecy::SecretSlice;

use super::error::{only, Error, Failures};
use super::invocation::{guard_for_the_record, Invocation};
use super::results::{conclude, left_out};
use crate::cli::SyncSecretArgs;
use crate::cluster::{self, ObjectReport, OtherType};
use crate::config::profiles::Declaration;
use crate::config::{files, Site};
use crate::many::{Many, Whose};
use crate::objects::{self, Kind};
use crate::print::Output;
use crate::registry::LARGEST_SECRET;

/// Reads the files once, and updates the Secret in every selected namespace.
pub(super) async fn run(invocation: &Invocation, args: &SyncSecretArgs) -> Result<(), Failures> {
    let whose = whose(args).map_err(only)?;
    guard_for_the_record(&invocation.deadline);
    invocation.deadline.enter("reading the files");
    let files = read(args).map_err(only)?;
    let site = invocation.site().map_err(only)?;
    check_declared(&site, args).map_err(only)?;
    let other = OtherType::of(args.replace);
    let many = Many {
        site: &site,
        kubeconfig: &invocation.kubeconfig(&site.settings).map_err(only)?,
        admin: None,
        total: invocation.total(&site.settings),
        watchdog: &invocation.deadline,
        whose,
        leaves_out: left_out(whose, args.gone.include_gone),
        jobs: args.whose.jobs,
        is_dry_run: args.dry_run,
        lists_news: args.output != Output::Table,
        command: "sync-secret",
    };
    let files = &files;
    let tally = many
        .each(|api, namespace| async move {
            let wanted = objects::synced_secret(&namespace, &args.name, &args.kind, files);
            let outcome = cluster::sync_secret(&api, &namespace, &wanted, other).await?;
            Ok(vec![ObjectReport::new(Kind::Secret, &args.name, outcome)])
        })
        .await;
    conclude(&many, tally, args.output)
}

fn whose(args: &SyncSecretArgs) -> Result<Whose<'_>, Error> {
    match (args.whose.all, args.whose.users.as_slice(), args.namespaces.as_slice()) {
        (true, ..) => Ok(Whose::All),
        (false, [], []) => Err(Error::Usage(
            "no namespace is selected; give user names, --all or --namespace NAME",
        )),
        (false, [], names) => Ok(Whose::Named(names)),
        (false, users, _) => Ok(Whose::Users(users)),
    }
}

/// What a section declares, the next login would put back: it can be handed out now, but not otherwise.
fn check_declared(site: &Site, args: &SyncSecretArgs) -> Result<(), Error> {
    let (Some(file), Some(folder), []) = (site.profiles.file(), &site.settings.secrets_dir, &args.namespaces[..])
    else {
        return Ok(());
    };
    let of_name: Vec<_> = file
        .declared
        .secrets
        .values()
        .filter(|one| one.name == args.name)
        .collect();
    let given: BTreeSet<_> = args.files.iter().collect();
    let is_the_same =
        |one: &&Arc<Declaration>| one.kind == args.kind && one.data.iter().collect::<BTreeSet<_>>() == given;
    match of_name.first() {
        Some(first) if !of_name.iter().any(is_the_same) => Err(Error::DeclaredOtherwise {
            name: args.name.clone(),
            path: folder.join(format!("{}.yaml", first.file)),
        }),
        _ => Ok(()),
    }
}

/// Reads all files or fails: an incomplete Secret would be worse than the old one.
fn read(args: &SyncSecretArgs) -> Result<Vec<(String, SecretSlice<u8>)>, Error> {
    let mut keys = BTreeSet::new();
    let mut files = Vec::new();
    let mut size = 0;
    for (key, path) in &args.files {
        if !keys.insert(key) {
            return Err(Error::Usage(
                "two files have the same key; write KEY=PATH with different keys",
            ));
        }
        let content = files::read_trusted(path, "correct the path given to --from-file")?;
        size += content.bytes.len();
        files.push((key.clone(), content.bytes.into()));
    }
    if size > LARGEST_SECRET {
        return Err(Error::Usage(
            "the files are larger than 1 MiB in total, the limit for a Secret; leave some out",
        ));
    }
    Ok(files)
}
