//! How users log in to the clusters: what a mode lacks, and settings that nothing reads.

use super::Node;

const EXCHANGE: &str = "CREDENTIALS=exchange\nEXCHANGE_CLIENT_ID=kubernetes";

#[test]
fn what_a_mode_lacks_is_an_error_with_its_key() {
    let node = Node::on_sandbox();
    node.site.set("CREDENTIALS=exchange");
    node.finds(
        3,
        "error",
        "credentials",
        &["EXCHANGE_CLIENT_ID is not set", "CREDENTIALS=exchange requires it"],
    );
    node.site.set("EXCHANGE_CLIENT_ID=kubernetes\nEXCHANGE_DIALECT=dex");
    node.finds(3, "error", "credentials", &["EXCHANGE_CONNECTOR_ID is not set"]);
    node.site.set("EXCHANGE_DIALECT=keycloak-legacy");
    node.finds(3, "error", "credentials", &["EXCHANGE_AUDIENCE is not set"]);
    node.site.set("EXCHANGE_DIALECT=standard\nIDP_ISSUER_URL=");
    node.finds(3, "error", "credentials", &["IDP_ISSUER_URL is not set"]);
    node.site.set("CREDENTIALS=everything");
    node.finds(
        3,
        "error",
        "hook.env",
        &["CREDENTIALS", "write auth-provider, exchange, token or exec"],
    );
}

#[test]
fn a_mode_that_has_all_it_needs_is_well_and_warns_of_no_secret() {
    let node = Node::on_sandbox();
    node.site.set(&format!("{EXCHANGE}\nCLIENT_SECRET=x"));
    node.finds(
        0,
        "ok",
        "credentials",
        &["cluster prod", "exchanges OnDemand's tokens for the client kubernetes"],
    );
    node.finds_no("error");
    let (_, found) = node.findings(&[]);
    assert!(
        !found
            .iter()
            .any(|finding| finding["text"].to_string().contains("kubeconfig of every user")),
        "{found:?}"
    );
    node.site.set("CREDENTIALS=token");
    node.finds(
        0,
        "warning",
        "credentials",
        &["EXCHANGE_CLIENT_ID is set, but no cluster exchanges"],
    );
}

#[test]
fn without_an_issuer_a_bare_token_is_well() {
    let node = Node::on_sandbox();
    node.site.set("CREDENTIALS=token\nIDP_ISSUER_URL=\nCLIENT_ID=");
    node.finds_no("error");
}

#[test]
fn a_provider_that_every_login_asks_must_answer() {
    let node = Node::on_sandbox();
    node.site.set(EXCHANGE);
    node.provider.show_wrong_ca();
    node.finds(
        6,
        "error",
        "issuer",
        &["IDP_ISSUER_URL: https://", "does not trust", "IDP_CA_FILE"],
    );
    node.provider.refuse_connections();
    node.finds(6, "error", "issuer", &["cannot reach"]);
    let issuer = node.issuer();
    node.site.set(&format!(
        "IDP_ISSUER_URL=https://127.0.0.1:1\nEXCHANGE_ISSUER_URL={issuer}"
    ));
    node.finds(6, "error", "issuer", &["EXCHANGE_ISSUER_URL: ", "cannot reach"]);
    node.finds(6, "warning", "issuer", &["cannot reach https://127.0.0.1:1"]);
}

#[test]
fn the_authorities_of_hook_env_are_those_that_count() {
    let node = Node::on_sandbox();
    node.site.set(&format!(
        "{EXCHANGE}\nIDP_CA_FILE={}",
        node.site.path("ca.pem").display()
    ));
    node.finds(6, "error", "issuer", &["does not trust", "IDP_CA_FILE"]);
    node.site
        .set(&format!("IDP_CA_FILE={}", node.site.path("provider.pem").display()));
    node.finds(0, "ok", "issuer", &["answers as the issuer"]);
    node.site.set("IDP_CA_FILE=/nowhere/ca.pem");
    node.finds(3, "error", "issuer", &["/nowhere/ca.pem", "clear IDP_CA_FILE"]);
}

#[test]
fn a_program_that_users_cannot_run_is_told() {
    let node = Node::on_sandbox();
    node.site.set("CREDENTIALS=exec\nEXEC_COMMAND=/bin/sh");
    node.finds_no("error");
    let (_, found) = node.findings(&[]);
    assert!(
        !found
            .iter()
            .any(|finding| finding["text"].to_string().contains("EXEC_COMMAND")),
        "{found:?}"
    );
    node.site.set("EXEC_COMMAND=/nowhere/ood-k8s");
    node.finds(
        0,
        "warning",
        "credentials",
        &["EXEC_COMMAND is /nowhere/ood-k8s", "wherever users run kubectl"],
    );
}

#[test]
fn what_a_cluster_of_googles_needs_is_said() {
    let node = Node::on_sandbox();
    node.edit("clusters.d/prod.yml", "type: oidc", "type: gke");
    node.finds(0, "ok", "credentials", &["gke-gcloud-auth-plugin", "PATH"]);
    node.finds(0, "warning", "credentials", &["svc_acct_file is not set"]);
    node.finds(0, "warning", "credentials", &["either zone or region"]);
    let endpoint = format!("      endpoint: {}\n", node.site.cluster.url());
    node.edit("clusters.d/prod.yml", &endpoint, "");
    node.finds(
        0,
        "warning",
        "credentials",
        &["does not change the kubeconfig", "gcloud"],
    );
}
