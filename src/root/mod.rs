//! Root's own credentials: the source of a new token, and how it is written to root's kubeconfig.

mod error;
mod refresh;
mod report;
mod setup;
mod setup_report;
mod token_source;
mod write;

pub use error::{EditError, RootError, TokenEnds};
pub use refresh::{Refresh, Rules};
pub use report::RootReport;
pub use setup::Setup;
pub use setup_report::SetupReport;
pub use token_source::{TokenSource, TokenWish};
