//! A real API server and kubectl with Keycloak's tokens.

use ood_k8s_control_plane::{Builder, ControlPlane, Programs};
use ood_k8s_identity_provider::IdentityProvider;
use serde_json::{json, Value};

use crate::common::{lacks, skipped, Outcome, KUBERNETES};
use crate::until;

#[test]
fn the_real_api_server_takes_the_tokens_and_refuses_those_of_others() -> Outcome {
    if skipped() || lacks(Programs::find().err().map(|error| error.to_string())) {
        return Ok(());
    }
    let provider = IdentityProvider::shared();
    let arguments = provider.api_server_arguments().into_iter();
    let plane = arguments.fold(ControlPlane::builder().without_controller_manager(), Builder::arg);
    let plane = plane.start()?;
    let user = provider.user_in_groups("jane.doe", &["physics"])?;
    let tokens = provider.log_in(&user)?;
    // The API server fetches the signing keys in the background.
    until("the API server takes the access token", || {
        who_am_i(&plane, &tokens.access).is_ok()
    });

    let exchange = |more: &[(&str, &str)]| provider.exchange(provider.kubernetes(), &tokens.access, more);
    let exchanged = exchange(&[KUBERNETES])?;
    let exchanged = exchanged.text("access_token").ok_or("no exchanged token")?;
    for token in [&tokens.access, &tokens.id, exchanged] {
        let who = who_am_i(&plane, token)?;
        assert_eq!(who["username"], "jane.doe");
        assert_eq!(who["groups"], json!(["physics", "system:authenticated"]));
    }
    let elsewhere = exchange(&[("audience", "kubernetes-test")])?;
    let elsewhere = elsewhere
        .text("access_token")
        .ok_or("no token for the second cluster")?;
    let unmapped = provider.log_in_through(provider.no_audience(), &user)?;
    for token in [elsewhere, &unmapped.access, &unmapped.id, &tokens.refresh] {
        let refusal = who_am_i(&plane, token).expect_err("it is for another audience");
        assert!(refusal.contains("Unauthorized"), "{refusal}");
    }
    Ok(())
}

/// `kubectl auth whoami` with this token and no other credential, or kubectl's error.
fn who_am_i(plane: &ControlPlane, token: &str) -> Result<Value, String> {
    let kubeconfig = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    std::fs::write(kubeconfig.path(), plane.kubeconfig(token)).map_err(|error| error.to_string())?;
    let mut kubectl = plane.kubectl();
    let kubectl = kubectl.env("KUBECONFIG", kubeconfig.path());
    let output = kubectl.args(["auth", "whoami", "-o", "json"]).output();
    let output = output.map_err(|error| error.to_string())?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let review: Value = serde_json::from_slice(&output.stdout).map_err(|error| error.to_string())?;
    Ok(review["status"]["userInfo"].clone())
}
