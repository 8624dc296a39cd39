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

/// A site on which both logins have been shown.
pub struct Demo {
    site: Site,
    program: PathBuf,
    screen: Screen,
}

impl Demo {
    /// Makes the site, logs in twice, and shows what happened.
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

        // The timestamp has whole seconds: only in another one can it be seen to change.
        sleep(Duration::from_secs(1)).await;
        screen.title("Returning login: the same call, with new tokens")?;
        let returning = Login::run(RETURNING, &site, &program, &mut screen).await?;
        show::login(&mut screen, &site, &returning)?;
        only_the_timestamp(&made.changes(&Snapshot::take(&site.sandbox)))?;
        show::summary(&mut screen, &first, &returning, &made)?;
        Ok(Self { site, program, screen })
    }

    /// Prints how to go on while the server is there.
    pub fn say_what_to_try(&mut self) -> Result<(), Error> {
        show::what_to_try(&mut self.screen, &self.site, &self.program)
    }

    /// Stops the server and removes the folder.
    pub fn end(self) -> Result<(), Error> {
        self.site.remove()
    }
}

/// The claim of this demonstration, checked: nothing else in the cluster was written.
fn only_the_timestamp(changes: &[String]) -> Result<(), Error> {
    match changes {
        [change] if change.ends_with(LAST_HOOK_EXECUTION) => Ok(()),
        _ => Err(Error::Unexpected {
            login: RETURNING,
            what: format!("not the timestamp alone was written, but: {}", changes.join(", ")),
        }),
    }
}
