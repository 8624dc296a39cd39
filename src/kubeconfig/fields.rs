//! What an edit sets in its entry, field by field as kubectl's commands do, and which fields it removes.

use secrecy::ExposeSecret as _;

use super::edit::{
    CertificateAuthority, ClusterEntry, ContextEntry, Credentials, ExecCommand, OidcAuthProvider, UserEntry,
};
use super::error::DocumentError;
use super::tree::{Mapping, Node, Value};

impl ClusterEntry {
    /// Like `set-cluster` (kubectl `set_cluster.go`): removes the old TLS server name, and with a new CA the other TLS
    /// settings.
    pub(super) fn set_in(&self, cluster: &mut Mapping) {
        match &self.certificate_authority {
            Some(CertificateAuthority::File(file)) => {
                cluster.set_string("certificate-authority", file);
                cluster.remove("certificate-authority-data");
                cluster.remove("insecure-skip-tls-verify");
            }
            Some(CertificateAuthority::Data(data)) => {
                cluster.set_string("certificate-authority-data", data);
                cluster.remove("certificate-authority");
                cluster.remove("insecure-skip-tls-verify");
            }
            None => {}
        }
        cluster.set_string("server", &self.server);
        cluster.remove("tls-server-name");
    }
}

impl ContextEntry {
    pub(super) fn set_in(&self, context: &mut Mapping) {
        context.set_string("cluster", &self.cluster);
        if let Some(namespace) = &self.namespace {
            context.set_string("namespace", namespace);
        }
        context.set_string("user", &self.user);
    }
}

impl UserEntry {
    pub(super) fn set_in(&self, user: &mut Mapping) -> Result<(), DocumentError> {
        // client-go sets the Authorization header from these before it asks an auth provider
        // (`transport/round_trippers.go`), and rejects a token together with a password.
        for stronger in ["tokenFile", "username", "password"] {
            user.remove(stronger);
        }
        match &self.credentials {
            Credentials::Token(token) => {
                // The token takes precedence over both, but an old auth provider may contain a client secret.
                user.remove("auth-provider");
                user.remove("exec");
                user.set_string("token", token.expose_secret());
                Ok(())
            }
            Credentials::Exec(command) => {
                user.remove("token");
                // client-go rejects exec together with an auth provider.
                user.remove("auth-provider");
                command.set_in(user)
            }
            Credentials::AuthProviderOidc(provider) => {
                user.remove("token");
                // client-go rejects exec together with an auth provider.
                user.remove("exec");
                provider.set_in(user)
            }
        }
    }
}

impl ExecCommand {
    /// Like `set-credentials --exec-command` (kubectl `set_credentials.go`).
    fn set_in(&self, user: &mut Mapping) -> Result<(), DocumentError> {
        let place = "exec";
        let exec = user.filled(place, Node::empty_mapping()).as_mapping_mut(place)?;
        exec.set_string("apiVersion", &self.api_version);
        exec.set("args", list(self.args.iter().map(|arg| Node::string(arg))));
        exec.set_string("command", &self.command);
        if self.env.is_empty() {
            exec.remove("env");
        } else {
            exec.set("env", list(self.env.iter().map(env_entry)));
        }
        match &self.install_hint {
            Some(hint) => exec.set_string("installHint", hint),
            None => exec.remove("installHint"),
        }
        // An OnDemand login has no terminal to prompt at; `v1` requires the field (`validation.go` of clientcmd).
        exec.set_string("interactiveMode", "Never");
        if self.provide_cluster_info {
            exec.set("provideClusterInfo", Node::plain("true"));
        } else {
            exec.remove("provideClusterInfo");
        }
        Ok(())
    }
}

fn env_entry((name, value): &(String, String)) -> Node {
    let mut entry = Mapping::default();
    entry.set("name", Node::string(name));
    entry.set("value", Node::string(value));
    Value::Mapping(entry).into()
}

fn list(items: impl Iterator<Item = Node>) -> Node {
    Value::Sequence(items.collect()).into()
}

impl OidcAuthProvider {
    /// Like `set-credentials --auth-provider=oidc` (kubectl `set_credentials.go`): merges if the name is the same.
    fn set_in(&self, user: &mut Mapping) -> Result<(), DocumentError> {
        let place = "auth-provider";
        let provider = user.filled(place, Node::empty_mapping());
        let mapping = provider.as_mapping_mut(place)?;
        if mapping.value("name").and_then(Node::as_string) != Some("oidc") {
            *mapping = Mapping::default();
        }
        let config = mapping.filled("config", Node::empty_mapping());
        self.configure(config.as_mapping_mut("the config of auth-provider")?);
        mapping.set_string("name", "oidc");
        Ok(())
    }

    fn configure(&self, config: &mut Mapping) {
        config.set_string("client-id", &self.client_id);
        match self.client_secret.expose_secret() {
            "" => config.remove("client-secret"),
            secret => config.set_string("client-secret", secret),
        }
        if let Some(data) = &self.idp_certificate_authority_data {
            config.set_string("idp-certificate-authority-data", data);
            config.remove("idp-certificate-authority");
        }
        config.set_string("id-token", self.id_token.expose_secret());
        config.set_string("idp-issuer-url", &self.idp_issuer_url);
        match &self.refresh_token {
            Some(token) => config.set_string("refresh-token", token.expose_secret()),
            None => config.remove("refresh-token"),
        }
    }
}
