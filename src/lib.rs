//! Open OnDemand's Kubernetes pre-hook as one program; ARCHITECTURE.md is the map of these modules.
//!
//! The modules stand on floors, the highest first. A module imports from lower floors alone, and the files of a module
//! not in a circle; `tests/house` reads the order here and checks it.

// Floor 12: a command is flags in, a short list of steps and a result out. Errors are added up here.
pub mod commands;

// Floor 11b: on its way into `commands`.
pub mod error;

// Floor 11: subsystems that look at or work for many: they take values, not flags.

// Floor 10: what a login, a renewal and root's own tokens take.

// Floor 9: decisions, without I/O but what they are handed.
pub mod cli;

// Floor 8: one dangerous thing each, with an error of its own.
pub mod cluster;
pub mod home;
pub mod passwords;
pub mod renewal;

// Floor 7: a user's cached token.
pub mod credential;

// Floor 6: Kubernetes objects, the text of a kubeconfig, tokens and grants.
pub mod kubeconfig;
pub mod objects;
pub mod oidc;

// Floor 5: what hook.env and clusters.d say, and what they mean.
pub mod config;

// Floor 4: registries' names, and the docker configuration with their passwords.
pub mod registry;

// Floor 3: ids and output.
pub mod metrics;
pub mod privilege;

// Floor 2: files and accounts.
pub mod store;
pub mod user;

// Floor 1: the ground imports nothing of ours.
pub mod deadline;
pub mod dial;
pub mod exit;
pub mod log;
pub mod naming;
pub mod outcome;
pub mod time;
pub mod yaml;
