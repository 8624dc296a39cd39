//! What this site has to offer at Tab: clusters, contexts of a kubeconfig, and users.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Arg, Command};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use crate::config::{files, Site, Sources};
use crate::findings::Code;
use crate::kubeconfig::Kubeconfig;

/// The words before the cursor, as far as they decide what can follow.
#[derive(Clone)]
pub(super) struct Words(Vec<String>);

impl Words {
    pub(super) fn of(words: &[OsString]) -> Self {
        Self(words.iter().map(|word| word.to_string_lossy().into_owned()).collect())
    }

    /// The value of a flag, as `--flag VALUE` or `--flag=VALUE`.
    fn value_of(&self, flag: &str) -> Option<PathBuf> {
        let behind = |word: &String| word.strip_prefix(flag)?.strip_prefix('=').map(PathBuf::from);
        let followed = |pair: &[String]| (pair[0] == flag).then(|| PathBuf::from(&pair[1]));
        let followed = self.0.windows(2).find_map(followed);
        followed.or_else(|| self.0.iter().find_map(behind))
    }

    fn sources(&self) -> Sources {
        Sources {
            hook_env: self.value_of("--hook-env"),
            clusters_dir: self.value_of("--clusters-dir"),
            only: Vec::new(),
            names_kubeconfig: true,
        }
    }
}

/// Whether users can follow, which only the shell can list: no safe function enumerates the passwd database.
#[derive(Clone, Default)]
pub(super) struct Asked(Arc<Mutex<Option<(usize, u32)>>>);

impl Asked {
    /// The line that asks the script for users, if they can follow. The prefix is what stands before the user in the
    /// word at the cursor, as in `--user=al`.
    pub(super) fn users(&self, word: &OsStr) -> Option<String> {
        let (length, min_uid) = (*self.0.lock().unwrap_or_else(PoisonError::into_inner))?;
        let word = word.to_str()?;
        let prefix = word.get(..word.len().checked_sub(length)?)?;
        Some(format!("\tusers {min_uid} {prefix}"))
    }

    fn ask(&self, current: &OsStr, min_uid: u32) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((current.len(), min_uid));
    }
}

/// The command line, with what this site has added to it.
pub(super) fn add(command: Command, words: &Words, asked: &Asked) -> Command {
    command
        .mut_args(|arg| with_completer(arg, words, asked))
        .mut_subcommands(|subcommand| add(subcommand, words, asked))
}

fn with_completer(arg: Arg, words: &Words, asked: &Asked) -> Arg {
    let words = words.clone();
    match arg.get_id().as_str() {
        "clusters" | "from_cluster" => arg.add(ArgValueCompleter::new(move |current: &OsStr| {
            starting(current, clusters(&words))
        })),
        "minter_context" | "admin_context" => arg.add(ArgValueCompleter::new(move |current: &OsStr| {
            starting(current, contexts(&words))
        })),
        "user" | "user_flag" | "users" => {
            let asked = asked.clone();
            arg.add(ArgValueCompleter::new(move |current: &OsStr| {
                asked.ask(current, Site::salvage(&words.sources()).0.settings.min_uid);
                Vec::new()
            }))
        }
        "explain" => arg.add(ArgValueCompleter::new(|current: &OsStr| {
            let (codes, current) = (Code::ALL.iter(), current.to_string_lossy().to_uppercase());
            let named = codes.map(|code| (code.to_string(), code.what()));
            let fitting = named.filter(|(code, _)| code.starts_with(&*current));
            fitting
                .map(|(code, what)| CompletionCandidate::new(code).help(Some(what.into())))
                .collect()
        })),
        _ => arg,
    }
}

fn starting(current: &OsStr, names: Vec<String>) -> Vec<CompletionCandidate> {
    let current = current.to_string_lossy();
    let names = names.into_iter().filter(|name| name.starts_with(&*current));
    names.map(CompletionCandidate::new).collect()
}

fn clusters(words: &Words) -> Vec<String> {
    let (site, _) = Site::salvage(&words.sources());
    site.clusters.into_iter().map(|cluster| cluster.id).collect()
}

/// The contexts of the administrator's kubeconfig that stands before the cursor.
fn contexts(words: &Words) -> Vec<String> {
    let named = ["--admin-kubeconfig", "--minter-kubeconfig"]
        .iter()
        .find_map(|flag| words.value_of(flag));
    named.and_then(|path| contexts_in(&path)).unwrap_or_default()
}

fn contexts_in(path: &Path) -> Option<Vec<String>> {
    let path = std::path::absolute(path).ok()?;
    let content = files::read_trusted(&path, "nothing is offered").ok()?;
    let kubeconfig = Kubeconfig::read(std::str::from_utf8(&content.bytes).ok()?).ok()?;
    Some(kubeconfig.contexts().map(|context| context.name.to_owned()).collect())
}
