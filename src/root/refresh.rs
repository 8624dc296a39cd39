//! Renews the tokens in root's kubeconfig: which are due, the order of the steps, and which expire too soon.

use std::time::{Duration, Instant, SystemTime};

use futures_util::future::join_all;

use super::error::{RootError, TokenEnds};
use super::report::RootReport;
use super::token_source::{TokenSource, TokenWish};
use super::write::{token_edit, Change};
use crate::cluster::{self, ClusterError, RootEntry, RootKubeconfig, RootLogin};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::contained::contained;
use crate::deadline::Deadline;
use crate::outcome::{of_cluster, Outcome};
use crate::time::for_a_person;

/// When a token is due, and when it expires too soon.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// A token that is valid for longer than this is not renewed; if `None`, every token is due.
    pub if_remaining_below: Option<Duration>,
    /// How often the command runs.
    pub interval: Duration,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// One run.
pub struct Refresh<'a> {
    /// When a token is renewed.
    pub rules: Rules,
    /// What the flags specify.
    pub wish: &'a TokenWish,
    /// Where the tokens come from.
    pub source: &'a TokenSource<'a>,
    /// Root's kubeconfig, as it was when the command started.
    pub root: &'a RootKubeconfig,
    /// The deadline for all clusters together.
    pub deadline: Deadline,
}

/// What was done with a token.
struct Renewed {
    outcome: Outcome,
    end: Option<SystemTime>,
    /// Why nobody knows whether the server accepts it.
    untried: Option<ClusterError>,
}

impl Rules {
    /// Whether the cluster's token has to be renewed, according to root's kubeconfig.
    pub fn is_due(&self, root: &RootKubeconfig, cluster: &Cluster) -> bool {
        let now = SystemTime::now();
        !matches!(root.entry(cluster).map(|entry| self.is_fresh(&entry, now)), Ok(true))
    }

    /// Whether the token is valid long enough. One without a known expiry is never fresh.
    fn is_fresh(&self, entry: &RootEntry, now: SystemTime) -> bool {
        match (self.if_remaining_below, entry.token_end()) {
            (Some(below), Some(end)) => end > now + below,
            _ => false,
        }
    }
}

