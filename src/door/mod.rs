//! The one way to root's files: a path is walked once, and what is used afterwards are the descriptors that were judged.
//!
//! A path that is checked and then opened again by name can be another file in between (CWE-367). So each step is
//! opened in the directory that was opened before it, without following a link; owner, mode and ACL are those of the
//! open descriptor; a link is read from its own descriptor and walked in the same way. Reading, locking, creating,
//! renaming and removing then go by the directory's descriptor and a name.
//!
//! Not judged are ACLs of `NFSv4`, which Linux does not show as POSIX ones, and what a server of network files, or a FUSE
//! file system that its user lets root into (`allow_other`), says of its files.

mod appended;
mod content;
mod entered;
mod error;
mod fault;
mod judge;
mod open;
mod place;
mod readers;
mod walk;

pub use appended::Appended;
pub use content::{
    judge, judge_new, read, read_end, read_place, read_place_or_link, read_trusted, readable_secret, whole, Content,
    LARGEST,
};
pub use entered::{enter_anew, enter_each_once};
pub(crate) use error::shown;
pub use error::FileError;
pub use fault::FileFault;
pub use open::{open, open_directory, open_private, Opened};
pub use place::{Directory, Place};
pub use readers::Readers;
pub use walk::Trust;
