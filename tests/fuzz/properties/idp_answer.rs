//! What an identity provider answers: discovery only by the very issuer and over https, tokens only from a good answer.

use ood_k8s::oidc::{Doing, Provider, Tokens};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

const ISSUER: &str = "https://idp.example.org/realms/main";
/// What was sent to the provider: it may repeat it, and we may not.
const SENT: &str = "canary-7f3a-canary-7f3a";

/// The first byte chooses the status.
pub fn holds(data: &[u8]) {
    discovery(data);
    let Some((first, answer)) = data.split_first() else {
        return;
    };
    let status = [200, 201, 299, 302, 400, 401, 429, 500][usize::from(*first) % 8];
    let sent: SecretString = SENT.into();
    for doing in [Doing::Refresh, Doing::Exchange] {
        match Tokens::read(doing, "https://idp.example.org/token", status, answer, &[&sent]) {
            Ok(tokens) => {
                // Fields that we do not read may hold what is not UTF-8.
                let Ok(body) = serde_json::from_slice::<Value>(answer) else {
                    continue;
                };
                assert!((200..300).contains(&status), "{status}");
                assert_eq!(body["access_token"], *tokens.access.expose_secret());
                assert!(!tokens.access.expose_secret().is_empty());
                assert!(body["error"].is_null(), "{body}");
            }
            Err(error) => is_one_line(&error.to_string()),
        }
    }
}

fn discovery(answer: &[u8]) {
    match Provider::read(ISSUER, answer) {
        Ok(provider) => {
            assert_eq!(provider.issuer, ISSUER);
            let endpoints = std::iter::once(&provider.token_endpoint).chain(&provider.revocation_endpoint);
            for endpoint in endpoints {
                assert_eq!(endpoint.scheme_str(), Some("https"), "{endpoint}");
                assert!(
                    !endpoint.to_string().contains('@') || endpoint.path().contains('@') || endpoint.query().is_some()
                );
            }
        }
        Err(error) => {
            // Nothing was sent that could be repeated.
            let said = error.to_string();
            assert!(!said.contains('\n'), "{said:?}");
        }
    }
}

fn is_one_line(said: &str) {
    assert!(!said.contains('\n') && !said.contains(SENT), "{said:?}");
}
