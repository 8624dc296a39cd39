//! Messages that differ only in whom or what they are about: of many, one is printed, with how many there are.

/// How many of those whom one message is about are named; `-o json` has all.
pub(super) const MOST_NAMED: usize = 5;

/// What messages that say the same have in common: paths, addresses, numbers and the names in `about` are left open.
pub(super) fn pattern(text: &str, about: &[&str]) -> String {
    let is_about = |word: &str| {
        let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
        about
            .iter()
            .any(|name| !name.is_empty() && (bare == *name || word.contains(&format!("{name:?}"))))
    };
    let is_open = |word: &str| word.contains('/') || word.contains(|c: char| c.is_ascii_digit()) || is_about(word);
    let words = text.split(' ').map(|word| if is_open(word) { "*" } else { word });
    words.collect::<Vec<_>>().join(" ")
}

/// Those of the same kind together, in the order of the first of each kind.
pub(super) fn groups<T, K: PartialEq>(all: &[T], kind: impl Fn(&T) -> K) -> Vec<Vec<&T>> {
    let mut groups: Vec<(K, Vec<&T>)> = Vec::new();
    for it in all {
        let of = kind(it);
        match groups.iter_mut().find(|(known, _)| *known == of) {
            Some((_, group)) => group.push(it),
            None => groups.push((of, vec![it])),
        }
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Puts the message of the first in the place of all: how many there are is before the remedy.
pub(super) fn of_many(text: &str, count: usize, names: &[&str]) -> String {
    let note = match names {
        [] => format!("{count} like this"),
        names => format!("{count} like this: {}", few(names)),
    };
    match text.rsplit_once("; ") {
        Some((what, remedy)) => format!("{what} ({note}); {remedy}"),
        None => format!("{text} ({note})"),
    }
}

/// The first names, and how many more there are.
pub(super) fn few<S: AsRef<str>>(names: &[S]) -> String {
    let first: Vec<_> = names.iter().take(MOST_NAMED).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(MOST_NAMED) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_in_a_name_an_address_or_a_number_says_the_same() {
        let alike = [
            ("cannot reach https://c1:6443: refused", "c1"),
            ("cannot reach https://c2:6443: refused", "c2"),
        ];
        assert_eq!(pattern(alike[0].0, &[alike[0].1]), pattern(alike[1].0, &[alike[1].1]));
        let unknown = |user: &str| {
            pattern(
                &format!("user {user} is not in it; ask `getent passwd {user}`"),
                &[user],
            )
        };
        assert_eq!(unknown("alice"), unknown("bob"));
        assert_ne!(pattern("a is refused", &[]), pattern("a is unknown", &[]));
    }

    #[test]
    fn the_first_stands_for_all_and_its_remedy_is_still_the_last() {
        let names = ["a", "b", "c", "d", "e", "f"];
        assert_eq!(
            of_many("x is y; fix it", 6, &names),
            "x is y (6 like this: a, b, c, d, e and 1 more); fix it"
        );
        assert_eq!(of_many("x", 9, &[]), "x (9 like this)");
    }
}
