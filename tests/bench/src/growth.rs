//! How time, memory and requests grow: with the number of namespaces, of users, of clusters, and of entries in a kubeconfig.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use ood_k8s_control_plane::ControlPlane;

use crate::error::Error;
use crate::furnish::{make_accounts, name};
use crate::login::{self, Line, Site};
use crate::many::make;
use crate::measure::{as_f64, measure, Sample};

/// Namespaces, and users of `bootstrap-user`.
const MANY: [usize; 3] = [100, 1_000, 10_000];
const CLUSTERS: [usize; 3] = [1, 5, 20];
const ENTRIES: [usize; 3] = [10, 100, 1_000];
/// How often a login is measured; the median counts.
const LOGINS: usize = 9;

/// What is measured, at one number.
struct Point {
    number: usize,
    sample: Sample,
    requests: usize,
}

/// The measurements of one control plane.
pub struct Growth<'a> {
    pub plane: &'a ControlPlane,
    pub site: Site,
    pub program: &'a Path,
}

impl Growth<'_> {
    /// All of it, as a table; the exponents are those between the last two numbers: 1 if ten times as many take ten times as
    /// much, 0 if as much.
    pub fn table(mut self) -> Result<String, Error> {
        let mut table = String::from(
            "| what | number | time | CPU | peak memory | requests | exponents: time | memory | requests |\n\
             | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n",
        );
        add(
            &mut table,
            "a returning login, entries in the kubeconfig",
            &self.entries()?,
        );
        add(&mut table, "a returning login, clusters", &self.clusters()?);
        self.namespaces(&mut table)?;
        add(&mut table, "`bootstrap-user`, new users", &self.users()?);
        Ok(table)
    }

    fn point(&self, number: usize, command: &Command) -> Result<Point, Error> {
        let before = login::requests(self.plane)?;
        let sample = measure("ood-k8s", command)?;
        let requests = login::requests(self.plane)? - before;
        Ok(Point {
            number,
            sample,
            requests,
        })
    }

    /// The median of several logins, after one that made everything.
    fn login(&self, number: usize, prefix: &str) -> Result<Point, Error> {
        let command = self.site.ood_k8s(self.program, Line::Direct, prefix)?;
        measure("ood-k8s", &command)?;
        let points: Result<Vec<_>, Error> = (0..LOGINS).map(|_| self.point(number, &command)).collect();
        let mut points = points?;
        points.sort_by_key(|point| point.sample.wall);
        Ok(points.swap_remove(LOGINS / 2))
    }

    fn entries(&self) -> Result<Vec<Point>, Error> {
        let points = ENTRIES.into_iter().map(|number| {
            self.site.write_user_kubeconfig(&kubeconfig(number))?;
            self.login(number, &format!("entries-{number}-"))
        });
        points.collect()
    }

    fn clusters(&mut self) -> Result<Vec<Point>, Error> {
        let mut points = Vec::new();
        for number in CLUSTERS {
            self.site.forget_the_user();
            self.site.clusters = u32::try_from(number).unwrap_or(1);
            points.push(self.login(number, &format!("clusters-{number}-"))?);
        }
        self.site.forget_clusters();
        self.site.clusters = 1;
        Ok(points)
    }

    /// What works on all namespaces, at each of the numbers.
    fn namespaces(&self, table: &mut String) -> Result<(), Error> {
        let mut lines = [
            "`mint-registry-secret --all`, new",
            "the same, nothing to do",
            "`users`",
        ]
        .map(|what| (what, Vec::new()));
        let mut made = 0;
        for number in MANY {
            eprintln!("creating namespaces up to {number}");
            make(self.plane, made..number)?;
            made = number;
            let mint = self.site.mint_all(self.program, &format!("registry-{number}"), "one")?;
            let list = self.site.list_users(self.program)?;
            for ((_, points), command) in lines.iter_mut().zip([&mint, &mint, &list]) {
                points.push(self.point(number, command)?);
            }
        }
        lines.iter().for_each(|(what, points)| add(table, what, points));
        Ok(())
    }

    fn users(&self) -> Result<Vec<Point>, Error> {
        make_accounts(&self.site, MANY[1], None)?;
        let points = MANY[..2].iter().map(|&number| {
            let users: Vec<_> = (0..number).map(name).collect();
            self.point(
                number,
                &self.site.bootstrap(self.program, &format!("b{number}-"), &users)?,
            )
        });
        points.collect()
    }
}

/// A kubeconfig with so many clusters, users and contexts of the user's own.
fn kubeconfig(number: usize) -> String {
    let mut text = String::from("apiVersion: v1\nkind: Config\n");
    let sections = [
        ("clusters", "cluster: {server: https://k8s.example.org}"),
        ("users", "user: {token: t}"),
        ("contexts", "context: {cluster: c0, user: u0}"),
    ];
    for (section, content) in sections {
        let initial = &section[..1];
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{section}:");
        for entry in 0..number {
            let _ = writeln!(text, "- {{name: {initial}{entry}, {content}}}");
        }
    }
    text
}

fn add(table: &mut String, what: &str, points: &[Point]) {
    for (index, point) in points.iter().enumerate() {
        let is_last = index > 0 && index + 1 == points.len();
        let exponents = if is_last {
            let before = &points[index - 1];
            [seconds, memory, requests].map(|of| format!("{:.2}", exponent(before, point, of)))
        } else {
            Default::default()
        };
        // Writing to a String cannot fail.
        let _ = writeln!(
            table,
            "| {what} | {} | {} | {} | {} MiB | {} | {} |",
            point.number,
            for_a_person(point.sample.wall),
            for_a_person(point.sample.cpu),
            point.sample.peak_kib.div_ceil(1024),
            point.requests,
            exponents.join(" | "),
        );
    }
}

fn exponent(before: &Point, after: &Point, of: fn(&Point) -> f64) -> f64 {
    let number = |point: &Point| as_f64(point.number);
    (of(after) / of(before)).ln() / (number(after) / number(before)).ln()
}

fn seconds(point: &Point) -> f64 {
    point.sample.wall.as_secs_f64()
}

fn memory(point: &Point) -> f64 {
    as_f64(usize::try_from(point.sample.peak_kib).unwrap_or(usize::MAX))
}

fn requests(point: &Point) -> f64 {
    as_f64(point.requests)
}

fn for_a_person(duration: Duration) -> String {
    if duration < Duration::from_secs(1) {
        return format!("{:.1} ms", duration.as_secs_f64() * 1000.0);
    }
    format!("{:.2} s", duration.as_secs_f64())
}

impl Site {
    /// The user's kubeconfig, with other entries than ours.
    fn write_user_kubeconfig(&self, text: &str) -> Result<(), Error> {
        let file = self.user_kubeconfig();
        fs::write(&file, text).map_err(Error::file("write", &file))?;
        let account = self.account()?;
        chown(&file, Some(account.uid.as_raw()), Some(account.gid.as_raw()))
            .map_err(Error::file("change the owner of", &file))
    }

    /// Removes the files of all clusters but the first.
    fn forget_clusters(&self) {
        for number in 1..self.clusters {
            let _ = fs::remove_file(self.path(&format!("clusters.d/bench-{number}.yml")));
        }
    }
}
