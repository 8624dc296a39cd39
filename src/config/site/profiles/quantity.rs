//! Kubernetes' quantities (`apimachinery/pkg/api/resource/quantity.go`): read exactly, compared by value, and written as the
//! API server writes them.

use std::cmp::Ordering;
use std::fmt;

/// In billionths: Kubernetes knows nothing finer.
const UNIT: i128 = 1_000_000_000;
/// The largest value, 2^63 - 1; Kubernetes takes a larger one for this, without a word.
const LARGEST: i128 = i64::MAX as i128 * UNIT;

/// An amount of a resource.
#[derive(Debug, Clone)]
pub struct Quantity {
    text: String,
    /// In billionths.
    amount: i128,
    form: Form,
}

/// How the API server writes an amount, by how it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Decimal,
    Exponent,
    Binary,
}

const DECIMAL: [(&str, i32); 10] = [
    ("n", -9),
    ("u", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
    ("P", 15),
    ("E", 18),
];
const BINARY: [&str; 7] = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"];

impl Quantity {
    /// Reads `500m`, `0.5`, `2`, `512Mi` or `1e3`; an amount below zero is none here.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no quantity; write for example 2, 500m or 512Mi");
        let number = text.strip_prefix('+').unwrap_or(text);
        if number.starts_with('-') {
            return Err(format!("{text:?} is below zero; write 0 or more"));
        }
        let end = number
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(number.len());
        let (digits, suffix) = number.split_at(end);
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return Err(wrong());
        }
        let (form, factor, exponent) = scale(suffix).ok_or_else(wrong)?;
        let fraction = fraction.trim_end_matches('0');
        let places = i32::try_from(fraction.len()).map_err(|_| wrong())?;
        let joined = format!("{whole}{fraction}");
        let significant = joined.trim_start_matches('0');
        let amount = amount(significant, factor, exponent - places).map_err(|why| format!("{text:?} {why}"))?;
        Ok(Self {
            text: text.to_owned(),
            amount,
            form,
        })
    }

    /// None of it.
    pub fn zero() -> Self {
        Self {
            text: "0".into(),
            amount: 0,
            form: Form::Decimal,
        }
    }

    /// Whether it is a whole number, as pods, objects and devices are counted.
    pub fn is_whole(&self) -> bool {
        self.amount % UNIT == 0
    }

    /// As it is written in the file.
    pub fn as_written(&self) -> &str {
        &self.text
    }

    /// As the API server gives it back: `0.5` is `500m` there, and `1024Mi` is `1Gi`.
    pub fn canonical(&self) -> String {
        if self.amount == 0 {
            return "0".into();
        }
        match self.form {
            // Kubernetes: "this avoids rounding and hopefully confusion".
            Form::Binary if self.amount >= 1024 * UNIT => binary(self.amount),
            Form::Binary | Form::Decimal => with_decimal_suffix(self.amount),
            Form::Exponent => decimal(self.amount, |exponent| match exponent {
                0 => String::new(),
                exponent => format!("e{exponent}"),
            }),
        }
    }

    /// Whether it is less than `times` another one; near enough in floating point, for a ratio that people write.
    #[allow(clippy::cast_precision_loss)]
    pub fn is_below_times(&self, times: &Self, other: &Self) -> bool {
        (self.amount as f64) * (UNIT as f64) < (times.amount as f64) * (other.amount as f64)
    }
}

