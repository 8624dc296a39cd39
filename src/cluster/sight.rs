//! What is there of a user in a cluster: read in one flight, and judged without a change.

use std::time::SystemTime;

use futures_util::future::{join4, join_all};
use http::StatusCode;
use serde::Serialize;

use super::api::Api;
use super::comparison::is_as_wanted;
use super::error::ClusterError;
use super::holders::holders;
use super::namespaces::{found, FoundNamespace};
use super::reply::{refused, Reply};
use super::whose::{own_names, Whose};
use crate::objects::{self, Desired, Kind, Object, SERVICE_ACCOUNT};
use crate::time::unix_seconds;

/// What an object of a login is, beside what a login would make of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// As a login would leave it.
    There,
    /// A login would change it.
    Differs,
    /// A login would create it.
    Missing,
    /// It could not be read.
    Unknown,
}

/// One object of a login.
#[derive(Debug, Clone, Serialize)]
pub struct SeenObject {
    /// The kind, as manifests write it.
    pub kind: &'static str,
    /// The name.
    pub name: String,
    /// What it is.
    pub state: Standing,
}

/// What is there of a user in a cluster.
#[derive(Debug)]
pub struct Sight {
    /// The namespace, if there is one, whoever owns it.
    pub namespace: Option<FoundNamespace>,
    /// What a login would be refused with.
    pub refusal: Option<ClusterError>,
    /// What a login makes.
    pub objects: Vec<SeenObject>,
    /// Who else has the user's role in the namespace.
    pub others: Vec<String>,
    /// When the passwords in the pull secrets expire, as far as they do.
    pub ends: Vec<(String, SystemTime)>,
    /// What could not be read.
    pub unread: Vec<ClusterError>,
}

impl SeenObject {
    /// The object as people see it: `secret/registry`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// Reads a user's namespace and what a login makes in it.
pub async fn look_at(api: &Api, desired: &Desired) -> Result<Sight, ClusterError> {
    let namespace = desired.namespace.as_str();
    let wanted: Vec<&Object> = desired.all_objects().collect();
    let (live, holding, objects, account) = join4(
        api.get(Kind::Namespace, "", namespace),
        holders(api, desired),
        join_all(
            wanted
                .iter()
                .map(|object| api.get(object.kind, namespace, &object.name)),
        ),
        api.get(Kind::ServiceAccount, namespace, SERVICE_ACCOUNT),
    )
    .await;
    let live = live?;
    let mut sight = Sight::nothing();
    match live.status {
        StatusCode::NOT_FOUND => return Ok(sight),
        status if !status.is_success() => return Err(refused(&format!("read namespace {namespace}"), &live)),
        _ => {}
    }
    let holding = holding.unwrap_or_else(|error| {
        sight.unread.push(error);
        Vec::new()
    });
    let whose = Whose {
        desired,
        now: unix_seconds(SystemTime::now()),
    };
    sight.refusal = whose.refusal(&live.body, &holding);
    let own = own_names(desired);
    let is_other = |holder: &String| desired.is_subject_known && !own.contains(holder);
    sight.others = holding.into_iter().filter(is_other).collect();
    for (object, reply) in wanted.into_iter().zip(objects) {
        sight.see(object, reply);
    }
    sight.see_account(desired, account);
    sight.namespace = Some(found(&live.body));
    Ok(sight)
}

impl Sight {
    fn nothing() -> Self {
        Self {
            namespace: None,
            refusal: None,
            objects: Vec::new(),
            others: Vec::new(),
            ends: Vec::new(),
            unread: Vec::new(),
        }
    }

    fn see(&mut self, object: &Object, reply: Result<Reply, ClusterError>) {
        let reply = self.readable(&format!("read {object:?}"), reply);
        let state = match reply {
            None => Standing::Unknown,
            Some(reply) if reply.status == StatusCode::NOT_FOUND && object.upkeep.only_if_there => return,
            Some(reply) if reply.status == StatusCode::NOT_FOUND => Standing::Missing,
            Some(reply) => {
                let end = objects::credential_end(&reply.body).filter(|_| object.kind == Kind::Secret);
                self.ends.extend(end.map(|end| (object.name.clone(), end)));
                if is_as_wanted(&reply.body, object) {
                    Standing::There
                } else {
                    Standing::Differs
                }
            }
        };
        self.add(object.kind, &object.name, state);
    }

    /// The account of users' pods, and whether it lists the pull secrets.
    fn see_account(&mut self, desired: &Desired, reply: Result<Reply, ClusterError>) {
        let listed = desired.pull_secrets.iter().filter(|it| !it.upkeep.only_if_there);
        let listed: Vec<&str> = listed.map(|it| it.name.as_str()).collect();
        let what = format!("read the ServiceAccount {SERVICE_ACCOUNT} in {}", desired.namespace);
        let state = match self.readable(&what, reply) {
            None => Standing::Unknown,
            // Its controller makes it, and a login only if there is something to list.
            Some(reply) if reply.status == StatusCode::NOT_FOUND && listed.is_empty() => return,
            Some(reply) if reply.status == StatusCode::NOT_FOUND => Standing::Missing,
            Some(reply) if objects::not_listed(&reply.body, &listed).is_empty() => Standing::There,
            Some(_) => Standing::Differs,
        };
        self.add(Kind::ServiceAccount, SERVICE_ACCOUNT, state);
    }

    /// The answer, if it says whether the object is there.
    fn readable(&mut self, what: &str, reply: Result<Reply, ClusterError>) -> Option<Reply> {
        let error = match reply {
            Ok(reply) if reply.status.is_success() || reply.status == StatusCode::NOT_FOUND => return Some(reply),
            Ok(reply) => refused(what, &reply),
            Err(error) => error,
        };
        self.unread.push(error);
        None
    }

    fn add(&mut self, kind: Kind, name: &str, state: Standing) {
        self.objects.push(SeenObject {
            kind: kind.name(),
            name: name.to_owned(),
            state,
        });
    }
}
