//! From a request to its answer: authentication, authorization, and the requested call.

use serde_json::{json, Value};

use crate::auth::{self, Tokens, User};
use crate::cause::Cause;
use crate::lifecycle::Due;
use crate::message::{Answer, Request};
use crate::rbac::{self, Attributes};
use crate::resources::{self, Resource, ResourcePath};
use crate::selectors::Selection;
use crate::status::{self, Result};
use crate::store::{Key, Store};
use crate::{delete, discovery, read, reviews, write};

/// The server's whole state.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) store: Store,
    pub(crate) tokens: Tokens,
    /// Work for the controllers that calls have caused.
    pub(crate) due: Vec<Due>,
    /// Lists are in an order that depends on this number; zero is the order of the names.
    pub(crate) shuffle: u64,
}

/// Answers a request, and returns who sent it.
pub(crate) fn answer(state: &mut State, request: &Request) -> (Answer, Option<String>) {
    let user = match state
        .tokens
        .authenticate(request.authorization.as_deref(), &state.store)
    {
        Ok(user) => user,
        Err(refusal) => return (refusal.into(), None),
    };
    let name = user.name.clone();
    let answer = match ResourcePath::parse(&request.path) {
        Some(path) => for_resource(state, user, path, request),
        None => for_path(state, &user, request),
    };
    (answer.unwrap_or_else(Answer::from), Some(name))
}

fn for_path(state: &State, user: &User, request: &Request) -> Result<Answer> {
    let asked = Attributes {
        verb: request.method.to_lowercase(),
        path: Some(request.path.clone()),
        ..Attributes::default()
    };
    rbac::authorize(&state.store, user, &asked)?;
    Ok(discovery::answer(&request.path, &request.accept).unwrap_or_else(|| Answer::text(404, "404 page not found\n")))
}

fn for_resource(state: &mut State, user: User, path: ResourcePath, request: &Request) -> Result<Answer> {
    let selection = Selection::parse(&request.query);
    let mut asked = Attributes {
        verb: verb(&path, request).into(),
        group: path.group.clone(),
        resource: path.resource.clone(),
        subresource: path.subresource.clone(),
        namespace: path.namespace.clone(),
        name: path.name.clone(),
        path: None,
    };
    if let (true, Ok(selection)) = (path.name.is_empty(), &selection) {
        asked.name = selection.only_name().unwrap_or_default();
    }
    rbac::authorize(&state.store, &user, &asked)?;
    let resource = resources::find(&path.group, &path.resource)
        .filter(|_| path.version == "v1")
        .ok_or_else(status::no_such_resource)?;
    let call = Call {
        state,
        user,
        resource,
        path,
        request,
    };
    call.options()?;
    call.run(selection)
}

fn verb(path: &ResourcePath, request: &Request) -> &'static str {
    let collection = path.name.is_empty();
    match request.method.as_str() {
        "GET" | "HEAD" if !collection => "get",
        "GET" | "HEAD" if request.query.get("watch").is_some_and(|it| it != "false" && it != "0") => "watch",
        "GET" | "HEAD" => "list",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" if collection => "deletecollection",
        _ => "delete",
    }
}

/// An authorized call on a resource.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) user: User,
    pub(crate) resource: &'static Resource,
    pub(crate) path: ResourcePath,
    pub(crate) request: &'a Request,
}

impl Call<'_> {
    fn run(mut self, selection: Result<Selection>) -> Result<Answer> {
        let has_name = !self.path.name.is_empty();
        let subresource = self.path.subresource.clone();
        let method = self.request.method.as_str();
        match (method, has_name, subresource.as_str()) {
            (_, _, "token") if self.resource.kind == "ServiceAccount" => self.token(),
            ("GET", _, "log") if self.resource.kind == "Pod" => read::get(&self).map(|_| Answer::text(200, "")),
            (_, _, sub) if !sub.is_empty() => Err(status::no_such_resource()),
            ("POST", false, _) if !self.resource.stored => reviews::answer(&self),
            _ if !self.resource.stored => Err(status::method_not_allowed()),
            ("GET" | "HEAD", true, _) => read::get(&self),
            ("GET" | "HEAD", false, _) => read::list(&self, selection?),
            ("POST", false, _) => write::create(&mut self),
            ("PUT", true, _) => write::replace(&mut self),
            ("PATCH", true, _) => write::patch(&mut self),
            ("DELETE", true, _) => delete::one(&mut self),
            ("DELETE", false, _) => delete::all(&mut self, &selection?),
            _ => Err(status::method_not_allowed()),
        }
    }

    fn token(&mut self) -> Result<Answer> {
        if self.request.method != "POST" {
            return Err(status::method_not_allowed());
        }
        let request: Value =
            serde_json::from_slice(&self.request.body).map_err(|error| status::bad_request(error.to_string()))?;
        let State { store, tokens, .. } = self.state;
        let namespace = &self.path.namespace;
        let answer = auth::mint(tokens, store, namespace, &self.path.name, &request)?;
        Ok(Answer::json(201, &answer))
    }

    /// The key of the object of this call.
    pub(crate) fn key(&self) -> Key {
        self.key_of(&self.path.name)
    }

    /// The key of an object with this name.
    pub(crate) fn key_of(&self, name: &str) -> Key {
        Key::new(self.resource, self.path.storage_namespace(), name)
    }

    /// A query parameter.
    pub(crate) fn query(&self, name: &str) -> &str {
        self.request.query.get(name).map_or("", String::as_str)
    }

    /// Whether this is a dry run.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.query("dryRun") == "All"
    }

    /// Whether this is a server-side apply.
    pub(crate) fn is_apply(&self) -> bool {
        self.request.method == "PATCH" && self.request.content_type.starts_with("application/apply-patch")
    }

    /// The field manager: the given one, or else the first part of the user agent.
    pub(crate) fn manager(&self) -> String {
        match self.query("fieldManager") {
            "" => self.request.user_agent.split('/').next().unwrap_or_default().into(),
            manager => manager.into(),
        }
    }

    fn options(&self) -> Result<()> {
        let mut causes = Vec::new();
        let dry_run = self.query("dryRun");
        if !matches!(dry_run, "" | "All") {
            causes.push(Cause::unsupported("dryRun", &format!("[{dry_run:?}]"), &["All"]));
        }
        if self.is_apply() && self.query("fieldManager").is_empty() {
            causes.push(Cause::required("fieldManager", "is required for apply patch"));
        }
        let patches = self.request.method == "PATCH" && !self.is_apply();
        if patches && !self.query("force").is_empty() {
            causes.push(Cause::forbidden("force", "may not be specified for non-apply patch"));
        }
        let kind = match self.request.method.as_str() {
            "PATCH" => "PatchOptions",
            "POST" => "CreateOptions",
            "PUT" => "UpdateOptions",
            _ => return Ok(()),
        };
        if causes.is_empty() {
            return Ok(());
        }
        Err(status::invalid("meta.k8s.io", kind, "", &causes))
    }
}

/// An object as an item of a list: without `kind` and `apiVersion`.
pub(crate) fn as_item(object: &Value) -> Value {
    let mut item = object.clone();
    if let Value::Object(map) = &mut item {
        map.remove("kind");
        map.remove("apiVersion");
    }
    item
}

/// The `Status` of a delete that is complete.
pub(crate) fn success(resource: &Resource, object: &Value) -> Value {
    let metadata = &object["metadata"];
    let mut details = json!({ "name": metadata["name"], "kind": resource.plural, "uid": metadata["uid"] });
    if !resource.group.is_empty() {
        details["group"] = json!(resource.group);
    }
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": details,
    })
}
