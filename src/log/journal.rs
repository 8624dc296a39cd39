//! Log lines to systemd's journal in its own protocol, with fields that `journalctl` selects by: one datagram a line.
//!
//! The protocol: <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>.

use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::OnceLock;
use std::time::Duration;

use nix::syslog::Severity;
use serde_json::Value;

/// Where journald listens, if it runs.
pub const SOCKET: &str = "/run/systemd/journal/socket";
/// `MESSAGE_ID` of a login in a cluster, or of one that did not get there.
pub const LOGIN: &str = "0b21829b12cf43ed8fe085a3ffef7d51";
/// Of another line about what was done.
pub(super) const RECORD: &str = "3dc307baeeb244d989b5713bdd2f117a";
/// Of a warning.
pub(super) const WARNING: &str = "42d53425a6244c9eaefd1b7d3e202a6a";
/// Of a failure.
pub(super) const FAILURE: &str = "fe926b97823244e7b0fa04dd159d6836";

/// As syslog's name for us, and its facility `daemon`: journald hands lines on to a syslog with both.
const IDENTIFIER: &str = "ood-k8s";
const FACILITY: &str = "3";
/// The fields for `journalctl`, and the keys of the line that they are made of.
const OF_KEYS: [(&str, &str); 5] = [
    ("OOD_K8S_USER", "user"),
    ("OOD_K8S_CLUSTER", "cluster"),
    ("OOD_K8S_RESULT", "result"),
    ("OOD_K8S_COMMAND", "msg"),
    ("OOD_K8S_BY", "by"),
];
/// A journal that takes no lines for so long hangs; it keeps nobody from logging in.
const LONGEST: Duration = Duration::from_secs(1);

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// The journal has it, or it was counted among those that the journal did not take.
    Settled,
    /// The journal hangs, as this line shows, which is the first that it did not take.
    Hangs,
    /// There is no journal.
    NoJournal,
}

/// The way to the journal, and how many lines it has not taken.
struct Journal {
    socket: UnixDatagram,
    lost: AtomicUsize,
}

