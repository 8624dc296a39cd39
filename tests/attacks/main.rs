//! What an account with a shell on the web node, a hostile server or a hostile identity provider can try: each attack is a
//! test, and is counted.

mod accounts;
mod acls;
mod attacker;
mod canaries;
mod folders;
mod ground;
mod homes;
mod hostile;
mod names;
mod open_before;
mod providers;
mod races;
mod registry;
mod remedies;
mod servers;
#[allow(dead_code, unused_imports)] // The behaviour tests' own, of which less is needed here.
#[path = "../behaviour/support/mod.rs"]
mod support;
mod usernames;
mod writers;
