//! Scripted servers on loopback TLS, and the program run against them.

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

/// One step of a server's script.
#[derive(Clone)]
pub enum Act {
    /// Sends this.
    Say(Vec<u8>),
    /// Sends this repeatedly until the client disconnects.
    Forever(Vec<u8>),
    /// Sends this one byte at a time.
    Slowly(Vec<u8>),
    /// Sends nothing until the client disconnects.
    Wait,
    /// Closes the connection.
    Close,
}

/// An HTTP/1.1 response with a correct content-length.
pub fn answer(status: &str, fields: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 {status}\r\n{fields}content-length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Like [`answer`], with a JSON body.
pub fn json(status: &str, body: &str) -> Vec<u8> {
    answer(status, "content-type: application/json\r\n", body.as_bytes())
}
