//! Values in files and flags: durations, and names of objects.

use std::time::Duration;

use crate::naming::is_label;

/// Ten years, in seconds.
const LONGEST_LIFE: u64 = 3650 * 86_400;

/// Reads `10` (seconds), `10s`, `500ms` or `1m`; from 100 ms to 10 minutes.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let millis = |number: &str, factor: u64| number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(factor));
    let parsed = if let Some(number) = text.strip_suffix("ms") {
        millis(number, 1)
    } else if let Some(number) = text.strip_suffix('m') {
        millis(number, 60_000)
    } else {
        millis(text.strip_suffix('s').unwrap_or(text), 1000)
    };
    match parsed {
        Some(ms) if (100..=600_000).contains(&ms) => Ok(Duration::from_millis(ms)),
        Some(_) => Err("is not between 100ms and 10m".into()),
        None => Err("is not a duration; write for example 10s".into()),
    }
}

/// Reads `90s`, `30m`, `9h` or `2d`: the lifetime of a token, or the interval of a timer.
pub fn parse_lifetime(text: &str) -> Result<Duration, String> {
    let unknown = || "is not a duration; write for example 30m, 9h or 2d".to_owned();
    let unit = text.chars().last().ok_or_else(unknown)?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(unknown()),
    };
    let number: u64 = text[..text.len() - 1].parse().map_err(|_| unknown())?;
    match number.checked_mul(seconds) {
        Some(1..=LONGEST_LIFE) => Ok(Duration::from_secs(number * seconds)),
        _ => Err("is not between 1s and 3650d".into()),
    }
}

/// Whether `name` is an RFC 1123 subdomain, as a Secret's name must be.
pub fn is_object_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_seconds_unless_they_say_otherwise() {
        assert_eq!(parse_duration("10").unwrap(), Duration::from_secs(10));
        assert_eq!(parse_duration("250ms").unwrap(), Duration::from_millis(250));
        assert_eq!(parse_duration("2m").unwrap(), Duration::from_secs(120));
        assert!(parse_duration("0").is_err() && parse_duration("soon").is_err());
    }
}
