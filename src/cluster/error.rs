//! What can go wrong with a cluster, with the remedy in the text.

use std::path::PathBuf;
use std::time::Duration;

use crate::exit::{self, ExitStatus, HasExitStatus};
use crate::foreign::Foreign;
use crate::kubeconfig::EntryFault;

use super::users_object::UsersObject;

/// Why an operation on a cluster failed.
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// Root has no kubeconfig, or it cannot be used.
    #[error("root's kubeconfig {path}: {reason}; {remedy}", path = path.display())]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
        /// What to do.
        remedy: &'static str,
    },
    /// Root's kubeconfig is not what kubectl could read either.
    #[error("root's kubeconfig {path}: {reason}{anew}", path = path.display(), anew = anew(reason))]
    Document {
        /// The file.
        path: PathBuf,
        /// The line, what is wrong there, and what to do.
        reason: String,
    },
    /// The context has an entry that cannot be used. Nothing was sent.
    #[error("root's kubeconfig {path}: {fault}", path = path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// Which entry, where, and what to do.
        fault: EntryFault,
    },
    /// Another account could have written root's kubeconfig, or can replace it.
    #[error("root's kubeconfig is not used: {path}: {reason}; {remedy}", path = path.display())]
    Untrusted {
        /// The file, or a directory or link on the way to it.
        path: PathBuf,
        /// Who can do what.
        reason: String,
        /// What to do: a sentence that ends with a command.
        remedy: String,
    },
    /// No context of root's kubeconfig is for this cluster.
    #[error("root's kubeconfig {path} {reason}", path = path.display())]
    NoContext {
        /// The file.
        path: PathBuf,
        /// Which context was looked for, and what to do.
        reason: String,
    },
    /// Root authenticates with something that is not renewed here.
    #[error("root's kubeconfig {path} has the user {user:?}, who authenticates with {how}, but only tokens are renewed here; exclude this cluster (--cluster), or give its context a user with a token: ood-k8s setup-root --admin-kubeconfig FILE", path = path.display())]
    NotAToken {
        /// The file.
        path: PathBuf,
        /// The user's entry.
        user: String,
        /// How it authenticates.
        how: &'static str,
    },
    /// An administrator's kubeconfig, used instead of root's, lacks something.
    #[error("the administrator's kubeconfig {path}: {reason}", path = path.display())]
    Administrator {
        /// The file.
        path: PathBuf,
        /// What it lacks, and what to do.
        reason: String,
        /// The exit status.
        status: ExitStatus,
    },
    /// No connection.
    #[error("cannot reach {server}: {reason}; check the address, the network and whether the API server is running")]
    Unreachable {
        /// The URL.
        server: String,
        /// What failed.
        reason: String,
    },
    /// The server takes a connection, or the network swallows it, and nothing comes back.
    #[error("{server} did not answer within {after:?} while trying to connect (TCP and TLS); check whether the API server hangs, and firewalls on the way")]
    Silent {
        /// The URL.
        server: String,
        /// How long it was given.
        after: Duration,
    },
    /// A cluster that did not answer a moment ago was not waited for.
    #[error("{server} did not answer a moment ago, and not within {after:?} now, so this login did not wait for it; the next login after it answers completes the rest. Check whether the API server hangs")]
    NotWaitedFor {
        /// The URL.
        server: String,
        /// How long it was given.
        after: Duration,
    },
    /// The server's certificate is not trusted.
    #[error("{server} has a certificate that root's kubeconfig does not trust: {reason}; check certificate-authority and tls-server-name there")]
    Certificate {
        /// The URL.
        server: String,
        /// What failed.
        reason: String,
    },
    /// The server's certificate has expired, or is not valid yet.
    #[error("{server} has a certificate that {dated}")]
    CertificateDate {
        /// The URL.
        server: String,
        /// Which it is, since when, and what to do.
        dated: String,
    },
    /// The server does not accept the credentials.
    #[error("{server} does not accept {identity}")]
    Unauthorized {
        /// The URL.
        server: String,
        /// Whose credentials they are, the likely reason, and what to do.
        identity: String,
    },
    /// The account in use lacks a permission.
    #[error("not allowed to {what}: {message}; {remedy}")]
    Forbidden {
        /// What was tried.
        what: String,
        /// The server's message.
        message: Foreign,
        /// What to do, depending on the credentials in use.
        remedy: String,
    },
    /// Not for want of a permission: a quota, a policy, a webhook or a plug-in denied it.
    #[error("cannot {what}: {by}: {message}; {remedy}")]
    Denied {
        /// What was tried.
        what: String,
        /// Who denied it, in words.
        by: String,
        /// The server's message.
        message: Foreign,
        /// What to do there.
        remedy: String,
    },
    /// A field that cannot be changed is not what it should be.
    #[error("cannot write {kind} {name} in {namespace}: {message}; if {it} may go, the next login creates it again: kubectl delete {lower} {name} -n {namespace}", it = with_its_data(kind), lower = kind.to_lowercase())]
    Immutable {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Where it is.
        namespace: String,
        /// The server's message.
        message: Foreign,
    },
    /// An object of a manifest is there, and no login made it.
    #[error("the {kind} {name} in {namespace} is not written, since {by} made it and no login did; if it may go, the next login creates it: kubectl delete {lower} {name} -n {namespace}", lower = kind.to_lowercase())]
    MadeByOthers {
        /// Its kind.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Where it is.
        namespace: String,
        /// The first of its field managers.
        by: Foreign,
    },
    /// The cluster does not have the kind of a manifest.
    #[error("cannot write {kind} {name}: the cluster has no such resource; install its CustomResourceDefinition, or correct apiVersion and openondemand.org/resource in the manifest")]
    NoSuchKind {
        /// The kind.
        kind: &'static str,
        /// The name.
        name: String,
    },
    /// The server issued a token that had already expired.
    #[error("{server} issued a token that expired {ago} ago, so the old one stays; compare the clocks of this node and of the API server")]
    MintedEnded {
        /// The URL.
        server: String,
        /// How long ago, human-readable.
        ago: String,
    },
    /// The token belongs to another account.
    #[error("the new token is for {found} according to {server}, not for {wanted}, so the old one stays; use a token of that account, or specify the other one with --service-account")]
    TokenOfAnother {
        /// The URL.
        server: String,
        /// Whose it is.
        found: Foreign,
        /// Whose it should be.
        wanted: String,
    },
    /// A Secret holds no token of the account.
    #[error("secret {secret} has no token of the ServiceAccount {account}: {reason}")]
    TokenSecret {
        /// Namespace and name.
        secret: String,
        /// The account.
        account: String,
        /// What is wrong, and what to do.
        reason: String,
    },
    /// A Secret cannot be brought to its desired state.
    #[error("the Secret {secret} {reason}, which cannot be changed; inspect it, then have an administrator delete and recreate it: --replace --kubeconfig FILE (mint-registry-secret, sync-secret)")]
    AnotherType {
        /// Namespace and name.
        secret: String,
        /// What is in the way.
        reason: String,
    },
    /// A Secret that would not go when it is deleted.
    #[error("the Secret {name} in {namespace} has a finalizer, so it cannot be deleted and made anew; take it away: kubectl patch secret {name} -n {namespace} --type=merge -p '{{\"metadata\":{{\"finalizers\":null}}}}'")]
    Held {
        /// Where it is.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// Any other error response.
    #[error("cannot {what}: {message} ({status})")]
    Api {
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's message.
        message: Foreign,
    },
    /// The server answers, but only that it is too busy.
    #[error("{server} is too busy to {what} ({status} {message}{asks}), and the deadline of {total:?} leaves no time to wait; try again later, or raise HOOK_TIMEOUT")]
    Busy {
        /// The URL.
        server: String,
        /// What was tried.
        what: String,
        /// The HTTP status.
        status: u16,
        /// The server's message.
        message: Foreign,
        /// How long the server asks to wait, if it says so; empty otherwise.
        asks: String,
        /// The total deadline.
        total: Duration,
    },
    /// Others keep changing the object between our read and our write.
    #[error("cannot {what}: others changed it {times} times in the meantime; try again")]
    Contended {
        /// What was tried.
        what: String,
        /// How many times.
        times: u32,
    },
    /// The response is not one of an API server.
    #[error("{server} does not answer like a Kubernetes API server ({status}, {content}); check the URL, and any proxy on the path")]
    NotKubernetes {
        /// The URL.
        server: String,
        /// The HTTP status.
        status: u16,
        /// What was returned instead.
        content: String,
    },
    /// An object is too large to be read, or for anything to be added. Whoever may write in the namespace can have made it so.
    #[error("{object} {reason}; delete it: {}", object.deletion())]
    Filled {
        /// Which.
        object: UsersObject,
        /// What cannot be done for its size.
        reason: String,
    },
    /// An answer that is longer than what was asked for can be.
    #[error("{server} answers to {what} with more than {limit} KiB, which no such object takes; look at the object, and at proxies on the way")]
    TooLarge {
        /// The URL.
        server: String,
        /// What was tried.
        what: String,
        /// What is read of it, in KiB.
        limit: usize,
    },
    /// All answers together are more than any login needs.
    #[error("the answers of {server} are too large together to be worked with, the largest of them to {what}; look at the object, and at proxies on the way")]
    Flood {
        /// The URL.
        server: String,
        /// What the largest is the answer to.
        what: String,
        /// Whether the largest is an object that the namespace's user may write.
        is_of_the_user: bool,
    },
    /// The deadline has passed.
    #[error("{server} did not answer within {given:?} while trying to {what}; check the API server's load, or raise HOOK_TIMEOUT")]
    Deadline {
        /// The URL.
        server: String,
        /// What was tried.
        what: String,
        /// The time that there was.
        given: Duration,
    },
    /// The namespace is being deleted.
    #[error("namespace {namespace} is being deleted and was not gone within {given:?}; the next login creates it again, unless a finalizer blocks the deletion: kubectl get namespace {namespace} -o yaml")]
    Terminating {
        /// Its name.
        namespace: String,
        /// The time that there was.
        given: Duration,
    },
    /// A namespace that is being deleted, and that nobody waits for.
    #[error("namespace {namespace} is terminating, so nothing was written to it; the user's next login creates it again once it is gone: kubectl get namespace {namespace} -o yaml")]
    Going {
        /// Its name.
        namespace: String,
    },
    /// The namespace does not go.
    #[error("namespace {namespace} has been terminating for {age}, held by {held}; remove what holds it, then the next login creates it again: kubectl get namespace {namespace} -o yaml")]
    StuckDeletion {
        /// Its name.
        namespace: String,
        /// For how long, human-readable.
        age: String,
        /// By what.
        held: Foreign,
    },
    /// Nothing was begun that could not be finished.
    #[error("{server} does not let this account {what}; use --admin-kubeconfig FILE, or give the account the right: ood-k8s cluster-roles --with offboarding --apply --admin-kubeconfig FILE")]
    Lacking {
        /// The server's URL.
        server: String,
        /// The action, in RBAC's terms.
        what: String,
    },
    /// The NetworkPolicy is not known to stand, so nobody gets rights.
    #[error("nobody gets permissions in {namespace} before its NetworkPolicy stands: {source}")]
    WithoutWall {
        /// The namespace.
        namespace: String,
        /// Why it is not known to stand.
        source: Box<ClusterError>,
    },
    /// An object was not written, since the NetworkPolicy is not known to stand; [`Self::WithoutWall`] says why.
    #[error("not written before the NetworkPolicy stands")]
    Withheld,
    /// The namespace is not this user's. Nothing in it was changed.
    #[error("namespace {namespace} is not touched: {reason}")]
    NotOurs {
        /// Its name.
        namespace: String,
        /// Whose it is, and what to do.
        reason: String,
    },
    /// A RoleBinding that is for others too gives the user rights. Everything else is done.
    #[error("the RoleBinding {binding} in namespace {namespace} gives rights to user {user} and to others, so it was kept; remove the user from it (kubectl edit rolebinding -n {namespace}), then run this command again")]
    SharedBinding {
        /// The namespace.
        namespace: String,
        /// Its name.
        binding: Foreign,
        /// The user's name in the cluster.
        user: Foreign,
    },
}

