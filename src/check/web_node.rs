//! Finds OnDemand's own files on this web node, and runs the checks in `portal` and `sudoers` on them.

use std::path::{Path, PathBuf};

use super::apache::PortalConf;
use super::{installed, portal, selinux, sudoers, web_server};
use crate::config::{files, ConfigError, Site};
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};

/// The files that `update_ood_portal` writes on Enterprise Linux, Debian and Ubuntu, and with Software Collections
/// (`ood_portal_generator.rb` and the packages' spec files).
const PORTAL_CONFS: [&str; 3] = [
    "/etc/httpd/conf.d/ood-portal.conf",
    "/etc/apache2/sites-available/ood-portal.conf",
    "/opt/rh/httpd24/root/etc/httpd/conf.d/ood-portal.conf",
];
const SUDOERS: &str = "/etc/sudoers.d/ood";

/// Findings about the portal, Apache and sudo, with one warning instead if this is not an `OnDemand` web node; and about
/// what is installed here.
pub(super) fn check(
    site: &Site,
    kubeconfig: &Path,
    portal_conf: Option<&Path>,
    sudoers_file: Option<&Path>,
    needed: &[&str],
) -> Vec<Finding> {
    let root = Path::new("/");
    let (mut findings, is_web_node) = on_demand(site, portal_conf, sudoers_file);
    if is_web_node {
        findings.extend(installed::runs_at_all(root, needed));
    }
    findings.extend(web_server::check(root, site, kubeconfig));
    findings.extend(selinux::check(site, kubeconfig));
    findings.extend(installed::check(root));
    findings.extend(installed::shared_by_logins());
    findings
}

/// What `OnDemand` has here, and whether this is a web node of its at all.
fn on_demand(site: &Site, portal_conf: Option<&Path>, sudoers_file: Option<&Path>) -> (Vec<Finding>, bool) {
    let usual = PORTAL_CONFS.iter().map(PathBuf::from).find(|path| path.exists());
    let portal_conf = portal_conf.map(Path::to_owned).or(usual);
    let sudoers_file = sudoers_file.unwrap_or(Path::new(SUDOERS));
    if portal_conf.is_none() && is_missing(sudoers_file) {
        let mut area = Area::new("portal");
        area.warning(Code::NoWebNode,
            format!("this is not an OnDemand web node: there is neither {} nor another generated portal configuration, nor {}", PORTAL_CONFS[0], sudoers_file.display()),
            "run check on the web node, or specify the files with --portal-conf and --sudoers",
        );
        return (area.into_findings(), false);
    }
    let mut area = Area::new("portal");
    let conf = read_portal(&mut area, portal_conf);
    if let Some(conf) = &conf {
        portal::check(&mut area, conf, site);
    }
    let mut findings = area.into_findings();
    let exports = conf.map_or_else(Vec::new, |conf| conf.exports());
    findings.extend(sudoers::check(sudoers_file, &exports));
    (findings, true)
}

fn read_portal(area: &mut Area, path: Option<PathBuf>) -> Option<PortalConf> {
    let Some(path) = path else {
        area.error(
            Code::PortalMissing,
            ExitStatus::Configuration,
            "there is no generated portal configuration in Apache's usual directories",
            "run /opt/ood/ood-portal-generator/sbin/update_ood_portal, or specify the file with --portal-conf",
        );
        return None;
    };
    match files::read(&path, "run /opt/ood/ood-portal-generator/sbin/update_ood_portal") {
        Ok(content) => {
            // The file determines what root runs at the next login.
            if let Err(error) = &content.trust {
                area.fault(error.clone());
            }
            Some(PortalConf::parse(&path, &String::from_utf8_lossy(&content.bytes)))
        }
        Err(error @ ConfigError::Missing { .. }) => {
            area.fault(error);
            None
        }
        Err(error) => {
            area.told_warning(Code::FileUnreadable, error);
            None
        }
    }
}

fn is_missing(path: &Path) -> bool {
    path.symlink_metadata()
        .is_err_and(|error| error.kind() == std::io::ErrorKind::NotFound)
}
