//! Applies edits to a kubeconfig: text in, text out, and no new text if the old one is up to date.

use secrecy::SecretString;

use super::aside::{set_aside, Aside};
use super::document::Document;
use super::edit::{Edit, UserEntry};
use super::entries::entry;
use super::error::DocumentError;
use super::mark::Keep;
use super::refusals::first_refusal;
use super::tree::{wrong_shape, Mapping, Node, Value};

/// Returns the new text of a kubeconfig, or `None` if it is up to date. `""` stands for no file.
///
/// `current-context` is set only if there is none, to the first context in `edits`.
///
/// # Errors
///
/// If the text cannot be read as one kubeconfig; the file is then best left as it is.
pub fn apply(text: &str, edits: &[Edit]) -> Result<Option<SecretString>, DocumentError> {
    let Edited { before, after, .. } = edited(text, edits, None, &|_, _| Ok(None))?;
    new_text(&before, &after)
}

/// The same for a user's file, which kubectl is to read: one that it refuses as a whole is left alone, since nothing that
/// could be written into it would be used. Also returns what would have won over the new credentials, and was moved.
///
/// # Errors
///
/// Also when kubectl would refuse the file as it would be.
pub fn apply_for_kubectl(
    text: &str,
    edits: &[Edit],
    keep: Option<&Keep>,
) -> Result<(Option<SecretString>, Moved), DocumentError> {
    let Edited { before, after, moved } = edited(text, edits, keep, &set_aside)?;
    match first_refusal(&after) {
        Some(fault) => Err(DocumentError::Refused { fault }),
        None => Ok((new_text(&before, &after)?, moved)),
    }
}

/// What an edit did with other entries than its own.
#[derive(Debug, Default)]
pub struct Moved {
    /// What was set aside, since it would win over a user's new credentials.
    pub aside: Vec<Aside>,
    /// The clusters that are no more, whose entries were removed.
    pub gone: Vec<String>,
}

/// A document before and after.
struct Edited {
    before: Document,
    after: Document,
    moved: Moved,
}

/// Moves what would win over a user's new credentials.
type SetAside = dyn Fn(&mut Mapping, &UserEntry) -> Result<Option<Aside>, DocumentError>;

fn edited(text: &str, edits: &[Edit], keep: Option<&Keep>, set_aside: &SetAside) -> Result<Edited, DocumentError> {
    let mut document = Document::read(text)?;
    if document.top()?.pairs.is_empty() {
        document.root = new_kubeconfig();
    }
    let before = document.clone();
    let top = document.top()?;
    let mut aside = Vec::new();
    for edit in edits {
        if let Some(user) = &edit.user {
            aside.extend(set_aside(top, user)?);
        }
        edit.apply_to(top)?;
    }
    let gone = keep.map_or(Ok(Vec::new()), |keep| keep.prune(top))?;
    if !gone.is_empty() {
        leave_missing_context(top);
    }
    if let Some(first) = edits.iter().find_map(|edit| edit.context.as_ref()) {
        choose_context(top, &first.name)?;
    }
    let (after, moved) = (document, Moved { aside, gone });
    Ok(Edited { before, after, moved })
}

/// Empties `current-context` if there is no such context any more.
pub(super) fn leave_missing_context(top: &mut Mapping) {
    let contexts = top.value("contexts").and_then(Node::as_items).unwrap_or_default();
    let name = |item: &Node| Some(item.as_mapping()?.value("name")?.as_string()?.to_owned());
    let names: Vec<_> = contexts.iter().filter_map(name).collect();
    let current = top.value("current-context").and_then(Node::as_string);
    if current.is_some_and(|current| !names.iter().any(|name| name == current)) {
        top.set("current-context", Node::string(""));
    }
}

pub(super) fn new_text(before: &Document, after: &Document) -> Result<Option<SecretString>, DocumentError> {
    if after == before {
        return Ok(None);
    }
    let text = after.to_text()?;
    Ok(Some(SecretString::from(text.as_str())))
}

/// What `kubectl config` writes if there is no file. (Since 1.34 it omits `preferences`.)
fn new_kubeconfig() -> Node {
    let mut top = Mapping::default();
    top.set("apiVersion", Node::string("v1"));
    top.set("clusters", Node::empty_sequence());
    top.set("contexts", Node::empty_sequence());
    top.set("current-context", Node::string(""));
    top.set("kind", Node::string("Config"));
    top.set("users", Node::empty_sequence());
    Value::Mapping(top).into()
}

