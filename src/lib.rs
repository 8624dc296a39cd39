//! Open OnDemand's Kubernetes pre-hook as one program; ARCHITECTURE.md is the map of these modules.
//!
//! The modules stand on floors, the highest first. A module imports from lower floors alone, and the files of a module
//! not in a circle; `tests/house` reads the order here and checks it.

// Floor 14: a command is flags in, a short list of steps and a result out. Errors are added up here.
pub mod commands;

// Floor 13: subsystems that look at or work for many: they take values, not flags.
pub mod check;
pub mod many;

// Floor 12: what a login, a renewal and root's own tokens take.
pub mod login;
pub mod root;
pub mod sessions;

// Floor 11: decisions, without I/O but what they are handed.
pub mod cli;
pub mod credentials;

// Floor 10: one dangerous thing each, with an error of its own.
pub mod cluster;
pub mod home;
pub mod passwords;
pub mod renewal;

// Floor 9: a user's cached token.
pub mod credential;

// Floor 8: Kubernetes objects, the text of a kubeconfig, tokens and grants.
pub mod kubeconfig;
pub mod objects;
pub mod oidc;

// Floor 7: what hook.env and clusters.d say, and what they mean.
pub mod config;

// Floor 6: registries' names, and the docker configuration with their passwords.
pub mod registry;

// Floor 5: ids and output.
pub mod metrics;
pub mod print;
pub mod privilege;

// Floor 4: files and accounts.
pub mod store;
pub mod user;

// Floor 3: the way to root's files, and panics that become errors.
pub mod contained;
pub mod door;

// Floor 2: words, names and time; only errors know something of ours, their exit status.
pub mod deadline;
pub mod dial;
pub mod log;
pub mod naming;
pub mod outcome;
pub mod shell;
pub mod side_by_side;
pub mod time;
pub mod yaml;

// Floor 1: the ground imports nothing of ours.
pub mod exit;
