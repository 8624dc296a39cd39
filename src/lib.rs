//! Open OnDemand's Kubernetes pre-hook as one program; ARCHITECTURE.md is the map of these modules.
//!
//! Arrows go one way: `commands` → `cluster`, `credential`, `home`, `kubeconfig`, `oidc`, `objects`, `metrics` → `config`,
//! `registry`, `store`, `user`, `naming`, `privilege`, `deadline`, `dial`, `time`, `yaml` → `error`, `outcome`, `log`.

pub mod cli;
pub mod cluster;
pub mod commands;
pub mod config;
pub mod credential;
pub mod deadline;
pub mod dial;
pub mod error;
pub mod exit;
pub mod home;
pub mod kubeconfig;
pub mod log;
pub mod metrics;
pub mod naming;
pub mod objects;
pub mod oidc;
pub mod outcome;
pub mod privilege;
pub mod registry;
pub mod renewal;
pub mod store;
pub mod time;
pub mod user;
pub mod yaml;
