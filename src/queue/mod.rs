//! The bound on the logins that a web node does at once: how many, and in which order.
//!
//! Without one, a thousand logins at once take longer together than one after the other, and an API server that is short
//! of processor time serves none of them. There is no daemon that counts: a login that runs holds a lock of the kernel's on
//! one byte of a file below `/run`, and one that waits waits for another. Both are gone with the process, however it ends.

mod at_once;
mod error;
mod pace;
mod seats;
mod turn;

pub use at_once::AtOnce;
pub use error::NoTurn;
pub use pace::Answered;
pub use seats::directory_fault;
pub use turn::{open, Queue, Turn};
