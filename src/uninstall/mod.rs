//! The way back and out: what this program made is removed from homes, from root's files and from clusters.

mod clusters;
mod error;
mod homes;
mod removed;
mod root;
mod sessions;

pub use clusters::Clusters;
pub use error::UninstallError;
pub use homes::Homes;
pub use removed::Removed;
pub use root::Root;
pub use sessions::{forget, kept_users, ToBeRevoked};
