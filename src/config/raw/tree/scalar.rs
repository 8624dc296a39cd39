//! What Ruby's psych makes of a plain scalar: YAML 1.1 with its own peculiarities (`scalar_scanner.rb` of psych 4 and 5).

/// A scalar as Ruby has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ruby {
    /// `nil`.
    Nil,
    /// A boolean.
    Bool(bool),
    /// A string, with the text as it is written.
    Text,
    /// A number, as Ruby's `to_s` prints it.
    Number(String),
    /// What `YAML.safe_load`, as `ood_core` calls it, refuses, and not as an error of syntax.
    Refused(&'static str),
}

/// What a plain scalar is.
pub fn resolve(text: &str) -> Ruby {
    if text.is_empty() {
        return Ruby::Nil;
    }
    if is_wordlike(text) || text.contains('\n') {
        return word(text);
    }
    let special = special_float(text).or_else(|| refused(text));
    let number = special.or_else(|| base_sixty(text)).or_else(|| float(text));
    number.or_else(|| integer(text)).unwrap_or(Ruby::Text)
}

/// The scanner's first look: a text that begins like a word can be nothing else than one.
fn is_wordlike(text: &str) -> bool {
    let of_word = |c: char| c.is_alphabetic() || c.is_whitespace() || r"_!@#$%^&*(){}<>|/\~;=".contains(c);
    let mut letters = text.chars();
    let (first, second) = (letters.next(), letters.next());
    let is_first_free = first.is_some_and(|c| !c.is_ascii_digit() && !".:-".contains(c));
    first.is_some_and(of_word) || (is_first_free && second.is_some_and(of_word))
}

fn word(text: &str) -> Ruby {
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if text == "~" || is(&["null"]) {
        Ruby::Nil
    } else if is(&["yes", "true", "on"]) {
        Ruby::Bool(true)
    } else if is(&["no", "false", "off"]) {
        Ruby::Bool(false)
    } else {
        Ruby::Text
    }
}

fn special_float(text: &str) -> Option<Ruby> {
    let number = match text.to_ascii_lowercase().as_str() {
        ".inf" | "+.inf" => "Infinity",
        "-.inf" => "-Infinity",
        ".nan" => "NaN",
        _ => return None,
    };
    Some(Ruby::Number(number.to_owned()))
}

fn refused(text: &str) -> Option<Ruby> {
    if is_time(text) {
        return Some(Ruby::Refused("a time"));
    }
    if is_date(text) {
        return Some(Ruby::Refused("a date"));
    }
    (text.len() > 1 && text.starts_with(':')).then_some(Ruby::Refused("a symbol"))
}

/// The digits that a text begins with, if there are between `least` and `most`, and what follows them.
fn digits(text: &str, least: usize, most: usize) -> Option<(&str, &str)> {
    let count = text.bytes().take_while(u8::is_ascii_digit).count().min(most);
    (count >= least).then(|| text.split_at(count))
}

