//! Checks that the dashboard names namespaces as we do, where that is not `ood_core`'s own rule.

use std::path::Path;

use crate::config::{files, ConfigError, Site};
use crate::door::shown;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::naming::NamespaceNames;
use crate::shell::quoted;

/// What the dashboard loads, in the folder of hook.env (`OOD_APP_CONFIG_ROOT` in OnDemand's `configuration_singleton.rb`).
const PLACE: &str = "apps/dashboard/initializers/ood_k8s_namespace.rb";
const OURS: &str = include_str!("../../hooks/initializers/ood_k8s_namespace.rb");
const PACKAGED: &str = "/usr/share/ood-k8s/initializers/ood_k8s_namespace.rb";

/// Findings about the dashboard's initializer.
pub(super) fn check(site: &Site) -> Vec<Finding> {
    let mut area = Area::new("dashboard");
    let folder = site.settings.path.parent().unwrap_or(Path::new("/"));
    let path = folder.join(PLACE);
    let found = files::read(&path, "");
    let is_wanted = site.settings.namespaces.names == NamespaceNames::Slug;
    match found {
        Ok(content) if is_wanted && content.bytes == OURS.as_bytes() => {
            area.ok("the dashboard knows the namespaces of users whose names make none");
        }
        Ok(_) if is_wanted => area.error(
            Code::InitializerDiffers,
            ExitStatus::Configuration,
            format!(
                "{} is not the one of this version, so the dashboard may look for users in other namespaces",
                shown(&path)
            ),
            install(&path),
        ),
        Err(ConfigError::Missing { .. }) if is_wanted => area.error(
            Code::InitializerDiffers,
            ExitStatus::Configuration,
            format!(
                "NAMESPACE_NAMES is slug, and there is no {}: the dashboard does not find the namespaces of users whose names make none",
                shown(&path)
            ),
            install(&path),
        ),
        Err(error) if is_wanted => area.told_warning(Code::FileUnreadable, error.to_string()),
        Ok(_) => area.warning(
            Code::InitializerDiffers,
            format!(
                "{} names namespaces for users whose names make none, and NAMESPACE_NAMES is not slug: their logins are refused",
                shown(&path)
            ),
            "set NAMESPACE_NAMES=slug in hook.env, or remove the file",
        ),
        Err(_) => {}
    }
    area.into_findings()
}

fn install(path: &Path) -> String {
    format!("run: install -D -m 644 {PACKAGED} {}", quoted(path))
}