impl ClusterError {
    pub(super) fn without_wall(namespace: &str, error: Self) -> Self {
        Self::WithoutWall {
            namespace: namespace.to_owned(),
            source: Box::new(error),
        }
    }

    /// Whether the server could not be asked, or not in time: it says nothing about the request.
    pub fn is_of_the_way(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Silent { .. } | Self::Deadline { .. } | Self::Busy { .. }
        )
    }

    /// Whether `check` finds it by asking for the permissions, the version or the account in use.
    pub fn is_found_elsewhere(&self) -> bool {
        match self {
            Self::WithoutWall { source, .. } => source.is_found_elsewhere(),
            Self::Forbidden { .. } | Self::Unauthorized { .. } | Self::NotKubernetes { .. } | Self::Flood { .. } => {
                true
            }
            _ => self.is_of_the_way(),
        }
    }

    /// Whether the namespace is going.
    pub(super) fn is_terminating(&self) -> bool {
        match self {
            Self::WithoutWall { source, .. } => source.is_terminating(),
            _ => matches!(self, Self::Terminating { .. }),
        }
    }

    /// Whether it is about an object that the user made, or made so, in the user's own namespace: it affects no other user.
    pub fn is_of_the_user(&self) -> bool {
        match self {
            Self::AnotherType { .. }
            | Self::Held { .. }
            | Self::Filled { .. }
            | Self::Contended { .. }
            | Self::MadeByOthers { .. } => true,
            Self::Flood { is_of_the_user, .. } => *is_of_the_user,
            _ => false,
        }
    }
}

