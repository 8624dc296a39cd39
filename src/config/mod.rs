//! Root's files, hook.env and clusters.d: what they say (`raw`), and what it means (`site`).
//!
//! The rest of the program imports from here, not from the halves.

// Floor 2: the meaning: settings, clusters, modes, and the whole site.
mod site;

// Floor 1: bash's assignments and YAML as written, read only from files that no other account could have written.
mod raw;

pub use raw::{files, hook_env, ConfigError};
pub use site::settings::renewal;
pub use site::{clusters, credentials, ondemand, profiles, registry, settings};
pub use site::{
    hook_env_path, is_object_name, parse_duration, parse_lifetime, Site, Source, Sourced, Sources, CLUSTERS_DIR,
    HOOK_ENV, HOOK_ENV_ALSO,
};
