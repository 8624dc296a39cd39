//! A site with an identity provider: users log in at it, and the program exchanges and renews their tokens there.

use std::process::Command;
use std::time::Duration;

use ood_k8s_sandbox::identity_provider::{IdentityProvider, Tokens};
use serde_json::Value;

use super::{Cluster, Run, Site};

/// A site whose users log in at an identity provider of the test's own.
pub struct Realm {
    pub site: Site,
    pub provider: IdentityProvider,
}

impl Realm {
    /// With the keys that every mode knows, and these.
    pub fn new(lines: &str) -> Self {
        Self::with(Cluster::start(), lines)
    }

    /// The same on this cluster.
    pub fn with(cluster: Cluster, lines: &str) -> Self {
        let realm = Self {
            site: Site::on(cluster),
            provider: IdentityProvider::start(),
        };
        let client = realm.provider.ondemand();
        realm.site.write("idp.pem", realm.provider.ca_pem());
        realm.site.set(&format!(
            "IDP_ISSUER_URL={}\nIDP_CA_FILE={}\nCLIENT_ID={}\nCLIENT_SECRET={}\nOIDC_AUDIENCE=kubernetes\n\
             OIDC_USERNAME_CLAIM=preferred_username\n{lines}",
            realm.provider.issuer(),
            realm.site.path("idp.pem").display(),
            client.id,
            client.secret
        ));
        realm
    }

    /// The same with an exchange by the client `kubernetes`.
    pub fn exchanging(lines: &str) -> Self {
        Self::exchanging_with(Cluster::start(), lines)
    }

    /// The same on this cluster.
    pub fn exchanging_with(cluster: Cluster, lines: &str) -> Self {
        let realm = Self::with(cluster, "CREDENTIALS=exchange\nEXCHANGE_AUDIENCE=kubernetes");
        let client = realm.provider.kubernetes();
        realm.site.set(&format!(
            "EXCHANGE_CLIENT_ID={}\nEXCHANGE_CLIENT_SECRET={}\n{lines}",
            client.id, client.secret
        ));
        realm
    }

    /// The tokens of a login at OnDemand.
    pub fn log_in(&self) -> Tokens {
        self.provider.log_in(&self.site.user)
    }

    /// The same with an access token that has expired since.
    pub fn log_in_long_ago(&self) -> Tokens {
        // kubectl takes a token as expired ten seconds before its time.
        self.provider
            .set(|settings| settings.access_token_life = Duration::from_secs(1));
        let tokens = self.log_in();
        self.provider
            .set(|settings| settings.access_token_life = Duration::from_secs(300));
        tokens
    }

    /// The program with the tokens of a login in its environment.
    pub fn command(&self, args: &[&str], tokens: &Tokens) -> Command {
        self.site.command_with(args, &tokens.access, &tokens.refresh)
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn set_creds(&self, tokens: &Tokens) -> Run {
        self.of(&mut self.command(&["set-creds", &self.site.user], tokens), tokens)
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn pre_hook(&self, tokens: &Tokens) -> Run {
        self.of(
            &mut self.command(&["pre-hook", "--user", &self.site.user], tokens),
            tokens,
        )
    }

    /// Runs it, and looks for every secret in its output.
    pub fn of(&self, command: &mut Command, tokens: &Tokens) -> Run {
        let run = Run::of(command);
        let said = format!("{}{}", run.stdout, run.stderr);
        let secrets = self.secrets();
        let secrets = secrets.iter().chain([&tokens.access, &tokens.refresh]);
        for secret in secrets.filter(|secret| !secret.is_empty()) {
            assert!(!said.contains(secret), "a secret in {said}");
        }
        run
    }

    /// The secrets of both clients.
    pub fn secrets(&self) -> [String; 2] {
        [self.provider.ondemand().secret, self.provider.kubernetes().secret]
    }

    /// The user's entry in the kubeconfig, without the mark that it is ours.
    pub fn entry(&self) -> Value {
        let mut entry = self.site.user_kubeconfig().expect("there is a kubeconfig")["users"][0]["user"].clone();
        let marks = entry.as_object_mut().and_then(|entry| entry.remove("extensions"));
        assert_eq!(marks.expect("a mark")[0]["name"], "ood-k8s");
        entry
    }

    /// The token for the cluster `prod` that `credential` gives.
    pub fn cached(&self) -> String {
        std::fs::read_to_string(self.site.path("home/cache/ood-k8s/prod.json")).unwrap()
    }

    /// What the provider was asked, and how it answered.
    pub fn grants(&self) -> Vec<(String, u16)> {
        let requests = self.provider.token_requests().into_iter();
        let short = |grant: &str| grant.rsplit(':').next().unwrap_or_default().to_owned();
        requests
            .map(|request| (short(&request.form["grant_type"]), request.status))
            .collect()
    }
}
