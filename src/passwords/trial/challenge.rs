//! How a registry wants to be logged in to: its `WWW-Authenticate` headers.

/// One challenge (RFC 9110, section 11).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Challenge {
    /// User and password with each request.
    Basic,
    /// A token of the registry's token service (distribution, `docs/spec/auth/token.md`).
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

/// The first challenge that can be answered with a password; a token service before all others, as docker does.
pub(super) fn choose<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Challenge> {
    let all: Vec<_> = headers.flat_map(parse).collect();
    let is_bearer = |challenge: &&Challenge| matches!(challenge, Challenge::Bearer { .. });
    all.iter().find(is_bearer).or(all.first()).cloned()
}

/// All challenges of one header: schemes, each with parameters.
fn parse(header: &str) -> Vec<Challenge> {
    let mut found: Vec<(String, Vec<(String, String)>)> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let end = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        if end == 0 {
            break;
        }
        let (word, behind) = rest.split_at(end);
        match (behind.strip_prefix('='), found.last_mut()) {
            (Some(value), Some((_, parameters))) => {
                let (value, behind) = value_of(value);
                parameters.push((word.to_ascii_lowercase(), value));
                rest = behind;
            }
            (Some(_), None) => break,
            (None, _) => {
                found.push((word.to_ascii_lowercase(), Vec::new()));
                rest = behind;
            }
        }
    }
    found
        .iter()
        .filter_map(|(scheme, parameters)| known(scheme, parameters))
        .collect()
}

fn known(scheme: &str, parameters: &[(String, String)]) -> Option<Challenge> {
    let get = |name: &str| {
        parameters
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.clone())
    };
    match scheme {
        "basic" => Some(Challenge::Basic),
        "bearer" => Some(Challenge::Bearer {
            realm: get("realm")?,
            service: get("service"),
            scope: get("scope"),
        }),
        _ => None,
    }
}

/// A value, in quotes or not, and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        return (text[..end].to_owned(), &text[end..]);
    };
    let mut value = String::new();
    let mut characters = quoted.char_indices();
    while let Some((index, c)) = characters.next() {
        match c {
            '"' => return (value, &quoted[index + 1..]),
            '\\' => value.extend(characters.next().map(|(_, c)| c)),
            c => value.push(c),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(realm: &str, service: Option<&str>, scope: Option<&str>) -> Challenge {
        Challenge::Bearer {
            realm: realm.into(),
            service: service.map(Into::into),
            scope: scope.map(Into::into),
        }
    }

    #[test]
    fn registries_challenges_are_read_whatever_their_order_case_and_quotes() {
        for (headers, expected) in [
            (vec!["Basic realm=\"Registry Realm\""], Some(Challenge::Basic)),
            (vec!["basic"], Some(Challenge::Basic)),
            (
                vec!["Bearer realm=\"https://auth.example.org/token\",service=\"r, x\",scope=\"a:b:pull,push\""],
                Some(bearer(
                    "https://auth.example.org/token",
                    Some("r, x"),
                    Some("a:b:pull,push"),
                )),
            ),
            (
                vec!["Basic realm=x, BEARER Realm=https://a.example/token"],
                Some(bearer("https://a.example/token", None, None)),
            ),
            (vec!["Negotiate", "Basic realm=\"a \\\"b\\\"\""], Some(Challenge::Basic)),
            (vec!["Bearer service=\"x\""], None),
            (vec!["=", "\"", "", "Bearer realm=\""], Some(bearer("", None, None))),
            (vec![], None),
        ] {
            assert_eq!(choose(headers.iter().copied()), expected, "{headers:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_is_too_odd(header in ".{0,60}") {
            let _ = choose(std::iter::once(header.as_str()));
        }
    }
}