/// `2026-11-05`: a month of 1 to 12 and a day of 1 to 31, each with one or two digits.
fn is_date(text: &str) -> bool {
    let parsed = || {
        let (_, rest) = digits(text, 4, 4)?;
        let (month, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let (day, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let is_in = |number: &str, most: u32| number.parse::<u32>().is_ok_and(|number| number <= most);
        Some(rest.is_empty() && is_in(month, 12) && is_in(day, 31))
    };
    parsed() == Some(true)
}

/// `2026-11-05 07:30:00`, with fractions and a zone that may be left out.
fn is_time(text: &str) -> bool {
    let parsed = || {
        let (_, rest) = digits(text.strip_prefix('-').unwrap_or(text), 4, 4)?;
        let (_, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let (_, rest) = digits(rest.strip_prefix('-')?, 1, 2)?;
        let rest = match rest.strip_prefix(['T', 't']) {
            Some(rest) => rest,
            None => Some(rest.trim_start()).filter(|trimmed| trimmed.len() < rest.len())?,
        };
        let (_, rest) = digits(rest, 1, 2)?;
        let (_, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        let (_, rest) = digits(rest.strip_prefix(':')?, 2, 2)?;
        let rest = rest
            .strip_prefix('.')
            .map_or(rest, |rest| rest.trim_start_matches(|c: char| c.is_ascii_digit()));
        Some(rest.is_empty() || is_zone(rest.trim_start()))
    };
    parsed() == Some(true)
}

fn is_zone(text: &str) -> bool {
    let of_offset = || {
        let (_, rest) = digits(text.strip_prefix(['-', '+'])?, 1, 2)?;
        let rest = rest.strip_prefix(':').unwrap_or(rest);
        Some(rest.is_empty() || digits(rest, 2, 2).is_some_and(|(_, rest)| rest.is_empty()))
    };
    text == "Z" || of_offset() == Some(true)
}

/// `12:30` and `12:30:15`, with a fraction or none: the first place counts 3,600 times, the second 60 times.
fn base_sixty(text: &str) -> Option<Ruby> {
    let (whole, fraction) = text
        .split_once('.')
        .map_or((text, None), |(whole, rest)| (whole, Some(rest)));
    let mut parts = whole.split(':');
    let first = parts.next()?;
    let unsigned = first.strip_prefix(['-', '+']).unwrap_or(first);
    let begins_well = unsigned.starts_with(|c: char| c.is_ascii_digit());
    let is_first = begins_well && unsigned.bytes().all(|c| c.is_ascii_digit() || c == b'_');
    let places: Vec<&str> = parts.collect();
    let is_place = |place: &&str| match place.as_bytes() {
        [ones] | [b'0'..=b'5', ones] => ones.is_ascii_digit(),
        _ => false,
    };
    let is_fraction = fraction.is_none_or(|rest| rest.bytes().all(|c| c.is_ascii_digit() || c == b'_'));
    if !is_first || !matches!(places.len(), 1 | 2) || !places.iter().all(is_place) || !is_fraction {
        return None;
    }
    let number = |text: &str| text.replace('_', "").parse::<i64>().unwrap_or_default();
    let minutes = number(places[0]).saturating_mul(60);
    let seconds = places.get(1).map_or(0, |text| number(text));
    let sum = number(first).saturating_mul(3600).saturating_add(minutes + seconds);
    Some(Ruby::Number(match fraction {
        None => sum.to_string(),
        // Only the last place has the fraction.
        Some(rest) => {
            let weight = if places.len() == 1 { 60.0 } else { 1.0 };
            let part: f64 = format!("0.{}", rest.replace('_', "")).parse().unwrap_or_default();
            #[allow(clippy::cast_precision_loss)] // Ruby has the same.
            float_text(sum as f64 + part * weight)
        }
    }))
}

/// `1.5`, `.5`, `1.`, `1_000.5e+3`; without a point it is none.
fn float(text: &str) -> Option<Ruby> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, rest) = unsigned.split_once('.')?;
    let is_whole = whole.is_empty()
        || (whole.starts_with(|c: char| c.is_ascii_digit())
            && whole.bytes().all(|c| c.is_ascii_digit() || b"_,".contains(&c)));
    let fraction = rest.trim_start_matches(|c: char| c.is_ascii_digit());
    let exponent = fraction.strip_prefix(['e', 'E']);
    let is_exponent = |text: &str| {
        let digits = text.strip_prefix(['-', '+']);
        digits.is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|c| c.is_ascii_digit()))
    };
    let ends_well = exponent.map_or(fraction.is_empty(), is_exponent);
    if !is_whole || !ends_well {
        return None;
    }
    if unsigned == "." {
        return Some(Ruby::Text);
    }
    let plain = text.replace(['_', ','], "");
    Some(match plain.parse::<f64>() {
        Ok(number) => Ruby::Number(float_text(number)),
        // `Float()` raises, as for `.e+5`.
        Err(_) => Ruby::Refused("a number without digits"),
    })
}

/// As Ruby prints it: never without a point, and with an exponent where it is very large or small.
fn float_text(number: f64) -> String {
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&exponent) || number == 0.0 {
        return format!("{number:?}");
    }
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}{point}e{sign}{:02}", exponent.abs())
}