/// A claim is made anew empty.
fn with_its_data(kind: &str) -> &'static str {
    match kind {
        "PersistentVolumeClaim" => "it and the data in it",
        _ => "it",
    }
}

/// Who moves root's kubeconfig away needs another.
fn anew(reason: &str) -> &'static str {
    if reason.ends_with("move the file away") {
        " and make it anew with: ood-k8s setup-root --admin-kubeconfig FILE"
    } else {
        ""
    }
}

impl HasExitStatus for ClusterError {
    fn exit_status(&self) -> ExitStatus {
        match self {
            Self::Kubeconfig { .. }
            | Self::Document { .. }
            | Self::Entry { .. }
            | Self::Untrusted { .. }
            | Self::NoContext { .. }
            | Self::NotAToken { .. } => ExitStatus::Configuration,
            Self::Administrator { status, .. } => *status,
            Self::WithoutWall { source, .. } => source.exit_status(),
            Self::NotOurs { .. } | Self::SharedBinding { .. } => ExitStatus::Refused,
            Self::Deadline { .. }
            | Self::Silent { .. }
            | Self::NotWaitedFor { .. }
            | Self::Terminating { .. }
            | Self::Going { .. }
            | Self::StuckDeletion { .. } => ExitStatus::Deadline,
            _ => ExitStatus::Cluster,
        }
    }

    fn result(&self) -> &'static str {
        match self {
            Self::Unauthorized { .. } => exit::ROOT_TOKEN_REFUSED,
            Self::Unreachable { .. }
            | Self::Silent { .. }
            | Self::NotWaitedFor { .. }
            | Self::Certificate { .. }
            | Self::CertificateDate { .. } => exit::UNREACHABLE,
            Self::WithoutWall { source, .. } => source.result(),
            _ => self.exit_status().word(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_deletes_a_claim_is_told_that_its_data_go() {
        let said = |kind| {
            let error = ClusterError::Immutable {
                kind,
                name: "scratch".into(),
                namespace: "user-ann".into(),
                message: "field is immutable".into(),
            };
            error.to_string()
        };
        assert!(said("PersistentVolumeClaim").contains("if it and the data in it may go"));
        assert!(said("Job").contains("if it may go") && !said("Job").contains("data"));
    }
}
