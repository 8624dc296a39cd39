//! Root's side: starts the child, sends its order, waits for the answer, and leaves the child behind if it is late.

use std::fs::File;
use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::wait::WaitStatus;
use nix::unistd::Pid;
use secrecy::{ExposeSecret, SecretString};

use super::ahead;
use super::error::HomeError;
use super::idle::{IdleChild, Process};
use super::limits;
use super::order::{Answer, Done, Fault, FileOrder, Order, SUBCOMMAND};
use crate::credential;
use crate::deadline::Deadline;
use crate::door::shown;
use crate::kubeconfig::{Aside, Edit, Keep};
use crate::outcome::Outcome;
use crate::privilege::Ids;
use crate::user::User;

/// kubectl holds its lock for milliseconds; a login does not wait for one that is held much longer.
const LONGEST_LOCK_WAIT: Duration = Duration::from_secs(3);

/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 64 * 1024;
/// The room that an answer needs as a rule, in bytes.
const USUAL_ANSWER: usize = 1024;

/// How long a process that has closed its pipe is waited for.
const TRIES: u32 = 100;
const POLL: Duration = Duration::from_millis(2);

/// One kubeconfig and what to set in it.
#[derive(Debug)]
pub struct FileEdits {
    /// The file; `~` is the user's home.
    pub file: String,
    /// One edit per cluster.
    pub edits: Vec<Edit>,
    /// Tokens to cache next to it, by the clusters' ids.
    pub tokens: Vec<(String, SecretString)>,
    /// Which of our entries stay; all of them if there is none.
    pub keep: Option<Keep>,
    /// Whether nothing is written, and only said what would be.
    pub is_dry_run: bool,
}

/// The outcome for one kubeconfig.
#[derive(Debug)]
pub struct FileReport {
    /// The file.
    pub file: PathBuf,
    /// `created`, `changed` or `unchanged`; or the error.
    pub outcome: Result<Outcome, Fault>,
    /// What would have won over the new credentials, and was moved.
    pub aside: Vec<Aside>,
}

/// A running child.
#[derive(Debug)]
pub struct HomeChild {
    answers: OwnedFd,
    work: Work,
}

/// What it works on.
#[derive(Debug)]
struct Work {
    process: Process,
    user: String,
    files: Vec<PathBuf>,
    started: Instant,
}

/// Takes the child that was started ahead, or starts one, which waits for its order. Does not wait. Without an order it
/// exits.
pub fn spawn(user: &User) -> Result<IdleChild, HomeError> {
    if let Some(child) = ahead::take() {
        return Ok(child);
    }
    let failed = |source| cannot_start(user, source);
    let mut child = command(user).spawn().map_err(failed)?;
    let (Some(orders), Some(answers), Ok(pid)) = (child.stdin.take(), child.stdout.take(), i32::try_from(child.id()))
    else {
        return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
    };
    Ok(IdleChild::new(Pid::from_raw(pid), orders.into(), answers.into()))
}

/// Starts the child and sends its order. Does not wait.
pub fn start(user: &User, files: Vec<FileEdits>, deadline: &Deadline) -> Result<HomeChild, HomeError> {
    spawn(user)?.order(user, files, deadline)
}

fn cannot_start(user: &User, source: std::io::Error) -> HomeError {
    match source.kind() {
        // A program that runs is always there, even if its file is not any more.
        std::io::ErrorKind::NotFound => HomeError::NoProc {
            user: user.name.to_string(),
        },
        _ => HomeError::Start {
            user: user.name.to_string(),
            source,
        },
    }
}

impl IdleChild {
    /// Sends the order. Does not wait.
    pub fn order(self, user: &User, files: Vec<FileEdits>, deadline: &Deadline) -> Result<HomeChild, HomeError> {
        let failed = |source| cannot_start(user, source);
        let files: Vec<_> = files.into_iter().map(|file| order_of(file, &user.home)).collect();
        let paths = files.iter().map(|file| file.path.clone()).collect();
        let order = Order {
            ids: Ids::from(user),
            home: user.home.clone(),
            // The answer must arrive before our own deadline.
            lock_wait: deadline.remaining().mul_f64(0.8).min(LONGEST_LOCK_WAIT),
            files,
        };
        let order = SecretString::from(serde_json::to_string(&order).map_err(|e| failed(e.into()))?);
        // Closed behind it: the end of the order. A child that has refused to take any says why in its answer.
        match File::from(self.orders).write_all(order.expose_secret().as_bytes()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(failed(error)),
            _ => {}
        }
        let work = Work {
            process: self.process,
            user: user.name.to_string(),
            files: paths,
            started: Instant::now(),
        };
        Ok(HomeChild {
            answers: self.answers,
            work,
        })
    }
}