/// Decimal, and with a prefix binary, octal and hexadecimal; with separators anywhere.
fn integer(text: &str) -> Option<Ruby> {
    let (sign, unsigned) = match text.strip_prefix(['-', '+']) {
        Some(rest) if text.starts_with('-') => ("-", rest),
        Some(rest) => ("", rest),
        None => ("", text),
    };
    let all =
        |text: &str, of: &dyn Fn(u8) -> bool| !text.is_empty() && text.bytes().all(|c| of(c) || b"_,".contains(&c));
    let of_base = |text: &str, base| {
        let digits = text.replace(['_', ','], "");
        match u128::from_str_radix(&digits, base) {
            Ok(0) => Ruby::Number("0".into()),
            Ok(number) => Ruby::Number(format!("{sign}{number}")),
            // Without digits `Integer()` raises; more of them than here nobody writes.
            Err(_) => Ruby::Refused("a number that cannot be read"),
        }
    };
    if let Some(binary) = unsigned.strip_prefix("0b") {
        return all(binary, &|c| matches!(c, b'0' | b'1')).then(|| of_base(binary, 2));
    }
    if let Some(hexadecimal) = unsigned.strip_prefix("0x") {
        return all(hexadecimal, &|c| c.is_ascii_hexdigit()).then(|| of_base(hexadecimal, 16));
    }
    if unsigned.len() > 1 && unsigned.starts_with('0') {
        return all(&unsigned[1..], &|c| matches!(c, b'0'..=b'7')).then(|| of_base(unsigned, 8));
    }
    is_decimal(unsigned).then(|| {
        let digits = unsigned.replace(['_', ','], "");
        Ruby::Number(if digits == "0" {
            digits
        } else {
            format!("{sign}{digits}")
        })
    })
}

/// One separator at a time, and none at the end.
fn is_decimal(text: &str) -> bool {
    let is_digit = |c: char| c.is_ascii_digit();
    text.starts_with(is_digit)
        && text.ends_with(is_digit)
        && text.chars().all(|c| is_digit(c) || c == '_' || c == ',')
        && !text
            .as_bytes()
            .windows(2)
            .any(|two| two.iter().all(|c| b"_,".contains(c)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Ruby {
        Ruby::Number(text.into())
    }

    #[test]
    fn words_of_yaml_1_1_are_booleans_and_null_in_any_case_and_y_is_a_word() {
        for text in ["yes", "Yes", "TRUE", "on"] {
            assert_eq!(resolve(text), Ruby::Bool(true), "{text}");
        }
        for text in ["no", "Off", "false"] {
            assert_eq!(resolve(text), Ruby::Bool(false), "{text}");
        }
        for text in ["", "~", "null", "NULL"] {
            assert_eq!(resolve(text), Ruby::Nil, "{text}");
        }
        for text in ["y", "n", "nil", "none", "yes-", "user-", "~/x", "ümlaut", "a: b"] {
            assert_eq!(resolve(text), Ruby::Text, "{text}");
        }
    }

    #[test]
    fn numbers_are_what_ruby_prints() {
        for (text, printed) in [
            ("2024", "2024"),
            ("+7", "7"),
            ("-7", "-7"),
            ("-0", "0"),
            ("0", "0"),
            ("1_000", "1000"),
            ("1,000", "1000"),
            ("010", "8"),
            ("-010", "-8"),
            ("0x1F", "31"),
            ("0b101", "5"),
            ("12345678901234567890123456", "12345678901234567890123456"),
            ("1.10", "1.1"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-1.5", "-1.5"),
            ("1.5e+3", "1500.0"),
            ("1.0e+16", "1.0e+16"),
            ("1.0e-5", "1.0e-05"),
            ("12:30", "45000"),
            ("-1:30", "-1800"),
            ("1:30:15", "5415"),
            ("1:30.5", "5430.0"),
            (".inf", "Infinity"),
            ("-.INF", "-Infinity"),
            (".nan", "NaN"),
        ] {
            assert_eq!(resolve(text), number(printed), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_a_number_is_text() {
        for text in [
            "1e3", "08", "0o17", "1__0", "1_", "1.2.3", "10.0.0.1", "-", ".", "1:75", "0xg", "+a", "1.5e3", "6443/tcp",
        ] {
            assert_eq!(resolve(text), Ruby::Text, "{text}");
        }
    }

    #[test]
    fn dates_times_and_symbols_are_refused() {
        for text in [
            "2024-01-01",
            "2024-1-1",
            "2024-01-01 10:00:00",
            "2024-01-01T10:00:00Z",
            "2024-01-01T10:00:00.5 +01:00",
            ":symbol",
            ":\"symbol\"",
            ".e+5",
            "0b_",
        ] {
            assert!(matches!(resolve(text), Ruby::Refused(_)), "{text}: {:?}", resolve(text));
        }
        for text in ["2024-13-01", "2024-01-32", "20240-01-01", "2024-01", ":", "2024-01-01x"] {
            assert_eq!(resolve(text), Ruby::Text, "{text}");
        }
    }
}