/// Writes a line, and what it says of a user and a cluster as fields.
pub(super) fn write(priority: u8, id: &str, line: &str, fields: &[(&'static str, Value)]) -> Fate {
    static JOURNAL: OnceLock<Option<Journal>> = OnceLock::new();
    let journal = JOURNAL.get_or_init(|| connect().map(Journal::new));
    let send = |journal: &Journal| journal.send(&datagram(priority, id, line, fields));
    journal.as_ref().map_or(Fate::NoJournal, send)
}

impl Journal {
    fn new(socket: UnixDatagram) -> Self {
        let lost = AtomicUsize::new(0);
        Self { socket, lost }
    }

    fn send(&self, datagram: &[u8]) -> Fate {
        match self.socket.send(datagram) {
            Ok(_) => {
                let lost = self.lost.swap(0, Ordering::Relaxed);
                if lost > 0 && self.socket.send(&notice(lost)).is_err() {
                    self.lost.fetch_add(lost, Ordering::Relaxed);
                }
                Fate::Settled
            }
            // Syslog would be the same process. The lines that follow are offered without waiting.
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                let is_first = self.lost.fetch_add(1, Ordering::Relaxed) == 0;
                if is_first && self.socket.set_nonblocking(true).is_ok() {
                    return Fate::Hangs;
                }
                Fate::Settled
            }
            Err(_) => Fate::NoJournal,
        }
    }
}

/// What a gap in the journal is, behind it.
fn notice(lost: usize) -> Vec<u8> {
    let text = format!("level=warning msg=\"{lost} log lines of this run are missing: the journal did not take them\"");
    datagram(Severity::LOG_WARNING as u8, WARNING, &text, &[])
}

/// The socket, if somebody listens there.
pub(super) fn connect() -> Option<UnixDatagram> {
    let socket = UnixDatagram::unbound().ok()?;
    socket.connect(SOCKET).ok()?;
    socket.set_write_timeout(Some(LONGEST)).ok()?;
    Some(socket)
}

fn datagram(priority: u8, id: &str, line: &str, fields: &[(&'static str, Value)]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len() + 512);
    add(&mut bytes, "MESSAGE", line);
    add(&mut bytes, "PRIORITY", &priority.to_string());
    add(&mut bytes, "SYSLOG_FACILITY", FACILITY);
    add(&mut bytes, "SYSLOG_IDENTIFIER", IDENTIFIER);
    add(&mut bytes, "SYSLOG_PID", &std::process::id().to_string());
    add(&mut bytes, "MESSAGE_ID", id);
    for (name, key) in OF_KEYS {
        let value = fields
            .iter()
            .find(|(of, _)| *of == key)
            .and_then(|(_, value)| value.as_str());
        // The text of a failure or a warning is no command.
        let is_text = key == "msg" && (id == FAILURE || id == WARNING);
        value
            .filter(|_| !is_text)
            .iter()
            .for_each(|value| add(&mut bytes, name, value));
    }
    bytes
}

/// Adds a field: with its length before it if a line end in it would begin another one.
fn add(bytes: &mut Vec<u8>, name: &str, value: &str) {
    bytes.extend_from_slice(name.as_bytes());
    if value.contains('\n') {
        bytes.push(b'\n');
        bytes.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        bytes.push(b'=');
    }
    bytes.extend_from_slice(value.as_bytes());
    bytes.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_the_fields_that_journalctl_selects_by() {
        let fields = [
            ("level", "info".into()),
            ("msg", "login".into()),
            ("user", "ann".into()),
            ("cluster", "prod".into()),
        ];
        let text = String::from_utf8(datagram(6, LOGIN, "msg=login user=ann", &fields)).unwrap();
        for field in [
            "MESSAGE=msg=login user=ann",
            "PRIORITY=6",
            "SYSLOG_IDENTIFIER=ood-k8s",
            "OOD_K8S_USER=ann",
            "OOD_K8S_CLUSTER=prod",
            "OOD_K8S_COMMAND=login",
        ] {
            assert!(text.lines().any(|line| line == field), "no {field} in {text}");
        }
        assert!(!text.contains("OOD_K8S_RESULT"), "{text}");
        let failure = datagram(3, FAILURE, "x", &[("user", "ann".into()), ("msg", "x".into())]);
        assert!(!String::from_utf8(failure).unwrap().contains("OOD_K8S_COMMAND"));
    }

    #[test]
    fn a_line_end_in_a_value_begins_no_other_field() {
        for forged in ["ann\n_UID=0", "\n", "ann\nMESSAGE=login of root\n", "ann\n"] {
            let bytes = datagram(6, LOGIN, "line", &[("user", forged.into())]);
            let mut expected = b"OOD_K8S_USER\n".to_vec();
            expected.extend_from_slice(&(forged.len() as u64).to_le_bytes());
            expected.extend_from_slice(forged.as_bytes());
            expected.push(b'\n');
            assert!(bytes.windows(expected.len()).any(|part| part == expected), "{forged:?}");
        }
    }

    #[test]
    fn lines_that_the_journal_did_not_take_are_counted_once_it_takes_lines_again() {
        let (ours, journald) = UnixDatagram::pair().unwrap();
        ours.set_write_timeout(Some(Duration::from_millis(10))).unwrap();
        let journal = Journal::new(ours);
        let mut taken = 0;
        while journal.send(b"MESSAGE=taken\n") == Fate::Settled {
            taken += 1;
        }
        for _ in 0..4 {
            assert_eq!(journal.send(b"MESSAGE=lost\n"), Fate::Settled, "said once");
        }
        let mut buffer = [0; 1000];
        for _ in 0..taken {
            journald.recv(&mut buffer).unwrap();
        }
        assert_eq!(journal.send(b"MESSAGE=after\n"), Fate::Settled);
        assert_eq!(journal.send(b"MESSAGE=last\n"), Fate::Settled);
        journald.set_nonblocking(true).unwrap();
        let received = std::iter::from_fn(|| {
            let length = journald.recv(&mut buffer).ok()?;
            Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
        });
        let received: Vec<_> = received.collect();
        assert_eq!(received.len(), 3, "{received:?}");
        assert!(
            received[1].contains("5 log lines of this run are missing"),
            "{received:?}"
        );
    }
}
