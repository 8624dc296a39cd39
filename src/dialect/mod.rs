//! Where readers of YAML 1.1 see something else in a text than `granit_parser`, which knows 1.2.
//!
//! kubectl's reader (go.yaml.in/yaml/v2) and Ruby's (libyaml) are the judges of files that are read here: what an edit
//! writes back must be what they saw there. A [`Watch`] goes along with the parser's events: it corrects what is known,
//! and tells everything else, so that the file is refused.

mod otherwise;
mod place;
mod unended;
mod watch;

pub use otherwise::{Judge, Otherwise};
pub use watch::Watch;
