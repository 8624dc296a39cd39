//! The directories that a login has entered and judged: each is opened once, and what is asked for behind it later is found by
//! the same descriptor.
//!
//! Kept for each thread: a login walks to root's files in one.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::place::Directory;

/// A directory that was entered without a fault.
#[derive(Clone)]
pub(super) struct Known {
    pub directory: Directory,
    /// Whether its mode was judged as well.
    pub is_judged: bool,
}

thread_local! {
    /// By the paths by which they were reached, which have no links; `None` unless each is to be entered only once.
    static ENTERED: RefCell<Option<HashMap<PathBuf, Known>>> = const { RefCell::new(None) };
}

/// From now on each directory is opened and judged only once. For a login, which reads its files within moments; whatever
/// goes on for longer has to look again.
pub fn enter_each_once() {
    ENTERED.with_borrow_mut(|entered| {
        entered.get_or_insert_default();
    });
}

/// Forgets them: what is asked for from now on is looked at again.
pub fn enter_anew() {
    ENTERED.with_borrow_mut(|entered| entered.iter_mut().for_each(HashMap::clear));
}

pub(super) fn known(path: &Path) -> Option<Known> {
    ENTERED.with_borrow(|entered| entered.as_ref()?.get(path).cloned())
}

pub(super) fn keep(known: Known) {
    ENTERED.with_borrow_mut(|entered| {
        if let Some(entered) = entered {
            entered.insert(known.directory.path().to_owned(), known);
        }
    });
}
