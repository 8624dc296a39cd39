//! Another program that is asked something: bounded in what it says and in time. If it is ended early, so is what it started.

use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{killpg, Signal};
use nix::unistd::Pid;
use secrecy::zeroize::Zeroizing;
use tokio::io::AsyncReadExt as _;
use tokio::net::unix::pipe::Receiver;

/// What is kept of what a program says on standard error. In bytes.
const LONGEST_WORDS: usize = 400;
/// How often a program is looked at that has closed its output and not ended yet.
const POLL: Duration = Duration::from_millis(5);

/// All that a program said, which may be secret.
pub struct Spoken {
    /// The beginning of its standard output.
    pub out: Zeroizing<Vec<u8>>,
    /// The end of its standard error; empty if that is the terminal.
    pub err: Vec<u8>,
    /// How it ended.
    pub status: ExitStatus,
}

/// A program at work. Dropped before it has ended, it is killed with all that it has started.
pub struct Program {
    child: Child,
    /// The most that is kept of its standard output, in bytes.
    longest: usize,
    has_group: bool,
    has_ended: bool,
}

impl Program {
    /// Starts a program that asks nobody, in a process group of its own, so that what it has started can be ended with it.
    pub fn start(command: &mut Command, longest: usize) -> std::io::Result<Self> {
        command.process_group(0).stdin(Stdio::piped()).stderr(Stdio::piped());
        Self::spawn(command, longest, true)
    }

    /// Starts a program that may ask at the terminal: it gets that, and stays in our process group, or it were stopped there.
    pub fn start_at_terminal(command: &mut Command, longest: usize) -> std::io::Result<Self> {
        Self::spawn(command, longest, false)
    }

    fn spawn(command: &mut Command, longest: usize, has_group: bool) -> std::io::Result<Self> {
        Ok(Self {
            child: command.stdout(Stdio::piped()).spawn()?,
            longest,
            has_group,
            has_ended: false,
        })
    }

    /// Says this on its standard input, and listens until it has ended.
    pub async fn converse(&mut self, said: &[u8]) -> std::io::Result<Spoken> {
        if let Some(mut stdin) = self.child.stdin.take() {
            // What is said fits into any pipe. One that does not read it may answer all the same.
            let _ = std::io::Write::write_all(&mut stdin, said);
        }
        let out = listen(self.child.stdout.take(), Keep::Beginning, self.longest);
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

impl Drop for Program {
    fn drop(&mut self) {
        if self.has_ended {
            return;
        }
        if self.has_group {
            // Not collected yet, so that its number is not another process's.
            if let Ok(pid) = i32::try_from(self.child.id()) {
                let _ = killpg(Pid::from_raw(pid), Signal::SIGKILL);
            }
        } else {
            let _ = self.child.kill();
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
    let Some(pipe) = pipe else {
        return Ok(Zeroizing::default());
    };
    let mut kept = Zeroizing::new(Vec::with_capacity(most + buffer.len()));
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
