//! How a user's entry logs in, by client-go's rules: what is empty is not there, and nothing is a header that cannot be.

use std::collections::BTreeMap;

use secrecy::SecretString;

use super::cluster::{fault_of, source, Source};
use super::exec::{exec_of, texts, Exec};
use super::fault::{EntryFault, Fault};
use super::header::{is_header, HEADER_REMEDY};
use super::tree::{Mapping, Node};
use super::view::{body_of, is_filled, name_of, text_in, Kubeconfig, List};

/// A user's entry. What client-go asks first stands here alone: a token keeps `exec` and `auth-provider` out.
#[derive(Debug, Default)]
pub struct User {
    /// Who the server shall take us for.
    pub login: Login,
    /// A client certificate and its key.
    pub certificate: Option<(Source, Source)>,
    /// As whom to act.
    pub impersonate: Impersonate,
}

/// What goes into the header.
#[derive(Debug, Default)]
pub enum Login {
    /// Nothing does.
    #[default]
    Nothing,
    /// A token, and a file that wins over it where it can be read.
    Token {
        /// `token`.
        token: Option<SecretString>,
        /// `tokenFile`, not yet opened.
        file: Option<String>,
    },
    /// `username` and `password`.
    Basic(String, SecretString),
    /// `auth-provider`: its name, and its settings.
    Provider(String, BTreeMap<String, SecretString>),
    /// `exec`.
    Exec(Box<Exec>),
}

/// `as` and what belongs to it.
#[derive(Debug, Default)]
pub struct Impersonate {
    /// `as`.
    pub user: Option<String>,
    /// `as-uid`.
    pub uid: Option<String>,
    /// `as-groups`.
    pub groups: Vec<String>,
    /// `as-user-extra`.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// What an entry logs in by, without a judgement whether it can.
#[derive(Debug, Clone)]
pub enum LoginKind {
    /// There is nothing.
    Nothing,
    /// A token.
    Token(SecretString),
    /// Something that is not ours to renew, in words.
    Other(&'static str),
}

impl Kubeconfig {
    /// The user's entry; none is one without anything.
    ///
    /// # Errors
    ///
    /// What kubectl would refuse of it, and what cannot be sent.
    pub fn user(&self, name: &str) -> Result<User, EntryFault> {
        let Some(user) = self.entry(List::Users, name)? else {
            return Ok(User::default());
        };
        let fault = |key: &str, reason: String| fault_of(user, List::Users, name, key, reason);
        Ok(User {
            login: login(user, &fault)?,
            certificate: certificate(user, &fault)?,
            impersonate: impersonate(user, &fault)?,
        })
    }

