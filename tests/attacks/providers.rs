//! Hostile identity providers: whatever they answer, the kubeconfig is correct or unchanged, and no secret leaks.

mod documents;
mod refusals;
mod tokens;
mod transports;

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{json, Value};

use crate::hostile::{json as answered, table, Act, Asked, Row, Server, Speaks, Stand};
use crate::support::{account, alone, jwt};

/// Limit for the debug build, in MiB; a normal login needs about 25.
const MEMORY: u64 = 48;
const REALM: &str = "/realms/hpc";
const TOKEN_ENDPOINT: &str = "/realms/hpc/token";

/// A provider's script for a request, given its own URL.
type Answer = Arc<dyn Fn(&str, &Asked) -> Vec<Act> + Send + Sync>;

/// The expected result.
enum Ends {
    /// The home directory is unchanged.
    Refused,
    /// The kubeconfig is written, and passes this check.
    Written(fn(&str) -> bool),
}

/// A kind of provider.
struct Kind {
    name: String,
    group: &'static str,
    /// Lines of hook.env that set the mode.
    mode: &'static str,
    document: Option<Answer>,
    token: Option<Answer>,
    ends: Ends,
    /// Words that standard error must not contain.
    hushed: &'static str,
}

/// The access token has expired, so it is refreshed.
const REFRESH: &str = "CREDENTIALS=token";
/// A token for the cluster is requested by exchange.
const EXCHANGE: &str = "CREDENTIALS=exchange\nEXCHANGE_AUDIENCE=kubernetes\nEXCHANGE_CLIENT_ID=kubernetes";
/// Like [`EXCHANGE`], but without a claim for the user's name.
const EXCHANGE_BY_SUBJECT: &str =
    "CREDENTIALS=exchange\nEXCHANGE_AUDIENCE=kubernetes\nEXCHANGE_CLIENT_ID=kubernetes\nOIDC_USERNAME_CLAIM=";
/// The refresh token is written into the kubeconfig.
const AUTH_PROVIDER: &str = "CREDENTIALS=auth-provider";

impl Kind {
    fn new(group: &'static str, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            group,
            mode: REFRESH,
            document: None,
            token: None,
            ends: Ends::Refused,
            hushed: "\0",
        }
    }

    /// Its answer to discovery.
    fn documents(mut self, answer: impl Fn(&str, &Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        self.document = Some(Arc::new(answer));
        self
    }

    /// Its token endpoint's answer.
    fn tokens(mut self, answer: impl Fn(&str, &Asked) -> Vec<Act> + Send + Sync + 'static) -> Self {
        self.token = Some(Arc::new(answer));
        self
    }

    fn mode(mut self, mode: &'static str) -> Self {
        self.mode = mode;
        self
    }

    fn written(mut self, holds: fn(&str) -> bool) -> Self {
        self.ends = Ends::Written(holds);
        self
    }

    fn hushes(mut self, words: &'static str) -> Self {
        self.hushed = words;
        self
    }
}

#[test]
fn no_identity_provider_gets_a_wrong_token_into_a_home_or_a_secret_into_the_log() {
    let _alone = alone();
    let elsewhere = Server::good();
    let mut kinds = documents::kinds();
    kinds.extend(tokens::kinds());
    kinds.extend(refusals::kinds());
    kinds.extend(transports::kinds(&elsewhere.url()));
    kinds.push(Kind::new("good", "a refresh").written(|_| true));
    kinds.push(Kind::new("good", "an exchange").mode(EXCHANGE).written(|_| true));
    kinds.push(
        Kind::new("good", "an exchange by subject")
            .mode(EXCHANGE_BY_SUBJECT)
            .written(|_| true),
    );
    kinds.push(Kind::new("good", "auth-provider").mode(AUTH_PROVIDER).written(|_| true));
    assert!(kinds.len() >= 177, "{} kinds", kinds.len());
    let kinds: Vec<_> = kinds.into_iter().map(|kind| (kind, &elsewhere)).collect();
    table("providers", kinds, |(kind, elsewhere)| attempt(&kind, elsewhere));
}

fn attempt(kind: &Kind, elsewhere: &Server) -> Row {
    let (document, token) = (kind.document.clone(), kind.token.clone());
    let answer = move |asked: &Asked| {
        let url = format!("https://{}", asked.field("host").unwrap_or_default());
        let is_document = asked.head.contains("/.well-known/");
        let own = if is_document { &document } else { &token };
        match own {
            Some(own) => own(&url, asked),
            None if is_document => vec![Act::Say(answered("200 OK", &document_of(&url).to_string()))],
            None => vec![Act::Say(answered("200 OK", &granted(&claims(&url)).to_string()))],
        }
    };
    let server = Server::start(Speaks::Http1, Arc::new(answer));
    let issuer = format!("{}{REALM}", server.url());
    let stand = Stand::at("https://127.0.0.1:9");
    stand.set(&format!(
        "IDP_ISSUER_URL={issuer}\nIDP_CA_FILE={}\nOIDC_AUDIENCE=kubernetes\nOIDC_USERNAME_CLAIM=preferred_username\n\
         EXCHANGE_CLIENT_SECRET={}\n{}",
        stand.path("ca.pem").display(),
        Stand::client_secret(),
        kind.mode
    ));
    let mut own = claims(&server.url());
    if !kind.mode.starts_with(EXCHANGE) {
        own["exp"] = json!(now() - 60);
    }
    let run = stand.set_creds(jwt(&own));
    let mut row = Row::new(kind.group, &kind.name, run, MEMORY);
    row.expect(server.requests() > 0, "it is asked");
    row.expect(server.requests() <= 10, "it is not asked again and again");
    row.expect(elsewhere.connections() == 0, "nobody else is asked");
    row.expect(!row.says(kind.hushed), "it keeps to itself what it need not say");
    let status = row.run.status;
    match kind.ends {
        Ends::Refused => {
            row.expect(matches!(status, 6 | 7), "it fails for the credentials' sake");
            row.expect(stand.home_is_as_it_was(), "the home is as it was");
        }
        Ends::Written(holds) => {
            let kubeconfig = stand.kubeconfig();
            row.expect(status == 0, "it is good");
            row.expect(
                !stand.home_is_as_it_was() && holds(&kubeconfig),
                "the kubeconfig is right",
            );
        }
    }
    row
}

/// The correct document of the provider at this URL.
fn document_of(url: &str) -> Value {
    json!({ "issuer": format!("{url}{REALM}"), "token_endpoint": format!("{url}{TOKEN_ENDPOINT}") })
}

/// The claims of a correct token.
fn claims(url: &str) -> Value {
    json!({
        "iss": format!("{url}{REALM}"), "sub": "1234", "aud": "kubernetes", "azp": "ood",
        "preferred_username": account().name, "exp": now() + 300,
    })
}

/// A token endpoint's answer with these claims in the access token.
fn granted(claims: &Value) -> Value {
    json!({ "access_token": jwt(claims), "token_type": "Bearer", "expires_in": 300 })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
