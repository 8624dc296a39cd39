//! `uninstall`: removes what this program made, in parts that can be chosen; without `--apply` it says what would go.

use serde_json::json;

use super::error::{only, Error, Failures};
use super::invocation::{guard, Invocation};
use crate::cli::UninstallArgs;
use crate::cluster::AdminKubeconfig;
use crate::deadline::Deadline;
use crate::print::{self, columns};
use crate::uninstall::{Clusters, Homes, Removed, Root};

/// What only a person can do, in this order.
const BY_HAND: [&str; 4] = [
    "set pun_pre_hook_root_cmd in ood_portal.yml to the old hook, or remove it; then run update_ood_portal and restart Apache",
    "systemctl disable --now ood-k8s-refresh-token.timer ood-k8s-renew-creds.timer; rm /etc/cron.d/ood-k8s",
    "before the stock scripts run: kubectl apply OnDemand's own ondemand.yaml, else first logins get permissions and no NetworkPolicy",
    "dnf remove ood-k8s, or apt purge ood-k8s",
];

/// Removes the parts in an order in which each has what it needs: homes by the list of namespaces, then root, then clusters.
pub(super) async fn run(invocation: &Invocation, args: &UninstallArgs) -> Result<(), Failures> {
    if !args.homes && !args.root && !args.in_clusters {
        return Err(only(Error::Usage("say what to remove: --homes, --root, --in-clusters")));
    }
    guard(&invocation.deadline);
    let site = invocation.site().map_err(only)?;
    let total = invocation.total(&site.settings);
    let kubeconfig = invocation.kubeconfig(&site.settings).map_err(only)?;
    let is_dry_run = !args.apply;
    let mut failures = Failures::of_broken_files(&site);
    let mut done: Vec<Removed> = Vec::new();
    if args.homes {
        let homes = Homes {
            site: &site,
            kubeconfig: &kubeconfig,
            is_dry_run,
            total,
            watchdog: &invocation.deadline,
        };
        let users = if args.users.is_empty() {
            homes.everybody().await.map_err(only)?
        } else {
            args.users.clone()
        };
        done.extend(homes.clean(&users).await);
    }
    if args.in_clusters {
        let path = args.admin_kubeconfig.as_deref().unwrap_or(&kubeconfig);
        let admin = AdminKubeconfig::load(path, args.admin_context.as_deref(), "--admin-context").map_err(only)?;
        invocation.deadline.more_time("removing the account", total * 2);
        let clusters = Clusters {
            site: &site,
            admin: &admin,
            is_dry_run,
            deadline: &Deadline::after(total),
        };
        done.extend(clusters.clean().await);
    }
    if args.root {
        invocation.deadline.more_time("cleaning root's files", total * 2);
        let root = Root {
            site: &site,
            kubeconfig: &kubeconfig,
            is_dry_run,
        };
        done.extend(root.clean().await);
    }
    invocation.deadline.lift();
    print(&done, args, is_dry_run);
    for removed in &mut done {
        let what = format!("{} {}", removed.place, removed.what);
        failures.extend(removed.failure.take().map(|error| (what, error)));
    }
    failures.result()
}

fn print(done: &[Removed], args: &UninstallArgs, is_dry_run: bool) {
    let value = || json!({ "dry_run": is_dry_run, "results": done, "by_hand": BY_HAND });
    print::print(args.output, value, || {
        let mark = if is_dry_run { " (dry run)" } else { "" };
        let mut rows = vec![Removed::HEADING.map(str::to_owned)];
        rows.extend(done.iter().map(|removed| removed.row(mark)));
        let by_hand = BY_HAND.iter().map(|step| format!("  {step}\n"));
        format!("{}by hand:\n{}", columns(&rows), by_hand.collect::<String>())
    });
}
