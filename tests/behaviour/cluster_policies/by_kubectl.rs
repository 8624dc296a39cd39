//! What a user reads who works with kubectl in a namespace that a login made.

use std::process::Command;

use ood_k8s_control_plane::Programs;
use serde_json::json;

use super::cases::changed;
use super::court::wait;
use super::with_profiles;
use crate::support::{account, refuse_by_policies, with_input, Cluster, Run, Site};

/// A user who has logged in, with kubectl and the kubeconfig that the login wrote.
struct User {
    site: Site,
    kubectl: std::path::PathBuf,
}

impl User {
    fn log_in() -> Self {
        let site = with_profiles(Site::on(Cluster::real_with_controllers()));
        site.name_account();
        refuse_by_policies(&site);
        site.pre_hook().done();
        let kubectl = Programs::find().expect("the server runs").kubectl;
        let user = Self { site, kubectl };
        let default = user.site.core("serviceaccounts/default");
        wait("the account default", || user.site.cluster.object(&default).is_some());
        let as_root = user.body(&["/spec/securityContext/runAsUser=0"]);
        wait("the policies are in force", || {
            user.gives(&["create", "--dry-run=server", "-f", "-"], &as_root)
                .stderr
                .contains("denied request")
        });
        user
    }

    /// The server knows no tokens of an identity provider: an administrator impersonates the user. Server, authority and
    /// namespace are of the login's file.
    fn gives(&self, args: &[&str], input: &str) -> Run {
        let mut command = Command::new(&self.kubectl);
        command
            .env_clear()
            .env("HOME", self.site.path("home"))
            .env("KUBERC", "off")
            .current_dir("/");
        command.arg("--kubeconfig").arg(self.site.path("home/config"));
        with_input(command.args(self.site.cluster.as_user()).args(args), input.as_bytes())
    }

    fn kubectl(&self, args: &[&str]) -> Run {
        self.gives(args, "")
    }

    /// A right pod with these changes; kubectl sends no field that the server does not know.
    fn body(&self, changes: &[&str]) -> String {
        let mut pod = changed(changes);
        if !self.site.cluster.fills_in() {
            let security = pod["spec"]["securityContext"].as_object_mut().unwrap();
            security.remove("supplementalGroupsPolicy");
        }
        pod.to_string()
    }

    /// Binds a ClusterRole in the user's namespace, as an administrator; a namespace itself counts as in it.
    fn may(&self, role: &str) {
        let rbac = "/apis/rbac.authorization.k8s.io/v1";
        let resource = match role {
            "debug" => Some("pods/ephemeralcontainers"),
            "namespaces" => Some("namespaces"),
            _ => None,
        };
        if let Some(resource) = resource {
            let rules = json!([{ "apiGroups": [""], "resources": [resource], "verbs": ["get", "patch"] }]);
            let body = json!({ "metadata": { "name": role }, "rules": rules });
            self.site.cluster.create(&format!("{rbac}/clusterroles"), &body);
        }
        let binding = json!({
            "metadata": { "name": role },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": role },
            "subjects": [{ "apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": self.site.user }],
        });
        let bindings = format!("{rbac}/namespaces/{}/rolebindings", self.site.namespace());
        self.site.cluster.create(&bindings, &binding);
    }

    fn pod(&self, name: &str) -> serde_json::Value {
        self.site
            .cluster
            .object(&self.site.core(&format!("pods/{name}")))
            .unwrap()["spec"]
            .clone()
    }
}

/// kubectl fails, and a line says this.
#[track_caller]
fn is_refused(run: &Run, words: &str) {
    assert_eq!(run.status, 1, "{run:?}");
    assert!(
        run.stderr.lines().any(|line| line.contains(words)),
        "no {words:?}: {run:?}"
    );
}

#[test]
fn with_kubectl_a_user_runs_pods_as_the_user_and_reads_in_a_line_what_to_write_instead_of_what_is_refused() {
    if !std::env::var("OOD_K8S_TEST_API").is_ok_and(|api| api == "real") {
        // The sandbox does not obey policies.
        return;
    }
    let user = User::log_in();
    runs(&user);
    applies_and_debugs(&user);
    makes_a_deployment(&user);
    changes_nothing_of_the_sites(&user);
}

fn runs(user: &User) {
    let uid = account().uid;
    let run = user.kubectl(&["run", "plain", "--image=harbor.example.org/app:1"]);
    if user.site.cluster.fills_in() {
        run.ok();
        let security = &user.pod("plain")["securityContext"];
        assert_eq!(
            (&security["runAsUser"], &security["runAsNonRoot"]),
            (&json!(uid), &json!(true))
        );
    } else {
        is_refused(&run, &format!("write runAsUser: {uid} in spec.securityContext"));
    }
    let as_root = r#"--overrides={"spec":{"securityContext":{"runAsUser":0}}}"#;
    let run = user.kubectl(&["run", "root", "--image=harbor.example.org/app:1", as_root]);
    is_refused(
        &run,
        &format!("write runAsUser: {uid} in spec.securityContext and no other runAsUser"),
    );
    let run = user.kubectl(&["run", "high", "--image=harbor.example.org/app:1", "--privileged"]);
    is_refused(&run, "leave out privileged");
}

