//! Keycloak and a real API server: what was renewed is accepted.

use std::time::Duration;

use super::nginx::Nginx;
use super::renewal_keys;
use crate::oidc::real::{hook, stage, succeeded};
use crate::support::Run;

#[test]
fn renewed_tokens_are_accepted_and_keycloak_sees_each_refresh_token_once() {
    let Some(stage) = stage() else {
        return;
    };
    stage.provider.set_single_use_refresh_tokens(true).unwrap();
    for mode in ["exchange", "token", "exec"] {
        let site = stage.site(&format!("CREDENTIALS={mode} # EXCHANGE"));
        site.set(&renewal_keys(&site));
        let _nginx = Nginx::start(&site);
        let tokens = stage.log_in(&site);
        stage.wait_for_keys(&tokens.access);
        hook(&site, &tokens).ok();
        let home = || {
            let cached = std::fs::read_to_string(site.path("home/cache/ood-k8s/prod.json")).unwrap_or_default();
            (cached, site.user_kubeconfig().unwrap().to_string())
        };
        for _ in 0..3 {
            let old = home();
            let run = Run::of(&mut site.command(&["renew-creds", "--interval", "1h"])).done();
            assert_eq!(run.stdout.trim_end(), "1 user: 1 renewed", "{mode}");
            assert_ne!(home(), old, "{mode}");
            succeeded(stage.kubectl(&site, &["get", "pods"]).output().unwrap());
        }
        stage
            .provider
            .log_out(&stage.provider.user(&site.user).unwrap())
            .unwrap();
        let run = Run::of(&mut site.command(&["renew-creds", "--interval", "1h"])).ok();
        assert_eq!(run.stdout.trim_end(), "1 user: 1 forgotten", "{mode}");
    }
    stage.provider.set_single_use_refresh_tokens(false).unwrap();
    stage.provider.set_access_token_life(Duration::from_secs(300)).unwrap();
}
