//! A kubeconfig is read, edited and read back: our entry is as meant, every other stays, and a second edit changes nothing.

use ood_k8s::kubeconfig::{
    apply, apply_for_kubectl, without, CertificateAuthority, ClusterEntry, ContextEntry, Credentials, Edit, Keep,
    Kubeconfig, List, Login, Mark, UserEntry,
};
use secrecy::ExposeSecret as _;
use serde_yaml::Value;

/// Not to be said, and in no file before.
const SECRET: &str = "canary-7f3a";
const OURS: [&str; 3] = ["cluster-of-ours", "context-of-ours", "user-of-ours"];

fn edit() -> Edit {
    let [cluster, context, user] = OURS.map(str::to_owned);
    Edit {
        cluster: Some(ClusterEntry {
            name: cluster.clone(),
            server: "https://k8s.example.org:6443".into(),
            certificate_authority: Some(CertificateAuthority::Data("LS0t".into())),
        }),
        context: Some(ContextEntry {
            name: context,
            cluster,
            user: user.clone(),
            namespace: Some("user-ann".into()),
        }),
        user: Some(UserEntry {
            name: user,
            credentials: Credentials::Token(SECRET.into()),
        }),
        mark: Some(Mark {
            cluster: "dev".into(),
            site: "main".into(),
        }),
    }
}

/// Reads, edits and reads back.
pub fn holds(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if text.contains("canary") || OURS.iter().any(|name| text.contains(name)) {
        return;
    }
    if let Ok(read) = Kubeconfig::read(text) {
        look_at(&read);
    }
    let keep = Keep {
        site: "main".into(),
        ids: vec!["dev".into()],
        clusters: vec![OURS[0].into()],
        contexts: vec![OURS[1].into()],
        users: vec![OURS[2].into()],
    };
    let edits = [edit()];
    match apply_for_kubectl(text, &edits, Some(&keep)) {
        Ok((new, _)) => {
            let new = new.expect("our entries were not there");
            let again =
                apply_for_kubectl(new.expose_secret(), &edits, Some(&keep)).expect("what we wrote can be edited");
            assert!(again.0.is_none(), "a second edit changes\n{}", new.expose_secret());
        }
        Err(error) => is_one_line(&error.to_string()),
    }
    match apply(text, &edits) {
        Ok(new) => {
            let new = new.expect("our entries were not there");
            is_as_meant(text, new.expose_secret());
        }
        Err(error) => is_one_line(&error.to_string()),
    }
}

/// Every entry that can be asked for is, and every complaint is one line.
fn look_at(read: &Kubeconfig) {
    let _ = read.current_context();
    for name in read.names(List::Users).map(str::to_owned) {
        if let Err(fault) = read.user(&name) {
            is_one_line(&fault.to_string());
        }
        let _ = read.login_kind(&name);
    }
    for name in read.names(List::Clusters).map(str::to_owned) {
        if let Err(fault) = read.cluster(&name) {
            is_one_line(&fault.to_string());
        }
    }
    for context in read.contexts() {
        if let Err(fault) = read.context(context.name) {
            is_one_line(&fault.to_string());
        }
    }
    read.refusals().iter().for_each(|fault| is_one_line(&fault.to_string()));
}

fn is_one_line(said: &str) {
    assert!(!said.contains('\n') && !said.contains(SECRET), "{said:?}");
}

