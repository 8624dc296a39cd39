//! All tables that the pages Figures and Storms are made from, one after the other.

use std::path::Path;
use std::process::Command;

use super::error::Error;
use super::Arguments;

/// The parts, with their headings in the page.
const PARTS: [(&str, &[&str]); 6] = [
    ("Logins", &["--system-calls"]),
    (
        "Storms",
        &[
            "--storm",
            "200,400,1000",
            "--bounds",
            "unlimited,64,16,auto",
            "--timeout",
            "60s",
        ],
    ),
    (
        "Storms, servers with a quarter of a core",
        &[
            "--storm",
            "200",
            "--servers-cpu",
            "25",
            "--bounds",
            "unlimited,32,16,auto",
        ],
    ),
    ("Growth", &["--growth"]),
    ("Many namespaces", &["--namespaces", "100,1000,5000"]),
    ("Many users", &["--users", "100,1000"]),
];

/// Runs each part in a process of its own: the memory of one is not counted for the next.
pub fn run(program: &Path, arguments: &Arguments) -> Result<(), Error> {
    let own = Path::new("/proc/self/exe");
    let own = own.read_link().map_err(Error::file("find", own))?;
    for (title, flags) in PARTS {
        println!("\n### {title}\n");
        let mut part = Command::new(&own);
        part.arg("--bin").arg(program);
        part.args(["--user", &arguments.user]).args(flags);
        if let Some(hooks) = &arguments.stock_hooks {
            part.arg("--stock-hooks").arg(hooks);
        }
        let status = part.status();
        if !status.is_ok_and(|status| status.success()) {
            return Err(Error::Part(title));
        }
    }
    Ok(())
}
