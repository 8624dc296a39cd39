//! The steps of the demonstration, in the order in which they are shown.

mod cluster;
mod error;
mod login;
mod program;
mod redact;
mod screen;
mod show;
mod site;
mod snapshot;

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
    /// Creates the site, logs in twice, and shows the results.
    pub async fn show(program: Option<&Path>) -> Result<Self, Error> {
        let mut screen = Screen::new();
        let program = match program {
            Some(program) => program.to_owned(),
            None => program::build(&mut screen).await?,
        };
        let site = Site::lay_out()?;
        site.secrets().into_iter().for_each(|secret| screen.hide(secret));
        show::site(&mut screen, &site)?;

        screen.title(&format!("First login of {}", site.user))?;
        show::call(&mut screen, &program, &login::arguments(&site))?;
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
        show::summary(&mut screen, &first, &returning, &made)?;
        Ok(Self { site, program, screen })
    }

    /// Prints commands to try while the server runs.
    pub fn say_what_to_try(&mut self) -> Result<(), Error> {
        show::what_to_try(&mut self.screen, &self.site, &self.program)
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
