//! The four commands: what stands before a run, how it is started, and what it is to write.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use clap::ValueEnum;
use ood_k8s_sandbox::identity_provider::Tokens;
use serde_json::Value;

use crate::cluster;
use crate::error::Error;
use crate::ground::Ground;
use crate::run::{run, Ran};

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Case {
    /// `set-creds` of a login whose access token has expired: a refresh, an exchange, a record of root's, a kubeconfig.
    SetCreds,
    /// `refresh-token`: root's kubeconfig.
    RefreshToken,
    /// `mint-registry-secret --write`: root's registry file.
    Mint,
    /// `renew-creds` with single-use refresh tokens: a record of root's, a kubeconfig.
    RenewCreds,
}

impl Case {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::SetCreds => "set-creds",
            Self::RefreshToken => "refresh-token",
            Self::Mint => "mint-registry-secret --write",
            Self::RenewCreds => "renew-creds",
        }
    }

    /// Whether it spends a refresh token.
    pub fn spends(self) -> bool {
        matches!(self, Self::SetCreds | Self::RenewCreds)
    }
}

/// One of the files that a run replaces.
pub struct Target {
    /// Where it is.
    pub path: PathBuf,
    /// What was in it before.
    pub old: Option<Vec<u8>>,
    /// What is to be in it.
    pub kind: FileKind,
}

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// The user's kubeconfig.
    Config,
    /// Root's record of the user's session.
    Record,
    /// Root's kubeconfig.
    Root,
    /// Root's registry file.
    Registry,
}

/// What every round starts from.
pub struct Stage<'a> {
    /// The node.
    pub ground: &'a Ground,
    /// The user's kubeconfig after an undisturbed login.
    pub config: String,
    /// Root's kubeconfig after an undisturbed run.
    pub root: String,
    /// The registry file after an undisturbed run.
    pub registry: Vec<u8>,
    record: Value,
}

/// One run, what was before it, and with what it works.
pub struct Round<'a> {
    /// What it starts from.
    pub stage: &'a Stage<'a>,
    /// The command.
    pub case: Case,
    /// The tokens of the login that it belongs to.
    pub tokens: Tokens,
    /// The files.
    pub targets: Vec<Target>,
}

/// An access token's life that is over at the next login, and one that is longer than the time to the next renewal.
const SHORT: Duration = Duration::from_secs(300);
const LONG: Duration = Duration::from_secs(7200);
const OLD_REGISTRY: &str =
    r#"{"auths":{"old.example.org":{"auth":"cm9ib3Q6Y0FuQXJZ"},"r.example.org":{"auth":"cm9ib3Q6Y0FuQXJZ"}}}"#;

impl<'a> Stage<'a> {
    /// Runs each command once, undisturbed.
    pub fn new(ground: &'a Ground) -> Result<Self, Error> {
        let mut stage = Self {
            ground,
            config: String::new(),
            root: ground.root_kubeconfig(&cluster::token(&ground.sandbox)?),
            registry: Vec::new(),
            record: Value::Null,
        };
        ground.write("root.kubeconfig", &stage.root)?;
        let tokens = ground.provider.log_in(&ground.user.name);
        let first = run(&mut stage.login(&tokens))?;
        works("set-creds", &first)?;
        ground
            .provider
            .set(|settings| settings.single_use_refresh_tokens = true);
        stage.config = read("home/config", ground)?;
        let record = read(&stage.record_name(), ground)?;
        stage.record = serde_json::from_str(&record).unwrap_or_default();
        for case in [Case::Mint, Case::RefreshToken] {
            let round = stage.begin(case)?;
            works(case.name(), &run(&mut round.command()?)?)?;
        }
        stage.root = read("root.kubeconfig", ground)?;
        stage.registry = read("registry.json", ground)?.into_bytes();
        Ok(stage)
    }

    fn record_name(&self) -> String {
        format!("renewal/{}.json", self.ground.user.name)
    }

