//! What the program does, seen from outside: the same tests against the sandbox and, with
//! `OOD_K8S_TEST_API=real`, against a real Kubernetes control plane.

mod admission;
mod bad_configuration;
mod check;
mod cluster_roles;
mod clusters_and_faults;
mod clusters_d;
mod command_line;
mod completion;
mod concurrency;
mod config_show;
mod for_kubectl;
mod home;
mod hook_without_flags;
mod kubeconfig_kinds;
mod login;
mod manual;
mod mint_registry_secret;
mod odd_values;
mod oidc;
mod ownership;
mod pull_secret;
mod refresh_token;
mod refusals;
mod refusals_of_clusters;
mod registry_file;
mod registry_helper;
mod renew_creds;
mod running_files;
mod secrecy;
mod setup_root;
mod subject;
mod support;
mod sync_secret;
mod wall;
mod whose;
