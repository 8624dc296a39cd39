//! Whether a file that is no Kubernetes cluster for OnDemand was meant to be one, and where it goes astray.

use crate::config::raw::near::is_near;
use crate::config::raw::tree::{self, Documents, Map, Node, Value};

/// The adapter of the files that are ours.
pub(super) const ADAPTER: &str = "kubernetes";
/// Other words for it; a letter more or less would be another word.
const SYNONYMS: [&str; 3] = ["k8s", "kube", "kubectl"];
/// Where the adapter stands.
const PLACE: [&str; 3] = ["v2", "job", "adapter"];
/// Our own section, which no other scheduler's file has.
const OWN: &str = "ood_k8s";

/// A key that says that the file was meant to be a Kubernetes cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sign {
    pub line: usize,
    /// As it stands there, from the top: `v2.jobs.adapter`.
    pub key: String,
    /// What it says; `None` for a section.
    pub value: Option<String>,
    /// Whether it stands in a document that nobody reads.
    pub is_behind: bool,
}

/// The value of `v2.job.adapter`.
pub(super) fn adapter_of(node: &Node) -> Option<String> {
    let [top, job, adapter] = PLACE;
    node.map()?.get(top)?.map()?.get(job)?.map()?.get(adapter)?.text()
}

/// The first sign that it was meant to be one, for a file that is not.
pub(super) fn sign(documents: &Documents) -> Option<Sign> {
    let adapter = adapter_of(&documents.first);
    // Another scheduler's file may hold what it likes.
    let is_of_another = adapter
        .as_deref()
        .is_some_and(|adapter| !adapter.trim().is_empty() && !is_kubernetes(adapter));
    let first = (!is_of_another)
        .then(|| find(&documents.first, &mut Vec::new(), adapter.is_none()))
        .flatten();
    first.or_else(|| {
        let mut behind = documents.others.iter();
        let found = behind.find_map(|node| find(node, &mut Vec::new(), false))?;
        Some(Sign {
            is_behind: true,
            ..found
        })
    })
}

/// Looks for an adapter of Kubernetes at whatever level; for our own section too, if `with_own`.
fn find(node: &Node, above: &mut Vec<String>, with_own: bool) -> Option<Sign> {
    let map = match &node.value {
        Value::Scalar(_) => return None,
        Value::List(items) => return items.iter().find_map(|item| find(item, above, with_own)),
        Value::Map(map) => map,
    };
    here(map, above, with_own).or_else(|| {
        map.pairs().find_map(|(key, value)| {
            above.push(key.text().unwrap_or_default());
            let found = find(value, above, with_own);
            above.pop();
            found
        })
    })
}

fn here(map: &Map, above: &[String], with_own: bool) -> Option<Sign> {
    map.pairs().find_map(|(key, value)| {
        let name = match &key.value {
            Value::Scalar(scalar) => &scalar.text,
            _ => return None,
        };
        let said = is_adapter(name)
            .then(|| scalars(value).find(|text| is_kubernetes(text)))
            .flatten();
        let is_own = with_own && name == OWN && value.map().is_some();
        (said.is_some() || is_own).then(|| Sign {
            line: key.line,
            key: above.iter().chain([name]).cloned().collect::<Vec<_>>().join("."),
            value: said.map(str::to_owned),
            is_behind: false,
        })
    })
}

/// A scalar, or those of a list.
fn scalars(node: &Node) -> impl Iterator<Item = &str> {
    let items = match &node.value {
        Value::List(items) => items.as_slice(),
        _ => std::slice::from_ref(node),
    };
    items.iter().filter_map(|item| match &item.value {
        Value::Scalar(scalar) => Some(scalar.text.as_str()),
        _ => None,
    })
}

fn is_adapter(key: &str) -> bool {
    is_near(key.trim_start_matches(':'), PLACE[2])
}

fn is_kubernetes(value: &str) -> bool {
    let word = value.trim().trim_start_matches(':').to_lowercase();
    is_near(&word, ADAPTER) || SYNONYMS.contains(&word.as_str())
}

/// Whether a text can have a sign in it at all; most files of other schedulers need not be parsed.
///
/// A word with two wrong letters has at least one of three parts of the right one left. What is escaped could be any word.
pub(super) fn may_have_sign(text: &str) -> bool {
    const PARTS: [&str; 3] = ["kub", "ern", "etes"];
    let text = text.to_lowercase();
    PARTS.iter().chain(&SYNONYMS).any(|part| text.contains(part)) || text.contains(OWN) || text.contains('\\')
}

/// The line of the first sign in a text that is no YAML: `adapter: kubernetes`, with the slips that are borne elsewhere.
pub(super) fn line_with_sign(text: &str) -> Option<usize> {
    let lines = text.lines().map(|line| line.replace('\0', ""));
    let found = lines
        .enumerate()
        .find(|(_, line)| line.split(['{', ',']).any(says_so))?;
    Some(found.0 + 1)
}

