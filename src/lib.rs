//! Open OnDemand's Kubernetes pre-hook as one program; ARCHITECTURE.md describes these modules.
//!
//! The modules are in floors, the highest first. A module imports from lower floors only, and the files of a module do
//! not import each other in a cycle; `tests/house` reads the order here and checks it.

// Floor 15: a command takes flags, runs a short list of steps and returns a result. Errors are combined here.
pub mod commands;

// Floor 14: users' life after the first login, and what others can do in their namespaces.
pub mod audit;
pub mod users;

// Floor 13: subsystems that check the site or work on many namespaces: they take values, not flags.
pub mod check;
pub mod many;

// Floor 12: the steps of a login, of a renewal and of root's own tokens; what the log says of logins.
pub mod login;
pub mod logs;
pub mod root;
pub mod sessions;
pub mod uninstall;

// Floor 11: decisions, with no I/O of their own.
pub mod cli;
pub mod credentials;
pub mod findings;

// Floor 10: one dangerous operation each, with an error type of its own.
pub mod cluster;
pub mod home;
pub mod passwords;
pub mod renewal;

// Floor 9: a user's cached token.
pub mod credential;

// Floor 8: Kubernetes objects, the text of a kubeconfig, tokens and grants, who is not let in.
pub mod kubeconfig;
pub mod objects;
pub mod oidc;
pub mod suspended;

// Floor 7: hook.env and clusters.d, as written and as understood.
pub mod config;

// Floor 6: registry names, and the docker configuration with their passwords.
pub mod registry;

// Floor 5: ids and output.
pub mod metrics;
pub mod print;
pub mod privilege;

// Floor 4: files and accounts, and the order in which users log in.
pub mod caller;
pub mod queue;
pub mod shadow;
pub mod store;
pub mod user;

// Floor 3: the way to root's files, panics that become errors, and what a certificate is worth.
pub mod certificates;
pub mod contained;
pub mod door;
pub mod validity;

// Floor 2: words, names and time; only their errors use a lower floor, for the exit status.
pub mod deadline;
pub mod dial;
pub mod json;
pub mod log;
pub mod naming;
pub mod outcome;
pub mod program;
pub mod shell;
pub mod side_by_side;
pub mod time;
pub mod tls;
pub mod yaml;

// Floor 1: imports none of our modules.
pub mod dialect;
pub mod exit;
pub mod foreign;
