//! Servers on loopback TLS that say whatever a table tells them to, and the program run against them.

mod certificates;
mod measured;
mod row;
mod server;
mod stand;

pub mod frames;

pub use certificates::{authority, Certificate};
pub use measured::Run;
pub use row::{table, Row};
pub use server::{Answer, Asked, Server, Speaks};
pub use stand::Stand;

/// What a server does when it is asked.
#[derive(Clone)]
pub enum Act {
    /// Says this.
    Say(Vec<u8>),
    /// Says this again and again, until the other end hangs up.
    Forever(Vec<u8>),
    /// Says this a byte at a time.
    Slowly(Vec<u8>),
    /// Says nothing until the other end hangs up.
    Wait,
    /// Hangs up.
    Close,
}

/// An answer of HTTP/1.1 with a status line, header fields and a body that is as long as it says.
pub fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// The same with JSON in it.
pub fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, "content-type: application/json\r\n", body.as_bytes())
}
