//! A connection to a distant server: a TCP forwarder that delays every byte.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// Listens on loopback for as long as this process lives.
#[derive(Debug)]
pub struct Forwarder {
    port: u16,
}

impl Forwarder {
    /// Forwards to `server`, a port on loopback, with a delay of `one_way` in each direction.
    pub fn start(server: u16, one_way: Duration) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                // A connection that cannot be forwarded is closed, which the client reports.
                let _ = forward(client, server, one_way);
            }
        });
        Ok(Self { port })
    }

    /// The URL to use instead of the server's; the server's certificate is valid for it too.
    pub fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }
}

/// The kernel accepts at once. Over a real network the client could send its first byte only a round
/// trip later, so the connection to the server opens that much later.
fn forward(client: TcpStream, server: u16, one_way: Duration) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server))?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let opened = Instant::now() + 2 * one_way;
    let (client_again, server_again) = (client.try_clone()?, server.try_clone()?);
    carry(client, server, one_way, opened);
    carry(server_again, client_again, one_way, opened);
    Ok(())
}

/// One direction: one thread records when each piece is due, another delivers it then.
fn carry(mut from: TcpStream, mut to: TcpStream, one_way: Duration, opened: Instant) {
    let (sender, pieces) = mpsc::channel::<(Instant, Vec<u8>)>();
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = from.read(&mut buffer).unwrap_or(0);
            let due = Instant::now().max(opened) + one_way;
            // An empty piece marks the end of the stream.
            if sender.send((due, buffer[..length].to_vec())).is_err() || length == 0 {
                return;
            }
        }
    });
    thread::spawn(move || {
        for (due, piece) in pieces {
            thread::sleep(due.saturating_duration_since(Instant::now()));
            if piece.is_empty() || to.write_all(&piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_WAY: Duration = Duration::from_millis(20);

    /// A server that answers each byte with the next one.
    fn counting_server() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        let port = listener.local_addr().expect("an address").port();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let mut byte = [0];
            while stream.read_exact(&mut byte).is_ok() {
                stream.write_all(&[byte[0] + 1]).expect("the client reads");
            }
        });
        port
    }

    #[test]
    fn a_question_takes_a_round_trip_and_the_connection_another() {
        let forwarder = Forwarder::start(counting_server(), ONE_WAY).expect("a forwarder");
        let start = Instant::now();
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, forwarder.port)).expect("a connection");
        let mut answer = [1];
        for round_trips in 2..=4 {
            stream.write_all(&answer).expect("it is open");
            stream.read_exact(&mut answer).expect("it answers");
            assert!(
                start.elapsed() >= 2 * ONE_WAY * round_trips,
                "{round_trips} took {:?}",
                start.elapsed()
            );
        }
        assert_eq!(answer, [4]);
    }

    #[test]
    fn the_end_of_a_stream_is_delivered_too() {
        let forwarder = Forwarder::start(counting_server(), ONE_WAY).expect("a forwarder");
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, forwarder.port)).expect("a connection");
        stream.write_all(&[7]).expect("it is open");
        stream.shutdown(Shutdown::Write).expect("it is open");
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).expect("it ends");
        assert_eq!(rest, [8]);
    }
}
