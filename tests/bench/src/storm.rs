//! Many users' logins at once, a process each as `OnDemand` starts them: how long they take, and what is whole afterwards.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::chown;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use nix::sys::prctl::set_child_subreaper;
use nix::sys::resource::{getrusage, UsageWho};
use nix::sys::time::TimeValLike;
use nix::sys::wait::waitpid;
use nix::unistd::Pid;

use ood_k8s_control_plane::ControlPlane;

use crate::error::Error;
use crate::furnish::{make_accounts, name, FIRST_UID};
use crate::hook::{Hook, Login};
use crate::login::{requests, Site};
use crate::memory::Watch;
use crate::outcome::Outcome;
use crate::ratios;
use crate::servers::Servers;

/// What there is in the namespace of a user whose login is whole; a returning user has it before the storm.
const WHOLE: [&str; 3] = ["networkpolicies", "rolebindings", "secrets"];

/// One storm.
#[derive(Debug, Clone, Copy)]
pub struct Storm<'a> {
    /// How many users log in.
    pub users: usize,
    /// How many processes the starter runs at a time; `None` starts all at once.
    pub at_a_time: Option<usize>,
    /// `LOGINS_AT_ONCE` in hook.env; `None` leaves it out.
    pub bound: Option<&'a str>,
    /// Whether the users have their namespaces already.
    pub is_returning: bool,
}

/// How many logins a starter runs at a time that bounds them itself, to compare with.
const STARTERS: [usize; 2] = [16, 64];
/// The same for the stock hooks, which take some 50 times as long, and for what prepares a storm.
const FEW_STARTERS: usize = 4;
/// And how many users: each of their logins has a kubectl of 60 MiB.
const STOCK_USERS: [usize; 2] = [50, 200];

/// How often it is tried to make everybody whole before a storm of returning logins.
const MOST_ROUNDS: usize = 5;

/// Which storms there are: each with all builds, of first and of returning logins.
pub struct Storms<'a> {
    pub hooks: &'a [Hook<'a>],
    /// The numbers of users.
    pub numbers: &'a [usize],
    /// The values of `LOGINS_AT_ONCE` for storms that start all at once.
    pub bounds: &'a [String],
    /// How often each is repeated, in turn.
    pub rounds: usize,
}

impl Storms<'_> {
    /// Runs them, and returns a table of the median rounds; each one is on standard error as soon as it is known.
    pub fn table(&self, plane: &ControlPlane, site: &Site) -> Result<String, Error> {
        let numbers = self.numbers.iter().chain(&STOCK_USERS).copied();
        prepare(site, numbers.max().unwrap_or_default())?;
        let mut table = String::from(Outcome::HEADING);
        let mut rates = Vec::new();
        for (hook, storm, outcome) in self.medians(plane, site)? {
            table.push_str(&outcome.row(hook, &storm));
            if matches!(hook, Hook::OodK8s(_)) {
                rates.push((storm, outcome.per_second()));
            }
        }
        Ok(format!("{table}{}", ratios::lines(&rates)))
    }

    fn medians(&self, plane: &ControlPlane, site: &Site) -> Result<Vec<(Hook<'_>, Storm<'_>, Outcome)>, Error> {
        let cases = self.all();
        let mut outcomes: Vec<Vec<Outcome>> = cases.iter().map(|_| Vec::new()).collect();
        for round in 0..self.rounds {
            for ((number, (hook, storm)), outcomes) in cases.iter().enumerate().zip(&mut outcomes) {
                // A returning storm is of the users of the first one before it.
                let outcome = storm.run(plane, site, *hook, &format!("w{round}-{}-", number / 2))?;
                eprint!("{}", outcome.row(*hook, storm));
                if let Some(failure) = &outcome.first_failure {
                    eprintln!("{failure}");
                }
                outcomes.push(outcome);
            }
        }
        let medians = outcomes.into_iter().filter_map(Outcome::median);
        Ok(cases
            .into_iter()
            .zip(medians)
            .map(|((hook, storm), outcome)| (hook, storm, outcome))
            .collect())
    }

    fn all(&self) -> Vec<(Hook<'_>, Storm<'_>)> {
        let mut all = Vec::new();
        for &hook in self.hooks {
            let (numbers, ways) = match hook {
                Hook::OodK8s(_) => (self.numbers, self.ways()),
                Hook::Stock(_) => (&STOCK_USERS[..], vec![(Some(FEW_STARTERS), None), (None, None)]),
            };
            for &users in numbers {
                for &(at_a_time, bound) in &ways {
                    all.extend([false, true].map(|is_returning| {
                        let storm = Storm {
                            users,
                            at_a_time,
                            bound,
                            is_returning,
                        };
                        (hook, storm)
                    }));
                }
            }
        }
        all
    }

    /// How many logins run at a time, and what bounds them.
    fn ways(&self) -> Vec<(Option<usize>, Option<&str>)> {
        let starters = STARTERS.map(|number| (Some(number), Some("unlimited")));
        let at_once = self.bounds.iter().map(|bound| (None, Some(bound.as_str())));
        starters.into_iter().chain(at_once).collect()
    }
}

