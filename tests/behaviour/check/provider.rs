//! The identity provider: an issuer that is none, and one that says that it is another.

use super::{Node, REALM};
use crate::support::documented;

#[test]
fn the_token_endpoint_of_ondemands_example_is_recognized_and_the_issuer_offered() {
    let node = Node::sound();
    let issuer = node.issuer();
    node.site
        .set(&format!("IDP_ISSUER_URL={issuer}/protocol/openid-connect/token"));
    let offer = format!("set IDP_ISSUER_URL={issuer}, which answers as an issuer");
    node.finds(0, "warning", "issuer", &["is the token endpoint", &offer]);
    let table = node.check(&["--quiet"]).ok().stdout;
    documented::is_shown("docs/src/check.md", "warning   OK8S-506   issuer", &table, &[]);
    node.provide_text(404, "");
    node.finds(0, "warning", "issuer", &[&issuer, "could not be tested"]);
}

#[test]
fn what_answers_but_is_no_issuer_is_an_error() {
    let node = Node::on_sandbox();
    for (status, text, words) in [
        (404, "", ["returned 404", "issuer's own URL"]),
        (200, "<html>", ["provider's JSON", "issuer's own URL"]),
        (
            200,
            "{\"token_endpoint\":\"x\"}",
            ["returned no \"issuer\"", "issuer's own URL"],
        ),
        (
            200,
            "{\"issuer\":\"x\"}",
            ["returned no \"token_endpoint\"", "issuer's own URL"],
        ),
        (
            200,
            "{\"issuer\":\"https://other.example.org\",\"token_endpoint\":\"x\"}",
            [
                "its issuer is \"https://other.example.org\"",
                "write it in exactly that form",
            ],
        ),
    ] {
        node.provide_text(status, text);
        node.finds(3, "error", "issuer", &words);
    }
}

#[test]
fn an_answer_without_end_is_not_read_to_its_end() {
    let node = Node::on_sandbox();
    node.provide_text(200, &"x".repeat(1_000_000));
    node.finds(0, "warning", "issuer", &["cannot reach", "length limit"]);
}

#[test]
fn a_slash_at_the_end_is_told_since_other_programs_compare() {
    let node = Node::on_sandbox();
    node.provide(&format!("{}/", node.issuer()));
    node.finds(
        0,
        "warning",
        "issuer",
        &["the provider's issuer is", "kubectl accepts either"],
    );
}

#[test]
fn a_provider_that_cannot_be_asked_from_here_is_a_warning() {
    let node = Node::on_sandbox();
    node.provider.show_wrong_ca();
    node.finds(0, "warning", "issuer", &["certificate", "update-ca-trust"]);
    node.provider.go_silent();
    node.finds_with(
        &["--timeout", "800ms"],
        0,
        "warning",
        "issuer",
        &["did not answer in time", REALM],
    );
    node.provider.refuse_connections();
    node.finds(0, "warning", "issuer", &["cannot reach", "proxy or firewall"]);
}

#[test]
fn an_issuer_or_client_that_is_not_set_is_an_error() {
    let node = Node::on_sandbox();
    node.site.set("IDP_ISSUER_URL=\nCLIENT_ID=");
    node.finds(
        3,
        "error",
        "issuer",
        &["IDP_ISSUER_URL is not set", "--oidc-issuer-url"],
    );
    node.finds(3, "error", "issuer", &["CLIENT_ID is not set"]);
    node.site.set("IDP_ISSUER_URL=http://idp.example.org");
    node.finds(3, "error", "issuer", &["not an https URL", "specify the issuer"]);
    node.edit("clusters.d/prod.yml", "type: oidc", "type: managed");
    node.finds_no("error");
}

#[test]
fn a_token_endpoint_on_another_host_is_warned_of_and_one_with_a_password_is_refused_unprinted() {
    let node = Node::on_sandbox();
    let issuer = node.issuer();
    let document = |endpoint: &str| format!("{{\"issuer\":\"{issuer}\",\"token_endpoint\":\"{endpoint}\"}}");
    node.provide_text(200, &document("https://tokens.example.org/t"));
    let words = ["another host", "https://tokens.example.org/t", "whether it is theirs"];
    node.finds(0, "warning", "issuer", &words);
    node.provide_text(
        200,
        &document(&format!("https://name:{}@tokens.example.org/t", crate::support::CANARY)),
    );
    node.finds(3, "error", "issuer", &["a user name or a password in it"]);
}
