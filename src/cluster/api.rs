//! Requests to an API server by verb, and the field manager under which objects are written.

use std::sync::Arc;
use std::time::Instant;

use futures_util::future::join_all;
use http::Method;
use secrecy::SecretString;
use serde_json::{json, Value};

use super::ahead::Ahead;
use super::body::Largest;
use super::call::{Call, COLLECTION, SMALL};
use super::error::ClusterError;
use super::reply::Reply;
use super::transport::Transport;
use super::user_token::identity;
use crate::deadline::Deadline;
use crate::objects::{Kind, Object};

/// The field manager of everything that this program writes.
pub const FIELD_MANAGER: &str = "ood-k8s";

/// A client of one API server.
#[derive(Clone, Debug)]
pub struct Api {
    transport: Transport,
    dry_run: bool,
    /// Whether somebody waits, so that a flight less is worth reads that may be in vain.
    is_urgent: bool,
    /// What was read beside the claim.
    ahead: Option<Arc<Ahead>>,
}

impl Api {
    pub(super) fn new(transport: Transport) -> Self {
        Self {
            transport,
            dry_run: false,
            is_urgent: true,
            ahead: None,
        }
    }

    /// Reads these objects of a namespace side by side.
    pub(super) async fn read_ahead(&self, namespace: &str, objects: &[(Kind, &str)]) -> Ahead {
        let answers = objects.iter().map(|(kind, name)| async move {
            let path = item(*kind, namespace, name);
            let call = Call::new(Method::GET, path.clone());
            Some((path, self.transport.send_only_once(call).await?))
        });
        Ahead::of(join_all(answers).await.into_iter().flatten().collect())
    }

    /// Uses the same connection, and for the first look at an object what was read of it before.
    #[must_use]
    pub(super) fn with_what_was_read(&self, ahead: Ahead) -> Self {
        Self {
            ahead: Some(Arc::new(ahead)),
            ..self.clone()
        }
    }

    /// Uses the same connection, but asks the server to change nothing (`--dry-run=server`).
    #[must_use]
    pub fn dry_run(mut self, dry_run: bool) -> Self {
        self.dry_run = dry_run;
        self
    }

    /// Uses the same connection for work that nobody waits for: in a new namespace it takes a third fewer requests.
    #[must_use]
    pub fn in_no_hurry(mut self) -> Self {
        self.is_urgent = false;
        self
    }

    /// Whether somebody waits for it.
    pub(super) fn is_urgent(&self) -> bool {
        self.is_urgent
    }

    /// Uses the same connection with a different deadline.
    #[must_use]
    pub fn with_deadline(mut self, deadline: Deadline) -> Self {
        self.transport.deadline = deadline;
        self.transport.largest = Largest::default();
        self
    }

    /// Uses the same connection with a user's token instead of root's credentials, if the server would look at it.
    pub(super) fn as_user(&self, token: &SecretString) -> Option<Self> {
        let client = self.transport.line.client_of(token)?;
        let transport = Transport {
            client,
            identity: identity(token),
            ..self.transport.clone()
        };
        Some(Self {
            transport,
            ahead: None,
            ..self.clone()
        })
    }

    /// Whether requests are dry runs.
    pub(super) fn is_dry_run(&self) -> bool {
        self.dry_run
    }

    /// The server's URL, for messages.
    pub fn server(&self) -> &str {
        &self.transport.server
    }

    /// Whether the server has answered anything on this connection yet.
    pub fn has_answered(&self) -> bool {
        self.transport.tally.all() > 0
    }

    /// How many answers have brought the work on, on this connection: not those that say to ask again later. `None` while it
    /// waits for a namespace that is being deleted.
    pub fn progress(&self) -> Option<usize> {
        self.transport.tally.progress()
    }

    /// Notes whether the work waits for a namespace that is being deleted.
    pub(super) fn set_awaiting_a_deletion(&self, is_it: bool) {
        self.transport.tally.set_awaiting_a_deletion(is_it);
    }

    /// Whether the server has ever answered on this connection that it is too busy.
    pub fn was_too_busy(&self) -> bool {
        self.transport.tally.was_too_busy()
    }

    /// When the server first answered otherwise than that it is too busy.
    pub fn first_answer(&self) -> Option<Instant> {
        self.transport.tally.first_final()
    }