/// Accounts with homes for the largest storm.
fn prepare(site: &Site, most: usize) -> Result<(), Error> {
    make_accounts(site, most, Some(&site.homes()))?;
    set_child_subreaper(true).map_err(|error| Error::Measure {
        program: "pre-hook".into(),
        what: format!("prctl: {error}"),
    })
}

/// Empty homes for a storm of first logins.
fn empty_homes(site: &Site, users: usize) -> Result<(), Error> {
    let homes = site.homes();
    if homes.exists() {
        fs::remove_dir_all(&homes).map_err(Error::file("remove", &homes))?;
    }
    fs::create_dir(&homes).map_err(Error::file("make", &homes))?;
    for number in 0..users {
        let home = homes.join(name(number));
        fs::create_dir(&home).map_err(Error::file("make", &home))?;
        let id = u32::try_from(FIRST_UID + number).unwrap_or(u32::MAX);
        chown(&home, Some(id), Some(id)).map_err(Error::file("change the owner of", &home))?;
    }
    Ok(())
}

impl Storm<'_> {
    /// The kind of its logins.
    pub fn kind(&self) -> &'static str {
        if self.is_returning {
            "returning"
        } else {
            "first"
        }
    }

    /// Runs it with namespaces that begin with `prefix`.
    pub fn run(&self, plane: &ControlPlane, site: &Site, hook: Hook<'_>, prefix: &str) -> Result<Outcome, Error> {
        if self.is_returning {
            self.make_whole(plane, site, hook, prefix)?;
        } else {
            empty_homes(site, self.users)?;
        }
        site.write_for_anybody(prefix, self.bound)?;
        let servers = Servers::of(plane);
        let before = (requests(plane)?, servers.cpu(), own_cpu());
        let servers_only = children();
        let watch = Watch::start();
        let started = Instant::now();
        let logins = self.log_in(site, hook);
        let total = started.elapsed();
        await_all_but(&servers_only);
        let peak_mib = watch.end();
        // Before anybody counts what is whole: that runs kubectl, which reads all that there is in the cluster.
        let (requests, servers_cpu, cpu) = (requests(plane)?, servers.cpu(), own_cpu());
        let (whole, half) = self.count_whole(plane, site, prefix)?;
        let failures: Vec<_> = logins.iter().filter_map(|login| login.failure.clone()).collect();
        Ok(Outcome {
            walls: logins.iter().map(|login| login.wall).collect(),
            total,
            failed: failures.len(),
            first_failure: failures.into_iter().next(),
            whole,
            half,
            cpu: cpu.saturating_sub(before.2),
            servers_cpu: servers_cpu.saturating_sub(before.1),
            peak_mib,
            requests: requests.checked_sub(before.0),
        })
    }

    /// Logs in, a few at a time, until nobody lacks anything: not all logins of the storm before may have succeeded.
    fn make_whole(&self, plane: &ControlPlane, site: &Site, hook: Hook<'_>, prefix: &str) -> Result<(), Error> {
        let calm = Storm {
            at_a_time: Some(FEW_STARTERS),
            ..*self
        };
        site.write_for_anybody(prefix, Some("unlimited"))?;
        for _ in 0..MOST_ROUNDS {
            if self.count_whole(plane, site, prefix)?.0 == self.users {
                return Ok(());
            }
            calm.log_in(site, hook);
        }
        Err(Error::Failed {
            scenario: "to log everybody in before a storm of returning logins".into(),
            stderr: format!(
                "after {MOST_ROUNDS} rounds, some of {} users lack something",
                self.users
            ),
        })
    }

    /// All logins, by as many starters as run at a time.
    fn log_in(&self, site: &Site, hook: Hook<'_>) -> Vec<Login> {
        let next = AtomicUsize::new(0);
        let done = Mutex::new(Vec::with_capacity(self.users));
        let starter = || loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number >= self.users {
                return;
            }
            let login = hook.log_in(site, &name(number));
            done.lock().expect("no starter panics").push(login);
        };
        std::thread::scope(|scope| {
            for _ in 0..self.at_a_time.unwrap_or(self.users) {
                let small = std::thread::Builder::new().stack_size(256 * 1024);
                small.spawn_scoped(scope, starter).expect("a thread can be started");
            }
        });
        done.into_inner().expect("no starter panics")
    }

    /// How many users have all of it, and how many have rights or a kubeconfig without the `NetworkPolicy`.
    fn count_whole(&self, plane: &ControlPlane, site: &Site, prefix: &str) -> Result<(usize, usize), Error> {
        let of_kind = |kind: &str| namespaces_with(plane, kind, prefix);
        let [walls, rights, secrets] = WHOLE.map(of_kind);
        let (walls, rights, secrets) = (walls?, rights?, secrets?);
        let (mut whole, mut half) = (0, 0);
        for number in 0..self.users {
            let user = name(number);
            let namespace = format!("{prefix}{user}");
            let has_home = home(site, &user).join(".kube/config").exists();
            let [wall, right, secret] = [&walls, &rights, &secrets].map(|set| set.contains(&namespace));
            whole += usize::from(wall && right && secret && has_home);
            half += usize::from(!wall && (right || has_home));
        }
        Ok((whole, half))
    }
}