fn is_as_meant(old: &str, new: &str) {
    let read = Kubeconfig::read(new).unwrap_or_else(|error| panic!("{error}\n{new}"));
    let [cluster, context, user] = OURS;
    let login = read.user(user).unwrap_or_else(|fault| panic!("{fault}\n{new}")).login;
    assert!(
        matches!(&login, Login::Token { token: Some(token), file: None } if token.expose_secret() == SECRET),
        "{new}"
    );
    assert_eq!(read.server_of(cluster), Some("https://k8s.example.org:6443"), "{new}");
    let names = read
        .contexts()
        .find(|names| names.name == context)
        .expect("our context");
    assert_eq!((names.cluster, names.user), (Some(cluster), Some(user)), "{new}");

    // A tag before nothing makes it null for serde_yaml and a string for us; src/kubeconfig/ has tests of tags.
    // And a `<<` in quotes is a merge key for nobody but the function below.
    let has_quoted_merge = ["\"<<\"", "'<<'"].iter().any(|key| old.contains(key));
    if has_an_anchor_with_a_colon(old) || has_an_anchor_twice(old) || old.contains('!') || has_quoted_merge {
        return;
    }
    // Another YAML reader sees the same of everything else.
    let (Ok(old), Ok(seen)) = (of_others(old), of_others(new)) else {
        return;
    };
    assert!(old == seen, "an edit changed\n{old:?}\nto\n{seen:?}\n{new}");
    let taken = without(new, &[context.into()], &[user.into()], &[cluster.into()]);
    let taken = taken
        .expect("what we wrote can be read")
        .expect("our entries are there");
    let seen = of_others(taken.expose_secret()).unwrap_or_else(|error| panic!("{error}\n{}", taken.expose_secret()));
    assert!(old == seen, "the removal left\n{seen:?}\nof\n{old:?}");
}

/// A colon belongs to the anchor's name in YAML 1.2, which we read; in 1.1, which `serde_yaml` and kubectl read, it ends
/// an empty key. kubectl refuses such a file.
fn has_an_anchor_with_a_colon(text: &str) -> bool {
    let names = text.split(['&', '*']).skip(1);
    names
        .filter_map(|name| name.split_whitespace().next())
        .any(|name| name.contains(':'))
}

/// `serde_yaml` gives an anchor a number by how many names there are (`loader.rs`): after one that is set anew, two have the
/// same, and an alias of the one is what the other was. src/kubeconfig/ has a test of them.
fn has_an_anchor_twice(text: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let name = |rest: &str| rest.split(|c| !is_part(c)).next().map(str::to_owned);
    let mut names: Vec<_> = text.split('&').skip(1).filter_map(name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() < all
}

/// The first document, even an empty one, as kubectl takes it: without our entries, without what an edit may set, and
/// without the lists that are empty.
fn of_others(text: &str) -> Result<Value, serde_yaml::Error> {
    use serde::Deserialize as _;
    // serde_yaml sees nothing at all after a byte order mark; kubectl skips it.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = serde_yaml::Deserializer::from_str(text).next();
    let mut value = merged(first.map_or(Ok(Value::Null), Value::deserialize)?);
    if value.is_null() {
        value = Value::Mapping(serde_yaml::Mapping::new());
    }
    let Value::Mapping(top) = &mut value else {
        return Ok(value);
    };
    for key in ["apiVersion", "kind", "preferences", "current-context"] {
        top.remove(key);
    }
    for key in ["clusters", "contexts", "users"] {
        if let Some(Value::Sequence(items)) = top.get_mut(key) {
            items.retain(|item| !OURS.iter().any(|name| item["name"] == **name));
        }
        if top
            .get(key)
            .is_some_and(|list| list.is_null() || list.as_sequence().is_some_and(Vec::is_empty))
        {
            top.remove(key);
        }
    }
    Ok(value)
}

/// Merge keys as kubectl's reader resolves them (go.yaml.in/yaml/v2 `decode.go`): in the order of the file, in what is
/// merged too, and of a list the first wins. `serde_yaml` lets a mapping's own keys win, and merges once.
fn merged(value: Value) -> Value {
    let mapping = match value {
        Value::Mapping(mapping) => mapping,
        Value::Sequence(items) => return Value::Sequence(items.into_iter().map(merged).collect()),
        other => return other,
    };
    let mut all = serde_yaml::Mapping::new();
    for (key, value) in mapping {
        let value = merged(value);
        match value {
            Value::Mapping(pairs) if key == "<<" => all.extend(pairs),
            Value::Sequence(items) if key == "<<" => {
                let mappings = items.iter().rev().filter_map(Value::as_mapping);
                all.extend(mappings.flatten().map(|(key, value)| (key.clone(), value.clone())));
            }
            value => drop(all.insert(merged(key), value)),
        }
    }
    Value::Mapping(all)
}