fn order_of(file: FileEdits, home: &Path) -> FileOrder {
    let path = expand(&file.file, home);
    let folder = credential::folder_beside(&path);
    let tokens = file.tokens.into_iter();
    FileOrder {
        tokens: tokens
            .map(|(id, token)| (credential::file_in(&folder, &id), token.expose_secret().to_owned()))
            .collect(),
        edits: file.edits.into_iter().map(Into::into).collect(),
        keep: file.keep,
        is_dry_run: file.is_dry_run,
        path,
    }
}

/// The child gets only its own two pipes, no environment, and `/` as its working directory.
fn command(user: &User) -> Command {
    // Not a path: an upgrade may replace the program while it runs.
    let mut command = Command::new("/proc/self/exe");
    command
        .arg0("ood-k8s")
        .args([SUBCOMMAND, user.name.as_str()])
        .env_clear()
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

impl HomeChild {
    /// Waits for the answer until the deadline; a child that is late is left behind.
    pub async fn finish(self, deadline: &Deadline) -> Result<Vec<FileReport>, HomeError> {
        let Self { answers, work } = self;
        let silent = || work.silent();
        let mut answer = tokio::net::unix::pipe::Receiver::from_owned_fd(answers).map_err(|_| silent())?;
        let mut text = Vec::with_capacity(USUAL_ANSWER);
        let answer = tokio::io::AsyncReadExt::take(&mut answer, MAX_ANSWER);
        let mut answer = std::pin::pin!(answer);
        let read = tokio::io::AsyncReadExt::read_to_end(&mut answer, &mut text);
        match tokio::time::timeout_at(deadline.instant(), read).await {
            Err(_) => {
                work.end_if_stopped();
                Err(work.late())
            }
            Ok(Err(_)) => Err(silent()),
            Ok(Ok(0)) => Err(work.without_answer().await),
            Ok(Ok(_)) => {
                // It closed its end of the pipe, so it is about to exit, which is not waited for.
                let _ = work.process.status();
                let reply: Answer = serde_json::from_slice(&text).map_err(|_| silent())?;
                let outcomes = reply.map_err(Fault::of_the_node).map_err(HomeError::Kubeconfig)?;
                let files = work.files.into_iter().zip(outcomes);
                Ok(files.map(|(file, done)| report(file, done)).collect())
            }
        }
    }
}

impl Work {
    /// Kills a child that its user has stopped: unlike one that waits for a file server, it would never exit by itself.
    fn end_if_stopped(&self) {
        if self.process.is_stopped() {
            self.process.kill();
        }
    }

    /// Why it ended: the pipe is closed a moment before the process is gone.
    async fn without_answer(&self) -> HomeError {
        for _ in 0..TRIES {
            match self.process.status() {
                Ok(status) if limits::is_at_a_limit(status) => {
                    return HomeError::TooLarge {
                        user: self.user.clone(),
                        file: self.names(),
                    }
                }
                Ok(WaitStatus::StillAlive) => tokio::time::sleep(POLL).await,
                _ => break,
            }
        }
        self.silent()
    }

    fn silent(&self) -> HomeError {
        HomeError::Silent {
            user: self.user.clone(),
        }
    }

    fn names(&self) -> String {
        let files: Vec<_> = self.files.iter().map(|file| shown(file)).collect();
        files.join(", ")
    }

    fn late(&self) -> HomeError {
        HomeError::Deadline {
            user: self.user.clone(),
            file: self.names(),
            waited: Duration::from_millis(u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX)),
        }
    }
}

fn report(file: PathBuf, done: Result<Done, Fault>) -> FileReport {
    let (outcome, aside) = match done {
        Ok(done) => (Ok(done.outcome), done.aside),
        Err(reason) => (Err(reason), Vec::new()),
    };
    FileReport { file, outcome, aside }
}

/// Replaces `~` with the user's home, as in `clusters.d`.
pub fn expand(file: &str, home: &Path) -> PathBuf {
    match file.strip_prefix("~/") {
        Some(rest) => home.join(rest),
        None => file.into(),
    }
}
