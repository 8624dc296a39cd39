//! The steps of the demonstration, in the order in which they are shown.

mod check;
mod cluster;
mod error;
mod login;
mod node;
mod picture;
mod program;
mod redact;
mod refused;
mod run;
mod screen;
mod show;
mod site;
mod snapshot;
mod times;

use std::path::{Path, PathBuf};

use tokio::time::{sleep, Duration};

pub use error::Error;

use login::Login;
use screen::Screen;
use site::Site;
use snapshot::{Snapshot, LAST_HOOK_EXECUTION};

const FIRST: &str = "first login";
const RETURNING: &str = "returning login";

/// A site on which both logins have run.
pub struct Demo {
    site: Site,
    program: PathBuf,
    screen: Screen,
}

impl Demo {
    /// Creates the site, logs in twice, checks it, has a pod refused, and shows the results.
    pub async fn show(program: Option<&Path>) -> Result<Self, Error> {
        let mut screen = Screen::new();
        let program = match program {
            Some(program) => program.to_owned(),
            None => program::build(&mut screen).await?,
        };
        let site = Site::lay_out()?;
        site.secrets().into_iter().for_each(|secret| screen.hide(secret));
        screen
            .picture
            .mask(site.node.folder().display().to_string(), "/tmp/site");
        show::site(&mut screen, &site)?;

        screen.title(&format!("First login of {}", site.node.user))?;
        show::call(&mut screen, &program, &login::arguments(&site.node))?;
        let first = Login::run(FIRST, &site, &program, &mut screen).await?;
        show::login(&mut screen, &site, &first)?;
        let made = Snapshot::take(&site.sandbox);
        show::namespace(&mut screen, &made)?;
        show::kubeconfig(&mut screen, &site)?;

        // The timestamp has whole seconds: it changes only in another second.
        sleep(Duration::from_secs(1)).await;
        screen.title("Returning login: the same call, with new tokens")?;
        let returning = Login::run(RETURNING, &site, &program, &mut screen).await?;
        show::login(&mut screen, &site, &returning)?;
        only_the_timestamp(&made.changes(&Snapshot::take(&site.sandbox)))?;
        check::finds_and_fixes(&mut screen, &site, &program).await?;
        refused::pod(&mut screen, &program).await?;
        let times = times::measure(&site, &program, &mut screen).await?;
        show::summary(&mut screen, (&first, &returning), &times, &made)?;
        Ok(Self { site, program, screen })
    }

    /// Prints commands to try while the server runs.
    pub fn say_what_to_try(&mut self) -> Result<(), Error> {
        show::what_to_try(&mut self.screen, &self.site, &self.program)
    }

    /// A picture of what was shown of `check`, the refused pod and the logins.
    pub fn picture(&self) -> String {
        self.screen.picture.svg()
    }

    /// Stops the server and removes the directory.
    pub fn end(self) -> Result<(), Error> {
        self.site.remove()
    }
}

/// Checks the demonstration's claim that nothing else in the cluster was written.
fn only_the_timestamp(changes: &[String]) -> Result<(), Error> {
    match changes {
        [change] if change.ends_with(LAST_HOOK_EXECUTION) => Ok(()),
        _ => Err(Error::Unexpected {
            login: RETURNING,
            what: format!("more than the timestamp was written: {}", changes.join(", ")),
        }),
    }
}
