//! A cluster to test against, and an administrator's view of it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::Arc;
use std::time::Duration;

use ood_k8s::naming::ServiceAccountName;
use ood_k8s::objects::cluster_roles::cluster_roles;
use ood_k8s_control_plane::{ControlPlane, SITE};
use ood_k8s_sandbox::Sandbox;
use serde_json::{json, Value};

/// Either kind of API server, and an account in it with the rights of `hooks/k8s-bootstrap/ondemand.yaml`.
pub struct Cluster {
    server: Server,
    /// Unlike in every other test: in the real cluster all tests share one server.
    pub mark: String,
}

enum Server {
    Sandbox(Box<Sandbox>),
    /// The one that all tests share.
    Shared(Arc<ControlPlane>),
    /// A test's own, which stops with the test: dozens that stay cost all memory.
    Real(Arc<ControlPlane>),
}

/// One request of ours, as the server saw it.
#[derive(Debug)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub status: u16,
}

impl Cluster {
    /// The kind that `OOD_K8S_TEST_API` asks for.
    pub fn start() -> Self {
        if std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
            return Self::new(Server::Shared(ControlPlane::shared()));
        }
        Self::sandbox(Sandbox::start())
    }

    /// A cluster that no other test uses.
    pub fn own() -> Self {
        // A deleted namespace stays while the test looks at it.
        let leaving = Duration::from_secs(3600);
        Self::own_with(ControlPlane::builder(), || {
            Sandbox::builder().termination_delay(leaving).start()
        })
    }

    /// The same with a bound on how long its tokens work (`--service-account-max-token-expiration`).
    pub fn with_longest_token(life: Duration) -> Self {
        let bound = format!("--service-account-max-token-expiration={}s", life.as_secs());
        Self::own_with(ControlPlane::builder().arg(bound), || {
            Sandbox::builder().longest_token(life).start()
        })
    }

    fn own_with(builder: ood_k8s_control_plane::Builder, sandbox: impl FnOnce() -> Sandbox) -> Self {
        if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
            return Self::sandbox(sandbox());
        }
        Self::real(builder)
    }

    /// A real API server with more arguments; for tests that nothing else can answer.
    pub fn real_with(arguments: Vec<String>) -> Self {
        let builder = arguments
            .into_iter()
            .fold(ControlPlane::builder(), ood_k8s_control_plane::Builder::arg);
        Self::real(builder)
    }

    /// A real API server that runs any pod, with the controllers that make pods or count them, and the one that checks
    /// policies.
    pub fn real_with_controllers() -> Self {
        let controllers = [
            "deployment-controller",
            "replicaset-controller",
            "resourcequota-controller",
            "validatingadmissionpolicy-status-controller",
        ];
        let builder = ControlPlane::builder().arg("--allow-privileged=true");
        let builder = controllers
            .into_iter()
            .fold(builder, ood_k8s_control_plane::Builder::controller);
        Self::real(builder)
    }

    fn real(builder: ood_k8s_control_plane::Builder) -> Self {
        Self::new(Server::Real(Arc::new(builder.start().unwrap())))
    }

    /// The same server, for another test.
    pub fn beside(plane: &Arc<ControlPlane>) -> Self {
        Self::new(Server::Real(Arc::clone(plane)))
    }

    /// A sandbox, for tests that need faults.
    pub fn sandbox(sandbox: Sandbox) -> Self {
        let cluster = Self::new(Server::Sandbox(Box::new(sandbox)));
        // Another test's server had this port, perhaps, and did not answer.
        cluster.forget_that_it_hung();
        for document in SITE.split("\n---\n") {
            let body: Value = ood_k8s::yaml::from_str(document).unwrap();
            let (status, answer) = cluster.ask("POST", &collection_of(&body), Some(("application/json", &body)));
            assert_eq!(status, 201, "{answer}");
        }
        cluster
    }

    fn new(server: Server) -> Self {
        static MARKS: AtomicU32 = AtomicU32::new(0);
        let mark = format!("t{}x{}", std::process::id(), MARKS.fetch_add(1, Ordering::Relaxed));
        Self { server, mark }
    }

    /// The sandbox itself.
    pub fn faults(&self) -> &Sandbox {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox,
            Server::Shared(_) | Server::Real(_) => panic!("a real API server has no faults on demand"),
        }
    }

    /// The real control plane, where this is one.
    pub fn plane(&self) -> Option<&Arc<ControlPlane>> {
        match &self.server {
            Server::Sandbox(_) => None,
            Server::Shared(plane) | Server::Real(plane) => Some(plane),
        }
    }

    /// A token that may do all.
    pub fn admin_token(&self) -> &str {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.admin_token(),
            Server::Shared(plane) | Server::Real(plane) => plane.admin_token(),
        }
    }

    /// Who a token is for, in the server's eyes; `None` where it does not take it.
    pub fn who_is(&self, token: &str) -> Option<String> {
        let body = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        let (status, answer) = self.ask_as(token, "POST", path, Some(("application/json", &body)));
        let name = answer["status"]["userInfo"]["username"].as_str().map(str::to_owned);
        name.filter(|_| status == 201)
    }

    /// Removes what root remembers of it: a busy machine may need more than the quarter of a second that logins give a cluster
    /// which did not answer.
    pub fn forget_that_it_hung(&self) {
        let _ = std::fs::remove_file(self.memory());
    }

    /// Where root remembers that it did not answer.
    pub fn memory(&self) -> std::path::PathBuf {
        let plain = |c: char| {
            if c.is_ascii_alphanumeric() || ".-".contains(c) {
                c
            } else {
                '_'
            }
        };
        let name: String = self.url().chars().map(plain).collect();
        std::path::Path::new("/run/ood-k8s/unanswered").join(name)
    }

    pub fn is_real(&self) -> bool {
        matches!(self.server, Server::Shared(_) | Server::Real(_))
    }

    /// Whether the API server has `MutatingAdmissionPolicies`, as it has from 1.36 on.
    pub fn fills_in(&self) -> bool {
        let (_, version) = self.ask("GET", "/version", None);
        let minor = version["minor"].as_str().unwrap_or_default().parse::<u32>();
        minor.unwrap() >= 36
    }

    /// Whether other tests' namespaces are here too, which a command for all of them would write into.
    pub fn is_shared(&self) -> bool {
        matches!(self.server, Server::Shared(_))
    }

    pub fn url(&self) -> String {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.url(),
            Server::Shared(plane) | Server::Real(plane) => plane.url(),
        }
    }

    pub fn ca_pem(&self) -> String {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.ca_pem().to_owned(),
            Server::Shared(plane) | Server::Real(plane) => plane.ca_pem().to_owned(),
        }
    }

    /// This test's own account: it has the name that the documents give it, and the test's mark.
    pub fn account(&self) -> ServiceAccountName {
        ServiceAccountName {
            namespace: "ondemand".into(),
            name: format!("ondemand-{}", self.mark),
        }
    }

    /// A token of this test's account, which has exactly the rights that we ship, with the tests' pull secret.
    pub fn ondemand_token(&self) -> String {
        let account = self.account();
        for object in cluster_roles(&account, &["registry".into()], None).unwrap() {
            let collection = object.kind.path(&account.namespace);
            let (status, answer) = self.ask("POST", &collection, Some(("application/json", &object.body)));
            // The namespace and the users' roles are there already.
            assert!(status == 201 || status == 409, "{object:?}: {answer}");
        }
        self.token_of(&account.name)
    }

    /// A token of another account of this test's, with the rights of OnDemand's own documents.
    pub fn stock_token(&self) -> String {
        let name = format!("stock-{}", self.mark);
        let accounts = "/api/v1/namespaces/ondemand/serviceaccounts";
        self.create(accounts, &json!({ "metadata": { "name": name } }));
        self.create(
            "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
            &json!({
                "metadata": { "name": name },
                "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "ondemand" },
                "subjects": [{ "kind": "ServiceAccount", "name": name, "namespace": "ondemand" }],
            }),
        );
        self.token_of(&name)
    }

    /// A token of an account in the namespace `ondemand`.
    pub fn token_of(&self, name: &str) -> String {
        let request = json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {} });
        let path = format!("/api/v1/namespaces/ondemand/serviceaccounts/{name}/token");
        let answer = self.create(&path, &request);
        answer["status"]["token"].as_str().unwrap().to_owned()
    }

    /// kubectl's flags to be the user of the tests, who has no rights but those that a login gives.
    pub fn as_user(&self) -> Vec<String> {
        let user = super::account().name;
        match &self.server {
            Server::Sandbox(sandbox) => {
                let token = format!("user-of-{}", self.mark);
                sandbox.add_token(&token, &user, &[]);
                vec!["--token".into(), token]
            }
            // The administrator, impersonating: this server knows no other users.
            Server::Shared(plane) | Server::Real(plane) => ["--token", plane.admin_token(), "--as", &user]
                .map(str::to_owned)
                .into(),
        }
    }

    /// An object as the administrator sees it.
    pub fn object(&self, path: &str) -> Option<Value> {
        let (status, body) = self.ask("GET", path, None);
        (status == 200).then_some(body)
    }

    /// The items of a collection.
    pub fn items(&self, path: &str) -> Vec<Value> {
        self.object(path).unwrap()["items"].as_array().unwrap().clone()
    }

    /// Makes an object, as the administrator.
    pub fn create(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask("POST", path, Some(("application/json", body)));
        assert_eq!(status, 201, "{path}: {answer}");
        answer
    }

    /// Changes an object, as the administrator.
    pub fn merge(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask("PATCH", path, Some(("application/merge-patch+json", body)));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    pub fn delete(&self, path: &str) {
        let (status, answer) = self.ask("DELETE", path, None);
        assert!(status == 200 || status == 202, "{path}: {answer}");
    }

    /// Asks as the administrator.
    pub fn ask(&self, method: &str, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
        self.ask_as(self.admin_token(), method, path, body)
    }

    /// Asks with any token.
    pub fn ask_as(&self, token: &str, method: &str, path: &str, body: Option<(&str, &Value)>) -> (u16, Value) {
        match &self.server {
            Server::Sandbox(sandbox) => sandbox.ask(token, method, path, body),
            Server::Shared(plane) | Server::Real(plane) => {
                let (status, answer, _) = ask_real(plane, token, None, method, path, body);
                (status, answer)
            }
        }
    }

    /// Asks as somebody whom a real server's administrator impersonates; the last value are the server's warnings.
    pub fn ask_as_user(
        &self,
        user: &str,
        method: &str,
        path: &str,
        body: Option<(&str, &Value)>,
    ) -> (u16, Value, Vec<String>) {
        let plane = self.plane().expect("a sandbox impersonates nobody");
        ask_real(plane, plane.admin_token(), Some(user), method, path, body)
    }

    /// Every request that this test's account has sent so far.
    pub fn requests(&self) -> Vec<Seen> {
        let user = self.account().username();
        match &self.server {
            Server::Sandbox(sandbox) => sandbox
                .requests()
                .into_iter()
                .filter(|request| request.user.as_deref() == Some(&user))
                .map(|request| Seen {
                    method: request.method,
                    path: request.path,
                    status: request.status.unwrap_or(0),
                })
                .collect(),
            Server::Shared(plane) | Server::Real(plane) => plane
                .requests()
                .unwrap()
                .into_iter()
                .filter(|request| request.user == user)
                .map(|request| Seen {
                    method: method_of(&request.verb).to_owned(),
                    path: request.path,
                    status: request.status,
                })
                .collect(),
        }
    }
}

