//! Measures logins against a real control plane, compared with `curl` and the stock hooks, as a Markdown table.

mod error;
mod everything;
mod furnish;
mod growth;
mod hook;
mod login;
mod many;
mod measure;
mod memory;
mod outcome;
mod ratios;
mod scenario;
mod servers;
mod storm;
mod table;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use ood_k8s_control_plane::ControlPlane;
use ood_k8s_loopback::{release_build, Forwarder};

use error::Error;
use growth::Growth;
use hook::Hook;
use login::Site;
use scenario::{Bench, Scenario};
use servers::Servers;
use storm::Storms;

/// Measures first and returning logins with ood-k8s against a real Kubernetes control plane.
///
/// Requires root, and an account that is not root's. If the environment variable `OOD_STOCK_HOOKS` is a directory with
/// the stock hooks (`k8s-bootstrap/…`), they are measured as well.
#[derive(Parser)]
struct Arguments {
    /// The program to measure, called as `PROGRAM pre-hook --user …`; by default a release build of ood-k8s.
    #[arg(long, value_name = "PROGRAM")]
    bin: Option<PathBuf>,
    /// The number of runs of each case.
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// The number of runs of each case over the delayed connection, for the round trips.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    delayed_runs: u32,
    /// The time of a packet over the delayed connection, in milliseconds: by default, that to another data centre. On a busy
    /// machine, a longer one counts the round trips better.
    #[arg(long, default_value_t = 25, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u32).range(1..))]
    one_way: u32,
    /// Measures registry passwords in these numbers of namespaces instead, for example 100,1000,5000.
    #[arg(long, value_name = "N,N…", value_delimiter = ',')]
    namespaces: Vec<usize>,
    /// Measures `bootstrap-user` for these numbers of users instead, for example 100,1000.
    #[arg(long, value_name = "N,N…", value_delimiter = ',')]
    users: Vec<usize>,
    /// Measures how everything grows instead: 100 to 10,000 namespaces and users, 1 to 20 clusters, 10 to 1,000 entries in the
    /// user's kubeconfig.
    #[arg(long)]
    growth: bool,
    /// Measures storms of first and returning logins of these numbers of users instead, for example 200,1000: 16 and 64 at a
    /// time, and all at once.
    #[arg(long, value_name = "N,N…", value_delimiter = ',')]
    storm: Vec<usize>,
    /// In storms, what the servers get of one core, in percent.
    #[arg(long, value_name = "PERCENT", value_parser = clap::value_parser!(u32).range(1..))]
    servers_cpu: Option<u32>,
    /// In storms that start all logins at once, `LOGINS_AT_ONCE`: one storm for each value.
    #[arg(
        long,
        value_name = "VALUE,…",
        value_delimiter = ',',
        default_value = "unlimited,16,auto"
    )]
    bounds: Vec<String>,
    /// In storms, how often each is repeated, in turn; the table has the round with the median throughput.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..))]
    rounds: u8,
    /// In storms, `HOOK_TIMEOUT`.
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    timeout: String,
    /// Measures all of it, table after table, for the pages Figures and Storms: logins with their system calls, storms with servers
    /// that have all processors and a quarter of one, growth, and many users. Takes an hour on an idle machine.
    #[arg(long)]
    everything: bool,
    /// The number of clusters that a login is for; all are the same API server, with namespaces of their own.
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    clusters: u32,
    /// The account that logs in.
    #[arg(long, default_value = "games")]
    user: String,
    /// Another build of ood-k8s, whose logins are measured in turn with those of the first.
    #[arg(long, value_name = "PROGRAM")]
    against: Option<PathBuf>,
    /// Counts the system calls of one more run of each case, with strace.
    #[arg(long)]
    system_calls: bool,
    /// Fails if a returning login makes more system calls than this.
    #[arg(long, value_name = "N", requires = "system_calls")]
    most_system_calls: Option<u64>,
    /// The directory of the stock hooks.
    #[arg(long, env = "OOD_STOCK_HOOKS", value_name = "DIR")]
    stock_hooks: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == measure::SUBCOMMAND) {
        return measure::serve(&arguments[2..]);
    }
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ood-k8s-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), Error> {
    if !nix::unistd::Uid::effective().is_root() {
        return Err(Error::NotRoot);
    }
    let program = match &arguments.bin {
        Some(program) => program.clone(),
        None => release_build().ok_or(Error::Build)?,
    };
    if arguments.everything {
        return everything::run(&program, arguments);
    }
    if !arguments.namespaces.is_empty() {
        return many_namespaces(&program, arguments);
    }
    if !arguments.users.is_empty() {
        return many_users(&program, arguments);
    }
    if arguments.growth {
        return growth(&program, arguments);
    }
    if !arguments.storm.is_empty() {
        return storms(&program, arguments);
    }
    let plane = ControlPlane::builder().start()?;
    let one_way = Duration::from_millis(arguments.one_way.into());
    let forwarder = Forwarder::start(plane.port(), one_way).map_err(Error::Forwarder)?;
    let site = Site::set_up(&plane, &forwarder.url(), &arguments.user, arguments.clusters)?;
    let bench = Bench {
        plane: &plane,
        runs: arguments.runs,
        delayed_runs: arguments.delayed_runs,
        round_trip: 2 * one_way,
        counts_calls: arguments.system_calls,
    };
    let against = arguments.against.as_deref();
    let scenarios = Scenario::all(&site, &program, against, arguments.stock_hooks.as_deref());
    for scenario in &scenarios {
        eprintln!("measuring, in turn: {}", scenario.name());
    }
    let rows = bench.measure(&scenarios)?;
    print!("{}", table::heading(&plane, &program, arguments.runs)?);
    print!("{}", table::markdown(&rows));
    // The first case is a returning login.
    let calls = rows.first().and_then(|row| row.calls);
    match (calls, arguments.most_system_calls) {
        (Some(calls), Some(most)) if calls > most => Err(Error::TooManyCalls { calls, most }),
        _ => Ok(()),
    }
}

