//! One run of the program: status, output, time and memory.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{getrusage, UsageWho};
use serde_json::{json, Value};

/// Set in the intermediate process: the file that says what to run.
const ORDER: &str = "OOD_K8S_ATTACK_ORDER";
/// A longer run counts as hanging, and is killed.
const LONGEST: Duration = Duration::from_secs(30);

/// The result of a run.
#[derive(Debug)]
pub struct Run {
    /// −1 if it was killed by a signal.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
    pub took: Duration,
    pub processor: Duration,
    /// Peak resident memory of the program, or of a child that it waited for, in MiB.
    pub memory: u64,
}

impl Run {
    /// Runs the program with these arguments, and only these variables in its environment.
    ///
    /// `RUSAGE_CHILDREN` covers all children of a process, so each run gets an intermediate process.
    pub fn of(folder: &Path, arguments: &[String], variables: &[(&str, String)]) -> Self {
        let order = folder.join("order.json");
        let text = json!({ "folder": folder, "arguments": arguments, "variables": variables });
        fs::write(&order, text.to_string()).unwrap();
        let status = Command::new("/proc/self/exe")
            .args(["--exact", "hostile::measured::measures", "--ignored"])
            .args(["--test-threads=1", "--quiet"])
            .env_clear()
            .env(ORDER, &order)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .unwrap();
        assert!(status.success(), "the intermediate process: {status}");
        let report: Value = serde_json::from_slice(&fs::read(folder.join("report.json")).unwrap()).unwrap();
        let micros = |name: &str| Duration::from_micros(report[name].as_u64().unwrap());
        Self {
            status: report["status"].as_i64().unwrap().try_into().unwrap(),
            stdout: fs::read(folder.join("stdout")).unwrap(),
            stderr: fs::read(folder.join("stderr")).unwrap(),
            took: micros("took"),
            processor: micros("processor"),
            memory: report["memory"].as_u64().unwrap() / 1024,
        }
    }
}

#[test]
#[ignore = "started by the other tests as the intermediate process"]
fn measures() {
    let Some(order) = std::env::var_os(ORDER) else {
        return;
    };
    let order: Value = serde_json::from_slice(&fs::read(order).unwrap()).unwrap();
    let folder = Path::new(order["folder"].as_str().unwrap());
    let mut command = Command::new(env!("CARGO_BIN_EXE_ood-k8s"));
    command.env_clear().current_dir("/").stdin(Stdio::null());
    command.stdout(fs::File::create(folder.join("stdout")).unwrap());
    command.stderr(fs::File::create(folder.join("stderr")).unwrap());
    for argument in order["arguments"].as_array().unwrap() {
        command.arg(argument.as_str().unwrap());
    }
    for variable in order["variables"].as_array().unwrap() {
        command.env(variable[0].as_str().unwrap(), variable[1].as_str().unwrap());
    }
    let started = Instant::now();
    let mut child = command.spawn().unwrap();
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        if started.elapsed() > LONGEST {
            child.kill().unwrap();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let took = started.elapsed();
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
    let micros = |time: nix::sys::time::TimeVal| {
        use nix::sys::time::TimeValLike as _;
        time.num_microseconds()
    };
    let report = json!({
        "status": status.code().unwrap_or(-1),
        "took": u64::try_from(took.as_micros()).unwrap(),
        "processor": micros(usage.user_time()) + micros(usage.system_time()),
        "memory": usage.max_rss(),
    });
    fs::write(folder.join("report.json"), report.to_string()).unwrap();
}
