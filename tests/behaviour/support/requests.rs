//! What a login sends to a cluster, and that a returning one writes nothing.

use super::{Run, Site};

/// The requests that a login sends, by method and path, without those for the account default, which its controller may have
/// made.
pub fn requests_of(site: &Site, login: impl FnOnce()) -> Vec<(String, String)> {
    let before = site.cluster.requests().len();
    login();
    let all = site.cluster.requests().into_iter().skip(before);
    all.filter(|request| !request.path.contains("serviceaccounts"))
        .map(|request| (request.method, request.path))
        .collect()
}

/// How many of them have this method.
pub fn of_method(requests: &[(String, String)], method: &str) -> usize {
    requests.iter().filter(|(of, _)| of == method).count()
}

/// A returning login finds everything as it should be, and writes only the claim, after so many reads.
#[track_caller]
pub fn returning_login_writes_nothing(site: &Site, reads: usize) {
    let returning = requests_of(site, || {
        let run = site.bootstrap(&["-o", "json"]).ok();
        let objects = run.json()["results"][0]["objects"].as_array().unwrap().clone();
        assert!(
            objects.iter().all(|object| object["outcome"] == "unchanged"),
            "{objects:?}"
        );
    });
    assert_eq!(of_method(&returning, "PATCH"), 1, "the claim: {returning:?}");
    assert_eq!(of_method(&returning, "GET"), reads, "{returning:?}");
}

/// Applies the site's admission policies, in the mode that refuses.
pub fn refuse_by_policies(site: &Site) {
    let admin = site.path("admin.kubeconfig").display().to_string();
    let apply = [
        "cluster-policies",
        "--apply",
        "--mode",
        "deny",
        "--admin-kubeconfig",
        &admin,
    ];
    Run::of(&mut site.command(&apply)).done();
}
