//! A line of ours as it stands in the log, taken apart: logfmt or JSON, and what a syslog daemon puts before it.

use std::collections::BTreeMap;

use serde_json::{Deserializer, Value};

/// The fields of a line; none of a text that is neither logfmt nor JSON.
pub(super) fn fields(line: &str) -> BTreeMap<String, String> {
    if let Ok(Value::Object(object)) = serde_json::from_str(line) {
        let text = |value: Value| match value {
            Value::String(text) => text,
            other => other.to_string(),
        };
        return object.into_iter().map(|(key, value)| (key, text(value))).collect();
    }
    let (mut fields, mut rest) = (BTreeMap::new(), line);
    while let Some((key, value, more)) = field(rest) {
        fields.insert(key, value);
        rest = more;
    }
    fields
}

/// The first field of a line in logfmt, and what stands behind it. A value in quotes is a string of JSON.
fn field(line: &str) -> Option<(String, String, &str)> {
    let (key, rest) = line.trim_start().split_once('=')?;
    if rest.starts_with('"') {
        let mut strings = Deserializer::from_str(rest).into_iter::<String>();
        let value = strings.next()?.ok()?;
        return Some((key.to_owned(), value, &rest[strings.byte_offset()..]));
    }
    let (value, more) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((key.to_owned(), value.to_owned(), more))
}

/// When a syslog daemon wrote a line, and the text, if the program that named itself is `ood-k8s`.
///
/// `Nov 26 17:04:41 host ood-k8s[123]: text` (RFC 3164), or with a time of RFC 3339.
pub(super) fn of_syslog(line: &str) -> Option<(&str, &str)> {
    let length = if line.starts_with(|c: char| c.is_ascii_digit()) {
        line.find(' ')?
    } else {
        "Nov 26 17:04:41".len()
    };
    let (time, rest) = line.split_at_checked(length)?;
    let (_host, rest) = rest.strip_prefix(' ')?.split_once(' ')?;
    let (number, text) = rest.strip_prefix("ood-k8s[")?.split_once("]: ")?;
    number.parse::<u32>().ok()?;
    Some((time, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_formats_read_back_as_the_same_fields() {
        let logfmt = r#"level=error msg=login user=ann cluster=prod result=refused milliseconds=11 error="no \"x\" = 1; run: a b""#;
        let json = r#"{"level":"error","msg":"login","user":"ann","cluster":"prod","result":"refused","milliseconds":11,"error":"no \"x\" = 1; run: a b"}"#;
        assert_eq!(fields(logfmt), fields(json));
        assert_eq!(fields(logfmt)["error"], "no \"x\" = 1; run: a b");
        assert!(fields("a text without any").is_empty());
        assert_eq!(fields("a=\"cut").len(), 0);
    }

    #[test]
    fn lines_of_syslog_are_ours_by_what_stands_before_the_text_alone() {
        for time in ["Nov 26 17:04:41", "Nov  6 17:04:41", "2026-11-26T17:04:41.123456+01:00"] {
            let line = format!("{time} web1 ood-k8s[12]: level=info msg=login");
            assert_eq!(of_syslog(&line), Some((time, "level=info msg=login")));
        }
        for line in [
            "Nov 26 17:04:41 web1 bash[12]: ood-k8s[1]: msg=login user=root",
            "Nov 26 17:04:41 web1 ood-k8s: msg=login",
            "Nov 26 17:04:41 web1 ood-k8s[x]: msg=login",
            "Növ 26 17:04:4",
            "",
        ] {
            assert_eq!(of_syslog(line), None, "{line}");
        }
    }
}
