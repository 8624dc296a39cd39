//! What the clusters answered a login: how soon, whom they take the user for, and what becomes of it in the reports.

use super::between::Between;
use super::error::LoginError;
use super::known_as::other_name;
use super::report::Report;
use crate::cluster::{self, Bootstrapped, UserToken};
use crate::config::clusters::Cluster;
use crate::config::Site;
use crate::objects::Desired;
use crate::outcome::of_cluster;
use crate::queue::Answered;

/// What all clusters answered, in the order of the site's.
pub struct Answers {
    pub(super) reports: Vec<Report>,
    pub(super) each: Vec<Answer>,
    /// What concerns all clusters.
    pub(super) fault: Option<LoginError>,
}

/// What one cluster answered.
pub(super) struct Answer {
    /// How soon.
    pub first: Answered,
    pub result: Result<(Bootstrapped, Desired), LoginError>,
}

impl Answers {
    /// How soon they answered, all together.
    pub fn first_answer(&self) -> Answered {
        let all = self.each.iter().map(|answer| answer.first);
        all.max().unwrap_or(Answered::Nothing)
    }

    /// Compares whom the clusters take the user for, and puts everything into the reports. An error that concerns all
    /// clusters is one failure, not one per cluster.
    pub async fn conclude(self, site: &Site, between: &Between) -> (Vec<Report>, Vec<(String, LoginError)>) {
        let Self {
            mut reports,
            each,
            fault,
        } = self;
        let clusters = &site.clusters;
        let pairs = clusters.iter().zip(each).zip(&mut reports);
        let work = pairs.map(|((cluster, answer), report)| answer.conclude(cluster, between, report));
        let results = futures_util::future::join_all(work).await;
        let mut failures = Vec::new();
        for (cluster, result) in clusters.iter().zip(results) {
            let what = if clusters.len() > 1 {
                of_cluster(&cluster.id)
            } else {
                String::new()
            };
            failures.extend(result.err().map(|error| (what, error)));
        }
        if let Some(fault) = fault {
            reports.iter_mut().for_each(|report| report.add_error(&fault));
            failures.push((String::new(), fault));
        }
        (reports, failures)
    }
}

impl Answer {
    async fn conclude(self, cluster: &Cluster, between: &Between, report: &mut Report) -> Result<(), LoginError> {
        match self.result {
            Ok((mut done, desired)) => {
                let (_, token) = between.of(&cluster.id);
                let warning = known_otherwise(&mut done, &token, cluster, &desired).await;
                done.warnings.extend(warning);
                report.add(done)
            }
            Err(error) => {
                report.add_error(&error);
                Err(error)
            }
        }
    }
}

/// What is wrong if the server, which is asked at a first login, knows the user by another name than the RoleBinding. A
/// token that has to be exchanged comes late; the home waits for it as well.
async fn known_otherwise(
    done: &mut Bootstrapped,
    token: &UserToken,
    cluster: &Cluster,
    desired: &Desired,
) -> Option<String> {
    let known = match done.unasked.take() {
        Some(api) => cluster::known_as(&api, token).await,
        None => done.known_as.take(),
    };
    let known = known.filter(|_| desired.is_subject_known)?;
    other_name(cluster, &known, &desired.subject)
}
