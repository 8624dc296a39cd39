//! RFC 1123 labels, which Kubernetes has for names.

/// The longest RFC 1123 label, and so the longest namespace name, in bytes.
pub(super) const LABEL_MAX: usize = 63;

/// Whether `name` is an RFC 1123 label.
pub fn is_label(name: &str) -> bool {
    label_fault(name).is_none()
}

/// Why `name` is not an RFC 1123 label; `None` if it is one.
pub(super) fn label_fault(name: &str) -> Option<&'static str> {
    if name.len() > LABEL_MAX {
        return Some("is longer than 63 characters");
    }
    if !name
        .bytes()
        .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
    {
        return Some("has a character other than a-z, 0-9 and -");
    }
    if name.is_empty() || name.starts_with('-') || name.ends_with('-') {
        return Some("does not begin and end with a letter or digit");
    }
    None
}
