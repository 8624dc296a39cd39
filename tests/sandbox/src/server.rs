//! The connections: TLS, HTTP/1.1 and HTTP/2, faults, and the log of requests.

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr, TcpListener as StdListener};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::header::{HeaderMap, HeaderName};
use hyper::service::service_fn;
use hyper::{Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::{Handle, Runtime};
use tokio::task::AbortHandle;
use tokio_rustls::TlsAcceptor;

use crate::body::{self, Body};
use crate::faults::{Failure, Faults};
use crate::lifecycle::Cluster;
use crate::log::{Log, Record};
use crate::message::{parse_query, Answer, Request};
use crate::protobuf;
use crate::tls::Identity;

/// How the server treats new connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Normally.
    Well,
    /// Accepts the connection and does not answer.
    Silent,
    /// Presents a certificate of an untrusted authority.
    Impostor,
}

/// The handler of a server's requests.
pub(crate) trait Service: Send + Sync + 'static {
    /// The answer, and who sent the request.
    fn answer(self: &Arc<Self>, request: &Request) -> (Answer, Option<String>);

    /// The answer as HTTP.
    fn response(self: &Arc<Self>, answer: Answer) -> Response<Body> {
        body::of(answer)
    }
}

/// The server's state, shared by its connections.
#[derive(Debug)]
pub(crate) struct Server<S = Cluster> {
    pub(crate) service: Arc<S>,
    pub(crate) faults: Mutex<Faults>,
    pub(crate) log: Log,
    pub(crate) mood: Mutex<Mood>,
    /// Pages that are not part of the API: status and body by path.
    pub(crate) pages: Mutex<HashMap<String, (u16, String)>>,
    /// How many seconds the clock in the `Date` header is ahead.
    pub(crate) clock_skew: AtomicI64,
    pub(crate) identity: Identity,
    pub(crate) impostor: Identity,
    pub(crate) http1_only: bool,
    pub(crate) address: SocketAddr,
    pub(crate) handle: Handle,
    listening: Mutex<Option<AbortHandle>>,
    connections: Mutex<HashMap<u64, AbortHandle>>,
    next: AtomicU64,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A loopback port.
pub(crate) fn bind(host: IpAddr) -> StdListener {
    StdListener::bind((host, 0)).expect("loopback has a free port")
}

/// A server's own threads, so that it answers while its test is busy.
pub(crate) fn runtime() -> Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("sandbox")
        .enable_all()
        .build()
        .expect("the system has threads left")
}

impl<S: Service> Server<S> {
    pub(crate) fn new(
        service: Arc<S>,
        identities: (Identity, Identity),
        http1_only: bool,
        address: SocketAddr,
        handle: Handle,
    ) -> Self {
        Self {
            service,
            faults: Mutex::default(),
            log: Log::default(),
            mood: Mutex::new(Mood::Well),
            pages: Mutex::default(),
            clock_skew: AtomicI64::new(0),
            identity: identities.0,
            impostor: identities.1,
            http1_only,
            address,
            handle,
            listening: Mutex::default(),
            connections: Mutex::default(),
            next: AtomicU64::new(1),
        }
    }

    /// Accepts connections from this listener until it is stopped.
    pub(crate) fn listen(self: &Arc<Self>, listener: StdListener) {
        listener
            .set_nonblocking(true)
            .expect("a socket can be made non-blocking");
        let server = Arc::clone(self);
        let task = self.handle.spawn(async move {
            let listener = TcpListener::from_std(listener).expect("the runtime takes the socket");
            while let Ok((stream, _)) = listener.accept().await {
                server.admit(stream);
            }
        });
        *lock(&self.listening) = Some(task.abort_handle());
    }

    /// Closes the port and every connection.
    pub(crate) fn close(&self) {
        if let Some(task) = lock(&self.listening).take() {
            task.abort();
            // The task owns the socket: once it has finished, the next connection is refused.
            while !task.is_finished() {
                std::thread::yield_now();
            }
        }
        self.cut_all();
    }

    /// Opens the port again.
    pub(crate) fn reopen(self: &Arc<Self>) {
        if lock(&self.listening).is_some() {
            return;
        }
        let listener = loop {
            // The aborted task releases the port shortly after.
            match StdListener::bind(self.address) {
                Ok(listener) => break listener,
                Err(_) => std::thread::yield_now(),
            }
        };
        self.listen(listener);
    }

    pub(crate) fn cut_all(&self) {
        for (_, connection) in lock(&self.connections).drain() {
            connection.abort();
        }
    }

    fn cut(&self, connection: u64) {
        if let Some(handle) = lock(&self.connections).remove(&connection) {
            handle.abort();
        }
    }

