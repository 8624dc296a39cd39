//! A real registry (distribution's) with a password, and a token service for it: an honest one, but ours.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::Engine as _;
use ood_k8s_loopback::Supervised;
use rcgen::{KeyPair, PublicKeyData as _, SigningKey as _, PKCS_ED25519};
use serde_json::json;
use tempfile::TempDir;

use super::skip;

/// The one user, and the password.
pub const USER: &str = "robot";
pub const PASSWORD: &str = "cAnArY-registry";
/// bcrypt of it, which is all that the registry reads from an htpasswd file.
const HTPASSWD: &str = "robot:$2a$04$36BUoldnpK90M6ZB.0JZEe.lHZ/r53ujcs50L8Ut2cN3Hxex6aNjG\n";
const ISSUER: &str = "token-service";

/// The registry, until it is dropped.
pub struct Registry {
    /// `127.0.0.1` with its port.
    pub host: String,
    _server: Supervised,
    _folder: TempDir,
}

impl Registry {
    /// One that asks for user and password itself; `None` where it is not built.
    pub fn with_password() -> Option<Self> {
        Self::start(|folder| {
            let file = folder.join("htpasswd");
            fs::write(&file, HTPASSWD).unwrap();
            json!({ "htpasswd": { "realm": "tests", "path": file } })
        })
    }

    /// One that asks for a token of a service at this URL, with this key.
    pub fn with_tokens(service: &TokenService) -> Option<Self> {
        Self::start(|folder| {
            let file = folder.join("jwks.json");
            fs::write(&file, service.jwks()).unwrap();
            json!({ "token": { "realm": service.url, "service": "tests", "issuer": ISSUER, "jwks": file } })
        })
    }

    /// One that asks nothing.
    pub fn open() -> Option<Self> {
        Self::start(|_| json!({}))
    }

    fn start(auth: impl FnOnce(&std::path::Path) -> serde_json::Value) -> Option<Self> {
        let Some(program) = program() else {
            skip("the registry is not built; run tests/registry/build");
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let config = json!({
            "version": 0.1, "log": { "level": "info" }, "http": { "addr": "127.0.0.1:0" },
            "storage": { "inmemory": {} }, "auth": auth(folder.path()),
        });
        // JSON is YAML.
        let path = folder.path().join("config.yml");
        fs::write(&path, config.to_string()).unwrap();
        let arguments = ["serve".to_owned(), path.display().to_string()];
        let server = Supervised::start("registry", &program, &arguments, folder.path()).unwrap();
        let log = folder.path().join("registry.log");
        let mut host = None;
        let end = Instant::now() + Duration::from_secs(30);
        server
            .wait_until(end, || {
                host = address(&fs::read_to_string(&log).unwrap_or_default());
                host.is_some()
            })
            .unwrap();
        Some(Self {
            host: host?,
            _server: server,
            _folder: folder,
        })
    }
}

/// Where the log says that it listens.
fn address(log: &str) -> Option<String> {
    let (_, rest) = log.split_once("listening on ")?;
    let (host, _) = rest.split_once(['"', '\n', ' '])?;
    Some(host.to_owned())
}

fn program() -> Option<PathBuf> {
    let cache = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let cache = cache.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".cache")))?;
    let mod_file = include_str!("../../registry/go.mod");
    let version = mod_file
        .lines()
        .find_map(|line| line.split_once("github.com/distribution/distribution/v3 v"))?
        .1;
    let program = cache.join("ood-k8s/registry").join(version.trim()).join("registry");
    program.exists().then_some(program)
}

/// A token service as distribution's specification has it: a token for who has the password, and 401 for others.
pub struct TokenService {
    /// Of its one endpoint.
    pub url: String,
    key: KeyPair,
}

impl TokenService {
    /// On a port of its own, in a thread that ends with the tests.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/token", listener.local_addr().unwrap());
        let key = KeyPair::generate_for(&PKCS_ED25519).unwrap();
        let pem = key.serialize_pem();
        std::thread::spawn(move || {
            let key = KeyPair::from_pem(&pem).unwrap();
            listener.incoming().flatten().for_each(|stream| answer(stream, &key));
        });
        Self { url, key }
    }

    fn jwks(&self) -> String {
        let x = URL_SAFE_NO_PAD.encode(self.key.der_bytes());
        json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "kid": "tests", "use": "sig", "alg": "EdDSA", "x": x }] })
            .to_string()
    }
}

fn answer(mut stream: TcpStream, key: &KeyPair) {
    let lines = BufReader::new(stream.try_clone().unwrap())
        .lines()
        .map_while(Result::ok);
    let head: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
    let pair = STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let is_known = head
        .iter()
        .any(|line| line.eq_ignore_ascii_case(&format!("authorization: Basic {pair}")));
    let (status, body) = if is_known {
        ("200 OK", json!({ "token": token(key) }).to_string())
    } else {
        (
            "401 Unauthorized",
            json!({ "details": "incorrect username or password" }).to_string(),
        )
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

fn token(key: &KeyPair) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let header = json!({ "typ": "JWT", "alg": "EdDSA", "kid": "tests" }).to_string();
    let claims = json!({ "iss": ISSUER, "sub": USER, "aud": "tests", "iat": now, "nbf": now - 5, "exp": now + 60, "jti": "1", "access": [] });
    let signed = format!(
        "{}.{}",
        URL_SAFE_NO_PAD.encode(header),
        URL_SAFE_NO_PAD.encode(claims.to_string())
    );
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()).unwrap());
    format!("{signed}.{signature}")
}
