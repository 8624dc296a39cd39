//! A credential helper as a process: what it gets, what it prints, and its end.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use secrecy::zeroize::Zeroizing;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;

use crate::passwords::password;

/// What an answer may be long at most: a password and its frame. In bytes.
const LONGEST_ANSWER: usize = password::LONGEST + 4096;
/// Of what a helper says on standard error. In bytes.
const LONGEST_WORDS: usize = 400;
/// How often a helper is looked at that has closed its output and not ended yet.
const POLL: Duration = Duration::from_millis(5);

/// All that a helper said.
pub(super) struct Spoken {
    pub out: Zeroizing<Vec<u8>>,
    pub err: Vec<u8>,
    pub status: ExitStatus,
}

/// A helper at work. Dropped before it has ended, it is killed with all that it has started.
pub(super) struct Helper {
    child: Child,
    has_ended: bool,
}

impl Helper {
    /// In a process group of its own, so that what it has started can be ended with it.
    pub(super) fn start(program: &str, arguments: &[String]) -> std::io::Result<Self> {
        let child = Command::new(program)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        Ok(Self {
            child,
            has_ended: false,
        })
    }

    /// Says what is wanted, and listens until the helper has ended.
    pub(super) async fn converse(&mut self, server: &str) -> std::io::Result<Spoken> {
        if let Some(mut stdin) = self.child.stdin.take() {
            // A name fits into any pipe. One that does not read it may answer all the same.
            let _ = std::io::Write::write_all(&mut stdin, format!("{server}\n").as_bytes());
        }
        let out = listen(self.child.stdout.take(), Keep::Beginning, LONGEST_ANSWER);
        let err = listen(self.child.stderr.take(), Keep::End, LONGEST_WORDS);
        let (out, err) = futures_util::future::join(out, err).await;
        let status = self.end().await?;
        Ok(Spoken {
            out: out?,
            err: err?.to_vec(),
            status,
        })
    }

    async fn end(&mut self) -> std::io::Result<ExitStatus> {
        loop {
            if let Some(status) = self.child.try_wait()? {
                self.has_ended = true;
                return Ok(status);
            }
            tokio::time::sleep(POLL).await;
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        // Not collected yet, so that its number is not another process's.
        if let Ok(pid) = i32::try_from(self.child.id()) {
            let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
        }
        let _ = self.child.try_wait();
    }
}

/// Which part of what is said is kept.
#[derive(Clone, Copy)]
enum Keep {
    /// An answer that is longer is none.
    Beginning,
    /// Where programs say what was wrong.
    End,
}

/// Reads to the end, so that nobody who says too much has to wait for us, and keeps so many bytes of it.
async fn listen(pipe: Option<impl Into<OwnedFd>>, keep: Keep, most: usize) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut buffer = Zeroizing::new([0; 4096]);
    let mut kept = Zeroizing::new(Vec::with_capacity(most + buffer.len()));
    let Some(pipe) = pipe else {
        return Ok(kept);
    };
    let mut pipe = Receiver::from_owned_fd(pipe.into())?;
    loop {
        let read = pipe.read(buffer.as_mut()).await?;
        if read == 0 {
            return Ok(kept);
        }
        kept.extend_from_slice(&buffer[..read]);
        let over = kept.len().saturating_sub(most);
        match keep {
            Keep::Beginning => kept.truncate(most),
            Keep::End => drop(kept.drain(..over)),
        }
    }
}
