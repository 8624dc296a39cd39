//! The server: it listens on loopback, reads requests, and runs its script.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Runtime;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{frames, Act, Certificate};

const PAUSE: Duration = Duration::from_millis(50);

/// The protocol, up to the point where the script starts.
#[derive(Clone)]
pub enum Speaks {
    /// HTTP/1.1 over TLS: the script runs after each request.
    Http1,
    /// HTTP/2 over TLS: these bytes are sent first; the script runs after each request.
    Http2(Vec<u8>),
    /// TLS: the script runs after the handshake.
    Tls(Certificate, &'static str),
    /// TCP: the script runs after the connection is accepted.
    Tcp,
}

/// A request, as far as the server parses it.
#[derive(Default)]
pub struct Asked {
    /// Request line and header fields (HTTP/1.1 only).
    pub head: String,
    pub body: Vec<u8>,
    /// The stream id (HTTP/2 only).
    pub stream: u32,
}

impl Asked {
    /// The value of a header field.
    pub fn field(&self, name: &str) -> Option<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        let mut values = fields.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        values.next().map(|(_, value)| value.trim())
    }

    /// Whether the request line starts with this.
    pub fn is(&self, line: &str) -> bool {
        self.head.starts_with(line)
    }
}

/// The script for a request.
pub type Answer = Arc<dyn Fn(&Asked) -> Vec<Act> + Send + Sync>;

/// A running server; it stops when dropped.
pub struct Server {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    connections: Arc<Mutex<usize>>,
    listening: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        builder.worker_threads(2).enable_all().build().unwrap()
    })
}

impl Server {
    pub fn start(speaks: Speaks, answer: Answer) -> Self {
        let tls = match &speaks {
            Speaks::Http1 => Some(Certificate::Good.config(&["http/1.1"])),
            Speaks::Http2(_) => Some(Certificate::Good.config(&["h2"])),
            Speaks::Tls(certificate, protocol) => Some(certificate.config(&[protocol])),
            Speaks::Tcp => None,
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, connections) = (Arc::default(), Arc::default());
        let with = With {
            tls: tls.map(TlsAcceptor::from),
            speaks,
            answer,
            asked: Arc::clone(&asked),
        };
        let listening = runtime().spawn(listen(listener, Arc::new(with), Arc::clone(&connections)));
        Self {
            address,
            asked,
            connections,
            listening,
        }
    }

    /// One that answers every HTTP/1.1 request with an empty object.
    pub fn good() -> Self {
        let good = Act::Say(super::json("200 OK", "{}"));
        Self::start(Speaks::Http1, Arc::new(move |_| vec![good.clone()]))
    }

    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    pub fn connections(&self) -> usize {
        *lock(&self.connections)
    }

    /// The number of requests read so far.
    pub fn requests(&self) -> usize {
        lock(&self.asked).len()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Shared by all connections of a server.
struct With {
    tls: Option<TlsAcceptor>,
    speaks: Speaks,
    answer: Answer,
    asked: Arc<Mutex<Vec<Asked>>>,
}

async fn listen(listener: std::net::TcpListener, with: Arc<With>, connections: Arc<Mutex<usize>>) {
    let listener = TcpListener::from_std(listener).unwrap();
    while let Ok((stream, _)) = listener.accept().await {
        *lock(&connections) += 1;
        let with = Arc::clone(&with);
        // Errors here are part of the attacks.
        tokio::spawn(async move { drop(with.serve(stream).await) });
    }
}

impl With {
    async fn serve(&self, stream: TcpStream) -> io::Result<()> {
        stream.set_nodelay(true)?;
        let Some(tls) = &self.tls else {
            return self.speak_first(stream).await;
        };
        let stream = tls.accept(stream).await?;
        match &self.speaks {
            Speaks::Http1 => self.http1(stream).await,
            Speaks::Http2(opening) => self.http2(stream, opening).await,
            Speaks::Tls(..) | Speaks::Tcp => self.speak_first(stream).await,
        }
    }

    fn acts(&self, asked: Asked) -> Vec<Act> {
        let acts = (self.answer)(&asked);
        lock(&self.asked).push(asked);
        acts
    }

    async fn speak_first(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        for act in self.acts(Asked::default()) {
            perform(&mut stream, &act).await?;
        }
        // Closing with unread input would send a reset, and the client could lose the output.
        let _ = tokio::time::timeout(PAUSE, stream.read(&mut [0; 4096])).await;
        Ok(())
    }

    async fn http1(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> io::Result<()> {
        while let Some(asked) = read_request(&mut stream).await? {
            for act in self.acts(asked) {
                perform(&mut stream, &act).await?;
            }
        }
        Ok(())
    }

    /// Reads while it writes: a flood may make the client answer with one.
    async fn http2(&self, stream: impl AsyncRead + AsyncWrite, opening: &[u8]) -> io::Result<()> {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let (told, mut heard) = mpsc::unbounded_channel();
        let reading = frames::read(&mut reader, told);
        let writing = async {
            writer.write_all(opening).await?;
            writer.flush().await?;
            while let Some(stream) = heard.recv().await {
                let asked = Asked {
                    stream,
                    ..Asked::default()
                };
                for act in self.acts(asked) {
                    perform(&mut writer, &act).await?;
                }
            }
            io::Result::Ok(())
        };
        let (reading, writing) = (std::pin::pin!(reading), std::pin::pin!(writing));
        futures_util::future::select(reading, writing).await.factor_first().0
    }
}

async fn perform(stream: &mut (impl AsyncWrite + Unpin), act: &Act) -> io::Result<()> {
    match act {
        Act::Say(bytes) => {
            stream.write_all(bytes).await?;
            stream.flush().await
        }
        Act::Forever(bytes) => loop {
            stream.write_all(bytes).await?;
        },
        Act::Slowly(bytes) => {
            for byte in bytes {
                stream.write_all(&[*byte]).await?;
                stream.flush().await?;
                tokio::time::sleep(PAUSE).await;
            }
            Ok(())
        }
        // Longer than any run.
        Act::Wait => {
            tokio::time::sleep(Duration::from_secs(60)).await;
            Ok(())
        }
        Act::Close => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}

/// Reads an HTTP/1.1 request with a content-length, or without a body.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<Asked>> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) if head.is_empty() => return Ok(None),
            Err(error) => return Err(error),
        }
    }
    let mut asked = Asked {
        head: String::from_utf8_lossy(&head).into_owned(),
        ..Asked::default()
    };
    let length = asked.field("content-length").and_then(|length| length.parse().ok());
    asked.body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut asked.body).await?;
    Ok(Some(asked))
}
