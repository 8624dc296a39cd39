//! A copy of the profiles file and of the files that it names, as one text: all are replaced at once or not at all.

use std::collections::BTreeMap;

/// The beginning of a copy with more files; behind it stand the lengths, each with its name. One without is the file itself.
const MARK: &str = "# ood-k8s keeps ";

/// Puts the texts together.
pub fn bundle(file: &str, named: &BTreeMap<String, String>) -> String {
    if named.is_empty() && !file.starts_with(MARK) {
        return file.to_owned();
    }
    let sizes = named.iter().map(|(name, text)| format!(" {name}={}", text.len()));
    let head = format!("{MARK}{}{}\n", file.len(), sizes.collect::<String>());
    let texts = named.values().map(String::as_str);
    std::iter::once(head.as_str()).chain([file]).chain(texts).collect()
}

/// Takes them apart again; what is no such copy is the file itself.
pub fn unbundle(copy: &str) -> (&str, BTreeMap<String, String>) {
    apart(copy).unwrap_or((copy, BTreeMap::new()))
}

fn apart(copy: &str) -> Option<(&str, BTreeMap<String, String>)> {
    let (head, mut rest) = copy.strip_prefix(MARK)?.split_once('\n')?;
    let mut take = |size: &str| {
        let (text, behind) = rest.split_at_checked(size.parse().ok()?)?;
        rest = behind;
        Some(text)
    };
    let mut words = head.split(' ');
    let file = take(words.next()?)?;
    let named = words.map(|word| {
        let (name, size) = word.split_once('=')?;
        Some((name.to_owned(), take(size)?.to_owned()))
    });
    Some((file, named.collect::<Option<_>>()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_together_comes_apart_and_a_file_alone_is_its_own_copy() {
        let manifests: BTreeMap<_, _> = [("a", "x: ü\n"), ("b-c", ""), ("secrets/a", "data: {}\n")]
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .into();
        for file in ["version: 1\n", "", "# ood-k8s keeps 3\nabc", "# ood-k8s keeps x\n"] {
            for manifests in [&manifests, &BTreeMap::new()] {
                let copy = bundle(file, manifests);
                assert_eq!(unbundle(&copy), (file, manifests.clone()), "{copy}");
            }
        }
        assert_eq!(bundle("version: 1\n", &BTreeMap::new()), "version: 1\n");
        assert_eq!(unbundle("# ood-k8s keeps 99\nabc").0, "# ood-k8s keeps 99\nabc");
    }
}
