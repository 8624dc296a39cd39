//! Objects as an API server, or somebody who may write them, has them: every judgement of one ends without a panic.

use ood_k8s::cluster::is_as_wanted;
use ood_k8s::naming::Username;
use ood_k8s::objects::{self, Groups, Owner, Ownership};
use serde_json::{json, Value};

/// All that is decided by one object.
pub fn holds(data: &[u8]) {
    let Ok(live) = serde_json::from_slice::<Value>(data) else {
        return;
    };
    let user = Username::parse("ann").expect("a name");
    let owner = Owner {
        user: user.clone(),
        uid: Some(1000),
        site: Some("main".into()),
        groups: Some(Groups {
            primary: 1000,
            all: vec![1000, 2000],
        }),
    };
    let ownership = objects::ownership(&live, &user);
    let said = &live["metadata"]["annotations"];
    if matches!(ownership, Ownership::Ours) {
        assert!(said.is_object(), "a namespace without annotations is nobody's: {live}");
    }
    let _ = owner.stamps(&live);
    for patch in [
        objects::stamp_patch(&live, &owner, Some(1)),
        objects::transfer_patch(&live, &owner, 1),
        objects::takeover_patch(&live, &owner, 1),
    ] {
        assert!(patch.is_object() || patch.is_array(), "{patch}");
    }
    bindings(&live);
    secrets(&live);
}

fn bindings(live: &Value) {
    let names = ["ann".to_owned()];
    let _ = objects::role_holders(live);
    let _ = objects::gives_rights_to_users(live);
    let _ = objects::is_for_initializers(live);
    if objects::is_for_user_alone(live, &names) {
        assert!(objects::is_for_user(live, &names), "{live}");
    }
}

fn secrets(live: &Value) {
    let _ = objects::credential_end(live);
    let _ = objects::listed_before(live, &["registry"]);
    let _ = objects::not_listed(live, &["registry"]);
    let account = objects::service_account("user-ann", "default", &["registry"]);
    let kept = objects::keeping(&account, live);
    assert!(kept.body.is_object());
    if is_as_wanted(live, &account) {
        let listed = live["imagePullSecrets"].as_array().expect("it lists the Secret");
        assert!(listed.contains(&json!({ "name": "registry" })) || listed.iter().any(|it| it["name"] == "registry"));
    }
}
