//! Root's files: what hook.env and clusters.d say, and above that what they mean.
//!
//! Everybody else finds both here, whichever half they are from.

// Floor 2: what they mean: settings, clusters, modes, and the site that they add up to.
mod site;

// Floor 1: what they say: bash's assignments and YAML as they stand, read only where nobody else could have written.
mod raw;

pub use raw::{files, hook_env, ConfigError};
pub use site::settings::renewal;
pub use site::{clusters, credentials, registry, settings};
pub use site::{
    hook_env_path, is_object_name, parse_duration, parse_lifetime, Site, Source, Sourced, Sources, CLUSTERS_DIR,
    HOOK_ENV, HOOK_ENV_ALSO,
};
