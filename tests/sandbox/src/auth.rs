//! Authentication: bearer tokens, fixed ones and those issued by `TokenRequest`.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use base64::prelude::{Engine, BASE64_URL_SAFE_NO_PAD};
use serde_json::{json, Value};

use crate::cause::Cause;
use crate::clock;
use crate::resources::known;
use crate::status::{self, Result};
use crate::store::{Key, Store};

/// The audience and issuer of the sandbox's own tokens.
pub const ISSUER: &str = "https://kubernetes.default.svc";

/// An authenticated user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// User name.
    pub name: String,
    /// Groups, `system:authenticated` among them.
    pub groups: Vec<String>,
}

impl User {
    fn authenticated(name: &str, groups: &[&str]) -> Self {
        let mut groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
        groups.push("system:authenticated".into());
        Self {
            name: name.into(),
            groups,
        }
    }

    fn anonymous() -> Self {
        let groups = vec!["system:unauthenticated".into()];
        Self {
            name: "system:anonymous".into(),
            groups,
        }
    }

    fn service_account(namespace: &str, name: &str) -> Self {
        let group = format!("system:serviceaccounts:{namespace}");
        Self::authenticated(
            &format!("system:serviceaccount:{namespace}:{name}"),
            &["system:serviceaccounts", &group],
        )
    }
}

#[derive(Debug)]
enum Grant {
    Fixed {
        user: User,
        expires: Option<SystemTime>,
    },
    Minted {
        account: Key,
        uid: Value,
        audiences: Vec<String>,
        expires: SystemTime,
    },
}

/// The known tokens.
#[derive(Debug)]
pub struct Tokens {
    grants: HashMap<String, Grant>,
    /// Whether a request without a token is `system:anonymous`, as on an API server with default flags.
    pub anonymous: bool,
    /// The longest lifetime of an issued token.
    pub longest: Duration,
}

impl Default for Tokens {
    fn default() -> Self {
        Self {
            grants: HashMap::new(),
            anonymous: true,
            longest: Duration::from_secs(1 << 32),
        }
    }
}

impl Tokens {
    /// Adds a token.
    pub fn add(&mut self, token: &str, user: &str, groups: &[&str], life: Option<Duration>) {
        let user = User::authenticated(user, groups);
        let expires = life.map(clock::after);
        self.grants.insert(token.into(), Grant::Fixed { user, expires });
    }

    /// Removes a token.
    pub fn revoke(&mut self, token: &str) {
        self.grants.remove(token);
    }

    /// The user with this `Authorization` header.
    pub fn authenticate(&self, header: Option<&str>, store: &Store) -> Result<User> {
        let Some(header) = header else {
            return if self.anonymous {
                Ok(User::anonymous())
            } else {
                Err(status::unauthorized())
            };
        };
        let token = header.strip_prefix("Bearer ").unwrap_or_default().trim();
        let grant = self.grants.get(token).ok_or_else(status::unauthorized)?;
        grant.user(store).ok_or_else(status::unauthorized)
    }
}

impl Grant {
    /// An issued token is valid until it expires or its account is deleted.
    fn user(&self, store: &Store) -> Option<User> {
        let now = SystemTime::now();
        match self {
            Self::Fixed { user, expires } => expires.is_none_or(|expires| now < expires).then(|| user.clone()),
            Self::Minted {
                account,
                uid,
                audiences,
                expires,
            } => {
                let alive = store
                    .get(account)
                    .is_some_and(|object| object["metadata"]["uid"] == *uid);
                let ours = audiences.iter().any(|audience| audience == ISSUER);
                (alive && ours && now < *expires).then(|| User::service_account(&account.namespace, &account.name))
            }
        }
    }
}

/// A token in the form of a JWT, with a made-up signature: for tests that need a user's token.
pub fn jwt(claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let header = json!({ "alg": "RS256", "kid": "sandbox" });
    let signature = [clock::random(), clock::random(), clock::random(), clock::random()]
        .map(u64::to_be_bytes)
        .concat();
    format!(
        "{}.{}.{}",
        part(&header),
        part(claims),
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    )
}

/// Answers a `TokenRequest`.
pub fn mint(tokens: &mut Tokens, store: &Store, namespace: &str, account: &str, request: &Value) -> Result<Value> {
    let resource = known("", "serviceaccounts");
    let key = Key::new(resource, namespace, account);
    let object = store.get(&key).ok_or_else(|| status::not_found(resource, account))?;
    let seconds = lifetime(request)?.min(tokens.longest.as_secs());
    let audiences = audiences(request);
    let uid = object["metadata"]["uid"].clone();
    let expires = clock::after(Duration::from_secs(seconds));
    let now = clock::seconds(SystemTime::now());
    let token = jwt(&json!({
        "iss": ISSUER, "aud": audiences, "iat": now, "nbf": now, "exp": now + seconds,
        "jti": clock::uuid(), "sub": format!("system:serviceaccount:{namespace}:{account}"),
        "kubernetes.io": {
            "namespace": namespace, "serviceaccount": { "name": account, "uid": uid },
        },
    }));
    let answer = json!({
        "kind": "TokenRequest", "apiVersion": "authentication.k8s.io/v1",
        "metadata": {
            "name": account, "namespace": namespace, "uid": uid, "creationTimestamp": clock::now(),
        },
        "spec": { "audiences": audiences, "expirationSeconds": seconds, "boundObjectRef": null },
        "status": { "token": token, "expirationTimestamp": clock::rfc3339(now + seconds) },
    });
    let account = key;
    let grant = Grant::Minted {
        account,
        uid,
        audiences,
        expires,
    };
    tokens.grants.insert(token, grant);
    Ok(answer)
}

fn audiences(request: &Value) -> Vec<String> {
    let asked = request["spec"]["audiences"].as_array();
    let asked = asked.into_iter().flatten().filter_map(Value::as_str);
    let audiences: Vec<String> = asked.map(str::to_owned).collect();
    if audiences.is_empty() {
        vec![ISSUER.to_owned()]
    } else {
        audiences
    }
}

fn lifetime(request: &Value) -> Result<u64> {
    let seconds = request["spec"]["expirationSeconds"].as_u64().unwrap_or(3600);
    let why = if seconds < 600 {
        "may not specify a duration less than 10 minutes"
    } else if seconds > 1 << 32 {
        "may not specify a duration larger than 2^32 seconds"
    } else {
        return Ok(seconds);
    };
    let cause = Cause::invalid("spec.expirationSeconds", &seconds.to_string(), why);
    Err(status::invalid("authentication.k8s.io", "TokenRequest", "", &[cause]))
}