/// A user's home.
pub fn home(site: &Site, user: &str) -> PathBuf {
    site.homes().join(user)
}

fn namespaces_with(plane: &ControlPlane, kind: &str, prefix: &str) -> Result<BTreeSet<String>, Error> {
    let path = "jsonpath={range .items[*]}{.metadata.namespace}{\"\\n\"}{end}";
    let text = plane.kubectl_output(&["get", kind, "--all-namespaces", "--chunk-size=0", "--output", path])?;
    let lines = text.lines().filter(|line| line.starts_with(prefix));
    Ok(lines.map(str::to_owned).collect())
}

/// In half of the logins the child in the home outlives its parent, and is this process's then (see `measure.rs`).
fn await_all_but(before: &BTreeSet<i32>) {
    for child in children().difference(before) {
        let _ = waitpid(Pid::from_raw(*child), None);
    }
}

fn children() -> BTreeSet<i32> {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = tasks.map(|task| fs::read_to_string(task.path().join("children")).unwrap_or_default());
    let pids = |list: String| {
        list.split_whitespace()
            .filter_map(|pid| pid.parse().ok())
            .collect::<Vec<_>>()
    };
    lists.flat_map(pids).collect()
}

fn own_cpu() -> Duration {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the kernel counts it");
    let micros = (usage.user_time() + usage.system_time()).num_microseconds();
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}
