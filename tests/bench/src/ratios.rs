//! What the bound that is learned reaches, compared with fixed ones, and with starters for whom nobody waits.

use std::fmt::Write as _;

use crate::storm::Storm;

const LEARNED: &str = "auto";
const NONE: &str = "unlimited";

/// A line for each storm with a bound that is learned; `rates` are successful logins per second.
pub fn lines(rates: &[(Storm<'_>, f64)]) -> String {
    let mut text = String::new();
    for (storm, rate) in rates.iter().filter(|(storm, _)| storm.bound == Some(LEARNED)) {
        let is_alike = |other: &Storm<'_>| (other.users, other.is_returning) == (storm.users, storm.is_returning);
        let is_fixed =
            |other: &Storm<'_>| other.at_a_time.is_none() && other.bound != Some(LEARNED) && other.bound != Some(NONE);
        let ratio_to = |is_one: &dyn Fn(&Storm<'_>) -> bool| {
            let others = rates.iter().filter(|(other, _)| is_alike(other) && is_one(other));
            let best = others.map(|(_, rate)| *rate).reduce(f64::max);
            best.map_or_else(|| "-".to_owned(), |best| format!("{:.2}", rate / best))
        };
        let _ = writeln!(
            text,
            "\n{} {}, auto: {} of the throughput of the best fixed bound, {} of the best starter's",
            storm.users,
            storm.kind(),
            ratio_to(&is_fixed),
            ratio_to(&|other| other.at_a_time.is_some()),
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(at_a_time: Option<usize>, bound: Option<&'static str>, per_second: f64) -> (Storm<'static>, f64) {
        let storm = Storm {
            users: 9,
            at_a_time,
            bound,
            is_returning: false,
        };
        (storm, per_second)
    }

    #[test]
    fn what_is_learned_is_compared_with_the_best_number_and_not_with_none() {
        let others = Storm {
            users: 5,
            ..rate(None, Some("64"), 0.0).0
        };
        let rates = [
            rate(Some(16), Some(NONE), 40.0),
            rate(Some(64), Some(NONE), 50.0),
            rate(None, Some(NONE), 90.0),
            rate(None, Some("16"), 20.0),
            rate(None, Some("64"), 40.0),
            rate(None, Some(LEARNED), 30.0),
            (others, 99.0),
        ];
        let expected = "\n9 first, auto: 0.75 of the throughput of the best fixed bound, 0.60 of the best starter's\n";
        assert_eq!(lines(&rates), expected);
        assert!(lines(&rates[..5]).is_empty());
        assert!(lines(&rates[5..]).contains("auto: - of the throughput"));
    }
}