/// Without a controller manager, which would create an account in each namespace, twenty per second.
fn many_namespaces(program: &Path, arguments: &Arguments) -> Result<(), Error> {
    let plane = ControlPlane::builder().without_controller_manager().start()?;
    let site = Site::set_up(&plane, &plane.url(), &arguments.user, 1)?;
    let mut numbers = arguments.namespaces.clone();
    numbers.sort_unstable();
    let table = many::table(&plane, &site, program, &numbers)?;
    print!("{}{table}", table::heading(&plane, program, 1)?);
    Ok(())
}

/// As after the loss of a cluster, with its controllers.
fn many_users(program: &Path, arguments: &Arguments) -> Result<(), Error> {
    let plane = ControlPlane::builder().start()?;
    let site = Site::set_up(&plane, &plane.url(), &arguments.user, 1)?;
    let programs: Vec<_> = [Some(program), arguments.against.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let table = furnish::table(&site, &programs, &arguments.users)?;
    print!("{}{table}", table::heading(&plane, program, 1)?);
    Ok(())
}

/// Without a controller manager, which would create an account in each namespace, twenty per second.
fn growth(program: &Path, arguments: &Arguments) -> Result<(), Error> {
    let plane = ControlPlane::builder().without_controller_manager().start()?;
    let site = Site::set_up(&plane, &plane.url(), &arguments.user, 1)?;
    let heading = table::heading(&plane, program, 1)?;
    let plane = &plane;
    print!("{heading}{}", Growth { plane, site, program }.table()?);
    Ok(())
}

/// Storms, each in namespaces of its own.
fn storms(program: &Path, arguments: &Arguments) -> Result<(), Error> {
    let plane = ControlPlane::builder().start()?;
    let mut site = Site::set_up(&plane, &plane.url(), &arguments.user, 1)?;
    site.timeout.clone_from(&arguments.timeout);
    let _limit = arguments
        .servers_cpu
        .map(|percent| Servers::of(&plane).limit(percent))
        .transpose()?;
    let programs: Vec<_> = [Some(program), arguments.against.as_deref()]
        .into_iter()
        .flatten()
        .collect();
    let builds = programs.into_iter().map(Hook::OodK8s);
    let stock = arguments.stock_hooks.as_deref().map(Hook::Stock);
    let hooks: Vec<_> = builds.chain(stock).collect();
    let storms = Storms {
        hooks: &hooks,
        numbers: &arguments.storm,
        bounds: &arguments.bounds,
        rounds: arguments.rounds.into(),
    };
    let table = storms.table(&plane, &site)?;
    print!("{}{table}", table::heading(&plane, program, arguments.rounds.into())?);
    Ok(())
}
