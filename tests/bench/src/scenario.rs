//! The measured cases, and how they are measured: warm-up, runs, requests, round trips.

use std::ops::Range;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ood_k8s_control_plane::ControlPlane;

use crate::error::Error;
use crate::login::{self, Line, Site};
use crate::measure::{count_calls, measure, Runs};
use crate::table::Row;

/// The kind of login.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    /// There is no namespace or kubeconfig yet.
    First,
    /// Like `First`, and kubectl's discovery cache is empty.
    FirstOfTheNode,
    /// Everything exists.
    Returning,
    /// Like `Returning`, and the login is counted for Prometheus.
    Counted,
}

/// The measured command.
enum Login<'a> {
    OodK8s(&'a Path),
    /// The same with another build.
    Against(&'a Path),
    StockHooks(&'a Path),
    Curl,
    /// Not a login, but a new token for root.
    RefreshToken(&'a Path),
}

/// One line of the table.
pub struct Scenario<'a> {
    site: &'a Site,
    login: Login<'a>,
    visit: Visit,
}

impl<'a> Scenario<'a> {
    /// All cases; those of another build and of the stock hooks only if it is known where they are.
    pub fn all(
        site: &'a Site,
        program: &'a Path,
        against: Option<&'a Path>,
        stock_hooks: Option<&'a Path>,
    ) -> Vec<Self> {
        let mut all = vec![
            Self {
                site,
                login: Login::OodK8s(program),
                visit: Visit::Returning,
            },
            Self {
                site,
                login: Login::OodK8s(program),
                visit: Visit::Counted,
            },
            Self {
                site,
                login: Login::OodK8s(program),
                visit: Visit::First,
            },
            Self {
                site,
                login: Login::Curl,
                visit: Visit::Returning,
            },
            Self {
                site,
                login: Login::RefreshToken(program),
                visit: Visit::Returning,
            },
        ];
        if let Some(other) = against {
            all.extend([Visit::Returning, Visit::First].map(|visit| Self {
                site,
                login: Login::Against(other),
                visit,
            }));
        }
        if let Some(hooks) = stock_hooks {
            for visit in [Visit::Returning, Visit::First, Visit::FirstOfTheNode] {
                all.push(Self {
                    site,
                    login: Login::StockHooks(hooks),
                    visit,
                });
            }
        }
        all
    }

    /// Its name in the table.
    pub fn name(&self) -> String {
        let visit = match self.visit {
            Visit::First => "first login",
            Visit::FirstOfTheNode => "first login, kubectl's cache empty",
            Visit::Returning => "returning login",
            Visit::Counted => "returning login, counted",
        };
        match self.login {
            Login::OodK8s(_) => format!("ood-k8s, {visit}"),
            Login::Against(program) => format!("{}, {visit}", program.display()),
            Login::StockHooks(_) => format!("stock hooks, {visit}"),
            Login::Curl => "curl, one PATCH".to_owned(),
            Login::RefreshToken(_) => "ood-k8s refresh-token".to_owned(),
        }
    }

    /// Prepares the run and returns its command. A first login uses a new namespace.
    fn command(&self, line: Line, run: u32) -> Result<Command, Error> {
        let initial = match self.login {
            Login::OodK8s(_) => "o",
            Login::Against(_) => "p",
            Login::StockHooks(_) => "s",
            Login::Curl => {
                await_the_next_second();
                return Ok(self.site.curl(line, run));
            }
            Login::RefreshToken(program) => return self.site.refresh_token(program, line),
        };
        let case = match self.visit {
            Visit::First => format!("f{run}"),
            Visit::FirstOfTheNode => format!("n{run}"),
            Visit::Returning => "r".to_owned(),
            Visit::Counted => "c".to_owned(),
        };
        let direction = if line == Line::Direct { "" } else { "-far" };
        let prefix = format!("user-{initial}{case}{direction}-");
        await_the_next_second();
        if matches!(self.visit, Visit::First | Visit::FirstOfTheNode) {
            self.site.forget_the_user();
        }
        if self.visit == Visit::FirstOfTheNode {
            self.site.forget_discovery();
        }
        match self.login {
            Login::StockHooks(hooks) => self.site.stock_hooks(hooks, line, &prefix),
            Login::OodK8s(program) | Login::Against(program) => {
                let command = self.site.ood_k8s(program, line, &prefix)?;
                if self.visit == Visit::Counted {
                    self.site.count_logins(&prefix)?;
                }
                Ok(command)
            }
            Login::Curl => Ok(self.site.curl(line, run)),
            Login::RefreshToken(program) => self.site.refresh_token(program, line),
        }
    }

    /// The stock hooks fail occasionally: they patch a `ServiceAccount` that may not exist yet.
    /// Such failures are counted. If anything else fails, its figures are meaningless.
    fn run(&self, line: Line, runs: Range<u32>) -> Result<Runs, Error> {
        let mut all = Runs::default();
        for run in runs {
            match measure(&self.name(), &self.command(line, run)?) {
                Ok(sample) => all.samples.push(sample),
                Err(Error::Failed { .. }) if matches!(self.login, Login::StockHooks(_)) => {
                    all.failed += 1;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(all)
    }
}

/// A login writes the time in seconds: the second of two in one second would write nothing new.
/// Also, the controller manager finishes the work of a first login meanwhile.
fn await_the_next_second() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let over = Duration::from_nanos(now.subsec_nanos().into());
    thread::sleep(Duration::from_secs(1).saturating_sub(over));
}

/// The conditions of the measurement.
pub struct Bench<'a> {
    /// The cluster, whose audit log counts the requests.
    pub plane: &'a ControlPlane,
    /// Runs on loopback.
    pub runs: u32,
    /// Runs over the delayed connection.
    pub delayed_runs: u32,
    /// The round-trip time there.
    pub round_trip: Duration,
    /// Whether system calls are counted.
    pub counts_calls: bool,
}

impl Bench<'_> {
    /// Measures all cases, first on loopback and in turn, so that other load affects them alike,
    /// then each over the delayed connection. The first run of each is only a warm-up.
    pub fn measure(&self, scenarios: &[Scenario<'_>]) -> Result<Vec<Row>, Error> {
        let mut direct: Vec<_> = scenarios.iter().map(|_| (Runs::default(), 0)).collect();
        for run in 0..=self.runs {
            for (scenario, (runs, requests)) in scenarios.iter().zip(&mut direct) {
                let before = login::requests(self.plane)?;
                let one = scenario.run(Line::Direct, run..run + 1)?;
                if run > 0 {
                    *requests += login::requests(self.plane)? - before;
                    runs.samples.extend(one.samples);
                    runs.failed += one.failed;
                }
            }
        }
        let rows = scenarios.iter().zip(direct).map(|(scenario, (runs, requests))| {
            scenario.run(Line::Delayed, 0..1)?;
            let delayed = scenario.run(Line::Delayed, 1..self.delayed_runs + 1)?;
            let mut row = Row::new(scenario.name(), &runs, requests, &delayed, self.round_trip);
            if self.counts_calls {
                // The delayed runs have left the address of their line in the kubeconfig, which the next login replaces.
                scenario.run(Line::Direct, self.runs + 1..self.runs + 2)?;
                row.calls = Some(count_calls(&scenario.command(Line::Direct, self.runs + 2)?)?);
            }
            Ok(row)
        });
        rows.collect()
    }
}
