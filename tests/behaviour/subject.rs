//! Clusters that know users by another name than the account's: the RoleBinding is for what the login's own token says.

use ood_k8s_sandbox::{Fault, Sandbox};
use serde_json::{json, Value};

use super::support::{access_token, jwt, Cluster, Run, Site, CANARY};

const ISSUER: &str = "https://idp.example.org/realms/main";

fn site(settings: &str) -> Site {
    let site = Site::new();
    site.set(&format!("HOOK_TIMEOUT=1m\nCREDENTIALS=token\n{settings}"));
    site
}

fn token(claims: &Value) -> String {
    let exp = std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs()
        + 3600;
    let mut all = json!({ "iss": ISSUER, "exp": exp, "sub": "4f0c" });
    all.as_object_mut().unwrap().extend(claims.as_object().unwrap().clone());
    jwt(&all)
}

fn login(site: &Site, token: &str) -> Run {
    let refresh = format!("{CANARY}-refresh");
    Run::of(&mut site.command_with(&["pre-hook", "--user", &site.user], token, &refresh))
}

fn subjects(site: &Site) -> Vec<String> {
    let Some(binding) = site.cluster.object(&site.binding("ood-user")) else {
        return Vec::new();
    };
    let subjects = binding["subjects"].as_array().unwrap().iter();
    subjects.map(|it| it["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_binding_is_for_what_the_claim_of_the_logins_token_says_and_follows_it() {
    let site = site("OIDC_USERNAME_CLAIM=email");
    login(
        &site,
        &token(&json!({ "email": "ann@example.org", "email_verified": true })),
    )
    .ok();
    assert_eq!(subjects(&site), ["ann@example.org"]);
    let before = site.cluster.requests().len();
    login(&site, &token(&json!({ "email": "ann@example.org" }))).ok();
    assert_eq!(
        site.cluster.requests().len() - before,
        8,
        "a returning login costs what it did"
    );
    login(&site, &token(&json!({ "email": "ann.b@example.org" }))).ok();
    assert_eq!(subjects(&site), ["ann.b@example.org"]);
    let token = site.user_kubeconfig().unwrap()["users"][0]["user"]["token"].clone();
    assert!(token.is_string(), "the kubeconfig is written");
}

#[test]
fn sub_upn_and_a_prefix_are_read_in_the_same_way() {
    for (claim, prefix, wanted) in [
        ("sub", "", "4f0c"),
        ("sub", "oidc:", "oidc:4f0c"),
        ("upn", "", "ann@ad.example.org"),
        ("upn", "ad#", "ad#ann@ad.example.org"),
    ] {
        let site = site(&format!("OIDC_USERNAME_CLAIM={claim}\nOIDC_USERNAME_PREFIX='{prefix}'"));
        login(&site, &token(&json!({ "upn": "ann@ad.example.org" }))).ok();
        assert_eq!(subjects(&site), [wanted]);
    }
}

#[test]
fn a_command_without_a_token_neither_guesses_the_name_nor_changes_it() {
    let site = site("OIDC_USERNAME_CLAIM=email");
    site.bootstrap(&[]).done();
    assert!(site.cluster.object(&site.policy()).is_some());
    assert_eq!(
        subjects(&site),
        Vec::<String>::new(),
        "nobody gets rights under a guessed name"
    );
    login(&site, &token(&json!({ "email": "ann@example.org" }))).ok();
    site.bootstrap(&[]).done();
    assert_eq!(subjects(&site), ["ann@example.org"]);
}

#[test]
fn a_name_that_the_api_server_would_not_take_or_that_is_the_systems_gets_no_rights() {
    for claims in [
        json!({}),
        json!({ "email": "" }),
        json!({ "email": 7 }),
        json!({ "email": "ann@example.org", "email_verified": false }),
        json!({ "email": "system:masters" }),
        json!({ "email": "a b" }),
        json!({ "email": "ann@example.org", "iss": "https://other.example.org" }),
    ] {
        let site = site("OIDC_USERNAME_CLAIM=email");
        let run = login(&site, &token(&claims));
        assert_eq!(subjects(&site), Vec::<String>::new(), "{claims}: {run:?}");
    }
}

#[test]
fn a_claim_that_is_the_accounts_name_is_compared_as_before() {
    let site = site("OIDC_USERNAME_CLAIM=preferred_username");
    login(&site, &token(&json!({ "preferred_username": "somebody" }))).fails(6, &["is for the user"]);
    assert_eq!(subjects(&site), std::slice::from_ref(&site.user));
    login(&site, &token(&json!({ "preferred_username": site.user }))).ok();
}

fn login_with_id(site: &Site, access: &str, id: &str) -> Run {
    let mut command = site.command_with(
        &["pre-hook", "--user", &site.user],
        access,
        &format!("{CANARY}-refresh"),
    );
    Run::of(command.env("OOD_OIDC_ID_TOKEN", id))
}

#[test]
fn where_access_tokens_are_opaque_the_id_token_serves_if_audience_and_user_fit() {
    let fitting = json!({ "aud": "k8s", "preferred_username": super::support::account().name });
    let with = |key: &str, value: &str| {
        let mut claims = fitting.clone();
        claims[key] = json!(value);
        token(&claims)
    };
    let settings = "OIDC_AUDIENCE=k8s\nOIDC_USERNAME_CLAIM=preferred_username";
    let opaque = format!("{CANARY}-opaque");
    for (id, status) in [
        (token(&fitting), 0),
        (with("aud", "other"), 6),
        (with("preferred_username", "somebody"), 6),
        (with("iss", "https://other.example.org"), 6),
        (opaque.clone(), 6),
    ] {
        let site = site(settings);
        let run = login_with_id(&site, &opaque, &id);
        assert_eq!(run.status, status, "{run:?}");
        let written = site.user_kubeconfig().map(|it| it["users"][0]["user"]["token"].clone());
        assert_eq!(written, (status == 0).then(|| json!(id)), "{run:?}");
    }
    // An audience that nobody has set is OnDemand's own client.
    for (audience, status) in [("ood", 0), ("grafana", 6)] {
        let site = site("");
        let run = login_with_id(&site, &opaque, &token(&json!({ "aud": audience })));
        assert_eq!(run.status, status, "{run:?}");
    }
    // A readable access token is used as before.
    let site = site("");
    let access = access_token();
    login_with_id(&site, &access, &token(&fitting)).ok();
    assert_eq!(
        site.user_kubeconfig().unwrap()["users"][0]["user"]["token"],
        json!(access)
    );
}

/// How often the API server was asked whom it takes a token for.
fn questions(site: &Site) -> usize {
    let asked = site.cluster.faults().requests().into_iter();
    asked.filter(|seen| seen.path.ends_with("/selfsubjectreviews")).count()
}

#[test]
fn a_first_login_says_when_the_api_server_knows_the_user_by_another_name_and_a_returning_one_does_not_ask() {
    for (lines, known, words) in [
        ("", "oidc:ANN", &["OIDC_USERNAME_PREFIX='oidc:'"][..]),
        ("OIDC_USERNAME_PREFIX=oidc:", "ANN", &["OIDC_USERNAME_PREFIX='' in"]),
        ("", "ANN@example.org", &["OIDC_USERNAME_CLAIM"]),
        ("", "ANN", &[]),
        ("OIDC_USERNAME_PREFIX=oidc:", "oidc:ANN", &[]),
    ] {
        // What is on one connection is so by HTTP/2.
        let site = Site::on(Cluster::sandbox(Sandbox::builder().usual().start()));
        site.set(&format!("LOG_LEVEL=warn\nHOOK_TIMEOUT=1m\nCREDENTIALS=token\n{lines}"));
        let token = token(&json!({ "preferred_username": site.user }));
        let known = known.replace("ANN", &site.user);
        site.cluster.faults().add_token(&token, &known, &[]);
        let run = login(&site, &token).done();
        assert_eq!(questions(&site), 1, "{run:?}");
        assert_eq!(site.cluster.faults().connections(), 1, "on root's connection");
        assert_eq!(run.stderr.contains("no permissions"), !words.is_empty(), "{run:?}");
        words
            .iter()
            .for_each(|word| assert!(run.stderr.contains(word), "{word}: {run:?}"));
        login(&site, &token).done();
        assert_eq!(questions(&site), 1, "a returning login does not ask");
    }
}

#[test]
fn a_token_that_the_api_server_does_not_take_or_answers_late_changes_nothing_at_a_first_login() {
    let refused = Site::on(Cluster::sandbox(Sandbox::start()));
    refused.set("HOOK_TIMEOUT=1m\nCREDENTIALS=token");
    login(&refused, &token(&json!({}))).ok();
    assert_eq!(questions(&refused), 1);

    let late = Site::on(Cluster::sandbox(Sandbox::start()));
    late.set("HOOK_TIMEOUT=1m\nCREDENTIALS=token");
    let question = "/apis/authentication.k8s.io/v1/selfsubjectreviews";
    late.cluster.faults().fail(Fault::hang().on("POST", question));
    let run = login(&late, &token(&json!({}))).ok();
    assert!(run.took < std::time::Duration::from_secs(10), "{run:?}");
    assert_eq!(subjects(&late), [late.user.as_str()]);
}

#[test]
fn a_users_token_is_shown_to_no_server_that_is_not_verified() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    site.set("HOOK_TIMEOUT=1m\nCREDENTIALS=token");
    let verified = format!("certificate-authority: '{}'", site.path("ca.pem").display());
    let kubeconfig = site.kubeconfig(&site.cluster.url(), &site.cluster.ondemand_token());
    site.write(
        "root.kubeconfig",
        &kubeconfig.replace(&verified, "insecure-skip-tls-verify: true"),
    );
    login(&site, &token(&json!({}))).done();
    assert!(site.cluster.object(&site.policy()).is_some());
    assert_eq!(questions(&site), 0);
}
