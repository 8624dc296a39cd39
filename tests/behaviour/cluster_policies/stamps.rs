//! What logins record for the policies: in the claim's own request, where a profiles file is, and nowhere else.

use serde_json::{json, Value};

use super::with_profiles;
use crate::support::{account, Run, Site};

fn stamps(site: &Site) -> [Value; 3] {
    let namespace = site.cluster.object(&site.namespace_path()).unwrap();
    let annotations = &namespace["metadata"]["annotations"];
    ["uid", "gid", "groups"].map(|key| annotations[format!("openondemand.org/{key}")].clone())
}

#[test]
fn a_first_and_a_returning_login_stamp_without_one_request_more() {
    // The account default is the controller's or ours, whoever is faster.
    let requests = |site: &Site| {
        let all = site.cluster.requests().into_iter();
        all.filter(|request| !request.path.contains("serviceaccounts")).count()
    };
    let plain = Site::new();
    plain.bootstrap(&[]).ok();
    let first = requests(&plain);
    plain.bootstrap(&[]).ok();
    let returning = requests(&plain) - first;
    assert_eq!(stamps(&plain)[1..], [Value::Null, Value::Null], "nobody asked for it");

    let site = with_profiles(Site::new());
    site.bootstrap(&[]).ok();
    assert_eq!(requests(&site), first);
    let account = account();
    let own = json!([account.uid.to_string(), account.gid.to_string()]);
    assert_eq!(json!(stamps(&site)[..2]), own);
    let groups = stamps(&site)[2].as_str().unwrap().to_owned();
    assert!(groups
        .split(',')
        .all(|group| group.is_empty() || group.parse::<u32>().unwrap() >= 1000));
    site.bootstrap(&[]).ok();
    assert_eq!(requests(&site), first + returning);
    assert_eq!(json!(stamps(&site)[..2]), own);
}

#[test]
fn a_namespace_from_before_and_one_that_somebody_changed_are_stamped_at_the_next_login() {
    let site = Site::new();
    site.bootstrap(&[]).ok();
    let site = with_profiles(site);
    site.bootstrap(&[]).ok();
    let right = stamps(&site);
    assert!(right.iter().all(Value::is_string), "{right:?}");
    for wrong in [json!("0"), json!("4711"), Value::Null] {
        let body = json!({ "metadata": { "annotations": {
            "openondemand.org/gid": wrong, "openondemand.org/groups": wrong,
        } } });
        site.cluster.merge(&site.namespace_path(), &body);
        site.bootstrap(&[]).ok();
        assert_eq!(stamps(&site), right);
    }
    // One that the stock hook left is taken over with its stamps.
    let bare = json!({ "metadata": { "annotations": null } });
    site.cluster.merge(&site.namespace_path(), &bare);
    site.bootstrap(&[]).ok();
    assert_eq!(stamps(&site), right);
}

#[test]
fn beside_the_uid_of_another_account_no_groups_are_stamped() {
    let site = with_profiles(Site::new());
    site.set("UID_CHANGE=warn");
    site.bootstrap(&[]).ok();
    let others = json!({ "metadata": { "annotations": {
        "openondemand.org/uid": "4711", "openondemand.org/gid": "4711", "openondemand.org/groups": "4712",
    } } });
    site.cluster.merge(&site.namespace_path(), &others);
    site.bootstrap(&[]).done();
    assert_eq!(stamps(&site), ["4711", "4711", "4712"].map(|id| json!(id)));
    site.set("UID_CHANGE=follow");
    site.bootstrap(&[]).done();
    assert_eq!(stamps(&site)[1], json!(account().gid.to_string()));
}

#[test]
fn several_groups_that_are_none_at_once_stay_until_an_administrator_says_so() {
    let site = with_profiles(Site::new());
    site.bootstrap(&[]).ok();
    let right = stamps(&site);
    assert_eq!(right[2], "", "the account of this test is in no group of people");
    let had = |groups: &str| {
        let body = json!({ "metadata": { "annotations": { "openondemand.org/groups": groups } } });
        site.cluster.merge(&site.namespace_path(), &body);
    };
    had("4711,4712");
    for _ in 0..2 {
        let run = site.bootstrap(&[]).done();
        assert!(
            run.stderr.contains("was in 2 more") && run.stderr.contains("ood-k8s users restamp"),
            "{run:?}"
        );
        assert_eq!(stamps(&site)[2], "4711,4712");
    }
    let dry = Run::of(&mut site.command(&["users", "restamp", "--dry-run", &site.user])).done();
    assert!(dry.stdout.contains("changed"), "{dry:?}");
    Run::of(&mut site.command(&["users", "restamp", &site.user])).done();
    assert_eq!(stamps(&site), right);
    site.bootstrap(&[]).ok();
    // Whoever has left one group of one is believed.
    had("4711");
    site.bootstrap(&[]).ok();
    assert_eq!(stamps(&site), right);
}
