//! `uninstall`: removes what this program made, in parts that can be chosen; without `--apply` it says what would go.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;

use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::UninstallArgs;
use crate::cluster::AdminKubeconfig;
use crate::config::Site;
use crate::deadline::Deadline;
use crate::print::{self, columns};
use crate::uninstall::{Clusters, Homes, Removed, Root};

/// What only a person can do, in this order.
const BY_HAND: [&str; 4] = [
    "set pun_pre_hook_root_cmd in ood_portal.yml to the old hook, or remove it; then run update_ood_portal and restart Apache",
    "systemctl disable --now ood-k8s-refresh-token.timer ood-k8s-renew-creds.timer; rm /etc/cron.d/ood-k8s",
    "before the stock scripts run: kubectl apply -f ondemand.yaml, OnDemand's own, else first logins get permissions and no NetworkPolicy",
    "dnf remove ood-k8s, or apt purge ood-k8s",
];

/// They put the value into one `ipBlock` as it is, and an API server refuses a list.
const ONE_NETWORK: &str =
    "before the stock scripts run: set NETWORK_POLICY_ALLOW_CIDR in hook.env to one network, since they take no list";

/// Removes the parts in an order in which each has what it needs: homes by the list of namespaces, then clusters, then root.
pub(super) async fn run(invocation: &Invocation, args: &UninstallArgs) -> Result<(), Failures> {
    if !args.homes && !args.root && !args.in_clusters {
        return Err(only(Error::Usage("say what to remove: --homes, --root, --in-clusters")));
    }
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let parts = Parts {
        invocation,
        args,
        total: invocation.total(&site.settings),
        kubeconfig: invocation.kubeconfig(&site.settings).map_err(only)?,
        site: &site,
    };
    let mut failures = Failures::of_broken_files(&site);
    let mut done: Vec<Removed> = Vec::new();
    if args.homes {
        done.extend(parts.homes().await.map_err(only)?);
    }
    if args.in_clusters {
        done.extend(parts.in_clusters().await.map_err(only)?);
    }
    if args.root {
        done.extend(parts.root().await);
    }
    invocation.deadline.lift();
    print(&done, args, &by_hand(&site));
    for removed in &mut done {
        let what = format!("{} {}", removed.place, removed.what);
        failures.extend(removed.failure.take().map(|error| (what, error)));
    }
    failures.result()
}

/// What is left to a person on this site.
fn by_hand(site: &Site) -> Vec<&'static str> {
    let mut steps = BY_HAND.to_vec();
    if site.settings.allow_cidrs.len() > 1 {
        steps.insert(2, ONE_NETWORK);
    }
    steps
}

/// The three parts, and what each needs.
struct Parts<'a> {
    invocation: &'a Invocation,
    args: &'a UninstallArgs,
    total: Duration,
    kubeconfig: PathBuf,
    site: &'a Site,
}

impl Parts<'_> {
    async fn homes(&self) -> Result<Vec<Removed>, Error> {
        let homes = Homes {
            site: self.site,
            kubeconfig: &self.kubeconfig,
            is_dry_run: !self.args.apply,
            total: self.total,
            watchdog: &self.invocation.deadline,
        };
        let users = if self.args.users.is_empty() {
            homes.everybody().await?
        } else {
            self.args.users.clone()
        };
        Ok(homes.clean(&users).await)
    }

    async fn in_clusters(&self) -> Result<Vec<Removed>, Error> {
        let path = self.args.admin_kubeconfig.as_deref().unwrap_or(&self.kubeconfig);
        let admin = AdminKubeconfig::load(path, self.args.admin_context.as_deref(), "--admin-context")?;
        let watchdog = &self.invocation.deadline;
        watchdog.more_time("removing the account", self.total * 2);
        let clusters = Clusters {
            site: self.site,
            admin: &admin,
            is_dry_run: !self.args.apply,
            deadline: &Deadline::after(self.total),
        };
        Ok(clusters.clean().await)
    }

    async fn root(&self) -> Vec<Removed> {
        let watchdog = &self.invocation.deadline;
        watchdog.more_time("cleaning root's files", self.total * 2);
        let root = Root {
            site: self.site,
            kubeconfig: &self.kubeconfig,
            is_dry_run: !self.args.apply,
        };
        root.clean().await
    }
}

fn print(done: &[Removed], args: &UninstallArgs, by_hand: &[&str]) {
    let is_dry_run = !args.apply;
    let value = || json!({ "dry_run": is_dry_run, "results": done, "by_hand": by_hand });
    print::print(args.output, value, || {
        let mark = if is_dry_run { " (dry run)" } else { "" };
        let mut rows = vec![Removed::HEADING.map(str::to_owned)];
        rows.extend(done.iter().map(|removed| removed.row(mark)));
        let by_hand = by_hand.iter().map(|step| format!("  {step}\n"));
        format!("{}by hand:\n{}", columns(&rows), by_hand.collect::<String>())
    });
}
