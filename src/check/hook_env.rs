//! Checks hook.env and its registry file: values, typing errors, and secrets that others can read.

use std::time::{Duration, SystemTime};

use crate::config::registry::Note;
use crate::config::{ConfigError, Site};
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus as _};
use crate::findings::{Area, Code, Finding};
use crate::login::Blueprint;
use crate::suspended::Suspended;
use crate::time::for_a_person;

/// A timer that runs every hour might not renew in time.
const SHORT: Duration = Duration::from_secs(3600);

/// The blueprint of a login, and the error in the registry file.
type Drawn<'a> = Result<(Blueprint<'a>, Option<ConfigError>), ConfigError>;

/// Findings about hook.env; `registry_notes` are the registry file's.
pub(super) fn check(
    site: &Site,
    fault: Option<&ConfigError>,
    drawn: &Drawn<'_>,
    registry_notes: &[Note],
) -> Vec<Finding> {
    let mut area = Area::new("hook.env");
    area.faults(fault);
    if fault.is_none() {
        values(&mut area, site);
    }
    let mut registry = Area::new("registry file");
    match drawn {
        // Without hook.env nothing is set, which was reported already.
        Err(missing) if fault.is_none() && !is_told(site, missing) => area.fault(missing.clone()),
        Ok((_, Some(fault))) if !is_told(site, fault) => registry.fault(fault.clone()),
        _ => {}
    }
    if fault.is_none() {
        suspended(&mut area, site);
    }
    if fault.is_none() && area.is_well() {
        area.ok(format!("{} is valid", site.settings.path.display()));
    }
    for note in registry_notes {
        match note {
            Note::Exposed(_) => registry.told_error(Code::SecretReadable, ExitStatus::Configuration, note),
            Note::LeftOut(_) => registry.told_error(Code::RegistryEntry, ExitStatus::Configuration, note),
            Note::Stays(_) => registry.told_warning(Code::RegistryStays, note),
        }
    }
    if let (Some(secret), true, Ok(_)) = (&site.settings.pull_secret, registry.is_well(), drawn) {
        registry.ok(format!("{} is a valid docker configuration", secret.file.display()));
    }
    let ends = drawn
        .iter()
        .flat_map(|(blueprint, _)| blueprint.registry())
        .filter_map(|secret| secret.end);
    if let Some(end) = ends.min() {
        password_end(&mut registry, "the first password in it", end);
    }
    let mut findings = area.into_findings();
    findings.extend(registry.into_findings());
    findings
}

/// A registry password that expires: one from a credential helper, renewed by a timer.
pub fn password_end(area: &mut Area, what: &str, end: SystemTime) {
    let renew = "renew it with a timer: ood-k8s mint-registry-secret --write FILE --credential-command COMMAND --all";
    match end.duration_since(SystemTime::now()) {
        Ok(left) if left > SHORT => area.ok(format!("{what} expires in {}", for_a_person(left))),
        Ok(left) => area.warning(
            Code::RegistryPasswordEnds,
            format!("{what} expires in {}", for_a_person(left)),
            renew,
        ),
        Err(over) => area.error(
            Code::RegistryPasswordEnds,
            ExitStatus::Credentials,
            format!("{what} expired {} ago", for_a_person(over.duration())),
            renew,
        ),
    }
}

/// Who is not let in on this node, if the site has a file of them.
fn suspended(area: &mut Area, site: &Site) {
    let Some(path) = &site.settings.suspended_file else {
        return;
    };
    let suspended = match Suspended::of(&site.settings) {
        Ok(suspended) => suspended,
        Err(error) => return area.told_error(Code::SuspendedFile, error.exit_status(), error),
    };
    area.ok(format!("{} suspended users are in {}", suspended.count(), shown(path)));
    for number in suspended.odd_lines() {
        area.warning(
            Code::SuspendedLine,
            format!("line {number} of {} is not a user and a time alone", shown(path)),
            "write one user on a line; whoever else is meant there may log in",
        );
    }
}

fn values(area: &mut Area, site: &Site) {
    let settings = &site.settings;
    area.faults(&settings.broken);
    let exposure = settings.exposure();
    if let Some(exposure) = &exposure {
        area.told_error(Code::SecretReadable, ExitStatus::Configuration, exposure);
    }
    // The issuer has its own area, which also tests the remedy.
    let elsewhere = [exposure, settings.token_endpoint_warning()];
    let warnings = site.warnings.iter();
    warnings
        .filter(|warning| !elsewhere.iter().flatten().any(|told| told == *warning))
        .for_each(|warning| area.told_warning(Code::HookEnvNote, warning));
}

/// Whether the error was reported among those of the values.
fn is_told(site: &Site, error: &ConfigError) -> bool {
    let text = error.to_string();
    site.settings.broken.iter().any(|broken| broken.to_string() == text)
}
