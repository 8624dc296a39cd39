//! kubectl's own lock, `<file>.lock`: waited for with a bound, broken where its owner is dead.
//!
//! kubectl makes it with `O_EXCL`, empty, with mode 0, and gives up at once where it exists (client-go
//! `tools/clientcmd/loader.go`, `lockFile`). Ours says who made it, and comes into being with that content, by
//! `link(2)`, which is atomic on NFS too.

use std::fs::File;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::claim::Claim;
use super::error::LockError;
use super::sighting::{Clock, Sighting};
use crate::door::Place;

const POLL: Duration = Duration::from_millis(15);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    place: Place,
    /// Held open so that no other file can have the same inode number meanwhile.
    file: File,
    clock: Clock,
}

impl Lock {
    /// Takes the lock of `guarded` within `wait`.
    pub(super) fn take(guarded: &Place, wait: Duration) -> Result<Self, LockError> {
        let claim = Claim::new(guarded)?;
        let started = Instant::now();
        loop {
            if let Some(file) = claim.try_take()? {
                let Claim { place, clock, .. } = claim;
                return Ok(Self { place, file, clock });
            }
            let Some(seen) = Sighting::of(&claim.place)? else {
                continue;
            };
            if claim.is_abandoned(&seen) && claim.break_lock(&seen)? {
                continue;
            }
            if started.elapsed() >= wait {
                return Err(claim.held(&seen));
            }
            thread::sleep(POLL + jitter());
        }
    }

    /// Whether nobody has broken our lock. To be asked before the one step that cannot be taken back.
    pub(super) fn is_still_ours(&self) -> bool {
        self.place.is(&self.file)
    }

    /// The time by the clock of the file system that the lock is on.
    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Another program than ours waits in vain for a lock that stays: what failed once is tried once more.
        if self.is_still_ours() || self.is_still_ours() {
            let _ = self.place.remove().or_else(|_| self.place.remove());
        }
    }
}

/// So that two that wait do not go on meeting.
fn jitter() -> Duration {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    Duration::from_micros(u64::from(nanos % 10_000))
}
