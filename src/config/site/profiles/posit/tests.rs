//! Files of Posit's Launcher, and what they become.

use std::collections::BTreeSet;

use super::super::{Person, Profile, Quarrel};
use super::*;

/// The facts of the example in Posit's manual.
const EXAMPLE: &str = "\
[*]
placement-constraints=node,region:us,region:eu
default-cpus=1
default-cpus-request=0.5
default-mem-mb=512
default-mem-mb-request=256
max-cpus=2
max-mem-mb=1024
container-images=r-session:3.4.2,r-session:3.5.0
allow-unknown-images=0

[@posit-power-users]
default-cpus=4
default-mem-mb=4096
default-nvidia-gpus=0
default-amd-gpus=0
max-nvidia-gpus=2
max-amd-gpus=3
max-cpus=20
max-mem-mb=20480
container-images=r-session:3.4.2,r-session:3.5.0,r-session:preview
allow-unknown-images=1

[jsmith]
max-cpus=3
";

fn profile(text: &str, user: &str, groups: &[&str]) -> Profile {
    let imported = import(text);
    let file =
        ProfilesFile::parse(imported.text.as_bytes()).unwrap_or_else(|fault| panic!("{}{fault:?}", imported.text));
    let groups: BTreeSet<String> = groups.iter().map(|&group| group.to_owned()).collect();
    let person = Person {
        user,
        uid: 1000,
        groups: &groups,
    };
    file.profile_of(&person, "any")
}

