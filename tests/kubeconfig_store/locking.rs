//! kubectl's lock: honoured, waited for with a bound, broken when it was left behind.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{symlink, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use ood_k8s::outcome::Outcome;
use ood_k8s::store::{update, StoreError};

use crate::{entries, names_in, says, set, WAIT};

fn in_folder() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    (folder, path)
}

/// A lock as kubectl makes it: empty, mode 0.
fn lock_as_kubectl(path: &Path) -> PathBuf {
    let lock = path.with_extension("lock");
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o000)
        .open(&lock)
        .expect("the lock");
    lock
}

fn make_older(lock: &Path, age: Duration) {
    fs::set_permissions(lock, fs::Permissions::from_mode(0o600)).expect("its mode");
    let file = OpenOptions::new().write(true).open(lock).expect("the lock");
    file.set_modified(SystemTime::now() - age).expect("its time");
}

#[test]
fn a_held_lock_is_waited_for_and_then_reported() {
    let (_folder, path) = in_folder();
    let lock = lock_as_kubectl(&path);
    let started = Instant::now();
    let error = set(&path, Duration::from_millis(300), entries("c", "t")).expect_err("locked");
    assert!(started.elapsed() >= Duration::from_millis(300));
    let text = error.to_string();
    assert!(matches!(error, StoreError::Locked { .. }), "{text}");
    assert!(
        text.contains("another program has held") && text.contains(lock.to_str().expect("utf-8")),
        "{text}"
    );
    assert!(lock.exists(), "a fresh lock is not ours to break");
    assert!(!path.exists());
}

#[test]
fn where_the_file_says_already_what_it_should_nothing_is_made_and_a_lock_that_was_left_is_broken() {
    let (folder, path) = in_folder();
    set(&path, WAIT, entries("c", "t")).expect("an update");
    let changed = || {
        fs::metadata(folder.path())
            .and_then(|folder| folder.modified())
            .expect("its time")
    };
    let before = changed();
    set(&path, WAIT, entries("c", "t")).expect("nothing to do");
    assert_eq!(changed(), before, "something was made in the folder");
    lock_as_kubectl(&path);
    set(&path, Duration::ZERO, entries("c", "t")).expect_err("somebody is writing");
    make_older(&path.with_extension("lock"), Duration::from_secs(31));
    set(&path, Duration::ZERO, entries("c", "t")).expect("broken at once");
    assert_eq!(names_in(folder.path()), ["config"]);
}

#[test]
fn what_another_has_written_only_half_is_read_again_under_the_lock() {
    let (folder, path) = in_folder();
    set(&path, WAIT, entries("c", "t")).expect("an update");
    let whole = fs::read(&path).expect("the file");
    for half in [&whole[..0], &whole[..whole.len() / 2], b"users: [{"] {
        let lock = lock_as_kubectl(&path);
        fs::write(&path, half).expect("half of it");
        thread::scope(|scope| {
            let waiting = scope.spawn(|| set(&path, WAIT, entries("c", "t")));
            // Its own lock file beside ours shows that it has seen the half, and is waiting.
            while names_in(folder.path()).len() < 3 {
                thread::yield_now();
            }
            // kubectl goes on, and is done.
            fs::write(&path, &whole).expect("the rest");
            fs::remove_file(&lock).expect("unlocked");
            let outcome = waiting.join().expect("no panic").expect("an update");
            assert_eq!(outcome, Outcome::Unchanged, "it waited until the file was whole");
        });
    }
}

#[test]
fn a_lock_that_is_released_in_time_is_taken() {
    let (folder, path) = in_folder();
    let lock = lock_as_kubectl(&path);
    thread::scope(|scope| {
        let waiting = scope.spawn(|| set(&path, WAIT, entries("c", "t")));
        // Its own lock file beside ours shows that it is waiting.
        while names_in(folder.path()).len() < 2 {
            thread::yield_now();
        }
        fs::remove_file(&lock).expect("release");
        assert_eq!(waiting.join().expect("no panic").expect("an update"), Outcome::Created);
    });
}

