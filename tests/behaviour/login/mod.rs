//! A login: what it leaves in the cluster and in the home, and what the next one does.

mod ahead;
mod as_before;
mod clock;
mod clusters;
mod dry_run;
mod first;
mod returning;
