//! What kubectl's YAML reader takes a plain scalar for: a string, or something else.
//!
//! The rules are those of go.yaml.in/yaml/v2, `resolve.go`. Getting one wrong would show: an entry that kubectl calls
//! `10.0.0.1` would not be found, and be added a second time.

/// What a plain scalar is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Plain {
    Null,
    Boolean(bool),
    Number,
    String,
}

pub(super) fn resolve(text: &str) -> Plain {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Plain::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Plain::Boolean(true),
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Plain::Boolean(false),
        ".nan" | ".NaN" | ".NAN" => Plain::Number,
        _ if is_infinity(text) || is_number(text) => Plain::Number,
        _ => Plain::String,
    }
}

fn is_infinity(text: &str) -> bool {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    matches!(unsigned, ".inf" | ".Inf" | ".INF")
}

fn is_number(text: &str) -> bool {
    match text.bytes().next() {
        // `ParseFloat` takes no underscores here.
        Some(b'.') => is_float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let plain = text.replace('_', "");
            is_integer(&plain) || is_float(&plain)
        }
        _ => false,
    }
}

/// `ParseInt` and `ParseUint` with base 0, and the binary numbers of YAML 1.1.
fn is_integer(plain: &str) -> bool {
    let (is_negative, digits) = match plain.as_bytes().first() {
        Some(b'-') => (true, &plain[1..]),
        Some(b'+') => (false, &plain[1..]),
        _ => (false, plain),
    };
    let has_sign = digits.len() < plain.len();
    let (radix, digits) = match digits.get(..2).unwrap_or_default() {
        "0x" | "0X" => (16, &digits[2..]),
        "0b" | "0B" => (2, &digits[2..]),
        "0o" | "0O" => (8, &digits[2..]),
        // With an 8 or 9 in it, it is a float.
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    if digits.starts_with(['+', '-']) {
        return false;
    }
    let Ok(value) = u64::from_str_radix(digits, radix) else {
        return false;
    };
    match (is_negative, has_sign) {
        (true, _) => value <= i64::MIN.unsigned_abs(),
        (false, true) => i64::try_from(value).is_ok(),
        (false, false) => true,
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`, and within the range of a 64-bit float.
fn is_float(plain: &str) -> bool {
    let unsigned = plain.strip_prefix(['+', '-']).unwrap_or(plain);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let is_exponent = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && are_digits(digits)
    });
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, "0"));
    let is_mantissa = are_digits(whole) && are_digits(fraction) && !(whole.is_empty() && fraction.is_empty());
    is_mantissa && is_exponent && plain.parse::<f64>().is_ok_and(f64::is_finite)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_looks_like_a_number_is_a_string() {
        for text in [
            "10.0.0.1",
            "1.2.3",
            "12-5",
            "0x",
            "0b2",
            "0o8",
            "08:15",
            "190:20:30",
            "2001-12-14",
            "2001-12-14t21:59:43Z",
            "1e400",
            "+",
            "-",
            ".",
            "..",
            "--1",
            "+-1",
            "1_a",
            "0xZZ",
            "12345678901234567890x",
            "0x11112222333344445",
            "abc",
            "yEs",
            "nULL",
            "=",
            "tRUE",
            ".e5",
            "1e",
            "1e+",
            "-.iNF",
            "nan",
            "inf",
            "deadbeef",
            "1234abcd",
        ] {
            assert_eq!(resolve(text), Plain::String, "{text}");
        }
    }

    #[test]
    fn numbers_and_words_of_yaml_1_1_are_none() {
        for text in [
            "0",
            "00",
            "012",
            "08",
            "1_000",
            "0x1F",
            "0o14",
            "0b11",
            "-0b11",
            "1e3",
            "1.",
            ".5",
            "-0",
            "+1",
            "-1.5e-3",
            "12345678901234567890",
            "99999999999999999999999",
            ".inf",
            "-.INF",
            ".NaN",
            "-9223372036854775808",
        ] {
            assert_eq!(resolve(text), Plain::Number, "{text}");
        }
        for (text, value) in [
            ("y", true),
            ("On", true),
            ("NO", false),
            ("off", false),
            ("false", false),
        ] {
            assert_eq!(resolve(text), Plain::Boolean(value), "{text}");
        }
        for text in ["", "~", "Null"] {
            assert_eq!(resolve(text), Plain::Null, "{text}");
        }
    }
}
