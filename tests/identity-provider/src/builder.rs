//! Starts Keycloak on loopback, with a copy of the prepared database, and waits until it answers.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ood_k8s_loopback::{Authority, Supervised};
use tempfile::TempDir;

use crate::{Client, Distribution, Error, IdentityProvider, TokenEndpoint, CA};

/// On an idle machine it takes about ten seconds; on one that is compiling, many times that.
const START_LIMIT: Duration = Duration::from_secs(180);
const CERTIFICATE: &str = "serving.crt";
const KEY: &str = "serving.key";

/// The settings of an identity provider.
#[derive(Debug, Default, Clone)]
#[must_use = "a builder starts nothing before `start` is called"]
pub struct Builder {
    access_token_life: Option<Duration>,
    single_use_refresh_tokens: bool,
    refresh_tokens_in_exchange: bool,
}

impl Builder {
    /// Sets the lifetime of access tokens and ID tokens; five minutes if not set.
    pub fn access_token_life(mut self, life: Duration) -> Self {
        self.access_token_life = Some(life);
        self
    }

    /// "Revoke Refresh Token": each refresh token works once.
    pub fn single_use_refresh_tokens(mut self) -> Self {
        self.single_use_refresh_tokens = true;
        self
    }

    /// "Allow refresh token in Standard Token Exchange" of the client `kubernetes` is "Same session".
    pub fn refresh_tokens_in_exchange(mut self) -> Self {
        self.refresh_tokens_in_exchange = true;
        self
    }

    /// Starts it, and returns once it is ready.
    pub fn start(self) -> Result<IdentityProvider, Error> {
        let distribution = Distribution::find()?;
        let deadline = Instant::now() + START_LIMIT;
        let folder = TempDir::with_prefix("ood-k8s-identity-provider-")
            .map_err(Error::file("create a directory in", &std::env::temp_dir()))?;
        let authority = Authority::new("identity provider of a test")?;
        fill(folder.path(), &distribution, &authority)?;
        let arguments = arguments(folder.path(), &distribution.keycloak);
        let server = Supervised::start("keycloak", &java(), &arguments, folder.path())?;
        let port = wait_for_port(&server, folder.path(), deadline)?;
        let secret = fs::read_to_string(&distribution.secret).map_err(Error::file("read", &distribution.secret))?;
        let client = |id: &str| Client {
            id: id.to_owned(),
            secret: format!("{secret}-{id}"),
        };
        let provider = IdentityProvider {
            server,
            folder,
            port,
            endpoint: TokenEndpoint::new(port, authority.pem()),
            ca: authority.pem().to_owned(),
            users: Mutex::default(),
            admin: client("tests"),
            ondemand: client("ondemand"),
            kubernetes: client("kubernetes"),
            no_audience: client("no-audience"),
        };
        provider.wait_for_discovery(deadline)?;
        self.set_up(&provider)?;
        Ok(provider)
    }

    fn set_up(&self, provider: &IdentityProvider) -> Result<(), Error> {
        if let Some(life) = self.access_token_life {
            provider.set_access_token_life(life)?;
        }
        if self.single_use_refresh_tokens {
            provider.set_single_use_refresh_tokens(true)?;
        }
        if self.refresh_tokens_in_exchange {
            provider.set_refresh_tokens_in_exchange(true)?;
        }
        Ok(())
    }
}

impl IdentityProvider {
    fn wait_for_discovery(&self, deadline: Instant) -> Result<(), Error> {
        let answers = || self.discovery().is_ok_and(|answer| answer.status == 200);
        Ok(self.server.wait_until(deadline, answers)?)
    }
}

