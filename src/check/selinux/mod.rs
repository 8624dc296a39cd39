//! Checks SELinux: whether logins run in the program's own domain, and whether the files have the labels that it may use.
//!
//! `check` itself runs in an administrator's domain, which may do everything. So nothing is tried here; labels and the
//! kernel's decisions are looked at.

mod kernel;

use std::path::{Path, PathBuf};

use crate::config::credentials::Mode;
use crate::config::Site;
use crate::exit::ExitStatus;
use crate::findings::{Area, Code, Finding};
use crate::shell::quoted;

/// The types of the policy in `packaging/selinux`.
const PROGRAM: &str = "ood_k8s_exec_t";
const DOMAIN: &str = "ood_k8s_t";
const ROOTS_FILES: &str = "ood_k8s_cred_t";
const TOKENS: &str = "ood_k8s_var_lib_t";
const METRICS: &str = "ood_k8s_metrics_t";
/// The units' `RuntimeDirectory`.
const METRICS_DIRECTORY: &str = "/run/ood-k8s";
/// `OnDemand`'s domain for `nginx_stage`, which starts the hook (`ondemand-selinux.te`).
const PUN: &str = "system_u:system_r:ood_pun_t:s0";
/// What `OnDemand`'s stock scripts need.
const BOOLEANS: [&str; 2] = ["ondemand_use_kubernetes", "ondemand_manage_user_home_dir"];

/// What is found on the machine; nothing where SELinux is not used.
#[derive(Debug, Default)]
struct State {
    is_enforcing: bool,
    has_module: bool,
    /// The program and the type in its label.
    program: (PathBuf, Option<String>),
    /// The domain of a login; `None` without `OnDemand`'s module.
    domain: Option<String>,
    /// Those of `OnDemand`'s booleans that are on.
    booleans_on: Vec<&'static str>,
    /// Whether a cluster uses `exec` while the module's boolean for it is off.
    lacks_exec_boolean: bool,
    /// Directories, the type in their label, and the type that they should have.
    directories: Vec<(PathBuf, Option<String>, &'static str)>,
}

/// Findings about SELinux.
pub(super) fn check(site: &Site, kubeconfig: &Path) -> Vec<Finding> {
    let mut area = Area::new("SELinux");
    if let Some(is_enforcing) = kernel::is_enforcing() {
        tell(&mut area, &State::of_this_machine(is_enforcing, site, kubeconfig));
    }
    area.into_findings()
}

impl State {
    fn of_this_machine(is_enforcing: bool, site: &Site, kubeconfig: &Path) -> Self {
        let program = std::env::current_exe().unwrap_or_else(|_| "/usr/bin/ood-k8s".into());
        let label = format!("system_u:object_r:{PROGRAM}:s0");
        let domain = kernel::label_of_process(PUN, &label).and_then(|label| kernel::type_in(&label));
        let uses_exec = site
            .oidc_clusters()
            .any(|cluster| cluster.credentials.value == Mode::Exec);
        let folders = [
            (kubeconfig.parent().map(Path::to_owned), ROOTS_FILES),
            (site.settings.renewal.folder.clone(), TOKENS),
            (Some(METRICS_DIRECTORY.into()), METRICS),
        ];
        Self {
            is_enforcing,
            has_module: kernel::knows(&label),
            program: (program.clone(), kernel::type_of(&program)),
            domain,
            booleans_on: BOOLEANS
                .into_iter()
                .filter(|name| kernel::boolean(name) == Some(true))
                .collect(),
            lacks_exec_boolean: uses_exec && kernel::boolean("ood_k8s_exec_credential") == Some(false),
            directories: folders
                .into_iter()
                .filter_map(|(folder, wanted)| {
                    let folder = folder.filter(|folder| folder.exists())?;
                    let found = kernel::type_of(&folder);
                    Some((folder, found, wanted))
                })
                .collect(),
        }
    }

