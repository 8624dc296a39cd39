//! `check` finds what is wrong with the site, and its remedies fix it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use super::screen::Screen;
use super::site::Site;
use super::{run, Error};

/// `check` succeeds, or there are errors in the configuration, or of root's token.
const STATUSES: [i32; 3] = [0, 3, 8];
/// Secrets in hook.env that others can read, and root's token, which expires soon.
const EXPECTED: [&str; 2] = ["OK8S-108", "OK8S-207"];

/// The title of the section.
pub const TITLE: &str = "check: what is wrong, and how to fix it";

/// Makes a mistake, and shows how it is found and fixed, with what else is wrong.
pub async fn finds_and_fixes(screen: &mut Screen, site: &Site, program: &Path) -> Result<(), Error> {
    set_mode(site, 0o644)?;
    screen.title(TITLE)?;
    screen.caption("By mistake everybody can read hook.env, and nothing renews root's token. Errors of check:")?;
    let found = errors(&check(site, program).await?)?;
    for code in EXPECTED {
        if !found.iter().any(|line| line.contains(code)) {
            return Err(Error::Check(format!("did not find {code}: {}", found.join("; "))));
        }
    }
    found.iter().try_for_each(|line| screen.paragraph(4, line))?;

    screen.caption("What it says to do, the roles as an administrator of the cluster:")?;
    fix(screen, site, program).await?;

    screen.caption("ood-k8s check again:")?;
    match errors(&check(site, program).await?)?.as_slice() {
        [counts] if counts.starts_with("0 errors") => screen.paragraph(4, counts),
        left => Err(Error::Check(format!("still finds: {}", left.join("; ")))),
    }
}

async fn check(site: &Site, program: &Path) -> Result<String, Error> {
    run::output(program, &site.node, &["check"], &STATUSES).await
}

/// Does what the remedies say.
async fn fix(screen: &mut Screen, site: &Site, program: &Path) -> Result<(), Error> {
    let hook_env = site.node.path("hook.env").display().to_string();
    screen.command(&["chmod", "0600", &hook_env].map(str::to_owned))?;
    set_mode(site, 0o600)?;
    let admin = site.node.path("admin.kubeconfig").display().to_string();
    let roles = ["cluster-roles", "--apply", "--admin-kubeconfig", admin.as_str()];
    for words in [&roles[..], &["refresh-token"]] {
        let shown = ["ood-k8s"].iter().chain(words).map(|word| (*word).to_owned());
        screen.command(&shown.collect::<Vec<_>>())?;
        run::output(program, &site.node, words, &[0]).await?;
    }
    Ok(())
}

fn set_mode(site: &Site, mode: u32) -> Result<(), Error> {
    let hook_env = site.node.path("hook.env");
    let set = fs::set_permissions(&hook_env, Permissions::from_mode(mode));
    set.map_err(Error::file("set the mode of", &hook_env))
}

/// The lines of the errors, and the counts.
fn errors(output: &str) -> Result<Vec<String>, Error> {
    let counts = output.lines().last().unwrap_or_default().to_owned();
    if !counts.ends_with(" ok") {
        return Err(Error::Check(format!("has no counts: {output}")));
    }
    let errors = output.lines().filter(|line| line.starts_with("error "));
    Ok(errors.map(str::to_owned).chain([counts]).collect())
}
