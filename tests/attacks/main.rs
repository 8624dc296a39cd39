//! What an account with a shell on the web node can try against root's files, and hostile servers against a login: each
//! attack is a test, and is counted.

mod acls;
mod attacker;
mod folders;
mod ground;
mod hostile;
mod names;
mod providers;
mod races;
mod registry;
mod remedies;
mod servers;
#[allow(dead_code, unused_imports)] // The behaviour tests' own, of which less is needed here.
#[path = "../behaviour/support/mod.rs"]
mod support;
mod writers;
