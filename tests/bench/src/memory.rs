//! How much less memory the machine had at the worst moment of a storm.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

const EVERY: Duration = Duration::from_millis(50);

/// A thread that looks at what is available.
pub struct Watch {
    before: u64,
    is_over: Arc<AtomicBool>,
    least: JoinHandle<u64>,
}

impl Watch {
    /// From now on.
    pub fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let over = Arc::clone(&is_over);
        let least = thread::spawn(move || {
            let mut least = u64::MAX;
            while !over.load(Ordering::Relaxed) {
                least = least.min(available());
                thread::sleep(EVERY);
            }
            least
        });
        Self {
            before: available(),
            is_over,
            least,
        }
    }

    /// The difference between the start and the worst moment, in MiB: that of all processes, the servers' too.
    pub fn end(self) -> u64 {
        self.is_over.store(true, Ordering::Relaxed);
        let least = self.least.join().unwrap_or(self.before);
        self.before.saturating_sub(least) / 1024
    }
}

/// `MemAvailable`, in KiB.
fn available() -> u64 {
    let text = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("MemAvailable:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.trim().parse().ok());
    number.unwrap_or_default()
}
