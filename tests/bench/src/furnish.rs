//! Namespaces for many users at once: how long `bootstrap-user` takes for a cluster that is new, and for one that has them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use nix::mount::{mount, MsFlags};
use nix::sched::{unshare, CloneFlags};

use crate::error::Error;
use crate::login::Site;
use crate::measure::{measure, Sample};

const PASSWD: &str = "/etc/passwd";
/// The uid of the first account that is made up.
pub const FIRST_UID: usize = 50_000;

/// Measures at each number of users, in turn with each of the programs, and returns the table.
pub fn table(site: &Site, programs: &[&Path], numbers: &[usize]) -> Result<String, Error> {
    make_accounts(site, numbers.iter().copied().max().unwrap_or_default(), None)?;
    let mut table = String::from(
        "| program | users | new | CPU of that | nothing to do | CPU of that | peak memory |\n\
         | --- | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    for &number in numbers {
        for (index, program) in programs.iter().enumerate() {
            eprintln!("measuring {number} users with {}", program.display());
            let users: Vec<_> = (0..number).map(name).collect();
            let command = site.bootstrap(program, &format!("p{index}n{number}-"), &users)?;
            let new = measure("bootstrap-user", &command)?;
            let again = measure("bootstrap-user", &command)?;
            let _ = writeln!(table, "{}", row(program, number, new, again));
        }
    }
    Ok(table)
}

fn row(program: &Path, number: usize, new: Sample, again: Sample) -> String {
    let seconds = |duration: std::time::Duration| format!("{:.2} s", duration.as_secs_f64());
    let peak = new.peak_kib.max(again.peak_kib).div_ceil(1024);
    format!(
        "| {} | {number} | {} | {} | {} | {} | {peak} MiB |",
        program.display(),
        seconds(new.wall),
        seconds(new.cpu),
        seconds(again.wall),
        seconds(again.cpu),
    )
}

/// The name of an account that is made up.
pub fn name(number: usize) -> String {
    format!("bench{number}")
}

/// Accounts for this process and its children alone, with homes below `homes`: a passwd file over the system's, in a mount
/// namespace of their own.
pub fn make_accounts(site: &Site, number: usize, homes: Option<&Path>) -> Result<(), Error> {
    let homes = homes.unwrap_or(Path::new("/nonexistent")).display();
    let mut text = fs::read_to_string(PASSWD).map_err(Error::file("read", Path::new(PASSWD)))?;
    for number in 0..number {
        let uid = FIRST_UID + number;
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{0}:x:{uid}:{uid}::{homes}/{0}:/bin/sh", name(number));
    }
    let file = site.path("passwd");
    fs::write(&file, text).map_err(Error::file("write", &file))?;
    let none: Option<&str> = None;
    let over = unshare(CloneFlags::CLONE_NEWNS)
        .and_then(|()| mount(none, "/", none, MsFlags::MS_REC | MsFlags::MS_PRIVATE, none))
        .and_then(|()| mount(Some(&file), PASSWD, none, MsFlags::MS_BIND, none));
    over.map_err(|error| Error::Measure {
        program: "bootstrap-user".into(),
        what: format!("no accounts can be made up: {error}"),
    })
}