/// The audit log has RBAC's verbs.
fn method_of(verb: &str) -> &'static str {
    match verb {
        "create" => "POST",
        "patch" => "PATCH",
        "delete" => "DELETE",
        _ => "GET",
    }
}

fn ask_real(
    plane: &ControlPlane,
    token: &str,
    user: Option<&str>,
    method: &str,
    path: &str,
    body: Option<(&str, &Value)>,
) -> (u16, Value, Vec<String>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let kubeconfig = kube::config::Kubeconfig::from_yaml(&plane.kubeconfig(token)).unwrap();
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options)
            .await
            .unwrap();
        let client = kube::Client::try_from(config).unwrap();
        let (content_type, bytes) = body.map_or(("application/json", Vec::new()), |(kind, body)| {
            (kind, body.to_string().into_bytes())
        });
        let mut request = http::Request::builder().method(method).uri(path);
        if let Some(user) = user {
            request = request.header("impersonate-user", user);
        }
        let request = request
            .header("content-type", content_type)
            .body(kube::client::Body::from(bytes))
            .unwrap();
        let response = client.send(request).await.unwrap();
        let status = response.status().as_u16();
        let warnings = response.headers().get_all("warning").iter();
        let warnings = warnings
            .map(|text| text.to_str().unwrap_or_default().to_owned())
            .collect();
        let bytes = http_body_util::BodyExt::collect(response.into_body())
            .await
            .unwrap()
            .to_bytes();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null), warnings)
    })
}

/// Where an object of the site's manifest is made.
fn collection_of(body: &Value) -> String {
    let namespace = body["metadata"]["namespace"].as_str().unwrap_or_default();
    match body["kind"].as_str().unwrap() {
        "Namespace" => "/api/v1/namespaces".into(),
        "ServiceAccount" => format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
        "ClusterRole" => "/apis/rbac.authorization.k8s.io/v1/clusterroles".into(),
        "ClusterRoleBinding" => "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings".into(),
        other => panic!("the site's manifest has a {other}"),
    }
}
