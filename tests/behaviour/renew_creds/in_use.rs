//! The namespaces of live sessions: stamped once an hour, so that none is reaped under its user.

use std::time::{Duration, SystemTime};

use serde_json::{json, Value};

use super::Renewing;

const STAMP: &str = "openondemand.org/last-hook-execution";

impl Renewing {
    /// A session that began so long ago, whose namespace was stamped when it did.
    fn session_of(&self, seconds: u64) {
        self.site.bootstrap(&[]).done();
        self.log_in(super::LONG);
        let mut record = self.record().unwrap();
        let began = SystemTime::now() - Duration::from_secs(seconds);
        record["logged_in"] = ood_k8s::time::rfc3339(began).into();
        self.write_record(&record);
        self.annotate(STAMP, "1");
    }

    fn annotate(&self, key: &str, value: &str) {
        let body = json!({ "metadata": { "annotations": { key: value } } });
        self.site.cluster.merge(&self.site.namespace_path(), &body);
    }

    fn stamp(&self) -> Value {
        self.site.cluster.object(&self.site.namespace_path()).unwrap()["metadata"]["annotations"][STAMP].clone()
    }

    fn is_stamped(&self) -> bool {
        let seconds: u64 = self.stamp().as_str().unwrap().parse().unwrap();
        let now = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap()
            .as_secs();
        now.abs_diff(seconds) < 60
    }
}

#[test]
fn the_namespace_of_a_session_that_is_kept_is_stamped_once_an_hour() {
    for (age, is_due) in [
        (60, false),
        (3500, false),
        (3605, true),
        (5400, false),
        (7210, true),
        (360_010, true),
    ] {
        let renewing = Renewing::new("");
        renewing.session_of(age);
        let before = renewing.site.cluster.requests().len();
        renewing.renews("1 user: 1 kept");
        assert_eq!(renewing.is_stamped(), is_due, "{age}");
        let sent = renewing.site.cluster.requests().len() - before;
        assert_eq!(sent, if is_due { 2 } else { 0 }, "{age}");
    }
}

#[test]
fn a_session_that_is_over_or_a_dry_run_stamps_nothing() {
    let mut renewing = Renewing::new("");
    renewing.session_of(3605);
    renewing.renew(&["--dry-run"]).ok();
    assert_eq!(renewing.stamp(), "1");
    renewing.end_nginx();
    renewing.renews("1 user: 1 forgotten");
    assert_eq!(renewing.stamp(), "1");
}

#[test]
fn a_namespace_that_is_not_this_users_is_not_stamped() {
    for (key, value) in [
        ("openondemand.org/owner", "somebody"),
        ("openondemand.org/uid", "4711"),
        ("openondemand.org/site", "north"),
    ] {
        let renewing = Renewing::new("");
        renewing.session_of(3605);
        renewing.annotate(key, value);
        renewing.renews("1 user: 1 kept");
        assert_eq!(renewing.stamp(), "1", "{key}");
    }
}

#[test]
fn a_cluster_that_cannot_be_asked_fails_no_renewal() {
    let renewing = Renewing::new("");
    renewing.session_of(3605);
    renewing.site.write("root.kubeconfig", "no kubeconfig");
    let run = renewing.renew(&[]).done();
    assert!(
        run.stderr.contains("were not stamped") && run.stdout.contains("1 kept"),
        "{run:?}"
    );
}
