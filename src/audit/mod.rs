//! Who can do what in users' namespaces beyond what a login gives, and what of the installation lets them.

mod account;
mod bindings;
mod cluster;
mod few;
mod networks;
mod place;
mod pods;
mod run;

pub use run::Audit;
