//! `profile show`: what a user gets by the profiles file, and which section says so; no cluster is asked.

use serde::Serialize;
use serde_json::Value;

use super::error::{only, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::ProfileShowArgs;
use crate::config::profiles::{AccessError, Decision, Origin, Path, Profile, Said};
use crate::config::Site;
use crate::log;
use crate::print::{self, columns};
use crate::user::{self, User, UserError};

/// Everything.
#[derive(Serialize)]
struct Shown {
    user: String,
    /// Absent if there is no rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    access: Option<Access>,
    clusters: Vec<InCluster>,
}

#[derive(Serialize)]
struct Access {
    allowed: bool,
    rule: String,
    /// Why it is in doubt in which groups the user is.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<String>,
}

#[derive(Serialize)]
struct InCluster {
    cluster: String,
    values: Vec<Leaf>,
    quarrels: Vec<String>,
}

impl From<Decision> for Access {
    fn from(decision: Decision) -> Self {
        Self {
            allowed: decision.is_allowed,
            rule: decision.rule.to_string(),
            doubt: decision.doubt,
        }
    }
}

/// One value.
#[derive(Serialize)]
struct Leaf {
    key: String,
    value: Value,
    #[serde(skip)]
    text: String,
    section: usize,
    whom: String,
    line: usize,
    /// Whether it follows from another value that the section says.
    follows: bool,
    #[serde(skip)]
    from: String,
}

/// Prints it. A profiles file that cannot be used is said as for every command.
pub(super) fn run(invocation: &Invocation, args: &ProfileShowArgs) -> Result<(), Failures> {
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    invocation.deadline.set_total(invocation.total(&site.settings));
    invocation.deadline.enter("looking up the user in the passwd database");
    let mut failures = Failures::of_broken_files(&site);
    // What logins do about it was said as a warning, and is a failure where one wants to know.
    failures.extend(site.profiles.fault().cloned().map(|fault| (String::new(), fault)));
    let user = user::look_up(&args.user, site.settings.min_uid).map_err(only)?;
    let access = match site.profiles.decide(&user, &site.settings) {
        Ok(decision) => decision.map(Access::from),
        Err(error @ AccessError::User(_)) => return Err(only(error)),
        // Its fault is among the failures.
        Err(_) => None,
    };
    let shown = Shown {
        access,
        clusters: in_clusters(&site, &user).map_err(only)?,
        user: user.name.to_string(),
    };
    invocation.deadline.lift();
    let doubt = shown.access.as_ref().and_then(|access| access.doubt.as_deref());
    doubt.into_iter().for_each(log::warning);
    shown.quarrels().for_each(|quarrel| log::warning(&quarrel));
    print::print(
        args.output,
        || serde_json::to_value(&shown).unwrap_or_default(),
        || shown.table(),
    );
    failures.result()
}

fn in_clusters(site: &Site, user: &User) -> Result<Vec<InCluster>, UserError> {
    let mut all = Vec::new();
    for cluster in &site.clusters {
        if let Some(profile) = site.profiles.profile_of(user, &cluster.id)? {
            all.push(InCluster::of(&cluster.id, &profile));
        }
    }
    Ok(all)
}

impl InCluster {
    fn of(cluster: &str, profile: &Profile) -> Self {
        Self {
            cluster: cluster.to_owned(),
            values: profile.leaves().map(|(path, said)| Leaf::of(path, said)).collect(),
            quarrels: profile.quarrels().iter().map(ToString::to_string).collect(),
        }
    }
}

impl Leaf {
    fn of(path: &Path, said: &Said) -> Self {
        let Origin {
            section,
            whom,
            line,
            follows,
        } = &said.by;
        let from = if *follows { "follows from " } else { "" };
        Self {
            key: path.to_string(),
            value: said.value.json(),
            text: said.value.to_string(),
            section: *section,
            whom: whom.to_string(),
            line: *line,
            follows: *follows,
            from: format!("{from}{}", said.by),
        }
    }
}

impl Shown {
    fn quarrels(&self) -> impl Iterator<Item = String> + '_ {
        self.clusters.iter().flat_map(|one| {
            let lines = one.quarrels.iter();
            lines.map(|quarrel| format!("cluster {}: {quarrel}", one.cluster))
        })
    }

    fn table(&self) -> String {
        let mut rows = vec![["CLUSTER", "KEY", "VALUE", "FROM"].map(str::to_owned)];
        if let Some(Access { allowed, rule, .. }) = &self.access {
            let word = if *allowed { "let in" } else { "not let in" };
            rows.push(["-".into(), "access".into(), word.into(), rule.clone()]);
        }
        for one in &self.clusters {
            rows.extend(one.values.iter().map(|line| {
                [
                    one.cluster.clone(),
                    line.key.clone(),
                    line.text.clone(),
                    line.from.clone(),
                ]
            }));
        }
        if rows.len() == 1 {
            return String::new();
        }
        columns(&rows)
    }
}
