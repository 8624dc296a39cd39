//! `renew-creds`: users stay logged in to the cluster for as long as they are in OnDemand, and no secret leaves root.

mod failures;
mod fate;
mod folder;
mod in_use;
mod left_out;
mod lost;
mod meanwhile;
mod nginx;
mod once;
mod real;
mod secrets;
mod sessions;
mod two;
mod whose;

use std::fs;
use std::ops::Deref;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use ood_k8s_sandbox::identity_provider::Tokens;
use serde_json::Value;

use crate::support::{Realm, Run, Site};
use nginx::Nginx;

/// A token's life that ends before the next run, and one that does not.
const SHORT: Duration = Duration::from_secs(100);
const LONG: Duration = Duration::from_secs(300);

/// A realm whose users' tokens are renewed, and the nginx of the user.
struct Renewing {
    realm: Realm,
    nginx: Option<Nginx>,
}

impl Deref for Renewing {
    type Target = Realm;

    fn deref(&self) -> &Realm {
        &self.realm
    }
}

impl Renewing {
    /// With these additional keys; the user's nginx runs.
    fn new(lines: &str) -> Self {
        // Some of these tests have a cluster whose tokens are for another audience.
        let realm = Realm::exchanging("OIDC_AUDIENCE=");
        realm.site.set(&format!("{}\n{lines}", renewal_keys(&realm.site)));
        let mut renewing = Self { realm, nginx: None };
        renewing.start_nginx();
        renewing
    }

    fn start_nginx(&mut self) {
        self.nginx = Some(Nginx::start(&self.site));
    }

    fn end_nginx(&mut self) {
        self.nginx = None;
    }

    /// How long access tokens live from now on.
    fn live(&self, life: Duration) {
        self.provider.set(|settings| settings.access_token_life = life);
    }

    /// Logs in with tokens that live this long; later ones live long.
    fn log_in(&self, life: Duration) -> Tokens {
        self.live(life);
        let tokens = self.provider.log_in(&self.site.user);
        // The exchange of the login gives tokens that live as long.
        self.set_creds(&tokens).done();
        self.live(LONG);
        tokens
    }

    fn renew_command(&self, args: &[&str]) -> Command {
        self.site.command(&[&["renew-creds"], args].concat())
    }

    #[must_use = "a run says nothing unless it is asserted"]
    fn renew(&self, args: &[&str]) -> Run {
        Run::of(&mut self.renew_command(args))
    }

    /// Runs it, and expects this one line.
    #[track_caller]
    fn renews(&self, summary: &str) {
        assert_eq!(self.renew(&[]).ok().stdout.trim_end(), summary);
    }

    fn record_name(&self) -> String {
        format!("renewal/{}.json", self.site.user)
    }

    /// Where root keeps what it knows of the user's session.
    fn record_path(&self) -> PathBuf {
        self.site.path(&self.record_name())
    }

    fn write_record(&self, record: &Value) {
        self.site.write(&self.record_name(), &record.to_string());
    }

    /// What root keeps of the user.
    fn record(&self) -> Option<Value> {
        let text = fs::read_to_string(self.record_path()).ok()?;
        Some(serde_json::from_str(&text).unwrap())
    }

    /// The same without the time of the last login.
    fn sessions(&self) -> Option<Value> {
        let mut record = self.record()?;
        record.as_object_mut().unwrap().remove("logged_in");
        Some(record)
    }

    fn kept_token(&self) -> String {
        let record = self.record().expect("something is kept");
        record["refresh_token"].as_str().unwrap().to_owned()
    }

    /// Moves the login far into the past: the user's nginx has had its time to start.
    fn age_login(&self) {
        let mut record = self.record().unwrap();
        record["logged_in"] = "2020-01-01T00:00:00Z".into();
        self.write_record(&record);
    }

    /// The token in the user's kubeconfig.
    fn token(&self) -> String {
        self.entry()["token"].as_str().unwrap().to_owned()
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

/// The keys that turn the renewal on, with root's folder and the users' pid files in the site.
fn renewal_keys(site: &Site) -> String {
    format!(
        "RENEWAL_DIR={}\nPUN_PID_PATH={}",
        site.path("renewal").display(),
        site.path("run/%{user}/passenger.pid").display()
    )
}
