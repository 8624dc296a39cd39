//! What `check` says of the policies: whether they are there, in which mode, and whether they fit.

use serde_json::json;

use super::{as_administrator, with_profiles, POLICIES};
use crate::support::{Cluster, Run, Site};

fn check(site: &Site, as_administrator: bool) -> String {
    let url = site.cluster.url();
    site.write("admin.kubeconfig", &site.kubeconfig(&url, site.cluster.admin_token()));
    let admin = site.path("admin.kubeconfig");
    let flags = [
        "check",
        "-o",
        "json",
        "--user",
        &site.user,
        "--admin-kubeconfig",
        admin.to_str().unwrap(),
    ];
    let flags = if as_administrator { &flags[..] } else { &flags[..3] };
    let run = Run::of(&mut site.command(flags));
    let all = run.json().to_string();
    assert!(all.contains("findings") || all.contains("severity"), "{run:?}");
    all
}

#[test]
fn policies_that_are_missing_differ_or_fit_are_told_and_without_a_file_nothing_is() {
    let site = Site::on(Cluster::own());
    site.bootstrap(&[]).ok();
    assert!(
        !check(&site, true).contains("admission policies"),
        "nobody asked for them"
    );
    let site = with_profiles(site);
    site.bootstrap(&[]).ok();
    let nothing = check(&site, true);
    assert!(
        nothing.contains("there is no admission policy ondemand-pods"),
        "{nothing}"
    );

    as_administrator(&site, &["--apply", "--mode", "warn"]).ok();
    let fits = check(&site, true);
    assert!(fits.contains("as the settings ask, in the mode warn"), "{fits}");
    let unknown = check(&site, false);
    assert!(unknown.contains("may not read the admission policies"), "{unknown}");

    site.write("k8s-profiles.yml", "version: 1\npolicies: {hostPaths: [/data]}\n");
    let differs = check(&site, true);
    assert!(
        differs.contains("not as the settings ask: validatingadmissionpolicy/ondemand-pods"),
        "{differs}"
    );
    assert!(differs.contains("--diff --mode warn"), "{differs}");
    site.cluster
        .delete(&format!("{POLICIES}/validatingadmissionpolicybindings/ondemand-rights"));
    let missing = check(&site, true);
    assert!(
        missing.contains("missing: validatingadmissionpolicybinding/ondemand-rights"),
        "{missing}"
    );

    let action = json!({ "spec": { "validationActions": ["Audit"] } });
    site.cluster.merge(
        &format!("{POLICIES}/validatingadmissionpolicybindings/ondemand-pods"),
        &action,
    );
    assert!(
        check(&site, true).contains("--diff --mode audit"),
        "the mode is that of the pods' binding"
    );

    site.write("k8s-profiles.yml", "version: 1\npolicys: {}\n");
    let broken = check(&site, true);
    assert!(
        broken.contains("k8s-profiles.yml:2") && broken.contains("policys"),
        "{broken}"
    );
}
