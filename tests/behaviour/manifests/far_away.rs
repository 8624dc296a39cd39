//! What all that a profile may say costs in round trips, to a cluster that is far away.

use std::time::Duration;

use ood_k8s_loopback::{Forwarder, ServerKind};
use ood_k8s_sandbox::Sandbox;

use super::{manifest, HELPDESK, SCRATCH, SETTINGS};
use crate::profiles::EVERYTHING;
use crate::support::{alone, returning_login_writes_nothing, Cluster, Run, Site};

/// So long that what a busy machine adds to a login is less than one round trip.
const ONE_WAY: Duration = Duration::from_millis(125);

/// A first login and a returning one, as docs/src/profiles.md has them.
const IN_THE_BOOK: (u128, u128) = (5, 3);

/// A site whose every byte to the cluster is on the way for so long, without any of the files.
fn far_away() -> Site {
    let usual = ServerKind::of_environment() == ServerKind::Usual;
    // With HTTP/1.1 each request that runs beside another has a connection of its own, and TLS 1.2 takes a flight more.
    let site = Site::on(if usual {
        Cluster::own()
    } else {
        Cluster::sandbox(Sandbox::builder().usual().start())
    });
    std::fs::create_dir(site.path("k8s-manifests.d")).unwrap();
    for (name, text) in [("settings", SETTINGS), ("scratch", SCRATCH), ("helpdesk", HELPDESK)] {
        manifest(&site, name, text);
    }
    let all = EVERYTHING.replacen(
        "profiles:\n-",
        "manifests: {bind: [view]}\nprofiles:\n- manifests: [settings, scratch, helpdesk]\n ",
        1,
    );
    site.write("k8s-profiles.yml", &all);
    use_files(&site, true);
    site.name_account();
    site.grant_profiles();
    let port = site.cluster.url().rsplit(':').next().unwrap().parse().unwrap();
    let url = Forwarder::start(port, ONE_WAY).unwrap().url();
    for name in ["root.kubeconfig", "clusters.d/prod.yml"] {
        let text = std::fs::read_to_string(site.path(name)).unwrap();
        site.write(name, &text.replace(&site.cluster.url(), &url));
    }
    site
}

fn use_files(site: &Site, yes: bool) {
    let path = |name: &str| {
        if yes {
            site.path(name).display().to_string()
        } else {
            String::new()
        }
    };
    site.set(&format!(
        "PROFILES_FILE={}\nMANIFESTS_DIR={}",
        path("k8s-profiles.yml"),
        path("k8s-manifests.d")
    ));
}

/// The round trips of a login: the fewest of six, since whatever else happens can only add to one (a busy machine, or a
/// controller that is late with the account default); so few are enough.
fn round_trips(enough: u128, mut login: impl FnMut() -> Run) -> u128 {
    let mut fewest = u128::MAX;
    for _ in 0..6 {
        fewest = fewest.min(round_trips_of(&login().done()));
        if fewest <= enough {
            break;
        }
    }
    fewest
}

fn round_trips_of(run: &Run) -> u128 {
    run.took.as_millis() / (2 * ONE_WAY).as_millis()
}

/// A first login in a namespace of its own, and those that follow.
fn first_and_returning(site: &Site, name: &str, enough: (u128, u128)) -> (u128, u128) {
    let mut count = 0;
    let first = round_trips(enough.0, || {
        count += 1;
        site.set(&format!("NAMESPACE_PREFIX={}-{name}{count}-", site.cluster.mark));
        site.pre_hook()
    });
    (first, round_trips(enough.1, || site.pre_hook()))
}

#[test]
fn all_that_a_profile_may_say_with_three_manifests_costs_no_round_trip_and_at_the_return_nothing_is_written() {
    // Not beside the tests that load the machine.
    let _alone = alone();
    let site = far_away();
    use_files(&site, false);
    let without = first_and_returning(&site, "without", IN_THE_BOOK);
    use_files(&site, true);
    let with = first_and_returning(&site, "with", without);
    println!("first, returning: {without:?} without the files, {with:?} with them");
    assert!(
        with.0 <= without.0 + 1,
        "a first login: {without:?} without, {with:?} with"
    );
    assert!(
        with.1 <= without.1,
        "a returning login: {without:?} without, {with:?} with"
    );
    returning_login_writes_nothing(&site, 5 + 3 + 3);

    // Where the files say less than at the last login, the note on the namespace is changed behind the others.
    let less = "version: 1\nmanifests: {bind: [view]}\nprofiles: [{}]\n";
    site.write("k8s-profiles.yml", less);
    let changed = round_trips_of(&site.pre_hook().done());
    assert!(
        changed > with.1,
        "a round trip more is seen as one: {changed}, {with:?}"
    );
}