    /// The negotiated protocol.
    pub fn protocol(&self) -> &'static str {
        if self.transport.is_http2 {
            "HTTP/2"
        } else {
            "HTTP/1.1"
        }
    }

    /// The deadline of the run.
    pub fn deadline(&self) -> &Deadline {
        &self.transport.deadline
    }

    pub(super) async fn get(&self, kind: Kind, namespace: &str, name: &str) -> Result<Reply, ClusterError> {
        let path = item(kind, namespace, name);
        if let Some(answer) = self.ahead.as_ref().and_then(|ahead| ahead.take(&path)) {
            return answer;
        }
        self.transport.send(Call::new(Method::GET, path)).await
    }

    pub(super) async fn list(&self, kind: Kind, namespace: &str) -> Result<Reply, ClusterError> {
        let call = Call {
            limit: COLLECTION,
            ..Call::new(Method::GET, kind.path(namespace))
        };
        self.transport.send(call).await
    }

    pub(super) async fn create(&self, namespace: &str, object: &Object) -> Result<Reply, ClusterError> {
        let call = Call {
            query: self.write_query(""),
            body: Some(&object.body),
            ..Call::new(Method::POST, object.kind.path(namespace))
        };
        self.transport.send(call).await
    }

    /// Server-side apply: sets the fields in `object`, also those of other managers, and keeps all other fields.
    pub(super) async fn apply(&self, namespace: &str, object: &Object) -> Result<Reply, ClusterError> {
        self.apply_with("&force=true", namespace, object).await
    }

    /// The same without force: a field that another manager has set otherwise is a conflict.
    pub(super) async fn apply_beside_others(&self, namespace: &str, object: &Object) -> Result<Reply, ClusterError> {
        self.apply_with("", namespace, object).await
    }

    async fn apply_with(&self, force: &str, namespace: &str, object: &Object) -> Result<Reply, ClusterError> {
        let call = Call {
            query: self.write_query(force),
            // JSON is valid YAML, and the server parses it faster.
            content_type: "application/apply-patch+yaml",
            body: Some(&object.body),
            ..Call::new(Method::PATCH, item(object.kind, namespace, &object.name))
        };
        self.transport.send(call).await
    }

    pub(super) async fn json_patch(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        patch: &Value,
    ) -> Result<Reply, ClusterError> {
        let call = Call {
            query: self.write_query(""),
            content_type: "application/json-patch+json",
            body: Some(patch),
            ..Call::new(Method::PATCH, item(kind, namespace, name))
        };
        self.transport.send(call).await
    }

    /// Deletes the object with this metadata, but not a newer one of the same name.
    pub(super) async fn delete(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        metadata: &Value,
    ) -> Result<Reply, ClusterError> {
        self.delete_within(kind, namespace, name, metadata, None).await
    }

    /// The same, and what runs has so many seconds to end, whatever the object itself allows.
    pub(super) async fn delete_within(
        &self,
        kind: Kind,
        namespace: &str,
        name: &str,
        metadata: &Value,
        grace: Option<u32>,
    ) -> Result<Reply, ClusterError> {
        let preconditions = json!({ "uid": metadata["uid"], "resourceVersion": metadata["resourceVersion"] });
        let mut body = json!({
            "apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions,
            // As kubectl does: a Job's pods would go on running (the default of batch/v1 is to orphan them).
            "propagationPolicy": "Background",
        });
        if self.dry_run {
            body["dryRun"] = json!(["All"]);
        }
        if let Some(seconds) = grace {
            body["gracePeriodSeconds"] = seconds.into();
        }
        let call = Call {
            body: Some(&body),
            ..Call::new(Method::DELETE, item(kind, namespace, name))
        };
        self.transport.send(call).await
    }

    /// Reads one page of a collection, with only the metadata of its objects unless `is_whole`.
    pub(super) async fn list_page(&self, path_and_query: &str, is_whole: bool) -> Result<Reply, ClusterError> {
        let call = Call {
            accept: if is_whole {
                "application/json"
            } else {
                "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
            },
            limit: COLLECTION,
            ..Call::new(Method::GET, path_and_query.to_owned())
        };
        self.transport.send(call).await
    }

    /// Reads any path.
    pub(super) async fn read(&self, path: &str) -> Result<Reply, ClusterError> {
        self.transport.send(Call::new(Method::GET, path.to_owned())).await
    }

    /// Posts an object that the server answers but does not store: a review or a token request.
    pub(super) async fn submit(&self, path: &str, body: &Value) -> Result<Reply, ClusterError> {
        let call = Call {
            body: Some(body),
            limit: SMALL,
            ..Call::new(Method::POST, path.to_owned())
        };
        self.transport.send(call).await
    }

    /// Posts an object as a dry run: the server says whether it would take it, and stores nothing.
    pub(super) async fn try_out(&self, path: &str, body: &Value) -> Result<Reply, ClusterError> {
        let call = Call {
            query: self.clone().dry_run(true).write_query(""),
            body: Some(body),
            ..Call::new(Method::POST, path.to_owned())
        };
        self.transport.send(call).await
    }

    fn write_query(&self, more: &str) -> String {
        let dry_run = if self.dry_run { "&dryRun=All" } else { "" };
        format!("?fieldManager={FIELD_MANAGER}{more}{dry_run}")
    }
}

fn item(kind: Kind, namespace: &str, name: &str) -> String {
    format!("{}/{name}", kind.path(namespace))
}