#[test]
fn an_abandoned_lock_is_broken_by_its_age() {
    let (folder, path) = in_folder();
    make_older(&lock_as_kubectl(&path), Duration::from_secs(29));
    set(&path, Duration::ZERO, entries("c", "t")).expect_err("not old enough");
    make_older(&path.with_extension("lock"), Duration::from_secs(31));
    let outcome = set(&path, Duration::ZERO, entries("c", "t")).expect("broken at once");
    assert_eq!(outcome, Outcome::Created);
    assert_eq!(names_in(folder.path()), ["config"]);
}

#[test]
fn the_lock_of_a_living_process_of_ours_names_it() {
    let (_folder, path) = in_folder();
    update(&path, WAIT, |_| {
        let error = set(&path, Duration::ZERO, entries("c", "t"))
            .expect_err("locked")
            .to_string();
        let holder = format!("process {} of ood-k8s has held", std::process::id());
        assert!(error.contains(&holder), "{error}");
        Ok::<_, String>(None)
    })
    .expect("the outer update");
    assert!(!path.with_extension("lock").exists());
}

#[test]
fn many_that_find_the_same_abandoned_lock_take_it_one_after_the_other() {
    for _ in 0..50 {
        let (_folder, path) = in_folder();
        make_older(&lock_as_kubectl(&path), Duration::from_secs(3600));
        let (inside, start) = (AtomicBool::new(false), Barrier::new(4));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    start.wait();
                    update(&path, WAIT, |_| {
                        assert!(!inside.swap(true, Ordering::SeqCst), "two hold the lock");
                        thread::yield_now();
                        inside.store(false, Ordering::SeqCst);
                        Ok::<_, String>(None)
                    })
                    .expect("an update")
                });
            }
        });
    }
}

#[test]
fn an_update_whose_lock_was_broken_does_not_write() {
    let (_folder, path) = in_folder();
    let error = update(&path, WAIT, |_| {
        fs::remove_file(path.with_extension("lock")).expect("break it");
        lock_as_kubectl(&path);
        Ok::<_, String>(Some("a: b\n".into()))
    })
    .expect_err("lost");
    assert!(matches!(error, StoreError::LockLost { .. }), "{error}");
    assert!(!path.exists());
    assert!(path.with_extension("lock").exists(), "the lock of somebody else stays");
}

#[test]
fn the_lock_is_released_when_the_edit_fails_or_panics() {
    let (folder, path) = in_folder();
    update(&path, WAIT, |_| Err("no")).expect_err("the edit's error");
    let panicked = thread::scope(|scope| {
        scope
            .spawn(|| update(&path, WAIT, |_| -> Result<_, String> { panic!("on purpose") }))
            .join()
            .is_err()
    });
    assert!(panicked);
    assert_eq!(names_in(folder.path()), [""; 0]);
}

#[test]
fn writers_side_by_side_lose_nothing() {
    let (folder, path) = in_folder();
    let names: Vec<Vec<String>> = (0..4).map(|w| (0..15).map(|n| format!("w{w}-{n}")).collect()).collect();
    thread::scope(|scope| {
        for mine in &names {
            let path = &path;
            scope.spawn(move || {
                for name in mine {
                    set(path, WAIT, entries(name, "t")).expect("an update");
                }
            });
        }
    });
    for name in names.iter().flatten() {
        assert!(says(&path, entries(name, "t")), "{name} is lost");
    }
    assert_eq!(names_in(folder.path()), ["config"]);
}

#[test]
fn through_a_link_the_lock_is_that_of_the_link_as_for_kubectl() {
    let (folder, path) = in_folder();
    let elsewhere = tempfile::tempdir_in(folder.path()).expect("a folder");
    symlink(elsewhere.path().join("target"), &path).expect("a link");
    update(&path, WAIT, |_| {
        assert!(File::open(path.with_extension("lock")).is_ok());
        assert!(names_in(elsewhere.path()).is_empty());
        Ok::<_, String>(None)
    })
    .expect("an update");
}
