//! Checks declared secrets: whether root's files can be handed out, how long they are worth something, and who reads them.

use std::time::{Duration, SystemTime};

use crate::config::profiles::{secrets_in, ReadSecret, SecretContent};
use crate::config::{ConfigError, Site};
use crate::door::shown;
use crate::exit::{ExitStatus, HasExitStatus as _};
use crate::findings::{Area, Code, Finding, HasCode as _};
use crate::shell::quoted;
use crate::time::{for_a_person, rfc3339};

/// Findings about those that sections name, and about files that cannot be used.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("declared secrets");
    let now = SystemTime::now();
    let named = site.profiles.file().map(|file| &file.declared.secrets);
    for secret in named.into_iter().flat_map(|named| named.values()) {
        tell(&mut area, &secret.read_files(now), now);
    }
    // What is wrong with one that a section names was told with the profiles file.
    let told = site.profiles.fault().map(ConfigError::to_string);
    let all = site
        .settings
        .secrets_dir
        .as_deref()
        .map(|folder| secrets_in(folder).all())
        .transpose();
    let wrong = all.map_or_else(
        |fault| vec![fault],
        |all| all.map(|(_, wrong)| wrong).unwrap_or_default(),
    );
    for fault in wrong.into_iter().filter(|fault| Some(fault.to_string()) != told) {
        area.told_warning(fault.code(), fault);
    }
    area.into_findings()
}

fn tell(area: &mut Area, secret: &ReadSecret, now: SystemTime) {
    let content = match &secret.content {
        Ok(content) => content,
        Err(fault) => return area.told_error(Code::SecretWithheld, fault.exit_status(), fault),
    };
    tell_end(area, secret, content, now);
    if let Some(path) = &content.undated {
        area.warning(
            Code::SecretUndated,
            format!(
                "{} has a certificate whose dates cannot be read, and is handed out until the others expire",
                shown(path)
            ),
            "look at its certificates with openssl x509 -noout -dates, and leave that one out",
        );
    }
    if let Some((path, reader)) = &content.exposed {
        area.error(
            Code::SecretKeyReadable,
            ExitStatus::Configuration,
            format!("{} holds a private key and {reader} can read it", shown(path)),
            format!("run: chmod 0600 {}", quoted(path)),
        );
    }
}

fn tell_end(area: &mut Area, secret: &ReadSecret, content: &SecretContent, now: SystemTime) {
    let name = &secret.declaration.name;
    let Some((end, path)) = &content.end else {
        return area.ok(format!("the declared secret {name} can be handed out"));
    };
    let left = end.at.duration_since(now).unwrap_or(Duration::ZERO);
    let when = format!("expires in {} ({})", for_a_person(left), rfc3339(end.at));
    if left > secret.declaration.warn_before.unwrap_or(end.told_before) {
        return area.ok(format!("the declared secret {name} can be handed out, and {when}"));
    }
    area.warning(
        Code::SecretEnds,
        format!("what the declared secret {name} hands out from {} {when}", shown(path)),
        "renew it; the next login of each user, or sync-secret --all, hands out the new one",
    );
}
