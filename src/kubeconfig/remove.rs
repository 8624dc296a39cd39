//! Removes entries from a kubeconfig by their names, and leaves all others.

use secrecy::SecretString;

use super::apply::{leave_missing_context, new_text};
use super::document::Document;
use super::error::DocumentError;
use super::tree::{Mapping, Node};

/// The text without these contexts, users and clusters; `None` if it has none of them. A user or cluster that another
/// context refers to stays.
pub fn without(
    text: &str,
    contexts: &[String],
    users: &[String],
    clusters: &[String],
) -> Result<Option<SecretString>, DocumentError> {
    let mut document = Document::read(text)?;
    let before = document.clone();
    let top = document.top()?;
    remove(top, "contexts", contexts, &[])?;
    let used = |top: &Mapping, key: &str| -> Vec<String> {
        let items = top.value("contexts").and_then(Node::as_items).unwrap_or_default();
        let of = |item: &Node| {
            Some(
                item.as_mapping()?
                    .value("context")?
                    .as_mapping()?
                    .value(key)?
                    .as_string()?
                    .to_owned(),
            )
        };
        items.iter().filter_map(of).collect()
    };
    let (used_users, used_clusters) = (used(top, "user"), used(top, "cluster"));
    remove(top, "users", users, &used_users)?;
    remove(top, "clusters", clusters, &used_clusters)?;
    if document != before {
        leave_missing_context(document.top()?);
    }
    new_text(&before, &document)
}

fn remove(top: &mut Mapping, list: &'static str, gone: &[String], used: &[String]) -> Result<(), DocumentError> {
    if top.value(list).is_none_or(Node::is_null) {
        return Ok(());
    }
    let name = |item: &Node| Some(item.as_mapping()?.value("name")?.as_string()?.to_owned());
    let items = top.filled(list, Node::empty_sequence()).as_sequence_mut(list)?;
    items.retain(|item| !name(item).is_some_and(|name| gone.contains(&name) && !used.contains(&name)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    const TEXT: &str =
        "clusters:\n- {name: a, cluster: {server: https://a}}\n- {name: b, cluster: {server: https://b}}\n\
        contexts:\n- {name: a, context: {cluster: a, user: u}}\n- {name: b, context: {cluster: b, user: u}}\n\
        current-context: a\nusers:\n- {name: u, user: {token: t}}\n";

    fn gone(names: [&str; 3]) -> Option<String> {
        let [context, user, cluster] = names.map(|name| vec![name.to_owned()]);
        let text = without(TEXT, &context, &user, &cluster).unwrap();
        text.map(|text| text.expose_secret().to_owned())
    }

    #[test]
    fn what_another_context_uses_stays_and_a_current_context_that_went_is_emptied() {
        let text = gone(["a", "u", "a"]).unwrap();
        assert!(
            !text.contains("https://a") && text.contains("token: t") && text.contains("https://b"),
            "{text}"
        );
        assert!(text.contains("current-context: \"\""), "{text}");
        assert_eq!(gone(["x", "y", "z"]), None);
        let text = gone(["b", "u", "b"]).unwrap();
        assert!(
            text.contains("current-context: a") && text.contains("token: t"),
            "{text}"
        );
    }
}
