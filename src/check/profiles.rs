//! Checks the profiles file: whether it can be used, what holds if not, and whether its sections fit together.

use crate::config::profiles::{Profiles, ProfilesFile};
use crate::config::{ConfigError, Site};
use crate::door::shown;
use crate::exit::HasExitStatus as _;
use crate::findings::{Area, Code, Finding, HasCode as _};

/// Findings about the file, if the site has one.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("profiles file");
    if let (Some(fault), Some(consequence)) = (site.profiles.fault(), site.profiles.consequence()) {
        // A wrong value of the key is told with the other values.
        if !matches!(fault, ConfigError::Value { .. }) {
            area.fault(fault.clone());
        }
        area.told_error(
            fault.code(),
            fault.exit_status(),
            format!("{consequence}; correct the file, and run: ood-k8s config validate"),
        );
    }
    if let (Profiles::Read { file, .. }, Some(path)) = (&site.profiles, &site.settings.profiles_file) {
        area.ok(format!("{} can be used", shown(path)));
        quarrels(&mut area, file);
        clusters(&mut area, file, site);
    }
    area.into_findings()
}

/// Each section beside those for everybody. Whether one user gets two others is not known here.
fn quarrels(area: &mut Area, file: &ProfilesFile) {
    for quarrel in file.quarrels() {
        area.told_warning(Code::ProfilesQuarrel, quarrel.to_string());
    }
}

fn clusters(area: &mut Area, file: &ProfilesFile, site: &Site) {
    // Files that cannot be read, and --cluster, hide some.
    if site.known.is_none() || !site.broken.is_empty() {
        return;
    }
    for (line, id) in file.clusters() {
        if !site.clusters.iter().any(|cluster| cluster.id == id) {
            area.warning(
                Code::ProfilesCluster,
                format!("the section in line {line} is about cluster {id}, which is not in clusters.d"),
                "correct the name, or remove it",
            );
        }
    }
}
