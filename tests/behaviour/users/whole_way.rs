//! The way of a user, from the first login over another uid, a hand-over, suspension and resumption to the end.

use serde_json::{json, Value};

use super::{admin, annotation, bindings, is_going, offboard, renewing, site, SUSPENDED};
use crate::support::{wait_until, Run, Site};

fn row(site: &Site) -> Value {
    let run = Run::of(&mut site.command(&["users", "-o", "json"])).done();
    run.json()["results"][0].clone()
}

fn state(site: &Site) -> (String, String) {
    let row = row(site);
    let word = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
    (word("account"), word("state"))
}

fn says(site: &Site, account: &str, state_word: &str) {
    assert_eq!(state(site), (account.to_owned(), state_word.to_owned()));
}

#[test]
fn from_the_first_login_to_the_last_day() {
    let site = site();
    let record = renewing(&site);
    let kubeconfig = admin(&site);
    // The first login, and the next.
    site.pre_hook().ok();
    let claimed = annotation(&site, "openondemand.org/claimed");
    assert!(claimed.is_string());
    site.pre_hook().ok();
    says(&site, "there", "active");
    assert_eq!(annotation(&site, "openondemand.org/claimed"), claimed);

    // The account was renamed: the namespace is the old name's, until it is handed over.
    let renamed = json!({ "openondemand.org/owner": "old.name", "openondemand.org/uid": "3999" });
    site.cluster.merge(
        &site.namespace_path(),
        &json!({ "metadata": { "annotations": renamed } }),
    );
    site.pre_hook().fails(4, &["--take-over-from old.name"]);
    says(&site, "removed", "active");
    let args = ["bootstrap-user", "--take-over-from", "old.name", &site.user];
    Run::of(&mut site.command_of(&site.path("admin.kubeconfig"), &args)).done();
    site.pre_hook().ok();
    says(&site, "there", "active");

    // Suspended, and resumed.
    offboard(&site, &[&site.user, "--suspend", "--yes"]).ok();
    says(&site, "there", "suspended");
    site.pre_hook().fails(4, &["was suspended"]);
    Run::of(&mut site.command(&["resume", &site.user])).ok();
    site.pre_hook().ok();
    assert_eq!(bindings(&site), ["job-pod-reaper", "ood-initializer", "ood-user"]);
    assert!(record.exists());
    let before = site.cluster.requests().len();
    site.pre_hook().ok();
    assert_eq!(site.cluster.requests().len() - before, 8);

    // Under review, and gone.
    offboard(&site, &[&site.user, "--keep-namespace", "--yes"]).ok();
    assert!(annotation(&site, SUSPENDED).is_string() && !record.exists());
    site.pre_hook().fails(4, &["was suspended"]);
    offboard(&site, &[&site.user, "--yes", "--admin-kubeconfig", &kubeconfig]).ok();
    assert!(is_going(&site) && !record.exists());

    // Employed again: a namespace of its own, from the start.
    if site.cluster.is_real() {
        wait_until("the namespace is gone", || {
            site.cluster.object(&site.namespace_path()).is_none()
        });
        site.pre_hook().ok();
        says(&site, "there", "active");
        assert_eq!(annotation(&site, SUSPENDED), Value::Null);
    }
}