    /// An error, or a warning while nothing is refused yet.
    fn wrong(&self, area: &mut Area, code: Code, text: String, remedy: String) {
        if self.is_enforcing {
            area.error(code, ExitStatus::Configuration, text, remedy);
        } else {
            area.warning(code, text, remedy);
        }
    }
}

fn tell(area: &mut Area, state: &State) {
    let mode = if state.is_enforcing { "enforcing" } else { "permissive" };
    if !state.has_module {
        return state.wrong(
            area,
            Code::SelinuxNoModule,
            format!("is {mode}, and the module ood_k8s is not loaded, so logins may do only what OnDemand's booleans allow ({})", BOOLEANS.join(", ")),
            "run: dnf install ood-k8s-selinux".into(),
        );
    }
    tell_program(area, state);
    tell_domain(area, state);
    tell_directories(area, state);
    if state.lacks_exec_boolean {
        area.warning(
            Code::SelinuxExec,
            "a cluster has CREDENTIALS=exec, and kubectl in the dashboard may not read the tokens in users' homes",
            "run: setsebool -P ood_k8s_exec_credential on",
        );
    }
    if area.is_well() {
        let needless = match state.booleans_on.as_slice() {
            [] => String::new(),
            on => format!("; it does not need {}", on.join(" and ")),
        };
        area.ok(format!("is {mode}, and logins run in the domain {DOMAIN}{needless}"));
    }
}

fn tell_program(area: &mut Area, state: &State) {
    let (program, label) = &state.program;
    if label.as_deref() != Some(PROGRAM) {
        state.wrong(
            area,
            Code::SelinuxLabel,
            format!(
                "{} has the type {}, not {PROGRAM}, so logins do not run in the domain {DOMAIN}",
                program.display(),
                shown(label.as_ref())
            ),
            format!("run: restorecon -v {}", quoted(program)),
        );
    }
}

fn tell_domain(area: &mut Area, state: &State) {
    match &state.domain {
        Some(domain) if domain != DOMAIN => state.wrong(
            area,
            Code::SelinuxDomain,
            format!("logins run in the domain {domain}, not in {DOMAIN}"),
            "install ood-k8s-selinux of this version again".into(),
        ),
        None => area.warning(
            Code::SelinuxOnDemand,
            "OnDemand's module is not loaded, so Apache starts the hook in another domain",
            "install ondemand-selinux (openondemand::selinux: true in Puppet)",
        ),
        Some(_) => {}
    }
}

fn tell_directories(area: &mut Area, state: &State) {
    for (folder, label, wanted) in &state.directories {
        if label.as_deref() != Some(*wanted) {
            state.wrong(
                area,
                Code::SelinuxLabel,
                format!(
                    "{} has the type {}, not {wanted}, so it cannot be written",
                    folder.display(),
                    shown(label.as_ref())
                ),
                labelling(folder, wanted),
            );
        }
    }
}

/// The usual directories have a rule in the module; another needs one of the site's.
fn labelling(folder: &Path, wanted: &str) -> String {
    let path = quoted(folder);
    let is_usual = ["/root/.kube", "/etc/ood/k8s", "/var/lib/ood-k8s", METRICS_DIRECTORY]
        .iter()
        .any(|usual| folder.starts_with(usual));
    if is_usual {
        return format!("run: restorecon -R {path}");
    }
    let pattern = quoted(Path::new(&format!("{}(/.*)?", folder.display())));
    format!("run: semanage fcontext -a -t {wanted} {pattern} && restorecon -R {path}")
}

fn shown(label: Option<&String>) -> &str {
    label.map_or("unlabeled_t", String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::findings::Severity;

    fn good() -> State {
        State {
            is_enforcing: true,
            has_module: true,
            program: ("/usr/bin/ood-k8s".into(), Some(PROGRAM.into())),
            domain: Some(DOMAIN.into()),
            directories: vec![("/root/.kube".into(), Some(ROOTS_FILES.into()), ROOTS_FILES)],
            ..State::default()
        }
    }

    fn told(state: &State) -> Vec<(Severity, String)> {
        let mut area = Area::new("SELinux");
        tell(&mut area, state);
        let findings = area.into_findings().into_iter();
        findings
            .map(|f| (f.severity, format!("{}; {}", f.text, f.remedy.unwrap_or_default())))
            .collect()
    }

    #[test]
    fn a_machine_as_the_packages_leave_it_is_well_and_booleans_that_are_not_needed_are_mentioned() {
        assert_eq!(told(&good())[0].0, Severity::Ok);
        let on = State {
            booleans_on: vec![BOOLEANS[0]],
            ..good()
        };
        let (severity, text) = &told(&on)[0];
        assert!(
            *severity == Severity::Ok && text.contains("does not need ondemand_use_kubernetes"),
            "{text}"
        );
    }

    #[test]
    fn without_the_module_that_is_all_that_is_told_and_only_enforcing_makes_it_an_error() {
        for (is_enforcing, severity) in [(true, Severity::Error), (false, Severity::Warning)] {
            let told = told(&State {
                is_enforcing,
                has_module: false,
                program: ("/x".into(), None),
                ..good()
            });
            assert_eq!((told.len(), told[0].0), (1, severity));
            assert!(told[0].1.ends_with("dnf install ood-k8s-selinux"), "{told:?}");
        }
    }

    #[test]
    fn each_wrong_label_is_told_with_the_command_that_corrects_it() {
        let program = State {
            program: ("/opt/bin/ood-k8s".into(), Some("bin_t".into())),
            ..good()
        };
        assert!(
            told(&program)[0].1.contains("has the type bin_t")
                && told(&program)[0].1.contains("restorecon -v /opt/bin")
        );
        let usual = State {
            directories: vec![("/root/.kube".into(), Some("admin_home_t".into()), ROOTS_FILES)],
            ..good()
        };
        assert!(told(&usual)[0].1.ends_with("run: restorecon -R /root/.kube"));
        let other = State {
            directories: vec![("/srv/k8s".into(), None, ROOTS_FILES)],
            ..good()
        };
        assert!(told(&other)[0]
            .1
            .contains("semanage fcontext -a -t ood_k8s_cred_t '/srv/k8s(/.*)?' && restorecon -R /srv/k8s"));
        let tokens = State {
            directories: vec![("/var/lib/ood-k8s/renewal".into(), Some("var_lib_t".into()), TOKENS)],
            ..good()
        };
        assert!(told(&tokens)[0].1.ends_with("restorecon -R /var/lib/ood-k8s/renewal"));
    }

    #[test]
    fn the_domain_of_a_login_and_the_boolean_for_exec_are_looked_at() {
        let elsewhere = State {
            domain: Some("ood_pun_t".into()),
            ..good()
        };
        assert!(told(&elsewhere)[0].1.contains("run in the domain ood_pun_t"));
        let absent = State { domain: None, ..good() };
        assert_eq!(told(&absent)[0].0, Severity::Warning);
        let exec = State {
            lacks_exec_boolean: true,
            ..good()
        };
        assert!(told(&exec)[0].1.ends_with("setsebool -P ood_k8s_exec_credential on"));
    }

    #[test]
    fn a_type_is_the_third_part_of_a_label_with_or_without_its_end() {
        for label in [
            "system_u:object_r:bin_t:s0\0",
            "system_u:object_r:bin_t:s0:c0.c1023",
            "u:r:bin_t\n",
        ] {
            assert_eq!(kernel::type_in(label).as_deref(), Some("bin_t"));
        }
        assert_eq!(kernel::type_in("kernel"), None);
    }
}