impl Refresh<'_> {
    /// Processes all clusters concurrently. Those that share a user's entry share its token.
    pub async fn all(&self, site: &Site) -> (Vec<RootReport>, Vec<(String, RootError)>) {
        let mut groups: Vec<(RootEntry, Vec<&Cluster>)> = Vec::new();
        let (mut reports, mut failures) = (Vec::new(), Vec::new());
        for cluster in &site.clusters {
            match self.root.entry(cluster).map_err(RootError::from) {
                Ok(entry) => match groups.iter_mut().find(|(known, _)| known.user == entry.user) {
                    Some((_, clusters)) => clusters.push(cluster),
                    None => groups.push((entry, vec![cluster])),
                },
                Err(error) => {
                    reports.push(RootReport::new(&cluster.id).failed(&error, Instant::now()));
                    failures.push((of_cluster(&cluster.id), error));
                }
            }
        }
        for (report, errors) in join_all(groups.iter().map(|(entry, clusters)| self.one(entry, clusters))).await {
            let what = of_cluster(&report.cluster);
            failures.extend(errors.into_iter().map(|error| (what.clone(), error)));
            reports.push(report);
        }
        reports.sort_by(|a, b| a.cluster.cmp(&b.cluster));
        (reports, failures)
    }

    /// Renews one token: its report, and all errors.
    async fn one(&self, entry: &RootEntry, clusters: &[&Cluster]) -> (RootReport, Vec<RootError>) {
        let started = Instant::now();
        let ids: Vec<&str> = clusters.iter().map(|cluster| cluster.id.as_str()).collect();
        let mut report = RootReport::new(&ids.join(","));
        report.user.clone_from(&entry.user);
        report.end = entry.token_end();
        let mut errors = Vec::new();
        let renewed = contained(Box::pin(self.renew(entry, clusters[0]))).await;
        match renewed.unwrap_or_else(|fault| Err(fault.into())) {
            Ok(done) => {
                report.outcome = Some(done.outcome);
                report.end = done.end;
                report.untried = done.untried.map(|error| error.to_string());
                report = report.took(started);
                errors.extend(self.ends_too_soon(&report).map(RootError::TokenEnds));
            }
            Err(error) => {
                report = report.failed(&error, started);
                // The warning is for a token that was just made, or left. Here, what failed says what to do.
                errors.push(match self.ends_too_soon(&report) {
                    Some(_) => RootError::LastChance(Box::new(error)),
                    None => error,
                });
            }
        }
        (report, errors)
    }

    async fn renew(&self, entry: &RootEntry, cluster: &Cluster) -> Result<Renewed, RootError> {
        if let RootLogin::Other(how) = entry.login {
            return Err(ClusterError::NotAToken {
                path: self.root.path().to_owned(),
                user: entry.user.clone(),
                how,
            }
            .into());
        }
        if let Some(left_alone) = self.leave_alone(entry, cluster).await? {
            return Ok(left_alone);
        }
        if self.rules.is_dry_run {
            return Ok(Renewed {
                outcome: Outcome::Changed,
                end: entry.token_end(),
                untried: None,
            });
        }
        let account = self.wish.account(cluster);
        let old = entry.token();
        let new = self
            .source
            .obtain(self.root, cluster, account, old, &self.deadline)
            .await?;
        let change = Change {
            cluster: cluster.clone(),
            edit: token_edit(&entry.user, &new),
            old: old.cloned(),
            new,
        };
        let tried = change.try_out(self.root, account, &self.deadline).await?;
        let written = change.write(self.root.path().to_owned(), tried, &self.deadline).await?;
        Ok(Renewed {
            outcome: written.outcome,
            end: written.end,
            untried: None,
        })
    }

    /// The result if the token that is there is neither due nor refused.
    async fn leave_alone(&self, entry: &RootEntry, cluster: &Cluster) -> Result<Option<Renewed>, RootError> {
        let left_alone = |untried| Renewed {
            outcome: Outcome::Unchanged,
            end: entry.token_end(),
            untried,
        };
        if !self.rules.is_fresh(entry, SystemTime::now()) {
            return Ok(None);
        }
        match self.try_current(cluster).await {
            Ok(now) if self.rules.is_fresh(entry, now) => Ok(Some(left_alone(None))),
            // By the server's clock it is due.
            Ok(_) => Ok(None),
            // What the server refuses is due, however long it says that it lasts.
            Err(RootError::Cluster(error @ ClusterError::Unauthorized { .. })) => {
                if self.rules.is_dry_run && !self.source.gives_the_first() {
                    return Err(error.into());
                }
                Ok(None)
            }
            // Nobody knows, and nothing is due: no failure, and no success.
            Err(RootError::Cluster(error)) if error.is_of_the_way() => Ok(Some(left_alone(Some(error)))),
            Err(error) => Err(error),
        }
    }

    /// Asks the cluster whether it accepts the token that is there; returns the time by the server's clock.
    async fn try_current(&self, cluster: &Cluster) -> Result<SystemTime, RootError> {
        let target = self.root.target(cluster)?;
        let api = cluster::connect(target, &self.deadline).await?;
        let time = cluster::try_credentials(&api).await?;
        Ok(time.unwrap_or_else(SystemTime::now))
    }

    /// Whether the current token expires before the next run.
    fn ends_too_soon(&self, report: &RootReport) -> Option<TokenEnds> {
        // In a dry run it is the expiry of a token that would be replaced.
        let end = report.end.filter(|_| !self.rules.is_dry_run)?;
        let when = match end.duration_since(SystemTime::now()) {
            Ok(left) if left > self.rules.interval => return None,
            Ok(left) => format!("expires in {}", for_a_person(left)),
            Err(over) => format!("expired {} ago", for_a_person(over.duration())),
        };
        Some(TokenEnds {
            user: report.user.clone(),
            when,
            interval: for_a_person(self.rules.interval),
        })
    }
}