/// A pod that is right, from a file, and a container that is put into it later.
fn applies_and_debugs(user: &User) {
    let account = account();
    let ids = [
        format!("/spec/securityContext/runAsUser={}", account.uid),
        format!("/spec/securityContext/runAsGroup={}", account.gid),
    ];
    let body = user.body(&ids.each_ref().map(String::as_str));
    user.gives(&["apply", "-f", "-"], &body).done();
    // A change is judged too: by the label nothing changes that a policy judges.
    user.kubectl(&["label", "pod", "p", "note=x"]).ok();
    let run = user.kubectl(&["annotate", "pod", "p", "k8s.v1.cni.cncf.io/networks=storage"]);
    is_refused(&run, "leave out annotations that begin with k8s.v1.cni.cncf.io/");
    let hostile = user.body(&["/metadata/name=\"host\"", "/spec/hostNetwork=true"]);
    let run = user.gives(&["apply", "-f", "-"], &hostile);
    is_refused(&run, "leave out hostNetwork, hostPID and hostIPC");
    let debug = [
        "debug",
        "p",
        "--image=harbor.example.org/debug:1",
        "--container=d",
        "--profile=general",
    ];
    is_refused(
        &user.kubectl(&debug),
        "cannot patch resource \"pods/ephemeralcontainers\"",
    );

    // A site that gives its users more in their namespace.
    for role in ["system:aggregate-to-view", "system:aggregate-to-edit", "debug"] {
        user.may(role);
    }
    wait("the rights are in force", || {
        !user.kubectl(&debug).stderr.contains("cannot patch")
    });
    is_refused(&user.kubectl(&debug), "write capabilities: {drop: [ALL]}");
    let restricted = [
        "debug",
        "p",
        "--image=harbor.example.org/debug:1",
        "--container=d",
        "--profile=restricted",
    ];
    user.kubectl(&restricted).done();
    assert_eq!(user.pod("p")["ephemeralContainers"][0]["name"], "d");
}

/// Whoever writes a template is told at once, and not by pods that never come.
fn makes_a_deployment(user: &User) {
    let template = ["create", "deployment", "web", "--image=harbor.example.org/app:1"];
    let run = user.kubectl(&template).done();
    let is_warned = run.stderr.contains("Warning: ") && run.stderr.contains("ondemand-workloads");
    assert_eq!(
        is_warned,
        !user.site.cluster.fills_in(),
        "what is filled in later is not missed: {run:?}"
    );
    let as_root = r#"{"spec":{"template":{"spec":{"securityContext":{"runAsUser":0}}}}}"#;
    let run = user.kubectl(&["patch", "deployment", "web", "-p", as_root]).done();
    let words = format!("write runAsUser: {}", account().uid);
    assert!(
        run.stderr.contains("Warning: ") && run.stderr.contains(&words),
        "{run:?}"
    );
}

/// Not with the rights that users have, and not where a site lets them change namespaces.
fn changes_nothing_of_the_sites(user: &User) {
    let namespace = user.site.namespace();
    let unlabel = ["label", "namespace", &namespace, "app.kubernetes.io/name-"];
    let relabel = [
        "label",
        "--overwrite",
        "namespace",
        &namespace,
        "app.kubernetes.io/name=mine",
    ];
    let annotate = [
        "annotate",
        "--overwrite",
        "namespace",
        &namespace,
        "openondemand.org/uid=0",
    ];
    for args in [&unlabel[..], &relabel, &annotate] {
        is_refused(&user.kubectl(args), "namespaces \"");
    }
    let binding = [
        "delete",
        "validatingadmissionpolicybinding",
        "ondemand-pods",
        "--wait=false",
    ];
    is_refused(&user.kubectl(&binding), "cannot delete resource");
    let emptied = r#"{"spec":{"validations":[{"expression":"true"}]}}"#;
    let patch = [
        "patch",
        "validatingadmissionpolicy",
        "ondemand-pods",
        "--type=merge",
        "-p",
        emptied,
    ];
    is_refused(
        &user.kubectl(&patch),
        "validatingadmissionpolicies.admissionregistration.k8s.io \"ondemand-pods\" is forbidden",
    );

    user.may("namespaces");
    wait("the rights are in force", || {
        user.kubectl(&["get", "namespace", &namespace]).status == 0
    });
    for (args, key) in [
        (&unlabel[..], "app.kubernetes.io/name"),
        (&relabel, "app.kubernetes.io/name"),
        (&annotate, "openondemand.org/uid"),
    ] {
        let run = user.kubectl(args);
        is_refused(&run, "denied request: ");
        is_refused(&run, key);
    }
}
