//! The mark on entries that we wrote, and what goes with a cluster that is no more.

use ood_k8s::kubeconfig::{apply_for_kubectl, ClusterEntry, ContextEntry, Credentials, Edit, Keep, Mark, UserEntry};
use secrecy::ExposeSecret as _;

fn edit(id: &str, site: &str) -> Edit {
    Edit {
        cluster: Some(ClusterEntry {
            name: format!("ood-{id}"),
            server: format!("https://{id}.example.org"),
            certificate_authority: None,
        }),
        context: Some(ContextEntry {
            name: format!("ood-{id}"),
            cluster: format!("ood-{id}"),
            user: format!("{id}-ann"),
            namespace: None,
        }),
        user: Some(UserEntry {
            name: format!("{id}-ann"),
            credentials: Credentials::Token("t".into()),
        }),
        mark: Some(Mark {
            cluster: id.into(),
            site: site.into(),
        }),
    }
}

fn keep(ids: &[&str], site: &str) -> Keep {
    let named = |form: &dyn Fn(&str) -> String| ids.iter().map(|id| form(id)).collect();
    Keep {
        site: site.into(),
        ids: named(&str::to_owned),
        clusters: named(&|id| format!("ood-{id}")),
        contexts: named(&|id| format!("ood-{id}")),
        users: named(&|id| format!("{id}-ann")),
    }
}

fn applied(text: &str, edits: &[Edit], keep: Option<&Keep>) -> (String, Vec<String>) {
    let (new, moved) = apply_for_kubectl(text, edits, keep).expect("applicable");
    let gone = moved.gone;
    (
        new.map_or_else(|| text.to_owned(), |new| new.expose_secret().to_owned()),
        gone,
    )
}

fn both() -> String {
    applied("", &[edit("one", "a"), edit("two", "a")], None).0
}

#[test]
fn what_no_cluster_writes_any_more_is_removed_and_the_current_context_is_chosen_anew() {
    let text = both().replace("current-context: ood-one", "current-context: ood-two");
    let (text, gone) = applied(&text, &[edit("one", "a")], Some(&keep(&["one"], "a")));
    assert!(
        !text.contains("two") && text.contains("current-context: ood-one\n"),
        "{text}"
    );
    assert_eq!(gone, ["two"]);
    let again = applied(&text, &[edit("one", "a")], Some(&keep(&["one"], "a")));
    assert_eq!(again, (text, Vec::<String>::new()));
}

#[test]
fn nothing_else_is_removed() {
    let one = [edit("one", "a")];
    let mine = both().replace("name: ood-k8s", "name: mine");
    for (text, keep) in [
        (both(), None),
        (both(), Some(keep(&["one", "two"], "a"))),
        (both(), Some(keep(&["one"], "another site"))),
        (mine, Some(keep(&["one"], "a"))),
    ] {
        let (text, gone) = applied(&text, &one, keep.as_ref());
        assert!(
            text.contains("name: ood-two") && text.contains("name: two-ann"),
            "{text}"
        );
        assert!(gone.is_empty());
    }
}

#[test]
fn a_cluster_that_is_called_otherwise_keeps_its_token_and_an_own_context_its_cluster() {
    let mut renamed = keep(&["one", "two"], "a");
    renamed.contexts = vec!["ood-one".into(), "new".into()];
    let (text, gone) = applied(&both(), &[edit("one", "a")], Some(&renamed));
    assert_eq!(text.matches("name: ood-two").count(), 1, "{text}");
    assert!(gone.is_empty());
    let own = "contexts:\n- context:\n    cluster: ood-two\n    user: two-ann\n  name: mine\n";
    let (text, _) = applied(
        &both().replace("contexts:\n", own),
        &[edit("one", "a")],
        Some(&keep(&["one"], "a")),
    );
    assert!(
        text.contains("https://two.example.org") && text.contains("name: mine"),
        "{text}"
    );
    assert!(!text.contains("  name: two-ann"), "{text}");
}

#[test]
fn a_mark_stands_beside_the_extensions_of_others() {
    let text = "clusters:\n- cluster:\n    extensions:\n    - extension:\n        version: v1\n      name: cluster_info\n  name: ood-one\n";
    let (text, _) = applied(text, &[edit("one", "")], None);
    assert!(text.contains("cluster_info") && text.contains("version: v1"), "{text}");
    assert_eq!(text.matches("name: ood-k8s").count(), 3, "{text}");
    assert!(!text.contains("site:"), "{text}");
}
