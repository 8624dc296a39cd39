//! Tests of the settings: what bash would read, as values.

use super::*;

fn settings(text: &str) -> (Settings, Vec<String>) {
    let assignments = hook_env::parse(text.as_bytes(), &|_| None).unwrap();
    let mut warnings = Vec::new();
    (
        Settings::understand(Path::new("hook.env"), assignments, &mut warnings),
        warnings,
    )
}

#[test]
fn several_cidrs_are_read_once_each_and_a_wrong_one_is_named() {
    let (good, _) = settings("NETWORK_POLICY_ALLOW_CIDR='10.0.0.0/8, 192.0.2.1/32,10.0.0.0/8'");
    assert_eq!(good.allow_cidrs.len(), 2);
    let (bad, _) = settings("\nNETWORK_POLICY_ALLOW_CIDR=10.0.0.0/8,portal");
    let error = bad.fault_of(&["NETWORK_POLICY_ALLOW_CIDR"]).unwrap().to_string();
    assert!(error.starts_with("hook.env:2:") && error.contains("portal"), "{error}");
}

#[test]
fn only_the_word_true_switches_on_and_other_words_are_told() {
    let (on, warnings) = settings("USE_JOB_POD_REAPER=true");
    assert!(on.use_job_pod_reaper && warnings.is_empty());
    let (off, warnings) = settings("USE_JOB_POD_REAPER=yes");
    assert!(!off.use_job_pod_reaper && warnings[0].contains("USE_JOB_POD_REAPER"));
    let (off, warnings) = settings("USE_JOB_POD_REAPER=True");
    let told = &warnings[0];
    assert!(!off.use_job_pod_reaper && told.contains("is True, which means false") && told.ends_with("=true"));
}

#[test]
fn a_password_that_lost_its_end_to_an_unset_name_is_told_without_any_part_of_it() {
    let (read, warnings) = settings("\nCLIENT_SECRET=\"pa$word\"");
    assert_eq!(read.text("CLIENT_SECRET"), "pa");
    let told = warnings.join(" ");
    assert!(
        told.contains("hook.env:2: CLIENT_SECRET refers to a name that is not set"),
        "{told}"
    );
    assert!(!told.contains("word"), "{told}");
    let (_, warnings) = settings("CLIENT_SECRET='pa$word'\nEXCHANGE_CLIENT_SECRET=\"pa\\$word\"");
    assert!(warnings.is_empty(), "{warnings:?}");
}

#[test]
fn an_unknown_key_is_a_warning_with_the_nearest_known_one() {
    let (_, warnings) = settings("NAMESPACE_PREFX=user-");
    assert!(warnings[0].contains("did you mean NAMESPACE_PREFIX"), "{warnings:?}");
}

#[test]
fn a_pull_secret_without_its_file_is_an_error_that_names_the_key() {
    let (settings, _) = settings("IMAGE_PULL_SECRET=registry");
    assert!(settings.fault_of(&["REGISTRY_DOCKER_CONFIG_JSON"]).is_some());
}

fn reaper(lines: &str) -> Option<Reaper> {
    settings(&format!("USE_JOB_POD_REAPER=true\n{lines}")).0.reaper
}

#[test]
fn without_settings_it_is_what_the_chart_installs() {
    let found = reaper("").unwrap();
    assert_eq!(found.account.to_string(), "job-pod-reaper/job-pod-reaper");
    assert_eq!(found.role, "job-pod-reaper");
    assert_eq!(settings("JOB_POD_REAPER_ROLE=x").0.reaper, None, "it is not used");
}

#[test]
fn a_site_can_have_given_it_other_names() {
    let found = reaper("JOB_POD_REAPER_ACCOUNT=tools/reaper\nJOB_POD_REAPER_ROLE=site:reaper").unwrap();
    assert_eq!(found.account.to_string(), "tools/reaper");
    assert_eq!(found.role, "site:reaper");
}

#[test]
fn what_is_no_name_is_refused_and_gives_it_no_rights() {
    for line in [
        "JOB_POD_REAPER_ACCOUNT=reaper",
        "JOB_POD_REAPER_ACCOUNT=a/b/c",
        "JOB_POD_REAPER_ACCOUNT=A/b",
        "JOB_POD_REAPER_ROLE=a/b",
        "JOB_POD_REAPER_ROLE=..",
        "JOB_POD_REAPER_ROLE=cluster-admin",
        "JOB_POD_REAPER_ROLE=system:node",
        "JOB_POD_REAPER_ROLE='a b'",
        "JOB_POD_REAPER_ROLE=\"a'b\"",
    ] {
        assert!(settings(line).0.fault_of(&reaper::KEYS).is_some(), "{line}");
        assert_eq!(reaper(line), None, "{line}");
    }
}
