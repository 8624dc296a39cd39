//! Writes a YAML tag as it appears in front of a value.

use granit_parser::Tag;

/// In a form that needs no `%TAG` directive.
pub(super) fn tag_text(tag: &Tag) -> String {
    let uri = format!("{}{}", tag.handle(), tag.suffix());
    match uri.strip_prefix("tag:yaml.org,2002:") {
        Some(suffix) => format!("!!{}", percent_encoded(suffix)),
        None if uri.starts_with('!') => format!("!{}", percent_encoded(&uri[1..])),
        None => format!("!<{}>", percent_encoded(&uri)),
    }
}

/// YAML 1.2, section 5.6: a tag consists of URI characters, everything else is escaped.
fn percent_encoded(text: &str) -> String {
    let encode = |byte: u8| match byte {
        b'-' | b'_' | b'.' | b':' | b'/' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(encode).collect()
}