    /// Puts everything as it is before a run.
    pub fn begin(&'a self, case: Case) -> Result<Round<'a>, Error> {
        let ground = self.ground;
        ground.provider.clear_faults();
        ground.sandbox.clear_faults();
        let tokens = self.tokens(case);
        let (record, config) = (self.record_name(), "home/config".to_owned());
        let names = match case {
            Case::SetCreds | Case::RenewCreds => vec![(config, FileKind::Config), (record, FileKind::Record)],
            Case::RefreshToken => vec![("root.kubeconfig".to_owned(), FileKind::Root)],
            Case::Mint => vec![("registry.json".to_owned(), FileKind::Registry)],
        };
        let mut targets = Vec::new();
        for (name, kind) in names {
            self.write(&name, kind, case, &tokens)?;
            let path = ground.path(&name);
            targets.push(Target {
                old: fs::read(&path).ok(),
                path,
                kind,
            });
        }
        Ok(Round {
            stage: self,
            case,
            tokens,
            targets,
        })
    }

    fn write(&self, name: &str, kind: FileKind, case: Case, tokens: &Tokens) -> Result<(), Error> {
        let ground = self.ground;
        match kind {
            FileKind::Config => {
                ground.write(name, &self.config)?;
                ground.give_to_user(&ground.path(name))
            }
            FileKind::Record => {
                let _ = fs::remove_file(ground.path(&format!("renewal/{}.held", ground.user.name)));
                let mut record = self.record.clone();
                // A login is a new session, a renewal goes on with the one of the last login.
                if case == Case::RenewCreds {
                    record["refresh_token"] = tokens.refresh.as_str().into();
                    record["handed_over"] = tokens.refresh.as_str().into();
                }
                ground.write(name, &record.to_string())
            }
            FileKind::Root => {
                let token = cluster::token(&ground.sandbox)?;
                ground.write(name, &self.root.replace(token_in(&self.root), &token))
            }
            FileKind::Registry => ground.write(name, OLD_REGISTRY),
        }
    }

    /// Those of a login: its access token has expired since.
    fn tokens(&self, case: Case) -> Tokens {
        if !case.spends() {
            return Tokens {
                access: String::new(),
                refresh: String::new(),
                id: String::new(),
            };
        }
        let provider = &self.ground.provider;
        provider.set(|settings| (settings.clock_skew, settings.access_token_life) = (-1000, SHORT));
        let tokens = provider.log_in(&self.ground.user.name);
        provider.set(|settings| (settings.clock_skew, settings.access_token_life) = (0, LONG));
        tokens
    }

    /// A login with these tokens.
    pub fn login(&self, tokens: &Tokens) -> Command {
        let mut command = self.ground.command(&["set-creds", &self.ground.user.name]);
        command.env("OOD_OIDC_ACCESS_TOKEN", &tokens.access);
        command.env("OOD_OIDC_REFRESH_TOKEN", &tokens.refresh);
        command
    }
}

impl Round<'_> {
    /// The command.
    pub fn command(&self) -> Result<Command, Error> {
        let ground = self.stage.ground;
        let registry = ground.path("registry.json").display().to_string();
        let mint = [
            "mint-registry-secret",
            "--write",
            &registry,
            "--no-verify",
            "--registry",
            "r.example.org",
            "--username",
            "robot",
            "--password-stdin",
        ];
        Ok(match self.case {
            Case::SetCreds => self.stage.login(&self.tokens),
            Case::RefreshToken => ground.command(&["refresh-token", "--interval", "10m", "--timeout", "6s"]),
            Case::RenewCreds => ground.command(&["renew-creds", "--interval", "1h"]),
            Case::Mint => {
                let (mut command, path) = (ground.command(&mint), ground.path("password"));
                command.stdin(File::open(&path).map_err(Error::file("open", &path))?);
                command.args(["--timeout", "6s"]);
                command
            }
        })
    }
}

/// The first JWT in a text.
pub fn token_in(text: &str) -> &str {
    let mut words = text.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
    words.find(|word| word.starts_with("eyJ")).unwrap_or_default()
}

fn read(name: &str, ground: &Ground) -> Result<String, Error> {
    let path = ground.path(name);
    fs::read_to_string(&path).map_err(Error::file("read", &path))
}

/// An error unless the run succeeded; returns how long it took.
pub fn works(case: &'static str, ran: &Ran) -> Result<Duration, Error> {
    if ran.status == Some(0) {
        return Ok(ran.took);
    }
    let said = format!("{:?} {}", ran.status, ran.stderr.trim());
    Err(Error::Undisturbed { case, said })
}
