//! Checks the portal: it must call the hook, and pass the tokens that the hook needs.

use std::path::Path;

use super::apache::PortalConf;
use super::hook;
use crate::config::files;
use crate::config::Site;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code};

const TOKENS: [&str; 2] = ["OIDC_ACCESS_TOKEN", "OIDC_REFRESH_TOKEN"];
const HOOK_KEY: &str = "pun_pre_hook_root_cmd";
const UPDATE: &str = "run /opt/ood/ood-portal-generator/sbin/update_ood_portal and restart Apache";

/// Findings about the generated portal configuration.
pub(super) fn check(area: &mut Area, conf: &PortalConf, site: &Site) {
    let folder = site.settings.path.parent().unwrap_or(Path::new("/"));
    misplaced_key(area, &folder.join("nginx_stage.yml"));
    match &conf.hook {
        Some(path) => hook::check(area, path),
        None => no_hook(area, conf, &folder.join("ood_portal.yml")),
    }
    if conf.hook.is_some() && site.oidc_clusters().next().is_some() {
        exports(area, conf);
    }
}

/// `nginx_stage` reads another file in the same directory, and ignores unknown keys silently.
fn misplaced_key(area: &mut Area, nginx_stage: &Path) {
    if has_key(nginx_stage, "pun_pre_hook") {
        area.warning(
            Code::PortalKeyAstray,
            format!(
                "{} has a key that begins with pun_pre_hook, which is ignored there",
                nginx_stage.display()
            ),
            format!("move it to ood_portal.yml in the same directory, then {UPDATE}"),
        );
    }
}

fn no_hook(area: &mut Area, conf: &PortalConf, portal_yml: &Path) {
    let remedy = if has_key(portal_yml, HOOK_KEY) {
        format!("{} specifies one, so {UPDATE}", portal_yml.display())
    } else {
        format!(
            "add {HOOK_KEY} and pun_pre_hook_exports to {}, then {UPDATE}",
            portal_yml.display()
        )
    };
    let text = format!(
        "{} specifies no hook (OOD_PUN_PRE_HOOK_ROOT_CMD), so nothing runs at login",
        conf.path.display()
    );
    area.error(Code::PortalNoHook, ExitStatus::Configuration, text, remedy);
}

/// Whether a YAML file has a top-level key that begins with `key`. The file need not be valid.
fn has_key(path: &Path, key: &str) -> bool {
    let content = files::read(path, "").map_or_else(|_| Vec::new(), |content| content.bytes);
    let text = String::from_utf8_lossy(&content);
    text.lines()
        .any(|line| line.trim_start_matches(['\'', '"', ':']).starts_with(key))
}

fn exports(area: &mut Area, conf: &PortalConf) {
    let names = conf.exports();
    let spaced = names.iter().filter(|name| name.trim() != *name);
    for name in spaced {
        area.warning(
            Code::ExportSpaced,
            format!(
                "{} exports {name:?} with a space, which OnDemand treats as part of the variable's name",
                conf.path.display()
            ),
            "separate the names in pun_pre_hook_exports by commas without spaces",
        );
    }
    let is_exported = |token: &str| names.iter().any(|name| name.eq_ignore_ascii_case(token));
    let remedy = format!(
        "set pun_pre_hook_exports: '{}' in ood_portal.yml, then {UPDATE}",
        TOKENS.join(",")
    );
    let [access, refresh] = TOKENS.map(is_exported);
    if !access {
        let text = format!("the portal does not export {}, so no kubeconfig is written", TOKENS[0]);
        area.error(Code::TokenNotExported, ExitStatus::Configuration, text, &remedy);
    }
    if !refresh {
        area.warning(
            Code::TokenNotExported,
            format!(
                "the portal does not export {}, so kubectl cannot renew tokens",
                TOKENS[1]
            ),
            &remedy,
        );
    } else if conf.has_oidc && !conf.passes_refresh_token {
        area.warning(Code::RefreshTokenNotPassed,
            format!("{} does not set OIDCPassRefreshToken On, so there is no refresh token to export unless another Apache configuration file sets it", conf.path.display()),
            format!("set OIDCPassRefreshToken: 'On' under oidc_settings in ood_portal.yml, then {UPDATE}"),
        );
    } else if access {
        area.ok("the portal exports both tokens");
    }
}
