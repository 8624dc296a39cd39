//! Words for a shell, so that a printed command does what it says whatever a file is called.

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;

/// One word that bash reads back as these bytes, on one line: plain if it can be, else in quotes.
///
/// Like the `shell-escape` quoting style of GNU `ls`: bytes that are not printable ASCII are written as `$'\ooo'`,
/// since a terminal or a log would change them.
pub fn quoted(word: impl AsRef<OsStr>) -> String {
    let bytes = word.as_ref().as_bytes();
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"/._-+@:,=%".contains(byte);
    if !bytes.is_empty() && bytes.iter().all(is_plain) {
        return bytes.iter().copied().map(char::from).collect();
    }
    // They are nothing to bash within quotes, but whoever looks for our command finds it by `; ` and `run: `.
    let is_printed = |byte: &u8| (b' '..=b'~').contains(byte) && !b";:".contains(byte);
    if bytes.iter().all(is_printed) {
        let text: String = bytes.iter().copied().map(char::from).collect();
        return format!("'{}'", text.replace('\'', r"'\''"));
    }
    let mut text = String::from("$'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', char::from(*byte)]),
            byte if is_printed(byte) => text.push(char::from(*byte)),
            // Writing to a String cannot fail.
            other => drop(write!(text, "\\{other:03o}")),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;
    use std::os::unix::ffi::OsStringExt as _;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    fn as_bash_reads(word: &str) -> Vec<u8> {
        let output = Command::new("bash").args(["-c", &format!("printf %s {word}")]).output();
        output.expect("bash").stdout
    }

    #[test]
    fn plain_paths_stay_as_they_are() {
        assert_eq!(quoted("/etc/ood/config/hook.env"), "/etc/ood/config/hook.env");
    }

    #[test]
    fn bash_reads_back_every_hostile_name() {
        for name in [
            "",
            "a b",
            "x; touch RED #.yml",
            "`touch RED`",
            "$(touch RED)",
            "it's",
            "a\nb",
            "\\n",
            "~",
            "*",
            "-rf",
            "ü",
            "\u{37e}",
            "!x",
            "{a,b}",
            "\u{1b}[2J",
        ] {
            let word = quoted(name);
            assert!(
                word.is_ascii() && !word.contains(char::is_control) && !word.contains(';'),
                "{word:?}"
            );
            assert_eq!(as_bash_reads(&word), name.as_bytes(), "{word}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn bash_reads_back_any_bytes(bytes in proptest::collection::vec(1u8..=255, 0..40)) {
            let word = quoted(OsString::from_vec(bytes.clone()));
            prop_assert_eq!(as_bash_reads(&word), bytes);
        }
    }
}
