//! The way of a user, from the first login over a new name, suspension and resumption to the end.

use std::process::Stdio;

use serde_json::{json, Value};

use super::{admin, annotation, bindings, is_going, login, renewing, site, with_account, SUSPENDED};
use crate::support::{is_root, skip, wait_until, Run, Site};

const OLD: &str = "ann.lee";
const NEW: &str = "ann-lee";

/// A command where the account has this name.
fn run(site: &Site, name: &str, args: &[&str]) -> Run {
    Run::of(with_account(site, name, &site.command(args)).stdin(Stdio::null()))
}

fn says(site: &Site, name: &str, account: &str, state: &str) {
    let row = run(site, name, &["users", "-o", "json"]).done().json()["results"][0].clone();
    let word = |key: &str| row[key].as_str().unwrap_or("-").to_owned();
    assert_eq!((word("account"), word("state")), (account.to_owned(), state.to_owned()));
}

/// What the help desk is told.
fn shows(site: &Site, name: &str, status: i32, words: &str) {
    let told = run(site, name, &["users", "show", name]);
    assert!(told.status == status && told.stdout.contains(words), "{told:?}");
}

#[test]
fn from_the_first_login_to_the_last_day() {
    if !is_root() {
        return skip("only root may mount another passwd database");
    }
    let mut site = site();
    site.user = NEW.into();
    let record = renewing(&site);
    let kubeconfig = admin(&site);
    let as_admin = |args: &[&str]| run(&site, NEW, &[args, &["--admin-kubeconfig", &kubeconfig]].concat());
    // The first login, and the next.
    login(&site, OLD).ok();
    let claimed = annotation(&site, "openondemand.org/claimed");
    assert!(claimed.is_string());
    login(&site, OLD).ok();
    says(&site, OLD, "there", "active");
    shows(&site, OLD, 0, "ann.lee can log in; the last login was");
    assert_eq!(annotation(&site, "openondemand.org/claimed"), claimed);

    // The account was renamed: the namespace is the old name's, until it is handed over.
    login(&site, NEW).fails(
        4,
        &["hand it over: ood-k8s users transfer --cluster prod ann.lee ann-lee"],
    );
    says(&site, NEW, "removed", "active");
    shows(&site, NEW, 4, "ann-lee cannot log in: ");
    as_admin(&["users", "transfer", OLD, NEW, "--yes"]).ok();
    login(&site, NEW).ok();
    says(&site, NEW, "there", "active");
    login(&site, OLD).fails(4, &["belongs to user \"ann-lee\""]);
    assert_eq!(bindings(&site), ["job-pod-reaper", "ood-initializer", "ood-user"]);

    // Suspended, and resumed.
    as_admin(&["offboard", NEW, "--suspend", "--yes"]).ok();
    says(&site, NEW, "there", "suspended");
    login(&site, NEW).fails(4, &["was suspended"]);
    shows(&site, NEW, 4, "was suspended");
    run(&site, NEW, &["resume", NEW]).ok();
    login(&site, NEW).ok();
    assert_eq!(bindings(&site), ["job-pod-reaper", "ood-initializer", "ood-user"]);
    assert!(record.exists());
    let before = site.cluster.requests().len();
    login(&site, NEW).ok();
    assert_eq!(site.cluster.requests().len() - before, 8);

    // Under review, and gone.
    as_admin(&["offboard", NEW, "--keep-namespace", "--yes"]).ok();
    assert!(annotation(&site, SUSPENDED).is_string() && !record.exists());
    login(&site, NEW).fails(4, &["was suspended"]);
    as_admin(&["offboard", NEW, "--yes"]).ok();
    assert!(is_going(&site) && !record.exists());
    assert_eq!(site.user_kubeconfig().unwrap()["users"], json!([]));

    // Employed again: a namespace of its own, from the start.
    if site.cluster.is_real() {
        wait_until("the namespace is gone", || {
            site.cluster.object(&site.namespace_path()).is_none()
        });
        login(&site, NEW).ok();
        says(&site, NEW, "there", "active");
        assert_eq!(annotation(&site, SUSPENDED), Value::Null);
    }
}
