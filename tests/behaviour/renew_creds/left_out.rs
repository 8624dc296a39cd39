//! Clusters that a login does not work on, or writes nothing for: what is in the home of theirs is renewed as before.

use std::fs;

use ood_k8s_sandbox::identity_provider::Exchange;
use serde_json::Value;

use super::{Renewing, SHORT};
use crate::support::Run;

/// Two clusters of which root renews the tokens.
fn two() -> Renewing {
    let renewing = Renewing::new("");
    let site = &renewing.site;
    site.write(
        "clusters.d/test.yml",
        &site.cluster_file("test", &site.cluster.url(), "oidc"),
    );
    renewing
}

impl Renewing {
    fn ends(&self) -> Vec<String> {
        let record = self.record().expect("something is kept");
        record["token_ends"].as_object().unwrap().keys().cloned().collect()
    }

    /// The token in the user's kubeconfig for a cluster.
    fn token_for(&self, id: &str) -> Value {
        let kubeconfig = self.site.user_kubeconfig().unwrap();
        let name = format!("{id}-{}", self.site.user);
        let users = kubeconfig["users"].as_array().unwrap().clone();
        let entry = users.into_iter().find(|user| user["name"] == *name);
        entry.unwrap_or_else(|| panic!("{name} has an entry"))["user"]["token"].clone()
    }

    fn log_in_with(&self, args: &[&str]) -> Run {
        let tokens = self.provider.log_in(&self.site.user);
        let args = [&["set-creds", &self.site.user], args].concat();
        Run::of(&mut self.command(&args, &tokens))
    }

    #[track_caller]
    fn renews_test(&self) {
        let old = self.token_for("test");
        self.renew(&["--interval", "1h"]).done();
        assert_ne!(self.token_for("test"), old);
    }
}

#[test]
fn a_cluster_that_is_left_out_of_a_login_is_renewed_as_before() {
    let renewing = two();
    renewing.log_in(SHORT);
    renewing.log_in_with(&["--cluster", "prod"]).done();
    assert_eq!(renewing.ends(), ["prod", "test"]);
    renewing.renews_test();
    // Also if root renews nothing of what the login works on.
    let site = &renewing.site;
    site.write(
        "clusters.d/gke.yml",
        &site.cluster_file("gke", &site.cluster.url(), "gke"),
    );
    renewing.log_in_with(&["--cluster", "gke"]).done();
    assert_eq!(renewing.ends(), ["prod", "test"]);
    renewing.renews_test();
    // What is kept is kept for its refresh token, also while nothing is to be renewed with it.
    let mut record = renewing.record().unwrap();
    record["token_ends"] = serde_json::json!({});
    renewing.write_record(&record);
    renewing.log_in_with(&["--cluster", "gke"]).done();
    assert!(renewing.record().is_some());
}

#[test]
fn a_cluster_whose_file_is_broken_for_a_while_is_renewed_once_it_is_not() {
    let renewing = two();
    let site = &renewing.site;
    renewing.log_in(SHORT);
    let good = fs::read_to_string(site.path("clusters.d/test.yml")).unwrap();
    let broken = good.replace("    auth:", "    auth: [");
    for broken in [&broken, &good.replace("adapter:", "adpater:")] {
        site.write("clusters.d/test.yml", broken);
        let login = renewing.log_in_with(&[]);
        assert!([0, 3].contains(&login.status), "{login:?}");
        site.write("clusters.d/test.yml", &good);
        assert_eq!(renewing.ends(), ["prod", "test"], "{broken}");
        renewing.renews_test();
    }
    // Of the only one that root renews, too.
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    renewing.log_in(SHORT);
    assert_eq!(renewing.ends(), ["test"]);
    site.write("clusters.d/test.yml", &broken);
    renewing.log_in_with(&[]).fails(3, &["test.yml"]);
    site.write("clusters.d/test.yml", &good);
    renewing.renews_test();
}

#[test]
fn a_cluster_that_is_gone_or_that_kubectl_renews_by_now_is_not_renewed_any_more() {
    let renewing = two();
    let site = &renewing.site;
    renewing.log_in(SHORT);
    let own = "  custom:\n    ood_k8s:\n      credentials: auth-provider\n";
    let file = site.cluster_file("test", &site.cluster.url(), "oidc");
    site.write("clusters.d/test.yml", &format!("{file}{own}"));
    renewing.log_in_with(&[]).done();
    assert_eq!(renewing.ends(), ["prod"]);
    site.write("clusters.d/test.yml", &file);
    renewing.log_in_with(&[]).done();
    assert_eq!(renewing.ends(), ["prod", "test"]);
    let acls = "  acls: [{adapter: group, groups: [no-such-group]}]\n";
    site.write("clusters.d/test.yml", &format!("{file}{acls}"));
    renewing.log_in_with(&[]).done();
    assert_eq!(renewing.ends(), ["prod"], "not offered any longer");
    site.write("clusters.d/test.yml", &file);
    renewing.log_in_with(&[]).done();
    fs::remove_file(site.path("clusters.d/test.yml")).unwrap();
    renewing.log_in_with(&["--cluster", "prod"]).done();
    assert_eq!(renewing.ends(), ["prod"]);
}

#[test]
fn a_token_that_could_not_be_written_and_then_was_not_to_be_had_is_renewed_in_place_of_the_earlier_one() {
    let renewing = Renewing::new("");
    let config = renewing.site.path("home/config");
    renewing.log_in(SHORT);
    let aside = config.with_extension("aside");
    fs::rename(&config, &aside).unwrap();
    fs::create_dir(&config).unwrap();
    renewing.log_in_with(&[]).fails(6, &["is not a regular file"]);
    fs::remove_dir(&config).unwrap();
    fs::rename(&aside, &config).unwrap();
    let standard = renewing.exchange(Exchange::Off);
    renewing.log_in_with(&[]).fails(6, &["not enabled"]);
    renewing.exchange(standard);
    assert_eq!(renewing.ends(), ["prod"]);
    let old = renewing.token();
    renewing.renew(&["--interval", "1h"]).done();
    assert_ne!(renewing.token(), old);
}