    fn admit(self: &Arc<Self>, stream: TcpStream) {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        self.log.connected();
        let server = Arc::clone(self);
        // The lock is held until the handle is stored, so that the task cannot finish before.
        let mut connections = lock(&self.connections);
        let task = self.handle.spawn(async move {
            server.serve(stream, id).await;
            lock(&server.connections).remove(&id);
        });
        connections.insert(id, task.abort_handle());
    }

    async fn serve(self: &Arc<Self>, stream: TcpStream, connection: u64) {
        let mood = *lock(&self.mood);
        let identity = match mood {
            Mood::Silent => return std::future::pending().await,
            Mood::Impostor => &self.impostor,
            Mood::Well => &self.identity,
        };
        // Small answers must not wait for the acknowledgement of the previous one (Nagle's algorithm).
        let _ = stream.set_nodelay(true);
        let acceptor = TlsAcceptor::from(Arc::clone(&identity.config));
        let Ok(stream) = acceptor.accept(stream).await else {
            return;
        };
        let service = service_fn(|request| {
            let server = Arc::clone(self);
            async move {
                let skew = server.clock_skew.load(Ordering::Relaxed);
                let answer = server.respond(request, connection).await;
                Ok::<_, Infallible>(body::dated(answer, skew))
            }
        });
        let builder = auto::Builder::new(TokioExecutor::new());
        let builder = if self.http1_only { builder.http1_only() } else { builder };
        // An error here is a client that disconnected, or an injected fault.
        let _ = builder.serve_connection(TokioIo::new(stream), service).await;
    }

    async fn respond(self: Arc<Self>, request: hyper::Request<Incoming>, connection: u64) -> Response<Body> {
        let version = request.version();
        let Some(request) = read(request).await else {
            return body::empty(400);
        };
        let entry = self.log.begin(record(&request, version, connection));
        let failure = lock(&self.faults).take(&request.method, &request.target());
        match failure {
            Some(Failure::Hang) => return std::future::pending().await,
            Some(Failure::CutBeforeAnswer) => {
                self.cut(connection);
                return std::future::pending().await;
            }
            Some(Failure::Html { code }) => {
                self.log.end(entry, code, None);
                return body::html(code);
            }
            Some(Failure::Json { code, body }) => {
                self.log.end(entry, code, None);
                return body::page(code, body);
            }
            Some(Failure::Status { code, retry_after }) => {
                self.log.end(entry, code, None);
                return body::of(crate::status::plain(code, retry_after).into());
            }
            Some(Failure::Slow(delay)) => tokio::time::sleep(delay).await,
            Some(Failure::CutInBody | Failure::LostByProxy { .. }) | None => {}
        }
        if let Some((code, page)) = self.page(&request) {
            self.log.end(entry, code, None);
            return body::page(code, page);
        }
        let (answer, user) = self.service.answer(&request);
        self.log.end(entry, answer.code, user);
        match failure {
            Some(Failure::CutInBody) => body::cut(&answer),
            Some(Failure::LostByProxy { code }) => body::html(code),
            _ => self.service.response(answer),
        }
    }

    fn page(&self, request: &Request) -> Option<(u16, String)> {
        let page = lock(&self.pages).get(&request.path).cloned();
        page.filter(|_| request.method == "GET")
    }
}

fn record(request: &Request, version: Version, connection: u64) -> Record {
    let query: Vec<String> = request
        .query
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    Record {
        at: Instant::now(),
        method: request.method.clone(),
        path: request.path.clone(),
        query: query.join("&"),
        protocol: if version == Version::HTTP_2 {
            "HTTP/2"
        } else {
            "HTTP/1.1"
        },
        content_type: request.content_type.clone(),
        user: None,
        user_agent: request.user_agent.clone(),
        status: None,
        connection,
    }
}

async fn read(request: hyper::Request<Incoming>) -> Option<Request> {
    let (head, body) = request.into_parts();
    let mut body = body.collect().await.ok()?.to_bytes().to_vec();
    let header = |name: HeaderName| text(&head.headers, &name);
    let content_type = header(hyper::header::CONTENT_TYPE).unwrap_or_default();
    if content_type.starts_with(protobuf::CONTENT_TYPE) {
        if let Some(json) = protobuf::to_json(&body) {
            body = json.to_string().into_bytes();
        }
    }
    Some(Request {
        method: head.method.to_string(),
        path: head.uri.path().into(),
        query: parse_query(head.uri.query().unwrap_or_default()),
        content_type,
        accept: header(hyper::header::ACCEPT).unwrap_or_default(),
        user_agent: header(hyper::header::USER_AGENT).unwrap_or_default(),
        authorization: header(hyper::header::AUTHORIZATION),
        body,
    })
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers
        .get(name)
        .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
}
