//! Checks the identity provider: `IDP_ISSUER_URL` must be the issuer, not its token endpoint, and must answer as one.

use super::trust;
use crate::certificates::{self, Trust};
use crate::config::credentials::{Exchange, Mode};
use crate::config::settings::Settings;
use crate::config::{files, Site};
use crate::credentials::Providers;
use crate::deadline::Deadline;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::foreign::Foreign;
use crate::oidc::{discover, DiscoveryError, Http};

/// Findings about the identity provider; none if no cluster uses OIDC, or if hook.env could not be read.
pub(super) async fn check(site: &Site, is_hook_env_read: bool, deadline: &Deadline) -> Vec<Finding> {
    if !is_hook_env_read || site.oidc_clusters().next().is_none() {
        return Vec::new();
    }
    let mut area = Area::new("issuer");
    let settings = &site.settings;
    let has_auth_provider = site.oidc_clusters().any(|c| c.credentials.value == Mode::AuthProvider);
    if has_auth_provider && settings.client_id.is_none() {
        not_set(&mut area, settings, "CLIENT_ID");
    }
    if has_auth_provider && settings.idp_issuer_url.is_none() {
        not_set(&mut area, settings, "IDP_ISSUER_URL");
    }
    match Providers::new(settings, deadline).http() {
        Err(error) => area.fault(error),
        Ok(http) => ask_all(&mut area, site, &http).await,
    }
    certificates(&mut area, site, deadline).await;
    area.into_findings()
}

fn not_set(area: &mut Area, settings: &Settings, key: &str) {
    area.error(
        Code::IssuerUnset,
        ExitStatus::Configuration,
        format!(
            "{key} is not set in {}, so no kubeconfig is written (auth.type: oidc)",
            settings.path.display()
        ),
        "set IDP_ISSUER_URL and CLIENT_ID to the API server's --oidc-issuer-url and --oidc-client-id",
    );
}

/// The certificates of the providers, and of the CA in `IDP_CA_FILE`. What is not trusted is told by the discovery.
async fn certificates(area: &mut Area, site: &Site, deadline: &Deadline) {
    let settings = &site.settings;
    if let Some(path) = &settings.credentials.idp_ca_file {
        if let Ok(content) = files::read(path, "") {
            trust::authorities(area, "IDP_CA_FILE", &path.display().to_string(), &content.bytes);
        }
    }
    let Ok(route) = Providers::new(settings, deadline).route() else {
        return;
    };
    let of_exchange = settings.credentials.exchange_issuer_url.as_deref();
    let mut issuers: Vec<_> = settings.issuer().into_iter().chain(of_exchange).collect();
    issuers.dedup();
    for issuer in issuers {
        let Ok(server) = issuer.parse() else {
            continue;
        };
        if let Trust::EndsSoon(end) = certificates::look(&route, &server, deadline.remaining()).await {
            trust::ends_soon(area, &format!("the certificate of {issuer}"), end);
        }
    }
}

/// Checks the issuer of OnDemand's tokens, and the issuer that exchanges them, if it is another one.
async fn ask_all(area: &mut Area, site: &Site, http: &Http) {
    let settings = &site.settings;
    let exchanges: Vec<_> = site
        .oidc_clusters()
        .filter_map(|c| Exchange::of(c, settings).ok().flatten())
        .collect();
    if let Some(issuer) = settings.issuer() {
        let asker = Asker {
            http,
            key: "IDP_ISSUER_URL",
            is_asked_at_login: exchanges.iter().any(|exchange| exchange.issuer == issuer),
        };
        match settings.issuer_of_token_endpoint() {
            Some(issuer) => asker.token_endpoint(area, issuer).await,
            None => asker.ask(area, issuer).await,
        }
    }
    let other = exchanges
        .iter()
        .find(|exchange| Some(exchange.issuer.as_str()) != settings.issuer());
    if let Some(exchange) = other {
        let asker = Asker {
            http,
            key: "EXCHANGE_ISSUER_URL",
            is_asked_at_login: true,
        };
        asker.ask(area, &exchange.issuer).await;
    }
}

/// How one issuer is checked.
struct Asker<'a> {
    http: &'a Http,
    key: &'static str,
    is_asked_at_login: bool,
}

impl Asker<'_> {
    /// OnDemand's own example sets the token endpoint: the issuer is known from it, and tested before it is suggested.
    async fn token_endpoint(&self, area: &mut Area, issuer: &str) {
        let tried = match discover(issuer, self.http).await {
            Ok(_) => "which answers as an issuer",
            Err(_) => "if that is the issuer (it could not be tested)",
        };
        area.warning(Code::IssuerIsEndpoint,
            format!("IDP_ISSUER_URL is the token endpoint, so {issuer} is used as the issuer and written to users' kubeconfigs"),
            format!("set IDP_ISSUER_URL={issuer}, {tried}"),
        );
    }

    async fn ask(&self, area: &mut Area, issuer: &str) {
        use DiscoveryError as E;
        let key = self.key;
        match discover(issuer, self.http).await {
            Ok(provider) => {
                area.ok(format!("{} answers as the issuer", provider.issuer));
                if provider.sends_elsewhere() {
                    area.warning(Code::IssuerSendsElsewhere,
                        format!(
                            "the token endpoint of {key} is on another host, {}, which gets refresh tokens and clients' secrets",
                            Foreign::from(provider.token_endpoint.to_string())
                        ),
                        "ask the identity provider's administrators whether it is theirs",
                    );
                }
            }
            // kubectl ignores a trailing slash; the API server and other programs compare exactly.
            Err(E::OtherIssuer { asked, said })
                if !self.is_asked_at_login
                    && asked.trim_end_matches('/') == said.as_received().trim_end_matches('/') =>
            {
                area.warning(Code::IssuerSlash,
                    format!(
                        "{key} is {asked}, but the provider's issuer is {said}: kubectl accepts either, other programs do not"
                    ),
                    format!("set {key}={said}"),
                );
            }
            // It may be reachable from where users run kubectl, and without an exchange logins do not need it.
            Err(error @ E::Http(_)) if !self.is_asked_at_login => area.told_warning(Code::IssuerUnreachable, error),
            Err(error @ E::Http(_)) => area.told_error(
                Code::IssuerUnreachable,
                ExitStatus::Credentials,
                format!("{key}: {error}"),
            ),
            Err(error) => area.told_error(Code::IssuerWrong, ExitStatus::Configuration, format!("{key}: {error}")),
        }
    }
}
