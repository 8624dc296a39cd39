//! The sandbox's provider answers as Keycloak does: both get the same requests.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use ood_k8s_identity_provider::{
    claims, Answer, Client, IdentityProvider, TokenEndpoint, ACCESS_TOKEN, ID_TOKEN, REFRESH_TOKEN, TOKEN_EXCHANGE,
};
use ood_k8s_sandbox::identity_provider::{self as sandbox, Exchange};

use common::{audiences, skipped, Outcome, KUBERNETES};

/// Both providers.
struct Both {
    keycloak: IdentityProvider,
    sandbox: sandbox::IdentityProvider,
}

/// One side: how to reach it, its clients, and the tokens of a login.
struct Side {
    endpoint: TokenEndpoint,
    ondemand: Client,
    kubernetes: Client,
    access: String,
    refresh: String,
    id: String,
}

impl Side {
    fn ask(&self, client: &Client, form: &[(&str, &str)]) -> Answer {
        self.endpoint.ask(client, form).expect("an answer")
    }

    fn refresh(&self, client: &Client, token: &str) -> Answer {
        self.ask(client, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    fn exchange(&self, client: &Client, token: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![("grant_type", TOKEN_EXCHANGE), ("subject_token", token)];
        // The first of two would count.
        if !more.iter().any(|(name, _)| *name == "subject_token_type") {
            form.push(("subject_token_type", ACCESS_TOKEN));
        }
        form.extend_from_slice(more);
        self.ask(client, &form)
    }
}

/// The part of an answer that does not depend on the provider.
#[derive(Debug, PartialEq)]
struct Gist {
    status: u16,
    words: BTreeMap<&'static str, String>,
    tokens: BTreeMap<&'static str, Token>,
}

#[derive(Debug, PartialEq)]
struct Token {
    kind: String,
    party: String,
    audiences: BTreeSet<String>,
    user: String,
}

fn gist(answer: &Answer) -> Gist {
    let words = ["error", "error_description", "token_type", "issued_token_type"];
    let words = words
        .into_iter()
        .filter_map(|key| Some((key, answer.text(key)?.to_owned())));
    let tokens = ["access_token", "refresh_token", "id_token"];
    let tokens = tokens
        .into_iter()
        .filter_map(|key| Some((key, token(answer.text(key)?))));
    Gist {
        status: answer.status,
        words: words.collect(),
        tokens: tokens.collect(),
    }
}

fn token(token: &str) -> Token {
    let claims = claims(token);
    let text = |key: &str| claims[key].as_str().unwrap_or_default().to_owned();
    // A refresh token has its issuer as audience, which differs between the sides.
    let audiences = audiences(&claims).into_iter().filter(|name| *name != text("iss"));
    Token {
        kind: text("typ"),
        party: text("azp"),
        audiences: audiences.map(str::to_owned).collect(),
        user: text("preferred_username"),
    }
}

impl Both {
    fn start() -> Result<Self, Box<dyn std::error::Error>> {
        Ok(Self {
            keycloak: IdentityProvider::builder().start()?,
            sandbox: sandbox::IdentityProvider::start(),
        })
    }

    /// Runs `scenario` on each side, after a login of `user`, and compares the answers.
    fn compare(&self, user: &str, scenario: impl Fn(&Side) -> Vec<Answer>) -> Outcome {
        let of = |client: sandbox::Client| Client {
            id: client.id,
            secret: client.secret,
        };
        let theirs = self.keycloak.log_in(&self.keycloak.user(user)?)?;
        let keycloak = Side {
            endpoint: TokenEndpoint::new(self.keycloak.port(), self.keycloak.ca_pem()),
            ondemand: self.keycloak.ondemand().clone(),
            kubernetes: self.keycloak.kubernetes().clone(),
            access: theirs.access,
            refresh: theirs.refresh,
            id: theirs.id,
        };
        let ours = self.sandbox.log_in(user);
        let sandbox = Side {
            endpoint: TokenEndpoint::new(self.sandbox.address().port(), self.sandbox.ca_pem()),
            ondemand: of(self.sandbox.ondemand()),
            kubernetes: of(self.sandbox.kubernetes()),
            access: ours.access,
            refresh: ours.refresh,
            id: ours.id,
        };
        for pair in [(&keycloak.access, &sandbox.access), (&keycloak.id, &sandbox.id)] {
            assert_eq!(token(pair.0), token(pair.1), "a login of {user}");
        }
        let (expected, answered) = (scenario(&keycloak), scenario(&sandbox));
        assert_eq!(expected.len(), answered.len());
        let pairs = expected.iter().map(gist).zip(answered.iter().map(gist)).enumerate();
        let different: Vec<_> = pairs.filter(|(_, (expected, answered))| expected != answered).collect();
        assert!(
            different.is_empty(),
            "{user}: Keycloak first, then the sandbox: {different:#?}"
        );
        Ok(())
    }
}

#[test]
fn the_sandbox_and_keycloak_answer_the_same() -> Outcome {
    if skipped() {
        return Ok(());
    }
    let both = Both::start()?;
    both.compare("refresh", refreshes)?;
    both.compare("exchange", exchanges)?;
    both.compare("revocation", revocations)?;

    both.keycloak.set_refresh_tokens_in_exchange(true)?;
    let refresh_tokens = true;
    both.sandbox
        .set(|settings| settings.exchange = Exchange::Standard { refresh_tokens });
    both.compare("keeper", exchanged_refresh_tokens)?;

    both.keycloak.set_single_use_refresh_tokens(true)?;
    both.sandbox.set(|settings| settings.single_use_refresh_tokens = true);
    both.compare("rotation", refresh_tokens_that_are_used_twice)?;

    both.compare("leaver", |side| {
        let user = both.keycloak.user("leaver").expect("a user");
        both.keycloak.log_out(&user).expect("a logout");
        both.sandbox.log_out("leaver");
        let exchanged = side.exchange(&side.kubernetes, &side.access, &[KUBERNETES]);
        vec![side.refresh(&side.ondemand, &side.refresh), exchanged]
    })?;

    both.keycloak.set_exchange(false)?;
    both.sandbox.set(|settings| settings.exchange = Exchange::Off);
    both.compare("switched-off", |side| {
        vec![side.exchange(&side.kubernetes, &side.access, &[KUBERNETES])]
    })
}

fn strangers(client: &Client) -> [Client; 2] {
    let [mut wrong, mut unknown] = [client.clone(), client.clone()];
    wrong.secret.push('x');
    unknown.id.push('x');
    [wrong, unknown]
}

fn refreshes(side: &Side) -> Vec<Answer> {
    let [wrong, unknown] = strangers(&side.ondemand);
    let mut answers: Vec<_> = [&wrong, &unknown, &side.kubernetes, &side.ondemand, &side.ondemand]
        .into_iter()
        .map(|client| side.refresh(client, &side.refresh))
        .collect();
    for token in ["", "garbage", &side.access] {
        answers.push(side.refresh(&side.ondemand, token));
    }
    answers.push(side.ask(&side.ondemand, &[("grant_type", "nothing")]));
    answers.push(side.ask(&side.ondemand, &[]));
    answers
}

fn revocations(side: &Side) -> Vec<Answer> {
    let [wrong, unknown] = strangers(&side.ondemand);
    let revoke = |client: &Client, token: &str| {
        let form = [("token", token), ("token_type_hint", "refresh_token")];
        side.endpoint.revoke(client, &form).expect("an answer")
    };
    let mut answers: Vec<_> = [&wrong, &unknown, &side.kubernetes]
        .into_iter()
        .map(|client| revoke(client, &side.refresh))
        .collect();
    for token in ["", "garbage"] {
        answers.push(revoke(&side.ondemand, token));
    }
    answers.push(side.refresh(&side.ondemand, &side.refresh));
    answers.push(revoke(&side.ondemand, &side.refresh));
    answers.push(side.refresh(&side.ondemand, &side.refresh));
    answers.push(revoke(&side.ondemand, &side.refresh));
    answers
}

fn exchanges(side: &Side) -> Vec<Answer> {
    let [wrong, unknown] = strangers(&side.kubernetes);
    let mut answers: Vec<_> = [&wrong, &unknown, &side.ondemand]
        .into_iter()
        .map(|client| side.exchange(client, &side.access, &[KUBERNETES]))
        .collect();
    for token in ["opaque", &side.refresh, &side.id] {
        answers.push(side.exchange(&side.kubernetes, token, &[KUBERNETES]));
    }
    for more in [
        [KUBERNETES].as_slice(),
        &[],
        &[("audience", "kubernetes-test")],
        &[("audience", "ondemand")],
        &[("audience", "nowhere")],
        &[KUBERNETES, ("scope", "openid")],
        &[KUBERNETES, ("scope", "other")],
        &[KUBERNETES, ("requested_token_type", ID_TOKEN)],
        &[KUBERNETES, ("requested_token_type", REFRESH_TOKEN)],
        &[KUBERNETES, ("requested_token_type", "other")],
        &[KUBERNETES, ("subject_token_type", ID_TOKEN)],
    ] {
        answers.push(side.exchange(&side.kubernetes, &side.access, more));
    }
    answers
}

fn exchanged_refresh_tokens(side: &Side) -> Vec<Answer> {
    let more = [KUBERNETES, ("requested_token_type", REFRESH_TOKEN)];
    let exchanged = side.exchange(&side.kubernetes, &side.access, &more);
    let token = exchanged.text("refresh_token").unwrap_or_default().to_owned();
    let refreshed = [&side.kubernetes, &side.ondemand].map(|client| side.refresh(client, &token));
    std::iter::once(exchanged).chain(refreshed).collect()
}

fn refresh_tokens_that_are_used_twice(side: &Side) -> Vec<Answer> {
    let first = side.refresh(&side.ondemand, &side.refresh);
    let newer = first.text("refresh_token").unwrap_or_default().to_owned();
    let again = side.refresh(&side.ondemand, &side.refresh);
    let newer = side.refresh(&side.ondemand, &newer);
    vec![first, again, newer]
}
