//! What may be between client and server: an HTTP proxy, and a connection with a delay.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::time::{sleep_until, Instant};

use crate::server::{bind, lock};

/// A proxy or a delayed connection on loopback; it stops when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    runtime: Option<Runtime>,
}

#[derive(Debug, Default)]
struct Shared {
    connections: AtomicUsize,
    targets: Mutex<Vec<String>>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Proxy {
    /// An HTTP proxy that supports `CONNECT`.
    pub fn http_connect() -> Self {
        Self::start(|stream, shared| async move { tunnel(stream, &shared).await })
    }

    /// A connection to an address on which every byte takes this long in each direction. Opening a
    /// connection takes a round trip too, as on a real network; what is sent together arrives together.
    pub fn delayed(target: SocketAddr, one_way: Duration) -> Self {
        Self::start(move |stream, _| async move {
            let opened = Instant::now() + 2 * one_way;
            let server = TcpStream::connect(target).await?;
            server.set_nodelay(true)?;
            join(stream, server, one_way, opened).await;
            Ok(())
        })
    }

    fn start<F, Fut>(serve: F) -> Self
    where
        F: Fn(TcpStream, Arc<Shared>) -> Fut + Send + 'static,
        Fut: std::future::Future<Output = io::Result<()>> + Send + 'static,
    {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("sandbox-proxy")
            .enable_all()
            .build()
            .expect("the system has threads left");
        let listener = bind(Ipv4Addr::LOCALHOST.into());
        let address = listener.local_addr().expect("a bound socket has an address");
        listener
            .set_nonblocking(true)
            .expect("a socket can be made non-blocking");
        let shared = Arc::new(Shared::default());
        let theirs = Arc::clone(&shared);
        runtime.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the runtime takes the socket");
            while let Ok((stream, _)) = listener.accept().await {
                theirs.connections.fetch_add(1, Ordering::Relaxed);
                let _ = stream.set_nodelay(true);
                // On a failure the client's connection is closed.
                tokio::spawn(serve(stream, Arc::clone(&theirs)));
            }
        });
        Self {
            address,
            shared,
            runtime: Some(runtime),
        }
    }

    /// The address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, for `proxy-url`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// `https://127.0.0.1:PORT`, for a delayed connection to an API server.
    pub fn https_url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// The number of connections it has accepted.
    pub fn connections(&self) -> usize {
        self.shared.connections.load(Ordering::Relaxed)
    }

    /// The `HOST:PORT`s that clients requested.
    pub fn targets(&self) -> Vec<String> {
        lock(&self.shared.targets).clone()
    }
}

async fn tunnel(mut client: TcpStream, shared: &Shared) -> io::Result<()> {
    let head = read_head(&mut client).await?;
    let mut words = head.split_whitespace();
    let (Some("CONNECT"), Some(target)) = (words.next(), words.next()) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\n\r\n").await;
    };
    lock(&shared.targets).push(target.to_owned());
    match TcpStream::connect(target).await {
        Ok(mut server) => {
            server.set_nodelay(true)?;
            client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
            tokio::io::copy_bidirectional(&mut client, &mut server).await?;
            Ok(())
        }
        Err(_) => client.write_all(b"HTTP/1.1 502 Bad Gateway\r\n\r\n").await,
    }
}

/// Reads byte by byte, so that nothing after the head is consumed.
async fn read_head(client: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && head.len() < 8192 {
        head.push(client.read_u8().await?);
    }
    Ok(String::from_utf8_lossy(&head).into_owned())
}

/// Joins two connections; the client's first bytes count as sent when the connection would have
/// been open on a network with this delay.
async fn join(client: TcpStream, server: TcpStream, one_way: Duration, opened: Instant) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::join!(
        carry(from_client, to_server, one_way, opened),
        carry(from_server, to_client, one_way, opened),
    );
}

/// Copies bytes so that each piece is written this long after it was read: reading never waits
/// for writing, so the intervals between pieces are kept.
async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration, opened: Instant) {
    let (sender, mut receiver) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let reading = async move {
        let mut buffer = vec![0; 64 * 1024];
        while let Ok(count) = from.read(&mut buffer).await {
            let due = Instant::now().max(opened) + delay;
            if sender.send((due, buffer[..count].to_vec())).is_err() || count == 0 {
                break;
            }
        }
    };
    let writing = async move {
        while let Some((due, bytes)) = receiver.recv().await {
            sleep_until(due).await;
            if bytes.is_empty() || to.write_all(&bytes).await.is_err() {
                break;
            }
        }
        let _ = to.shutdown().await;
    };
    tokio::join!(reading, writing);
}
