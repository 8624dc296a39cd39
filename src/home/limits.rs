//! What bounds the child in the home: memory and processor time, whatever the user's files become, and the length of its life.
//!
//! No death signal of the parent's (`PR_SET_PDEATHSIG`): a child that is late may finish its write.

use std::time::Duration;

use nix::sys::signal::{SigEvent, SigevNotify, Signal};
use nix::sys::timer::{Expiration, Timer, TimerSetTimeFlags};
use nix::sys::wait::WaitStatus;
use nix::time::ClockId;
use rustix::process::{getrlimit, setrlimit, Resource, Rlimit};

/// Of addresses, in bytes. A usual child has 17 MiB, and one whose kubeconfig has a thousand clusters (3.3 MiB) has 46 MiB.
const MEMORY: u64 = 128 * 1024 * 1024;
/// In seconds. A usual child takes less than 10 ms, and one for a thousand clusters 0.1 s.
const PROCESSOR_SECONDS: u64 = 2;
/// A child that was left behind may wait so long for a file server.
const LONGEST_LIFE: Duration = Duration::from_secs(120);

/// Sets the limits of this process, which are never above those that it has. They stay when it becomes the user, and cannot
/// be raised then.
pub(super) fn bound_this_process() -> Result<(), String> {
    lower(Resource::As, MEMORY, MEMORY).map_err(|error| failed("memory", &error))?;
    // SIGXCPU first, which says why it ended.
    let seconds = (PROCESSOR_SECONDS, PROCESSOR_SECONDS + 1);
    lower(Resource::Cpu, seconds.0, seconds.1).map_err(|error| failed("processor time", &error))
}

/// Ends this process when it has lived for too long from now on.
///
/// The timer is part of the process. It sends `SIGKILL`, which ends a process that its user has stopped as well; an alarm
/// would wait until it goes on.
pub(super) fn bound_the_life() -> Result<(), String> {
    // Not dropped, which would take it back.
    timer_of_life()
        .map(std::mem::forget)
        .map_err(|error| failed("life", &error))
}

fn failed(what: &str, error: &dyn std::fmt::Display) -> String {
    format!("cannot limit the {what} of the process in the home: {error}; allow setrlimit and timer_create (SystemCallFilter)")
}

/// Root could raise a limit as well: where the caller's own is lower, that stays.
fn lower(resource: Resource, most: u64, hard: u64) -> rustix::io::Result<()> {
    let now = getrlimit(resource);
    let at_most = |limit: u64, now: Option<u64>| Some(now.map_or(limit, |now| now.min(limit)));
    let (current, maximum) = (at_most(most, now.current), at_most(hard, now.maximum));
    setrlimit(resource, Rlimit { current, maximum })
}

fn timer_of_life() -> nix::Result<Timer> {
    let kill = SigEvent::new(SigevNotify::SigevSignal {
        signal: Signal::SIGKILL,
        si_value: 0,
    });
    let mut timer = Timer::new(ClockId::CLOCK_MONOTONIC, kill)?;
    timer.set(Expiration::OneShot(LONGEST_LIFE.into()), TimerSetTimeFlags::empty())?;
    Ok(timer)
}

/// Whether a child that ended so had come to a limit: a Rust program without memory aborts.
pub(super) fn is_at_a_limit(status: WaitStatus) -> bool {
    matches!(status, WaitStatus::Signaled(_, Signal::SIGXCPU | Signal::SIGABRT, _))
}
