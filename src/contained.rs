//! A fault in this program, or in what it is built from, ends the work that has it, and no other: panics become errors.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::future::Future;
use std::panic::{catch_unwind, AssertUnwindSafe};

use futures_util::FutureExt as _;

use crate::exit::{ExitStatus, HasExitStatus};

thread_local! {
    /// Where the latest panic of this thread came from.
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
    /// Whether the caller knows what a panic would mean, and tells it in better words.
    static IS_EXPECTED: Cell<bool> = const { Cell::new(false) };
}

/// A panic that was caught. Its message is not repeated: it may quote a token.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a fault in this program ({place}) stopped the work here; report it with this line and the version (ood-k8s --version)")]
pub struct Panicked {
    place: String,
}

impl HasExitStatus for Panicked {
    fn exit_status(&self) -> ExitStatus {
        ExitStatus::Internal
    }
}

/// Has a panic say where it happened, in one line, and nothing of what it was about.
pub fn quiet_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(
            || "?".to_owned(),
            |place| format!("{}:{}", within_its_crate(place.file()), place.line()),
        );
        if !IS_EXPECTED.get() {
            crate::log::failure(&format!("a fault in this program: {place}"));
        }
        let _ = PLACE.try_with(|last| *last.borrow_mut() = place);
    }));
}

/// The result of the work, or that it panicked.
pub async fn contained<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .map_err(|panic| caught(&panic))
}

/// The same for work that waits for nothing.
pub fn contained_now<T>(work: impl FnOnce() -> T) -> Result<T, Panicked> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| caught(&panic))
}

/// The result of the work, or `None` if it panicked, as a library does where it is given what it does not like. No line
/// is written.
pub fn expected<T>(work: impl FnOnce() -> T) -> Option<T> {
    IS_EXPECTED.set(true);
    let result = catch_unwind(AssertUnwindSafe(work)).ok();
    IS_EXPECTED.set(false);
    result
}

fn caught(_: &Box<dyn Any + Send>) -> Panicked {
    Panicked {
        place: PLACE.with(|place| place.borrow().clone()),
    }
}

/// The path as the crate has it: where it was built is nobody's business.
fn within_its_crate(file: &str) -> String {
    let parts: Vec<_> = file.rsplit('/').take(4).collect();
    parts.into_iter().rev().collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_that_says_where_and_not_what() {
        quiet_panics();
        let error = contained_now(|| panic!("s3cret")).expect_err("a panic");
        assert!(error.to_string().contains("src/contained.rs:"), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3cret"));
        assert_eq!(expected(|| panic!("s3cret")), None::<()>);
        assert_eq!(contained_now(|| 1).expect("no panic"), 1);
    }

    #[test]
    fn a_path_is_told_without_the_place_where_it_was_built() {
        let file = "/home/x/.cargo/registry/src/index/tower-http-0.6.6/src/auth/add_authorization.rs";
        assert_eq!(within_its_crate(file), "tower-http-0.6.6/src/auth/add_authorization.rs");
        assert_eq!(within_its_crate("src/lib.rs"), "src/lib.rs");
    }
}