/// The same in a text that is YAML for us, and something else for Ruby.
pub(super) fn line_of_tree(text: &str) -> Option<usize> {
    sign(&tree::read(text).ok()?).map(|sign| sign.line)
}

fn says_so(part: &str) -> bool {
    let part = part
        .split(" #")
        .next()
        .unwrap_or_default()
        .trim_start_matches(['-', '?', ' ', '\t']);
    let Some((key, value)) = part.split_once(':').filter(|_| !part.starts_with('#')) else {
        return false;
    };
    let bare = |text: &str| {
        text.trim_matches(|c: char| c.is_whitespace() || "\"'{}[]".contains(c))
            .to_owned()
    };
    is_adapter(&bare(key)) && is_kubernetes(&bare(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signs(text: &str) -> Option<(usize, String, bool)> {
        let documents = tree::read_with_ruby(text).unwrap();
        sign(&documents).map(|sign| (sign.line, sign.key, sign.is_behind))
    }

    fn at(line: usize, key: &str) -> (usize, String, bool) {
        (line, key.to_owned(), false)
    }

    #[test]
    fn the_wish_is_seen_wherever_it_stands_and_however_it_is_spelt() {
        for (text, found) in [
            ("v2:\n  job:\n    adpater: kubernetes\n", at(3, "v2.job.adpater")),
            ("v2:\n  job:\n    adapter: Kubernets\n", at(3, "v2.job.adapter")),
            ("V2:\n  job:\n    adapter: kubernetes\n", at(3, "V2.job.adapter")),
            ("job:\n  adapter: kubernetes\n", at(2, "job.adapter")),
            ("adapter: kubernetes\n", at(1, "adapter")),
            ("v2:\n  adapter: kubernetes\n", at(2, "v2.adapter")),
            ("v2: {job: {adapter: k8s}}\n", at(1, "v2.job.adapter")),
            ("v2: {job: {adapter: [kubernetes]}}\n", at(1, "v2.job.adapter")),
            ("- v2: {job: {adapter: kubernetes}}\n", at(1, "v2.job.adapter")),
            ("v2:\n  job:\n    :adapter: kubernetes\n", at(3, "v2.job.:adapter")),
            (
                "v2: {job: {cluster: x}, custom: {ood_k8s: {}}}\n",
                at(1, "v2.custom.ood_k8s"),
            ),
        ] {
            assert_eq!(signs(text), Some(found), "{text}");
        }
        let behind = "v2: {job: {adapter: slurm}}\n---\nv2: {job: {adapter: kubernetes}}\n";
        assert_eq!(signs(behind), Some((3, "v2.job.adapter".into(), true)));
    }

    #[test]
    fn a_file_of_another_scheduler_may_speak_of_kubernetes() {
        for text in [
            "v2: {metadata: {title: Kubernetes}, job: {adapter: slurm}}\n",
            "v2: {job: {adapter: slurm, bin: /opt/kubernetes/bin}, custom: {adapter: kubernetes}}\n",
            "# adapter: kubernetes\nv2: {metadata: {title: x}}\n",
            "v2: {metadata: {title: 'adapter: kubernetes'}}\n",
            "v2: {job: {adapter: ''}}\n",
        ] {
            assert_eq!(signs(text), None, "{text}");
        }
    }

    #[test]
    fn in_what_ruby_reads_otherwise_our_own_tree_says_it() {
        assert_eq!(line_of_tree("v2:\n {job: {:adapter: kubernetes}}\n"), Some(2));
        assert_eq!(
            line_of_tree("v2: {job: {?adapter: kubernetes, adapter: kubernetes}}\n"),
            Some(1)
        );
        assert_eq!(line_of_tree("v2: {job: {adapter: slurm, ?a: kubernetes}}\n"), None);
    }

    #[test]
    fn in_what_is_no_yaml_a_line_says_it() {
        for text in [
            "v2:\n\tadapter: \"kubernetes\"\n",
            "v2:\n  - adpater : kubernets # dev\n",
            "v2:\n  job: {cluster: x, adapter: 'kubernetes'\n",
        ] {
            assert!(line_with_sign(text).is_some() && may_have_sign(text), "{text}");
        }
        for text in [
            "# adapter: kubernetes\nv2: [\n",
            "title: kubernetes\nv2: [\n",
            "bin: /kubernetes\n adapter: slurm # adapter: kubernetes\n[",
        ] {
            assert_eq!(line_with_sign(text), None, "{text}");
        }
        assert!(!may_have_sign("v2: {job: {adapter: slurm, cluster: pitzer}}"));
    }
}