/// What a suffix means: the form, what a binary one multiplies by, and the power of ten.
fn scale(suffix: &str) -> Option<(Form, i128, i32)> {
    if let Some((_, exponent)) = DECIMAL.iter().find(|(known, _)| *known == suffix) {
        return Some((Form::Decimal, 1, *exponent));
    }
    if let Some(power) = BINARY.iter().position(|known| *known == suffix) {
        return Some((Form::Binary, 1 << (10 * power), 0));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let is_number = !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
    // A larger power of ten is no amount of anything, and would not fit.
    let exponent = is_number.then(|| exponent.parse::<i32>().ok()).flatten()?;
    (-30..=30).contains(&exponent).then_some((Form::Exponent, 1, exponent))
}

/// `digits` times `factor` times ten to the power of `exponent`, in billionths.
fn amount(digits: &str, factor: i128, exponent: i32) -> Result<i128, String> {
    let large = || "is more than 9223372036854775807, the most that Kubernetes knows".to_owned();
    if digits.is_empty() {
        return Ok(0);
    }
    let number: i128 = digits.parse().map_err(|_| large())?;
    let scaled = number.checked_mul(factor).ok_or_else(large)?;
    let power = exponent + 9;
    let ten = 10_i128.checked_pow(power.unsigned_abs()).ok_or_else(large)?;
    if power >= 0 {
        return scaled
            .checked_mul(ten)
            .filter(|amount| *amount <= LARGEST)
            .ok_or_else(large);
    }
    if scaled % ten != 0 {
        return Err("is finer than a billionth, the least that Kubernetes knows; write fewer digits".into());
    }
    Ok(scaled / ten)
}

/// In the largest power of a thousand that leaves no fraction.
fn decimal(amount: i128, suffix: impl Fn(i32) -> String) -> String {
    let (mut number, mut exponent) = (amount, -9);
    while number % 1000 == 0 && exponent < 18 {
        number /= 1000;
        exponent += 3;
    }
    format!("{number}{}", suffix(exponent))
}

/// In the largest power of 1024 that leaves no fraction, rounded up to a whole number.
fn binary(amount: i128) -> String {
    let mut number = amount / UNIT + i128::from(amount % UNIT != 0);
    if number % 1024 != 0 {
        // Without a suffix it is read as a decimal number from there on.
        return with_decimal_suffix(number * UNIT);
    }
    let mut power = 0;
    while number % 1024 == 0 && power + 1 < BINARY.len() {
        number /= 1024;
        power += 1;
    }
    format!("{number}{}", BINARY[power])
}

fn with_decimal_suffix(amount: i128) -> String {
    decimal(amount, |exponent| {
        let known = DECIMAL.iter().find(|(_, of)| *of == exponent);
        known.map_or_else(String::new, |(suffix, _)| (*suffix).to_owned())
    })
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.amount == other.amount
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.amount.cmp(&other.amount)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap()
    }

    #[test]
    fn amounts_are_equal_however_they_are_written() {
        for (one, other) in [
            ("1", "1000m"),
            ("0.5", "500m"),
            (".5", "500000u"),
            ("1.", "1"),
            ("+2", "2"),
            ("1Ki", "1024"),
            ("1.5Gi", "1536Mi"),
            ("1k", "1e3"),
            ("1E", "1e18"),
            ("0.1", "1e-1"),
            ("100M", "0.1G"),
            ("0.0000000000e3", "0"),
            ("007", "7"),
            ("5E2", "500"),
        ] {
            assert_eq!(quantity(one), quantity(other), "{one} {other}");
        }
        assert!(quantity("1G") < quantity("1Gi") && quantity("999m") < quantity("1"));
    }

    #[test]
    fn what_is_no_quantity_is_refused_and_not_guessed() {
        for text in [
            "",
            "-1",
            "-0.5",
            "1 Gi",
            "1gi",
            "1GB",
            "1GiB",
            "1K",
            "1KI",
            "0x10",
            "1,5",
            "1.2.3",
            ".",
            "e3",
            "1e",
            "1e+",
            "1e99",
            "1m m",
            "two",
            "1_000",
            "١",
            "Mi",
            "+-1",
            "1e3Ki",
            "10E",
            "8Ei",
            "0.1n",
            "1e-10",
            "1.0000000001",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn it_is_written_as_the_api_server_gives_it_back() {
        for (text, canonical) in [
            ("1000m", "1"),
            ("0.5", "500m"),
            ("1.5", "1500m"),
            ("10000", "10k"),
            ("1000000", "1M"),
            ("1024", "1024"),
            ("1024Ki", "1Mi"),
            ("1.5Gi", "1536Mi"),
            ("0.5Ki", "512"),
            ("0.0005Ki", "512m"),
            ("0.5Mi", "512Ki"),
            ("1025Ki", "1025Ki"),
            ("1.5Ki", "1536"),
            ("1.0005Ki", "1025"),
            ("640312.5Ki", "655680k"),
            ("0Gi", "0"),
            ("1e3", "1e3"),
            ("12e4", "120e3"),
            ("1500e0", "1500"),
            ("1n", "1n"),
            ("2", "2"),
            ("512Mi", "512Mi"),
        ] {
            assert_eq!(quantity(text).canonical(), canonical, "{text}");
        }
    }

    #[test]
    fn a_ratio_is_compared_with_what_is_between_least_and_most() {
        for (most, ratio, least, is_below) in [
            ("2", "4", "500m", false),
            ("2", "5", "500m", true),
            ("8Gi", "2", "4Gi", false),
            ("8Gi", "3", "4Gi", true),
            ("1", "1.5", "1", true),
            ("1", "1", "0", false),
        ] {
            let found = quantity(most).is_below_times(&quantity(ratio), &quantity(least));
            assert_eq!(found, is_below, "{most} {ratio} {least}");
        }
    }

    proptest! {
        #[test]
        fn writing_it_changes_no_amount_and_happens_once(
            number in 0..9_000_000_u64, point in 0..4_usize, suffix in "(n|u|m|k|M|G|T|Ki|Mi|Gi|Ti|e3|E2|)",
        ) {
            let digits = format!("{number:04}");
            let (whole, fraction) = digits.split_at(digits.len() - point);
            let text = if point == 0 { format!("{digits}{suffix}") } else { format!("{whole}.{fraction}{suffix}") };
            if let Ok(quantity) = Quantity::parse(&text) {
                let canonical = quantity.canonical();
                let again = Quantity::parse(&canonical).unwrap();
                // A fraction of a byte is rounded up, by Kubernetes too.
                prop_assert!(again == quantity || text.ends_with('i') && !quantity.is_whole(), "{text} {canonical}");
                prop_assert_eq!(again.canonical(), canonical);
            }
        }
    }
}
