//! A run below ptrace: its system calls are counted, and one of them fails, or ends it, or finds the disk full.
//!
//! strace's injection counts in each thread and process for itself, so that one fault strikes in several places. This one
//! strikes once. The loader's own calls are left alone: before `main` there is nobody who could say anything.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::{killpg, Signal};

use crate::error::Error;
use crate::fault::{Fault, Seen};
use crate::run::Ran;
use crate::tracer::Tracer;

/// Runs it, with the fault.
pub fn trace(command: &Command, fault: &Fault, limit: Duration) -> Result<(Ran, Seen), Error> {
    let file = || tempfile::tempfile().map_err(|error| Error::Process("make a temporary file", error));
    let (stdout, stderr) = (file()?, file()?);
    let started = Instant::now();
    let mut tracer = Tracer::start(command, (&stdout, &stderr), fault)?;
    let (done, over) = mpsc::channel::<()>();
    let group = tracer.first;
    let status = std::thread::scope(|scope| {
        scope.spawn(move || {
            if over.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = killpg(group, Signal::SIGKILL);
            }
        });
        let status = tracer.follow();
        drop(done);
        status
    });
    let ran = Ran {
        status,
        stdout: text_of(stdout),
        stderr: text_of(stderr),
        took: tracer.ended.unwrap_or_else(Instant::now).duration_since(started),
    };
    Ok((ran, tracer.seen))
}

fn text_of(mut file: File) -> String {
    let mut bytes = Vec::new();
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}
