//! Tokens, until they expire or their account is deleted, and requests without one.

use std::time::Duration;

use ood_k8s_sandbox::Sandbox;
use serde_json::json;

use crate::{as_admin, JSON};

#[test]
fn a_minted_token_is_its_account_until_the_account_goes() {
    let sandbox = Sandbox::builder().longest_token(Duration::from_secs(1800)).start();
    let account = "/api/v1/namespaces/default/serviceaccounts/ondemand";
    sandbox.put(account, json!({}));
    let request = |seconds: u32| json!({"spec": {"expirationSeconds": seconds}});
    let mint = |seconds| {
        as_admin(
            &sandbox,
            "POST",
            &format!("{account}/token"),
            Some((JSON, &request(seconds))),
        )
    };
    assert_eq!(mint(60).0, 422);
    let (code, minted) = mint(7200);
    assert_eq!((code, &minted["spec"]["expirationSeconds"]), (201, &json!(1800)));
    let token = minted["status"]["token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let who = |token: &str| {
        let path = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
        sandbox.ask(token, "POST", path, Some((JSON, &json!({}))))
    };
    let name = "system:serviceaccount:default:ondemand";
    assert_eq!(who(token).1["status"]["userInfo"]["username"], name);
    sandbox.remove(account);
    assert_eq!(who(token).0, 401);
}

#[test]
fn an_expired_or_unknown_token_is_refused() {
    let sandbox = Sandbox::start();
    sandbox.add_expiring_token("old", "alice", &[], Duration::ZERO);
    for token in ["old", "unknown"] {
        let (code, status) = sandbox.ask(token, "GET", "/version", None);
        assert_eq!((code, &status["message"]), (401, &json!("Unauthorized")));
    }
}

#[test]
fn only_an_anonymous_request_may_be_without_a_token() {
    let anonymous = "system:anonymous";
    let sandbox = Sandbox::start();
    let (code, status) = sandbox.ask("", "GET", "/api/v1/namespaces/default", None);
    assert_eq!(code, 403);
    assert!(status["message"].as_str().unwrap().contains(anonymous));
    let strict = Sandbox::builder().no_anonymous().start();
    assert_eq!(strict.ask("", "GET", "/version", None).0, 401);
}
