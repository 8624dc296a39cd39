//! A writer that is killed at any moment leaves a whole file, and a lock that nobody has to wait for.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::{entries, helper, helper_path, names_in, says, set, WAIT};

const KILLS: u32 = 1000;

/// Two states of different length, so that a torn file is neither.
fn state(number: usize) -> ood_k8s::kubeconfig::Edit {
    entries("c", &["short".to_owned(), "x".repeat(20_000)][number % 2])
}

#[test]
fn helper_that_writes_until_it_is_killed() {
    let Some(path) = helper_path() else { return };
    println!("ready");
    for number in 0.. {
        set(&path, WAIT, state(number)).expect("an update");
    }
}

fn start_writer(path: &Path) -> Child {
    let mut writer = helper("crash::helper_that_writes_until_it_is_killed", path)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the helper");
    let output = BufReader::new(writer.stdout.take().expect("its output"));
    let ready = output.lines().any(|line| line.expect("a line").ends_with("ready"));
    assert!(ready, "the helper ended early");
    writer
}

/// In memory where there is such a place: a thousand kills are about processes, not about this disk.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .expect("a folder")
}

#[test]
fn a_writer_killed_at_any_moment_leaves_a_whole_file_and_no_lasting_lock() {
    let folder = folder();
    let path = folder.path().join("config");
    set(&path, WAIT, state(0)).expect("the first state");
    let (mut locks_left, mut slowest) = (0, Duration::ZERO);
    for kill in 0..KILLS {
        let mut writer = start_writer(&path);
        // Any moment will do; these are spread over several updates.
        thread::sleep(Duration::from_micros(u64::from(kill * 7919 % 2000)));
        writer.kill().expect("kill");
        writer.wait().expect("wait");
        assert!(says(&path, state(0)) || says(&path, state(1)), "after kill {kill}");
        locks_left += u32::from(lock_of(&path).exists());
        let started = Instant::now();
        set(&path, WAIT, state(kill as usize)).expect("the next update");
        slowest = slowest.max(started.elapsed());
        assert!(!lock_of(&path).exists(), "after kill {kill}");
    }
    println!("{locks_left} of {KILLS} kills left a lock; the slowest update after one took {slowest:?}");
    assert!(
        locks_left > 0,
        "no kill came while the lock was held, so nothing was proved"
    );
    assert!(slowest < Duration::from_secs(5), "{slowest:?} is waiting, not breaking");
    assert!(names_in(folder.path()).contains(&"config".to_owned()));
}

fn lock_of(path: &Path) -> PathBuf {
    path.with_extension("lock")
}
