//! Folders that another account may change: the metrics', and clusters.d.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, symlink, PermissionsExt as _};
use std::path::Path;
use std::time::Duration;

use ood_k8s::config::{Site, Sources};
use ood_k8s::store;

use crate::attacker::{Attacker, ATTACKER};
use crate::ground::{apart, count, give, their_link, tries, Race};

fn publish(file: &Path) -> bool {
    let text = |_: &str| Ok(Some("ood_k8s_up 1\n".into()));
    store::publish::<String>(file, Duration::from_millis(50), text).is_ok()
}

#[test]
fn metrics_in_a_folder_that_becomes_a_link_appear_nowhere_else() {
    apart(
        module_path!(),
        "metrics_in_a_folder_that_becomes_a_link_appear_nowhere_else",
        |ground| {
            let victim = ground.victim("ood.prom");
            let theirs = ground.theirs("theirs");
            let (mut hits, mut ways) = (0, 0);
            let mut attempt = |file: &Path| {
                ways += 1;
                assert!(!publish(file), "{}", file.display());
                hits += u32::from(victim.was_hit());
            };
            their_link(&victim.folder, &theirs.join("link"));
            attempt(&theirs.join("link/ood.prom"));
            attempt(&theirs.join("link/other.prom"));
            attempt(&theirs.join("link/../victims/ood.prom"));
            their_link(&ground.path, &theirs.join("above"));
            attempt(&theirs.join("above/victims/ood.prom"));
            symlink(theirs.join("link"), ground.path.join("roots")).unwrap();
            attempt(&ground.path.join("roots/ood.prom"));
            // A link in the file's place is replaced, and not followed.
            their_link(&victim.path, &theirs.join("ood.prom"));
            assert!(publish(&theirs.join("ood.prom")) && theirs.join("ood.prom").symlink_metadata().unwrap().is_file());
            hits += u32::from(victim.was_hit());
            count("S10 metrics behind a link", ways + 1, hits, "");

            let folder = ground.theirs("theirs/metrics");
            let _attacker = Attacker::with_a_folder(&folder, &victim.folder);
            let (mut race, mut hits, mut refused) = (Race::of(tries()), 0, 0);
            while race.goes_on(refused) {
                refused += u32::from(!publish(&folder.join("ood.prom")));
                hits += u32::from(victim.was_hit());
            }
            let outcomes = [("refused", refused), ("written", race.tried - refused)];
            race.count("S10 the folder comes and goes", hits, &outcomes);
        },
    );
}

#[test]
fn a_folder_of_clusters_that_others_can_write_is_refused_empty_or_not() {
    apart(
        module_path!(),
        "a_folder_of_clusters_that_others_can_write_is_refused_empty_or_not",
        |ground| {
            let hook_env = ground.path.join("hook.env");
            fs::write(&hook_env, "MIN_UID=1\n").unwrap();
            let folder = ground.folder("clusters.d");
            let load = || {
                let site = Site::load(&Sources {
                    hook_env: Some(hook_env.clone()),
                    clusters_dir: Some(folder.clone()),
                    only: Vec::new(),
                    names_kubeconfig: true,
                });
                let site = site.unwrap();
                let broken: Vec<_> = site.broken.iter().map(ToString::to_string).collect();
                assert!(broken.is_empty() || site.clusters.is_empty(), "{broken:?}");
                broken.join("\n")
            };
            let (mut ways, mut taken) = (0, 0);
            for is_empty in [true, false] {
                if !is_empty {
                    fs::write(folder.join("slurm.yml"), "v2: {job: {adapter: slurm}}\n").unwrap();
                }
                for (mode, group, owner) in [(0o777, 0, 0), (0o757, 0, 0), (0o775, ATTACKER, 0), (0o755, 0, ATTACKER)]
                    .into_iter()
                    .chain([(0o1777, 0, 0), (0o1777, 0, ATTACKER)])
                {
                    ways += 1;
                    fs::set_permissions(&folder, Permissions::from_mode(mode)).unwrap();
                    chown(&folder, Some(owner), Some(group)).unwrap();
                    let said = load();
                    taken += u32::from(!(said.contains("clusters.d is not used because") && said.contains("run: ")));
                }
                chown(&folder, Some(0), Some(0)).unwrap();
                fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
                assert_eq!(load(), "");
            }
            count("S11 clusters.d, empty or not", ways, taken, "");
        },
    );
}

#[test]
fn the_clusters_folder_of_another_account_is_told_with_what_to_do() {
    apart(
        module_path!(),
        "the_clusters_folder_of_another_account_is_told_with_what_to_do",
        |ground| {
            let folder = ground.folder("clusters.d");
            give(&folder);
            let error = ood_k8s::door::open_directory(&folder).unwrap_err().to_string();
            assert!(
                error.contains("uid 1 owns it") && error.contains("run: chown -h root /"),
                "{error}"
            );
        },
    );
}