    /// What the user's entry logs in by, as far as it matters for a renewal.
    pub fn login_kind(&self, name: &str) -> LoginKind {
        let item = self.items(List::Users).find(|item| name_of(item) == Some(name));
        let Some(user) = item.and_then(|item| body_of(item, List::Users)) else {
            return LoginKind::Nothing;
        };
        let others = [
            ("exec", "an exec plugin"),
            ("auth-provider", "an auth provider"),
            ("tokenFile", "a tokenFile, which another program keeps fresh"),
            ("client-certificate", "a client certificate"),
            ("client-certificate-data", "a client certificate"),
            ("username", "a password"),
            ("password", "a password"),
        ];
        match others.iter().find(|(key, _)| is_filled(user, key)) {
            Some((_, how)) => LoginKind::Other(how),
            None => text_in(user, "token").map_or(LoginKind::Nothing, |token| LoginKind::Token(token.into())),
        }
    }
}

/// The order of client-go's `HTTPWrappersForConfig`: who sets the header first is not overruled.
fn login(user: &Mapping, fault: Fault<'_>) -> Result<Login, EntryFault> {
    let (token, file) = (text_in(user, "token"), text_in(user, "tokenFile"));
    let (name, password) = (text_in(user, "username"), text_in(user, "password"));
    if (token.is_some() || file.is_some()) && name.or(password).is_some() {
        return Err(fault(
            "token",
            "has a token and a password, and kubectl takes one alone; remove the other".into(),
        ));
    }
    let exec = user.value("exec").and_then(Node::as_mapping);
    let provider = user.value("auth-provider").and_then(Node::as_mapping);
    if exec.is_some() && provider.is_some() {
        return Err(fault(
            "exec",
            "has exec and auth-provider, and kubectl takes one alone; remove the other".into(),
        ));
    }
    if token.is_some_and(|token| !is_header(token)) {
        return Err(fault(
            "token",
            format!("has a token that is not valid in a header; {HEADER_REMEDY}"),
        ));
    }
    if token.is_some() || file.is_some() {
        return Ok(Login::Token {
            token: token.map(Into::into),
            file: file.map(str::to_owned),
        });
    }
    if let Some(name) = name {
        return Ok(Login::Basic(name.to_owned(), password.unwrap_or_default().into()));
    }
    match (exec, provider) {
        (Some(exec), _) => exec_of(exec, fault).map(|exec| Login::Exec(Box::new(exec))),
        (None, Some(provider)) => provider_of(provider, fault),
        (None, None) => Ok(Login::Nothing),
    }
}

fn provider_of(provider: &Mapping, fault: Fault<'_>) -> Result<Login, EntryFault> {
    let config = provider.value("config").and_then(Node::as_mapping);
    let pairs = config.map(|config| config.pairs.as_slice()).unwrap_or_default();
    let mut settings = BTreeMap::new();
    for (key, value) in pairs {
        let (Some(key), Some(value)) = (key.as_string(), value.as_string()) else {
            continue;
        };
        if matches!(key, "id-token" | "access-token") && !is_header(value) {
            let reason = format!("has an auth-provider with {key} that is not valid in a header; {HEADER_REMEDY}");
            return Err(fault("auth-provider", reason));
        }
        if !value.is_empty() {
            settings.insert(key.to_owned(), value.into());
        }
    }
    let name = text_in(provider, "name").ok_or_else(|| {
        fault(
            "auth-provider",
            "has an auth-provider without a name; name it, or remove it".into(),
        )
    })?;
    Ok(Login::Provider(name.to_owned(), settings))
}

/// A key without a certificate counts for nothing, as for client-go.
fn certificate(user: &Mapping, fault: Fault<'_>) -> Result<Option<(Source, Source)>, EntryFault> {
    let Some(certificate) = source(user, "client-certificate", "client-certificate-data") else {
        return Ok(None);
    };
    let key = source(user, "client-key", "client-key-data").ok_or_else(|| {
        fault(
            "client-certificate",
            "has a client certificate without client-key or client-key-data; add it".into(),
        )
    })?;
    Ok(Some((certificate, key)))
}

fn impersonate(user: &Mapping, fault: Fault<'_>) -> Result<Impersonate, EntryFault> {
    let extra = user.value("as-user-extra").and_then(Node::as_mapping);
    let extra = extra.into_iter().flat_map(|extra| extra.pairs.iter());
    let impersonate = Impersonate {
        user: text_in(user, "as").map(str::to_owned),
        uid: text_in(user, "as-uid").map(str::to_owned),
        groups: texts(user, "as-groups"),
        extra: extra
            .filter_map(|(key, values)| {
                let values = values.as_items()?.iter().filter_map(Node::as_string);
                Some((key.as_string()?.to_owned(), values.map(str::to_owned).collect()))
            })
            .collect(),
    };
    if impersonate.user.is_none()
        && (impersonate.uid.is_some() || !impersonate.groups.is_empty() || !impersonate.extra.is_empty())
    {
        let reason = "has as-uid, as-groups or as-user-extra without as; name the user, or remove them";
        return Err(fault("as-groups", reason.into()));
    }
    let headers = [
        ("as", impersonate.user.as_slice()),
        ("as-uid", impersonate.uid.as_slice()),
        ("as-groups", impersonate.groups.as_slice()),
    ];
    let extra = impersonate
        .extra
        .values()
        .map(|values| ("as-user-extra", values.as_slice()));
    for (key, values) in headers.into_iter().chain(extra) {
        if !values.iter().all(|value| is_header(value)) {
            return Err(fault(
                key,
                format!("has {key} that is not valid in a header; {HEADER_REMEDY}"),
            ));
        }
    }
    Ok(impersonate)
}
