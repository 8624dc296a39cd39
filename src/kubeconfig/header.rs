//! What can be the value of an HTTP header: the one place that a token passes before a client is built.

/// What to do with a value that cannot be one.
pub const HEADER_REMEDY: &str =
    "write it on one line, without line ends and control characters (in YAML without | or >)";

/// Whether every client takes it for a header's value.
pub fn is_header(text: &str) -> bool {
    http::HeaderValue::from_str(text).is_ok()
}
