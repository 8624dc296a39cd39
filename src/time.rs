//! Times in the formats of Kubernetes and HTTP, and durations for people.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use k8s_openapi::jiff::{fmt::rfc2822, Timestamp};

/// To the second, in UTC: `2026-11-21T20:12:30Z`.
pub fn rfc3339(time: SystemTime) -> String {
    let seconds = i64::try_from(unix_seconds(time)).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(|_| "never".into(), |time| time.to_string())
}

/// Parses a time of the Kubernetes API.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    since_epoch(text.parse().ok()?)
}

/// Parses the `Date` header of HTTP, whose format is part of RFC 2822 (`GMT` is one of its obsolete zones).
pub fn parse_http_date(text: &str) -> Option<SystemTime> {
    since_epoch(rfc2822::parse(text).ok()?.timestamp())
}

/// Whole seconds since 1970; 0 for earlier times.
pub fn unix_seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// The same from Unix seconds.
pub fn rfc3339_of(seconds: u64) -> String {
    since_epoch_in_seconds(seconds).map_or_else(|| "never".into(), rfc3339)
}

/// The date alone, in UTC: `2026-11-21`.
pub fn date_of(seconds: u64) -> String {
    let text = rfc3339_of(seconds);
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The time since `since` in whole milliseconds, for log lines and scripts.
pub fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// A duration for people, in its two largest units.
pub fn for_a_person(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 86400, seconds / 3600 % 24, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0, s) => format!("{s}s"),
        (0, 0, m, s) => format!("{m}m{s}s"),
        (0, h, m, _) => format!("{h}h{m}m"),
        (d, h, _, _) => format!("{d}d{h}h"),
    }
}

fn since_epoch_in_seconds(seconds: u64) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

fn since_epoch(time: Timestamp) -> Option<SystemTime> {
    UNIX_EPOCH.checked_add(Duration::try_from(time.as_duration()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_kubernetes_and_http_write_them() {
        let time = UNIX_EPOCH + Duration::from_secs(1_795_291_950);
        assert_eq!(rfc3339(time), "2026-11-21T20:12:30Z");
        assert_eq!(parse_rfc3339("2026-11-21T20:12:30Z"), Some(time));
        assert_eq!(parse_rfc3339("2026-11-21T21:12:30+01:00"), Some(time));
        assert_eq!(parse_http_date("Sat, 21 Nov 2026 20:12:30 GMT"), Some(time));
        assert_eq!(rfc3339_of(1_795_291_950), "2026-11-21T20:12:30Z");
        assert_eq!(
            (date_of(1_795_291_950).as_str(), date_of(u64::MAX).as_str()),
            ("2026-11-21", "never")
        );
        assert_eq!((parse_rfc3339("soon"), parse_http_date("soon")), (None, None));
    }

    #[test]
    fn a_duration_is_said_in_its_two_largest_units() {
        let said = |seconds| for_a_person(Duration::from_secs(seconds));
        assert_eq!(
            [said(59), said(61), said(3600 * 9), said(86_400 * 2)],
            ["59s", "1m1s", "9h0m", "2d0h"]
        );
    }
}
