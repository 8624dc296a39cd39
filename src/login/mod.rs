//! What a login does in each cluster and in the home.

mod answers;
mod between;
mod blueprint;
mod clusters;
mod error;
mod heard;
mod home;
mod known_as;
mod prepared;
mod report;
mod secrets;

pub use answers::Answers;
pub use between::Between;
pub use blueprint::Blueprint;
pub use clusters::{connect, InClusters};
pub use error::LoginError;
pub use heard::Heard;
pub use home::{write as write_home, Written};
pub use known_as::other_name;
pub use prepared::Prepared;
pub use report::{KubeconfigReport, Report};
