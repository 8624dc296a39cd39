//! `renew-creds`: users stay logged in to the cluster for as long as they are in OnDemand, and no secret leaves root.

mod failures;
mod folder;
mod once;
mod real;
mod secrets;
mod sessions;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ood_k8s_sandbox::identity_provider::{IdentityProvider, Tokens};
use serde_json::Value;

use super::support::{Run, Site};

/// A life that ends before the next run, and one that does not.
const SHORT: Duration = Duration::from_secs(100);
const LONG: Duration = Duration::from_secs(300);

/// A site whose users' tokens are renewed, an identity provider, and the nginx of the user.
struct Renewing {
    site: Site,
    provider: IdentityProvider,
    nginx: Option<Child>,
}

impl Drop for Renewing {
    fn drop(&mut self) {
        self.end_nginx();
    }
}

impl Renewing {
    /// With these keys more; the user's nginx runs.
    fn new(lines: &str) -> Self {
        let mut renewing = Self {
            site: Site::new(),
            provider: IdentityProvider::start(),
            nginx: None,
        };
        let (ondemand, kubernetes) = (renewing.provider.ondemand(), renewing.provider.kubernetes());
        renewing.site.write("idp.pem", renewing.provider.ca_pem());
        renewing.site.set(&format!(
            "IDP_ISSUER_URL={}\nIDP_CA_FILE={}\nCLIENT_ID={}\nCLIENT_SECRET={}\nEXCHANGE_CLIENT_ID={}\n\
             EXCHANGE_CLIENT_SECRET={}\nEXCHANGE_AUDIENCE=kubernetes\nCREDENTIALS=exchange\nRENEWAL_DIR={}\n\
             PUN_PID_PATH={}\n{lines}",
            renewing.provider.issuer(),
            renewing.site.path("idp.pem").display(),
            ondemand.id,
            ondemand.secret,
            kubernetes.id,
            kubernetes.secret,
            renewing.site.path("renewal").display(),
            renewing.site.path("run/%{user}/passenger.pid").display(),
        ));
        renewing.start_nginx();
        renewing
    }

    /// A process that looks as the user's nginx does in `ps`.
    fn start_nginx(&mut self) {
        let mut nginx = Command::new("/bin/sleep");
        nginx.arg0(format!("nginx: master process ({}) -c pun.conf", self.site.user));
        let nginx = nginx.arg("600").stdin(Stdio::null()).spawn().unwrap();
        self.write_pid(&format!("{}\n", nginx.id()));
        self.nginx = Some(nginx);
    }

    fn write_pid(&self, text: &str) {
        let folder = self.site.path("run").join(&self.site.user);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("passenger.pid"), text).unwrap();
    }

    /// Ends it as the power does: the pid file stays.
    fn end_nginx(&mut self) {
        if let Some(mut nginx) = self.nginx.take() {
            nginx.kill().unwrap();
            nginx.wait().unwrap();
        }
    }

    /// How long access tokens live from now on.
    fn live(&self, life: Duration) {
        self.provider.set(|settings| settings.access_token_life = life);
    }

    /// A login's tokens, which live so long; those after it live long.
    fn log_in(&self, life: Duration) -> Tokens {
        self.live(life);
        let tokens = self.provider.log_in(&self.site.user);
        // The exchange of the login gives tokens that live as long.
        self.set_creds(&tokens).done();
        self.live(LONG);
        tokens
    }

    fn command_with(&self, args: &[&str], tokens: &Tokens) -> Command {
        let mut command = self.site.command(args);
        command.env("OOD_OIDC_ACCESS_TOKEN", &tokens.access);
        command.env("OOD_OIDC_REFRESH_TOKEN", &tokens.refresh);
        command
    }

    #[must_use = "a run says nothing unless it is asserted"]
    fn set_creds(&self, tokens: &Tokens) -> Run {
        Run::of(&mut self.command_with(&["set-creds", &self.site.user], tokens))
    }

    fn renew_command(&self, args: &[&str]) -> Command {
        self.site.command(&[&["renew-creds"], args].concat())
    }

    #[must_use = "a run says nothing unless it is asserted"]
    fn renew(&self, args: &[&str]) -> Run {
        Run::of(&mut self.renew_command(args))
    }

    /// Runs it, and this is its one line.
    #[track_caller]
    fn renews(&self, summary: &str) {
        assert_eq!(self.renew(&[]).ok().stdout.trim_end(), summary);
    }

    /// What root keeps of the user.
    fn record(&self) -> Option<Value> {
        let path = self.site.path("renewal").join(format!("{}.json", self.site.user));
        let text = fs::read_to_string(path).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    fn kept_token(&self) -> String {
        let record = self.record().expect("something is kept");
        record["refresh_token"].as_str().unwrap().to_owned()
    }

    /// Makes the login one of long ago: a user's nginx has had its time to start.
    fn age_login(&self) {
        let mut record = self.record().unwrap();
        record["logged_in"] = "2020-01-01T00:00:00Z".into();
        self.site
            .write(&format!("renewal/{}.json", self.site.user), &record.to_string());
    }

    /// The token in the user's kubeconfig.
    fn token(&self) -> String {
        let kubeconfig = self.site.user_kubeconfig().expect("there is a kubeconfig");
        kubeconfig["users"][0]["user"]["token"].as_str().unwrap().to_owned()
    }

    /// The refresh tokens that were spent or refused, with the status of the answer.
    fn refreshes(&self) -> Vec<(String, u16)> {
        let requests = self.provider.token_requests().into_iter();
        let refreshes = requests.filter(|request| request.form["grant_type"] == "refresh_token");
        refreshes
            .map(|request| (request.form["refresh_token"].clone(), request.status))
            .collect()
    }
}
