//! How long logins take: the median of several, since one alone says as much about the machine.

use std::path::Path;
use std::time::Duration;

use super::login::Login;
use super::screen::Screen;
use super::site::Site;
use super::{Error, FIRST, RETURNING};

/// Of each kind.
pub const LOGINS: usize = 5;

/// The medians.
pub struct Times {
    /// Of first logins.
    pub first: Duration,
    /// Of returning logins.
    pub returning: Duration,
}

/// Logs in, each time first as somebody who has nothing yet.
pub async fn measure(site: &Site, program: &Path, screen: &mut Screen) -> Result<Times, Error> {
    let (mut first, mut returning) = (Vec::new(), Vec::new());
    for _ in 0..LOGINS {
        site.forget_the_user().await?;
        first.push(Login::run(FIRST, site, program, screen).await?.took);
        returning.push(Login::run(RETURNING, site, program, screen).await?.took);
    }
    Ok(Times {
        first: median(first),
        returning: median(returning),
    })
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}