fn choose_context(top: &mut Mapping, name: &str) -> Result<(), DocumentError> {
    let current = top.filled("current-context", Node::string(""));
    match current.as_string() {
        Some("") => *current = Node::string(name),
        Some(_) => {}
        None => return Err(wrong_shape("current-context", "string")),
    }
    Ok(())
}

impl Edit {
    fn apply_to(&self, top: &mut Mapping) -> Result<(), DocumentError> {
        let mark = |entry: &mut Mapping| self.mark.iter().for_each(|mark| mark.set_on(entry));
        if let Some(cluster) = &self.cluster {
            let entry = entry(top, "clusters", "cluster", &cluster.name)?;
            cluster.set_in(entry);
            mark(entry);
        }
        if let Some(context) = &self.context {
            let entry = entry(top, "contexts", "context", &context.name)?;
            context.set_in(entry);
            mark(entry);
        }
        if let Some(user) = &self.user {
            let entry = entry(top, "users", "user", &user.name)?;
            user.set_in(entry)?;
            mark(entry);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::ExposeSecret as _;

    use super::*;
    use crate::kubeconfig::edit::{
        CertificateAuthority, ClusterEntry, ContextEntry, Credentials, ExecCommand, OidcAuthProvider,
    };

    fn cluster(server: &str, file: Option<&str>) -> Edit {
        let certificate_authority = file.map(str::to_owned).map(CertificateAuthority::File);
        let cluster = ClusterEntry {
            name: "c".into(),
            server: server.into(),
            certificate_authority,
        };
        Edit {
            cluster: Some(cluster),
            ..Edit::default()
        }
    }

    fn context(name: &str) -> Edit {
        let context = ContextEntry {
            name: name.into(),
            cluster: "c".into(),
            user: "u".into(),
            namespace: Some("user-u".into()),
        };
        Edit {
            context: Some(context),
            ..Edit::default()
        }
    }

    fn login(credentials: Credentials) -> Edit {
        let user = UserEntry {
            name: "u".into(),
            credentials,
        };
        Edit {
            user: Some(user),
            ..Edit::default()
        }
    }

    fn oidc(refresh_token: Option<&str>) -> Edit {
        login(Credentials::AuthProviderOidc(OidcAuthProvider {
            idp_issuer_url: "https://idp.example.org".into(),
            client_id: "kubernetes".into(),
            client_secret: "hush".into(),
            idp_certificate_authority_data: None,
            id_token: "e.y.J".into(),
            refresh_token: refresh_token.map(Into::into),
        }))
    }

    fn applied(text: &str, edits: &[Edit]) -> Option<String> {
        let new = apply(text, edits).expect("applicable");
        new.map(|text| text.expose_secret().to_owned())
    }

    fn changed(text: &str, edits: &[Edit]) -> String {
        applied(text, edits).expect("a change")
    }

    fn refused(text: &str, edits: &[Edit]) -> String {
        apply(text, edits).expect_err(text).to_string()
    }

    #[test]
    fn a_new_file_is_as_kubectl_would_write_it() {
        let edits = [
            cluster("https://k8s:6443", Some("/etc/ca.pem")),
            context("c"),
            oidc(Some("r")),
        ];
        assert_eq!(
            changed("", &edits),
            concat!(
                "apiVersion: v1\n",
                "clusters:\n- cluster:\n    certificate-authority: \"/etc/ca.pem\"\n    server: \"https://k8s:6443\"\n  name: c\n",
                "contexts:\n- context:\n    cluster: c\n    namespace: user-u\n    user: u\n  name: c\n",
                "current-context: c\n",
                "kind: Config\n",
                "users:\n- user:\n    auth-provider:\n      config:\n        client-id: kubernetes\n        client-secret: hush\n",
                "        id-token: e.y.J\n        idp-issuer-url: \"https://idp.example.org\"\n        refresh-token: r\n",
                "      name: oidc\n  name: u\n",
            )
        );
    }

    #[test]
    fn no_edits_make_no_file() {
        assert_eq!(applied("", &[]), None);
        assert_eq!(applied("# mine\n", &[Edit::default()]), None);
    }

    #[test]
    fn entries_without_content_are_filled() {
        for text in [
            "clusters: null",
            "clusters:",
            "clusters: []",
            "clusters: [{name: c}]",
            "clusters: [{name: c, cluster: }]",
            "clusters: [null, {name: c, cluster: {}}]",
            "kind: Config",
        ] {
            let new = changed(text, &[cluster("https://x", None)]);
            assert!(new.contains("server: \"https://x\""), "{new}");
            assert_eq!(new.matches("name: c").count(), 1, "{new}");
        }
    }

    #[test]
    fn a_wrong_shape_is_refused() {
        let edits = [cluster("https://x", None), context("c"), oidc(None)];
        assert!(refused("clusters: none", &edits).starts_with("clusters is not a list"));
        assert!(refused("clusters: [x]", &edits).starts_with("an entry of clusters is not a mapping"));
        assert!(refused("clusters: [{name: c, cluster: 5}]", &edits)
            .starts_with("the cluster called \"c\" is not a mapping"));
        assert!(refused("current-context: [x]", &edits).starts_with("current-context is not a string"));
        assert!(refused("users: [{name: u, user: {auth-provider: x}}]", &edits)
            .starts_with("auth-provider is not a mapping"));
    }

    #[test]
    fn a_name_that_stands_there_twice_is_refused_as_kubectl_does() {
        let text = "clusters: [{name: c, cluster: {}}, {name: \"c\", cluster: {}}]";
        assert!(refused(text, &[cluster("https://x", None)]).starts_with("two entries of clusters are called \"c\""));
    }

    #[test]
    fn a_file_that_kubectl_refuses_is_left_alone_unless_the_edit_makes_it_good() {
        let edits = [cluster("https://x", None)];
        let refused = |text: &str| apply_for_kubectl(text, &edits, None).expect_err(text).to_string();
        let error = refused("clusters:\n- {name: o}\n- {name: c}\n- {name: o}\n");
        assert!(
            error.contains("line 4: clusters has two entries called \"o\"; remove one"),
            "{error}"
        );
        for (text, words) in [
            ("kind: config\n", "kind must be Config"),
            (
                "users: [{name: 12}]\n",
                "an entry of users has a name that is a number and must be a string",
            ),
            (
                "contexts:\n- name: yes\n",
                "line 2: an entry of contexts has a name that is true or false",
            ),
            (
                "users:\n- name: o\n  user:\n    token: 12\n",
                "line 4: the user \"o\" has token, which is a number",
            ),
        ] {
            assert!(refused(text).contains(words), "{}", refused(text));
        }
        let text = "clusters: [{name: c, cluster: {server: 12}}]";
        assert!(apply_for_kubectl(text, &edits, None).is_ok());
    }

    #[test]
    fn a_ca_file_replaces_the_other_ways_to_trust() {
        let text = "clusters:\n- cluster:\n    certificate-authority-data: eA==\n    insecure-skip-tls-verify: true\n    proxy-url: http://p\n    server: https://x\n    tls-server-name: y\n  name: c\n";
        let with_file = changed(text, &[cluster("https://x", Some("/ca"))]);
        assert!(with_file.contains("certificate-authority: \"/ca\"") && with_file.contains("proxy-url: http://p"));
        assert!(
            !with_file.contains("-data") && !with_file.contains("insecure") && !with_file.contains("tls-server-name")
        );
        let without = changed(text, &[cluster("https://x", None)]);
        assert!(
            without.contains("certificate-authority-data: eA==") && without.contains("insecure-skip-tls-verify: true")
        );
    }

    #[test]
    fn the_current_context_is_chosen_only_where_there_is_none() {
        let edits = [cluster("https://x", None), context("first"), context("second")];
        for text in ["", "kind: Config", "current-context: ''", "current-context:"] {
            assert!(changed(text, &edits).contains("current-context: first\n"), "{text}");
        }
        assert!(changed("current-context: mine", &edits).contains("current-context: mine\n"));
    }

    #[test]
    fn leftovers_that_would_win_over_the_auth_provider_are_removed() {
        let text = "users: [{name: u, user: {token: t, tokenFile: f, exec: {command: x}, username: a, password: b, as: other}}]";
        let new = changed(text, &[oidc(None)]);
        for gone in ["token: t", "tokenFile", "exec", "username", "password"] {
            assert!(!new.contains(gone), "{gone} in {new}");
        }
        assert!(new.contains("as: other"));
    }

    /// Fields of an entry that kubectl would use instead of a token, and their keys.
    const WHAT_WOULD_WIN: &[(&str, &[&str])] = &[
        (
            "as: somebody, client-certificate-data: eA==, client-key-data: eQ==",
            &["as", "client-certificate-data", "client-key-data"],
        ),
        (
            "client-certificate: /c, client-key: /k",
            &["client-certificate", "client-key"],
        ),
        (
            "as: x, as-uid: '1', as-groups: [g], as-user-extra: {k: [v]}",
            &["as", "as-uid", "as-groups", "as-user-extra"],
        ),
        ("username: a, password: b", &["username", "password"]),
        ("tokenFile: /t", &["tokenFile"]),
        (
            "exec: {apiVersion: client.authentication.k8s.io/v1, command: aws, args: [eks]}",
            &["exec"],
        ),
        (
            "auth-provider: {name: gcp, config: {access-token: x}}",
            &["auth-provider"],
        ),
    ];

    #[test]
    fn what_would_win_in_our_own_entry_of_a_users_file_moves_to_another_and_is_named_once() {
        for &(fields, keys) in WHAT_WOULD_WIN {
            let text = format!(
                "users:\n- name: u\n  user: {{{fields}, extra: 1}}\n- name: u-before-ondemand\n  user: {{token: t}}\n"
            );
            for edit in [oidc(None), login(Credentials::Token("new".into())), exec()] {
                let (new, Moved { aside, .. }) =
                    apply_for_kubectl(&text, std::slice::from_ref(&edit), None).expect("applicable");
                let new = new.expect("a change").expose_secret().to_owned();
                let expected = Aside {
                    user: "u".into(),
                    keys: keys.iter().map(|key| (*key).to_owned()).collect(),
                    entry: "u-before-ondemand-2".into(),
                };
                assert_eq!(aside, [expected], "{fields}");
                let (ours, rest) = new.split_once("- name: u-before-ondemand\n").expect("kept");
                assert!(rest.contains("token: t") && ours.contains("extra: 1"), "{new}");
                let moved = rest.split_once("u-before-ondemand-2").expect(&new).0;
                for key in keys {
                    assert!(moved.contains(&format!("{key}:")), "{key} in {new}");
                    assert!(
                        ["exec", "auth-provider"].contains(key) || !ours.contains(&format!("{key}:")),
                        "{key} in {new}"
                    );
                }
                let again = apply_for_kubectl(&new, &[edit], None).expect("applicable");
                assert!(again.0.is_none() && again.1.aside.is_empty(), "said once: {fields}");
            }
        }
    }

    #[test]
    fn our_own_entries_of_other_modes_and_empty_fields_are_nothing_to_move() {
        let own = [oidc(Some("r")), login(Credentials::Token("t".into())), exec()];
        for before in &own {
            let text = changed("", std::slice::from_ref(before));
            for after in &own {
                let (_, Moved { aside, .. }) =
                    apply_for_kubectl(&text, std::slice::from_ref(after), None).expect("applicable");
                assert_eq!(aside, []);
            }
        }
        let empty = "users: [{name: u, user: {as: '', as-groups: [], client-key: , username: ''}}]";
        let (_, Moved { aside, .. }) = apply_for_kubectl(empty, &[oidc(None)], None).expect("applicable");
        assert_eq!(aside, []);
    }

    #[test]
    fn in_roots_kubeconfig_nothing_moves() {
        let text = "users: [{name: u, user: {as: somebody, token: t}}]";
        assert!(!changed(text, &[login(Credentials::Token("new".into()))]).contains("before-ondemand"));
    }

    #[test]
    fn an_auth_provider_of_the_same_name_keeps_what_we_do_not_set() {
        let text = "users: [{name: u, user: {auth-provider: {name: oidc, config: {idp-certificate-authority: /idp.pem, refresh-token: old}}}}]";
        let new = changed(text, &[oidc(None)]);
        assert!(
            new.contains("idp-certificate-authority: /idp.pem") && !new.contains("refresh-token"),
            "{new}"
        );
        let other = changed(&text.replace("name: oidc", "name: gcp"), &[oidc(None)]);
        assert!(!other.contains("idp-certificate-authority"), "{other}");
        for config in ["null", "{}"] {
            let text = format!("users: [{{name: u, user: {{auth-provider: {{name: oidc, config: {config}}}}}}}]");
            assert!(changed(&text, &[oidc(Some("r"))]).contains("refresh-token: r"));
        }
    }

    #[test]
    fn a_public_client_has_no_client_secret() {
        let edit = login(Credentials::AuthProviderOidc(OidcAuthProvider {
            idp_issuer_url: "i".into(),
            client_id: "public".into(),
            client_secret: "".into(),
            idp_certificate_authority_data: None,
            id_token: "e.y.J".into(),
            refresh_token: None,
        }));
        assert!(!changed(&changed("", &[oidc(None)]), &[edit]).contains("client-secret"));
    }

    #[test]
    fn a_token_wins_over_a_token_file_and_a_password() {
        let text = "users: [{name: u, user: {token: old, tokenFile: f, username: a, password: b, extra: x}}]";
        let new = changed(text, &[login(Credentials::Token("new".into()))]);
        assert_eq!(new, "users:\n- name: u\n  user:\n    token: new\n    extra: x\n");
    }

    fn exec() -> Edit {
        login(Credentials::Exec(ExecCommand {
            api_version: "client.authentication.k8s.io/v1".into(),
            command: "/usr/bin/ood-k8s".into(),
            args: vec!["credential".into(), "--cluster".into(), "012".into()],
            env: Vec::new(),
            install_hint: None,
            provide_cluster_info: false,
        }))
    }

    #[test]
    fn a_token_or_an_exec_entry_leaves_nothing_of_an_old_client_secret() {
        let text = changed("", &[oidc(Some("r"))]);
        for edit in [login(Credentials::Token("new".into())), exec()] {
            let new = changed(&text, &[edit]);
            assert!(
                !new.contains("hush") && !new.contains("auth-provider") && !new.contains("refresh"),
                "{new}"
            );
        }
        let token = changed(&changed("", &[exec()]), &[login(Credentials::Token("new".into()))]);
        assert!(!token.contains("exec"), "{token}");
        let back = changed(&changed("", &[exec()]), &[oidc(None)]);
        assert!(!back.contains("exec"), "{back}");
    }

    #[test]
    fn an_exec_entry_is_written_once_and_its_leftovers_go() {
        let text = "users: [{name: u, user: {token: t, exec: {command: old, env: [{name: A, value: b}], installHint: x, provideClusterInfo: true, extra: 1}}}]";
        let new = changed(text, &[exec()]);
        for gone in ["token: t", "old", "env", "installHint", "provideClusterInfo"] {
            assert!(!new.contains(gone), "{gone} in {new}");
        }
        for there in [
            "extra: 1",
            "interactiveMode: Never",
            "apiVersion: client.authentication.k8s.io/v1\n",
            "\"012\"",
        ] {
            assert!(new.contains(there), "no {there} in {new}");
        }
        assert_eq!(applied(&new, &[exec()]), None);
    }

    #[test]
    fn the_plain_style_of_kubectl_is_no_difference() {
        let text = concat!(
            "apiVersion: v1\nclusters:\n- cluster:\n    server: https://k8s:6443\n  name: c\n",
            "contexts:\n- context:\n    cluster: c\n    namespace: user-u\n    user: u\n  name: c\n",
            "current-context: c\nkind: Config # mine\n"
        );
        assert_eq!(applied(text, &[cluster("https://k8s:6443", None), context("c")]), None);
    }

    #[test]
    fn a_plain_number_is_not_the_string_that_looks_like_it() {
        let edits = [cluster("012", None)];
        let text = "clusters: [{name: c, cluster: {server: 012}}]";
        assert!(changed(text, &edits).contains("server: \"012\""));
        assert_eq!(applied(&text.replace("012", "'012'"), &edits), None);
    }

    #[test]
    fn debug_and_errors_show_no_secret() {
        assert!(!format!("{:?}", oidc(Some("s3cret"))).contains("s3cret"));
        let error = refused("users: [{name: u, user: s3cret}]", &[oidc(Some("s3cret"))]);
        assert!(!error.contains("s3cret"));
    }

    proptest! {
        #[test]
        fn applying_twice_is_applying_once(name in any::<String>(), server in any::<String>(), namespace in any::<String>()) {
            let entry = ClusterEntry { name: name.clone(), server, certificate_authority: Some(CertificateAuthority::File(namespace.clone())) };
            let chosen = ContextEntry { name: name.clone(), cluster: name.clone(), user: name, namespace: Some(namespace) };
            let edits = [Edit { cluster: Some(entry), context: Some(chosen), ..Edit::default() }];
            let once = changed("extra: 012\n", &edits);
            prop_assert_eq!(applied(&once, &edits), None);
        }

        #[test]
        fn everything_else_is_kept(key in "[ -~]{0,12}", text in any::<String>(), plain in "[a-z0-9][a-z0-9_.:]{0,8}[a-z0-9]") {
            prop_assume!(key != "clusters" && key != "<<");
            let mut document = Document::read("").expect("empty");
            let top = document.top().expect("a mapping");
            top.pairs.push((Node::string(&key), Node::string(&text)));
            let before = format!("{}nested: [{plain}, {{deep: {plain}}}]\n", document.to_text().expect("representable").as_str());
            let after = changed(&before, &[cluster("https://x", None)]);
            let mut kept = Document::read(&after).expect("readable");
            kept.top().expect("a mapping").remove("clusters");
            prop_assert_eq!(kept, Document::read(&before).expect("readable"));
        }
    }
}
