//! The last log lines of this program, from a file of syslog's.

use std::path::Path;

use crate::door;
use crate::foreign::Foreign;

/// Where rsyslog writes on Enterprise Linux, and on Debian and Ubuntu.
const FILES: [&str; 2] = ["/var/log/messages", "/var/log/syslog"];
/// How much of the end of a file is looked through.
const MOST_BYTES: u64 = 4 << 20;
/// How many lines are kept.
const MOST_LINES: usize = 200;
/// What each of our lines has: the name with which the log was opened.
const NAME: &str = "ood-k8s[";

/// The last lines, the oldest first, and the file that they are from; or why there are none.
pub fn last_log_lines(file: Option<&Path>) -> Result<(String, Vec<String>), String> {
    let candidates: Vec<&Path> = file.map_or_else(|| FILES.iter().map(Path::new).collect(), |file| vec![file]);
    let mut reason = String::new();
    for path in candidates {
        match door::read_end(path, MOST_BYTES) {
            Ok(bytes) => return Ok((path.display().to_string(), ours(&String::from_utf8_lossy(&bytes)))),
            Err(fault) => reason = fault.to_string(),
        }
    }
    Err(reason)
}

fn ours(text: &str) -> Vec<String> {
    let mut lines: Vec<_> = text.lines().rev().filter(|line| line.contains(NAME)).collect();
    lines.truncate(MOST_LINES);
    lines.reverse();
    // Any account can write to the log, in our name as well.
    lines.into_iter().map(|line| Foreign::from(line).on_a_line()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_all_lines_the_last_of_ours_are_kept_in_order_without_what_may_be_a_token() {
        let mut lines = Vec::new();
        for number in 0..300 {
            lines.push(format!("Nov 26 17:00:00 web ood-k8s[7]: line {number}"));
            lines.push("Nov 26 17:00:00 web sshd[1]: other".to_owned());
        }
        let token = "a".repeat(80);
        lines.push(format!("Nov 26 web ood-k8s[7]: \u{1b}[31m token={token}"));
        let text = lines.join("\n");
        let lines = ours(&text);
        assert_eq!(lines.len(), MOST_LINES);
        assert!(lines[0].ends_with("line 101"), "{}", lines[0]);
        assert_eq!(lines[199], "Nov 26 web ood-k8s[7]: [31m token=…");
    }
}
