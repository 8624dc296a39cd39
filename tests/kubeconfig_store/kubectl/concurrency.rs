//! kubectl and we write the same file at the same time.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{kubectl, named, run, view};
use crate::{entries, says, set, WAIT};

/// kubectl gives up at once if the lock is held.
fn set_context_with_patience(program: &Path, path: &Path, name: &str) {
    loop {
        let output = run(
            program,
            path,
            &["config", "set-context", name, "--cluster=c", "--user=u"],
        );
        if output.status.success() {
            return;
        }
        let problem = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(problem.contains(".lock"), "{problem}");
    }
}

/// kubectl reads before it locks (client-go `ModifyConfig`), and so undoes what others wrote in between. So the
/// proof goes one way: what kubectl wrote is never lost, and once it has exited, nothing of ours is either.
#[test]
fn beside_kubectl_nothing_that_it_wrote_is_lost_and_the_file_is_always_whole() {
    let Some(program) = kubectl() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("config");
    let done = AtomicBool::new(false);
    let names: Vec<String> = (0..12).map(|number| format!("kubectl-{number}")).collect();
    thread::scope(|scope| {
        for writer in ["a", "b"] {
            let (path, done) = (&path, &done);
            scope.spawn(move || {
                for number in 0.. {
                    let token = format!("{writer}-{number}");
                    set(path, WAIT, entries(writer, &token)).expect("an update");
                    if done.load(Ordering::SeqCst) {
                        return;
                    }
                    // kubectl does not wait its turn, so it must be given some time.
                    thread::sleep(Duration::from_millis(5));
                }
            });
        }
        for name in &names {
            set_context_with_patience(&program, &path, name);
        }
        done.store(true, Ordering::SeqCst);
    });
    set(&path, WAIT, entries("last", "t")).expect("an update");
    let view = view(&program, &path);
    for name in names.iter().map(String::as_str).chain(["last"]) {
        named(&view, "contexts", name);
    }
    assert!(says(&path, entries("last", "t")));
}
