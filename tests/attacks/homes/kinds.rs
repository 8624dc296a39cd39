//! Every kind of hostile home: its name, how it is made, and what may come of it.

use super::scene::Scene;
use super::{contents, disks, places};

/// What may come of a login.
#[derive(Debug, Clone, Copy)]
pub enum May {
    Work,
    Fail,
    /// The user is refused, before any cluster or home is looked at.
    Refuse,
    /// Either, by the file system, the kernel, or the time of day.
    Either,
}

/// Makes the home hostile; `false` where this system cannot.
pub type Prepare = Box<dyn Fn(&mut Scene) -> bool + Send + Sync>;

pub struct Kind {
    pub group: &'static str,
    pub name: String,
    pub prepare: Prepare,
    pub may: May,
    /// The home in the passwd database, given the folder of the scene.
    pub home: fn(&str) -> Vec<u8>,
}

impl Kind {
    pub fn new(group: &'static str, name: impl Into<String>, may: May, prepare: Prepare) -> Self {
        let (name, home) = (name.into(), usual_home as fn(&str) -> _);
        Self {
            group,
            name,
            prepare,
            may,
            home,
        }
    }
}

fn usual_home(base: &str) -> Vec<u8> {
    format!("{base}/home").into()
}

pub fn all() -> Vec<Kind> {
    let mut kinds = places::kinds();
    kinds.extend(contents::kinds());
    kinds.extend(contents::locks());
    kinds.extend(contents::names());
    kinds.extend(disks::kinds());
    kinds.extend(disks::homes());
    kinds
}