fn bounds(profile: &Profile, bound: &str) -> String {
    let limits = profile.limits();
    let of = limits
        .get("Container")
        .and_then(|all| all.get(bound))
        .into_iter()
        .flatten();
    of.map(|(resource, amount)| format!("{resource}={amount}"))
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn the_example_gives_everybody_and_the_group_what_it_says() {
    let anybody = profile(EXAMPLE, "ann", &[]);
    assert_eq!(bounds(&anybody, "default"), "cpu=1 memory=512Mi");
    assert_eq!(bounds(&anybody, "defaultRequest"), "cpu=0.5 memory=256Mi");
    assert_eq!(bounds(&anybody, "max"), "cpu=2 memory=1024Mi");
    assert_eq!(anybody.images().unwrap(), ["r-session:3.4.2", "r-session:3.5.0"]);
    assert_eq!(anybody.quota()["requests.nvidia.com/gpu"].as_written(), "0");
    assert!(anybody.node_selector().is_empty() && anybody.quarrels().is_empty());

    let power = profile(EXAMPLE, "ann", &["posit-power-users"]);
    assert_eq!(
        bounds(&power, "default"),
        "amd.com/gpu=0 cpu=4 memory=4096Mi nvidia.com/gpu=0"
    );
    assert_eq!(
        bounds(&power, "max"),
        "amd.com/gpu=3 cpu=20 memory=20480Mi nvidia.com/gpu=2"
    );
    assert_eq!(power.images(), None, "any image");
    let quota = power.quota();
    assert_eq!(quota["requests.nvidia.com/gpu"].as_written(), "2");
    assert_eq!(quota["requests.amd.com/gpu"].as_written(), "3");
    assert_eq!(power.quarrels(), []);
}

#[test]
fn the_examples_user_and_group_do_not_fit_together_and_that_is_told_with_both() {
    let jsmith = profile(EXAMPLE, "jsmith", &["posit-power-users"]);
    let told: Vec<_> = jsmith.quarrels().iter().map(Quarrel::to_string).collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(
        told[0].contains("groups posit-power-users") && told[0].contains("users jsmith"),
        "{told:?}"
    );
    assert!(told[0].contains("default cpu 4 is more than max cpu 3"), "{told:?}");
    let warnings = import(EXAMPLE).warnings.join("\n");
    assert!(warnings.contains("default cpu 4 is more than max cpu 3"), "{warnings}");
    assert!(warnings.contains("line 2: placement-constraints="), "{warnings}");
    assert!(
        warnings.contains("put the registry before \"r-session:3.4.2"),
        "{warnings}"
    );
    assert_eq!(profile(EXAMPLE, "jsmith", &[]).quarrels(), []);
}

#[test]
fn each_setting_without_a_counterpart_is_named_beside_where_it_was_and_as_a_warning() {
    for (key, value) in [
        ("max-cpus-request", "2"),
        ("max-mem-mb-request", "100"),
        ("placement-constraints", "a:b"),
        ("container-images", "a/b"),
        ("default-container-image", "x"),
        ("resource-profiles", "small"),
        ("allow-custom-resources", "0"),
        ("job-json-overrides", "\"/spec\":\"/etc/x\""),
        ("cpu-request-ratio", "0.5"),
        ("no-such-setting", "1"),
        ("max-cpus", "many"),
        ("max-nvidia-gpus", "1.5"),
    ] {
        let imported = import(&format!("[*]\nmax-mem-mb=9\n{key}={value}\n"));
        let said = imported
            .warnings
            .iter()
            .filter(|line| line.contains(key) && line.contains("line 3"))
            .count();
        assert_eq!(said, 1, "{key}: {:?}", imported.warnings);
        assert!(imported.text.contains("# line 3: "), "{}", imported.text);
    }
    assert!(import("max-cpus=1\nx\n").warnings.len() >= 2);
}

#[test]
fn nothing_and_zero_mean_no_bound_except_of_devices() {
    let text =
        "[*]\nmax-cpus=2\nmax-mem-mb=64\ndefault-cpus=\n[ann]\nmax-cpus=0\nmax-mem-mb=0.0\n[bob]\nmax-nvidia-gpus=0\n";
    assert_eq!(bounds(&profile(text, "carl", &[]), "max"), "cpu=2 memory=64Mi");
    assert_eq!(bounds(&profile(text, "ann", &[]), "max"), "");
    assert_eq!(
        bounds(&profile(text, "bob", &[]), "max"),
        "cpu=2 memory=64Mi nvidia.com/gpu=0"
    );
}

#[test]
fn a_list_of_images_alone_forbids_nothing_and_a_switch_alone_closes_the_list_above() {
    for (rest, images) in [
        ("container-images=a/b\n", None),
        ("container-images=a/b\nallow-unknown-images=1\n", None),
        (
            "container-images=a/b, c/d\nallow-unknown-images=0\n",
            Some(vec!["a/b", "c/d"]),
        ),
        (
            "container-images=a/b\n[ann]\nallow-unknown-images=0\n",
            Some(vec!["a/b"]),
        ),
        (
            "container-images=a/b\nallow-unknown-images=0\n[ann]\nallow-unknown-images=1\n",
            None,
        ),
        (
            "container-images=a/b\nallow-unknown-images=0\n[ann]\ncontainer-images=x\n",
            Some(vec!["x"]),
        ),
    ] {
        let profile = profile(&format!("[*]\nmax-cpus=1\n{rest}"), "ann", &[]);
        let found = profile
            .images()
            .map(|all| all.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(found, images, "{rest}");
    }
}

#[test]
fn a_ratio_is_a_request_where_a_default_is_given() {
    for (rest, request) in [
        ("default-cpus=2\ncpu-request-ratio=0.25\n", "cpu=500m"),
        ("default-mem-mb=1000\nmemory-request-ratio=0.5\n", "memory=500Mi"),
        (
            "default-cpus=2\ndefault-cpus-request=1\ncpu-request-ratio=0.25\n",
            "cpu=1",
        ),
        ("cpu-request-ratio=0.25\n", ""),
        ("default-cpus=2\n[ann]\ncpu-request-ratio=0.25\n", "cpu=500m"),
    ] {
        let profile = profile(&format!("[*]\nmax-mem-mb=2000\n{rest}"), "ann", &[]);
        assert_eq!(bounds(&profile, "defaultRequest"), request, "{rest}");
    }
}

#[test]
fn no_heading_and_no_value_changes_the_shape_of_the_result() {
    for odd in ["a\"b", "a: b", "x]\n- {", "# no", "*x", "a\\", "@@g", "", "ü{}"] {
        let text = format!("[{odd}]\nmax-cpus=1\ncontainer-images={odd}\nallow-unknown-images=0\n[ann]\nmax-cpus=2\n");
        let imported = import(&text);
        let value: serde_json::Value =
            crate::yaml::from_str(&imported.text).unwrap_or_else(|error| panic!("{}{error}", imported.text));
        let sections = value["profiles"].as_array().unwrap();
        assert!(sections.iter().all(serde_json::Value::is_object), "{}", imported.text);
        assert_eq!(sections.last().unwrap()["users"][0], "ann", "{}", imported.text);
    }
}
