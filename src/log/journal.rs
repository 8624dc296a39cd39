//! Log lines to systemd's journal in its own protocol, with fields that `journalctl` selects by: one datagram a line.
//!
//! The protocol: <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>.

use std::os::unix::net::UnixDatagram;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::OnceLock;
use std::time::Duration;

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

/// Writes a line, and what it says of a user and a cluster as fields; `false` if there is no journal.
pub(super) fn write(priority: u8, id: &str, line: &str, fields: &[(&'static str, Value)]) -> bool {
    static JOURNAL: OnceLock<Option<UnixDatagram>> = OnceLock::new();
    static HANGS: AtomicBool = AtomicBool::new(false);
    let Some(journal) = JOURNAL.get_or_init(connect) else {
        return false;
    };
    if HANGS.load(Ordering::Relaxed) {
        return true;
    }
    match journal.send(&datagram(priority, id, line, fields)) {
        Ok(_) => true,
        // Syslog would be the same process.
        Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
            HANGS.store(true, Ordering::Relaxed);
            true
        }
        Err(_) => false,
    }
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
}
