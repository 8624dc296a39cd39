//! `manifests`: a site's manifests checked, printed for a user, or compared with what is in the clusters.

use futures_util::future::{join, join_all};

use super::comparison_rows::{self, Row};
use super::config_show::{failures, read};
use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use super::printed_objects::format;
use crate::cli::{ManifestsCommand, ManifestsOfArgs, ManifestsValidateArgs};
use crate::cluster::{self, Api, ClusterError, Comparison, RootKubeconfig};
use crate::config::clusters::Cluster;
use crate::config::profiles::{manifests_in, ProfilesFile, Rules};
use crate::config::Site;
use crate::log;
use crate::login::Blueprint;
use crate::objects::{Desired, Kind, Object};
use crate::outcome::of_cluster;
use crate::print::{self, Output};
use crate::user::{self, User};

/// One of the three.
pub(super) async fn run(invocation: &Invocation, command: &ManifestsCommand) -> Result<(), Failures> {
    match command {
        ManifestsCommand::Validate(args) => validate(invocation, args).await,
        ManifestsCommand::Render(args) => render(invocation, args),
        ManifestsCommand::Diff(args) => diff(invocation, args).await,
    }
}

async fn validate(invocation: &Invocation, args: &ManifestsValidateArgs) -> Result<(), Failures> {
    let (site, mut errors) = read(invocation);
    let fault = site.profiles.fault().cloned().map(Error::from);
    // What is wrong with the profiles file itself is said, and what it says of manifests holds until it is right.
    let alone = site.settings.profiles_file.as_deref().map(ProfilesFile::load_alone);
    let file = alone
        .as_ref()
        .and_then(|read| read.as_ref().ok())
        .or(site.profiles.file());
    let rules = file.map_or_else(Rules::default, |file| file.rules.clone());
    match manifests_in(&site.settings.manifests_dir, &rules).all() {
        Ok((_, wrong)) => errors.extend(wrong.into_iter().map(Error::from)),
        Err(error) => errors.push(error.into()),
    }
    // Of a file that a profile names, it was said already.
    errors.extend(fault.filter(|fault| !errors.iter().any(|error| error.to_string() == fault.to_string())));
    let (Some(name), true) = (&args.user, errors.is_empty()) else {
        invocation.deadline.lift();
        return failures(errors);
    };
    let of_user = OfUser::load(invocation, name)?;
    let results = of_user.in_clusters(invocation, async |api: Api, desired, _| {
        let mut wrong = Vec::new();
        for object in manifests(&desired) {
            let tried = cluster::try_manifest(&api, desired.namespace.as_str(), object).await;
            wrong.extend(tried.err().map(Error::from));
        }
        Ok(wrong)
    });
    let mut failures = of_user.failures();
    for (cluster, result) in results.await.map_err(only)? {
        let wrong = result.unwrap_or_else(|error| vec![error]);
        failures.extend(wrong.into_iter().map(|error| (of_cluster(&cluster), error)));
    }
    failures.result()
}

fn render(invocation: &Invocation, args: &ManifestsOfArgs) -> Result<(), Failures> {
    let format = format(args.output).map_err(only)?;
    let of_user = OfUser::load(invocation, &args.user)?;
    let mut bodies = Vec::new();
    for cluster in &of_user.site.clusters {
        let desired = of_user.desired(cluster).map_err(only)?;
        bodies.extend(manifests(&desired).map(|object| object.body.clone()));
    }
    invocation.deadline.lift();
    print::manifests(format, &bodies, |_| "");
    of_user.failures().result()
}

async fn diff(invocation: &Invocation, args: &ManifestsOfArgs) -> Result<(), Failures> {
    let of_user = OfUser::load(invocation, &args.user)?;
    let results = of_user.in_clusters(invocation, async |api: Api, desired, cluster| {
        let namespace = desired.namespace.as_str();
        let all = manifests(&desired).map(|object| cluster::compare_manifest(&api, namespace, object));
        let (compared, leaving) = join(join_all(all), cluster::would_go(&api, &desired)).await;
        let row = |compared: Result<Comparison, ClusterError>| Ok(Row::new(cluster, compared?));
        let mut rows: Vec<Result<Row, Error>> = compared.into_iter().map(row).collect();
        match leaving {
            Ok(leaving) => rows.extend(leaving.into_iter().map(|report| row(Ok(Comparison::of(report))))),
            Err(error) => rows.push(Err(error.into())),
        }
        Ok(rows)
    });
    let mut failures = of_user.failures();
    let mut rows = Vec::new();
    for (cluster, result) in results.await.map_err(only)? {
        for row in result.unwrap_or_else(|error| vec![Err(error)]) {
            match row {
                Ok(row) => rows.push(row),
                Err(error) => failures.add(of_cluster(&cluster), error),
            }
        }
    }
    invocation.deadline.lift();
    comparison_rows::print(&rows, args.output.unwrap_or(Output::Table));
    failures.result()
}

fn manifests(desired: &Desired) -> impl Iterator<Item = &Object> {
    let extras = desired.extras.iter();
    extras
        .flat_map(|extras| &extras.objects)
        .filter(|object| object.upkeep.is_of_manifest)
}

/// A user, and the site with the clusters that the user is offered.
struct OfUser {
    site: Site,
    user: User,
}

impl OfUser {
    fn load(invocation: &Invocation, name: &str) -> Result<Self, Failures> {
        guard(&invocation.deadline);
        let mut site = invocation.site().map_err(only)?;
        invocation.deadline.set_total(invocation.total(&site.settings));
        invocation.deadline.enter("looking up the user in the passwd database");
        let user = user::look_up(name, site.settings.min_uid).map_err(only)?;
        site.withhold_from(&user).map_err(only)?;
        Ok(Self { site, user })
    }

    /// A profiles file that cannot be used was said as a warning, and is a failure where one wants to know.
    fn failures(&self) -> Failures {
        let mut failures = Failures::of_broken_files(&self.site);
        failures.extend(self.site.profiles.fault().cloned().map(|fault| (String::new(), fault)));
        failures
    }

    /// What the user gets in a cluster, without what only a login knows.
    fn desired(&self, cluster: &Cluster) -> Result<Desired, Error> {
        let (blueprint, _) = Blueprint::draw_quietly(&self.site, &mut Vec::new())?;
        let desired = blueprint.of(&self.user, cluster)?;
        let unknown = desired.extras.iter().flat_map(|extras| &extras.unknown);
        for (kind, name) in unknown.filter(|(kind, _)| *kind != Kind::Secret) {
            log::warning(&format!(
                "cluster {}: {}/{name} needs a claim of OnDemand's token, which only a login has, so it is left out",
                cluster.id,
                kind.name()
            ));
        }
        Ok(desired)
    }

    /// Does the work in all clusters at once; the results are in their order.
    async fn in_clusters<T>(
        &self,
        invocation: &Invocation,
        work: impl AsyncFn(Api, Desired, &Cluster) -> Result<T, Error>,
    ) -> Result<Vec<(String, Result<T, Error>)>, Error> {
        invocation.deadline.enter("comparing manifests");
        let root = RootKubeconfig::load(&invocation.kubeconfig(&self.site.settings)?)?;
        let (root, work) = (&root, &work);
        let all = self.site.clusters.iter().map(|cluster| async move {
            let done = async {
                let desired = self.desired(cluster)?;
                let api = cluster::connect(root.target(cluster)?, &invocation.deadline).await?;
                work(api, desired, cluster).await
            };
            (cluster.id.clone(), done.await)
        });
        Ok(join_all(all).await)
    }
}
