//! Registry passwords in many namespaces: how long `mint-registry-secret --all` takes as their number grows.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::Path;
use std::thread;

use ood_k8s_control_plane::ControlPlane;

use crate::error::Error;
use crate::login::Site;
use crate::measure::{measure, Sample};

/// The number of concurrent kubectl processes that create namespaces: each sends at most fifty requests per second.
const MAKERS: usize = 8;

/// Measures at each number of namespaces, in ascending order, and returns the table.
pub fn table(plane: &ControlPlane, site: &Site, program: &Path, numbers: &[usize]) -> Result<String, Error> {
    let mut table = String::from(
        "| namespaces | first time | nothing to do | new password | CPU of that | peak memory |\n\
         | ---: | ---: | ---: | ---: | ---: | ---: |\n",
    );
    let mut made = 0;
    for &number in numbers {
        eprintln!("creating namespaces up to {number}");
        make(plane, made..number)?;
        made = number;
        // The first run of each number writes a Secret with a new name, which no namespace has yet.
        let run = |password: &str| {
            eprintln!("measuring {number} namespaces");
            let command = site.mint_all(program, &format!("registry-{number}"), password)?;
            measure("mint-registry-secret --all", &command)
        };
        let first = run("one")?;
        let nothing = run("one")?;
        let changed = run("two")?;
        let _ = writeln!(table, "{}", row(number, &[first, nothing, changed]));
    }
    Ok(table)
}

fn row(number: usize, samples: &[Sample; 3]) -> String {
    let [first, nothing, changed] = samples.map(|sample| format!("{:.1} s", sample.wall.as_secs_f64()));
    let cpu = samples[2].cpu.as_secs_f64();
    let peak = samples
        .iter()
        .map(|sample| sample.peak_kib)
        .max()
        .unwrap_or_default()
        .div_ceil(1024);
    format!("| {number} | {first} | {nothing} | {changed} | {cpu:.1} s | {peak} MiB |")
}

/// Namespaces like those after a login, each with its default account, since no controller creates it.
pub fn make(plane: &ControlPlane, range: Range<usize>) -> Result<(), Error> {
    let step = range.len().div_ceil(MAKERS).max(1);
    let parts: Vec<_> = range
        .clone()
        .step_by(step)
        .map(|start| start..(start + step).min(range.end))
        .collect();
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = parts
            .into_iter()
            .map(|part| scope.spawn(move || plane.create(&manifest(part))))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("it does not panic"))
            .collect()
    });
    results.into_iter().try_for_each(|result| result.map_err(Error::from))
}

fn manifest(range: Range<usize>) -> String {
    let mut text = String::new();
    for number in range {
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "---\n{{apiVersion: v1, kind: Namespace, metadata: {{name: many-{number}, \
             labels: {{app.kubernetes.io/name: open-ondemand}}, annotations: {{openondemand.org/owner: u{number}}}}}}}\n\
             ---\n{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: default, namespace: many-{number}}}}}\n"
        );
    }
    text
}