/// Creates the home directory of this Keycloak: links to the distribution's parts, and its own `data`.
fn fill(folder: &Path, distribution: &Distribution, authority: &Authority) -> Result<(), Error> {
    let home = folder.join("home");
    for path in [home.join("data"), folder.join("tmp")] {
        fs::create_dir_all(&path).map_err(Error::file("make", &path))?;
    }
    for part in ["conf", "lib", "providers", "themes"] {
        let link = home.join(part);
        symlink(distribution.keycloak.join(part), &link).map_err(Error::file("make", &link))?;
    }
    let database = folder.join("keycloak.mv.db");
    fs::copy(&distribution.database, &database).map_err(Error::file("write", &database))?;
    let serving = authority.certify("keycloak")?;
    let certificate = serving.certificate.as_str();
    for (name, text) in [(CA, authority.pem()), (CERTIFICATE, certificate), (KEY, &serving.key)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(Error::file("write", &path))?;
    }
    Ok(())
}

fn java() -> PathBuf {
    let home = std::env::var_os("JAVA_HOME").filter(|home| !home.is_empty());
    home.map_or_else(|| PathBuf::from("java"), |home| Path::new(&home).join("bin/java"))
}

/// The command that `kc.sh start --optimized` would run. Without the shell, stopping the process stops Keycloak.
fn arguments(folder: &Path, keycloak: &Path) -> Vec<String> {
    let mut arguments: Vec<String> = [
        "-Xms64m",
        "-Xmx512m",
        "-XX:MaxMetaspaceSize=256m",
        // It runs for minutes only: using just the quick compiler halves the time of a start.
        "-XX:TieredStopAtLevel=1",
        "-XX:+UseSerialGC",
        "-Dfile.encoding=UTF-8",
        "-Djava.util.logging.manager=org.jboss.logmanager.LogManager",
        "-Djava.util.concurrent.ForkJoinPool.common.threadFactory=io.quarkus.bootstrap.forkjoin.QuarkusForkJoinWorkerThreadFactory",
        "-Dpicocli.disable.closures=true",
        "--add-opens=java.base/java.util=ALL-UNNAMED",
        "--add-opens=java.base/java.util.concurrent=ALL-UNNAMED",
        "--add-opens=java.base/java.security=ALL-UNNAMED",
        "--add-opens=java.base/java.lang=ALL-UNNAMED",
    ]
    .map(str::to_owned)
    .to_vec();
    let folder = folder.display();
    arguments.extend([
        format!("-Djava.io.tmpdir={folder}/tmp"),
        format!("-Dkc.home.dir={folder}/home"),
        "-cp".to_owned(),
        keycloak.join("lib/quarkus-run.jar").display().to_string(),
        "io.quarkus.bootstrap.runner.QuarkusEntryPoint".to_owned(),
        "start".to_owned(),
        "--optimized".to_owned(),
        "--http-host=127.0.0.1".to_owned(),
        // The system chooses one, and the log reports it, so no other process can take it.
        "--https-port=0".to_owned(),
        format!("--https-certificate-file={folder}/{CERTIFICATE}"),
        format!("--https-certificate-key-file={folder}/{KEY}"),
        // The issuer then follows from the request's `Host`.
        "--hostname-strict=false".to_owned(),
        "--cache=local".to_owned(),
        format!("--db-url=jdbc:h2:file:{folder}/keycloak;NON_KEYWORDS=VALUE;TRACE_LEVEL_FILE=0"),
    ]);
    arguments
}

fn wait_for_port(server: &Supervised, folder: &Path, deadline: Instant) -> Result<u16, Error> {
    let log = folder.join("keycloak.log");
    let mut port = None;
    server.wait_until(deadline, || {
        port = announced_port(&fs::read_to_string(&log).unwrap_or_default());
        port.is_some()
    })?;
    Ok(port.expect("the log has a port once it is ready"))
}

fn announced_port(log: &str) -> Option<u16> {
    let (_, rest) = log.split_once("Listening on: https://127.0.0.1:")?;
    // A number is complete only if something follows it.
    let end = rest.find(|character: char| !character.is_ascii_digit())?;
    rest[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_read_from_the_log_once_its_line_is_whole() {
        let line = "(main) Keycloak 26 on JVM started in 8s. Listening on: https://127.0.0.1:4569";
        assert_eq!(announced_port(line), None);
        assert_eq!(announced_port(&format!("{line}7. \n")), Some(45697));
    }
}
