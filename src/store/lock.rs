//! kubectl's own lock, `<file>.lock`: waited for up to a limit, and broken if its owner is dead.
//!
//! kubectl creates it with `O_EXCL`, empty, with mode 0, and gives up at once if it exists (client-go
//! `tools/clientcmd/loader.go`, `lockFile`). Ours contains its owner, and is created together with that content by
//! `link(2)`, which is atomic on NFS too.

use std::fs::{self, File};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use super::claim::Claim;
use super::error::LockError;
use super::sighting::{Clock, Sighting};

const POLL: Duration = Duration::from_millis(15);

/// The lock, held until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    path: PathBuf,
    /// Held open so that no other file can have the same inode number meanwhile.
    file: File,
    clock: Clock,
}

impl Lock {
    /// Takes the lock of `guarded`, whose directory exists, within `wait`.
    pub(super) fn take(guarded: &Path, wait: Duration) -> Result<Self, LockError> {
        let claim = Claim::new(guarded)?;
        let started = Instant::now();
        loop {
            if let Some(file) = claim.try_take()? {
                let Claim { path, clock, .. } = claim;
                return Ok(Self { path, file, clock });
            }
            let Some(seen) = Sighting::of(&claim.path)? else {
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

    /// Whether our lock has not been broken. Must be checked before the one step that cannot be undone.
    pub(super) fn is_still_ours(&self) -> bool {
        let (Ok(held), Ok(there)) = (self.file.metadata(), fs::symlink_metadata(&self.path)) else {
            return false;
        };
        (held.dev(), held.ino()) == (there.dev(), there.ino())
    }

    /// The time by the clock of the file system that the lock is on.
    pub(super) fn now(&self) -> SystemTime {
        self.clock.now()
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if self.is_still_ours() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Keeps two waiting processes from polling at the same moments.
fn jitter() -> Duration {
    let nanos = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |now| now.subsec_nanos());
    Duration::from_micros(u64::from(nanos % 10_000))
}
