//! Whole profiles files: what is read, what is refused and in which line, and what sections make together.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use super::fault::Fault;
use super::*;

fn file(text: &str) -> ProfilesFile {
    ProfilesFile::parse(text.as_bytes()).unwrap_or_else(|fault| panic!("{text}\n{fault:?}"))
}

fn fault(text: &str) -> (usize, String) {
    let Fault { line, reason } = ProfilesFile::parse(text.as_bytes()).unwrap_err();
    (line, reason)
}

/// A profile of one section for everybody, whose keys are in the lines from 3 on.
fn fault_in(keys: &str) -> (usize, String) {
    let mut text = "version: 1\nprofiles:\n".to_owned();
    for (number, line) in keys.lines().enumerate() {
        let indent = if number == 0 { "- " } else { "  " };
        writeln!(text, "{indent}{line}").unwrap();
    }
    fault(&text)
}

fn profile(text: &str, user: &str, groups: &[&str], cluster: &str) -> Profile {
    let groups: BTreeSet<String> = groups.iter().map(|&group| group.to_owned()).collect();
    let person = Person {
        user,
        uid: 1000,
        groups: &groups,
    };
    file(text).profile_of(&person, cluster)
}

fn shown(profile: &Profile) -> Vec<String> {
    let leaf = |(path, said): (&Path, &Said)| {
        let follows = if said.by.follows { "*" } else { "" };
        format!("{path}={} {}:{}{follows}", said.value, said.by.section, said.by.line)
    };
    profile.leaves().map(leaf).collect()
}

const WHOLE: &str = r#"version: 1
access:
  deny: [{users: [mallory]}]
  allow:
  - {groups: [hpc]}
  - {uids: 5000-5999}
profiles:
- resourceQuota: {hard: {requests.cpu: "8", requests.nvidia.com/gpu: "0", count/configmaps: 100}}
  limitRange:
    limits:
    - {type: Container, default: {cpu: 1, memory: 512Mi}, defaultRequest: {cpu: 0.5}, max: {cpu: "2", memory: 1Gi}}
  labels: {pod-security.kubernetes.io/enforce: baseline}
  annotations: {example.org/contact: "help@example.org"}
  networkPolicy: {ingress: {cidrs: [192.0.2.0/24]}, egress: cluster}
  images: [registry.example.org/]
  nodeSelector: {partition: ondemand}
  tolerations: [dedicated]
  maxLifetime: 24h
  manifests: [scratch, helpdesk]
- groups: [gpu]
  resourceQuota: {hard: {requests.nvidia.com/gpu: 2}}
  limitRange: {limits: [{type: Container, max: {nvidia.com/gpu: 2, cpu: 20}}]}
  images: null
  nodeSelector: {pool: gpu}
  tolerations: [nvidia.com/gpu]
  networkPolicy: {egress: {rules: [{to: [{ipBlock: {cidr: 198.51.100.0/24}}], ports: [{port: 443, protocol: TCP}]}]}}
- users: [jsmith]
  clusters: [big]
  labels: {pod-security.kubernetes.io/enforce: null}
  networkPolicy: {egress: open}
  maxLifetime: null
"#;

#[test]
fn the_example_that_is_installed_is_right_and_fits_together() {
    let text = include_str!("../../../../hooks/k8s-profiles.example.yml");
    let file = file(text);
    assert_eq!(
        file.possible_quarrels()
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        [""; 0]
    );
    assert_eq!((file.sections.len(), file.access.is_restricted()), (3, true));
}

#[test]
fn a_section_for_everybody_is_what_everybody_gets() {
    let profile = profile(WHOLE, "ann", &[], "big");
    assert_eq!(
        shown(&profile),
        [
            "annotations[example.org/contact]=help@example.org 1:13",
            "images=registry.example.org/ 1:15",
            "labels[pod-security.kubernetes.io/enforce]=baseline 1:12",
            "limitRange.limits.Container.default.cpu=1 1:11",
            "limitRange.limits.Container.default.memory=512Mi 1:11",
            "limitRange.limits.Container.defaultRequest.cpu=0.5 1:11",
            "limitRange.limits.Container.max.cpu=2 1:11",
            "limitRange.limits.Container.max.memory=1Gi 1:11",
            "manifests=scratch, helpdesk 1:19",
            "maxLifetime=24h 1:18",
            "networkPolicy.egress=cluster 1:14",
            "networkPolicy.ingress.cidrs=192.0.2.0/24 1:14",
            "nodeSelector.partition=ondemand 1:16",
            "resourceQuota.hard[count/configmaps]=100 1:8",
            "resourceQuota.hard[requests.cpu]=8 1:8",
            "resourceQuota.hard[requests.nvidia.com/gpu]=0 1:8",
            "tolerations=dedicated 1:17",
        ]
    );
    assert_eq!(profile.quarrels(), []);
    assert_eq!(profile.quota()["requests.cpu"].canonical(), "8");
    assert_eq!(
        profile.limits()["Container"]["defaultRequest"]["cpu"].canonical(),
        "500m"
    );
    assert_eq!(profile.egress(), Some(&Egress::Cluster(Vec::new())));
    assert_eq!(profile.max_lifetime(), Some("24h"));
    assert_eq!(profile.tolerations().unwrap(), ["dedicated"]);
}

#[test]
fn a_later_section_wins_key_by_key_lists_are_replaced_and_null_takes_away() {
    let gpu = profile(WHOLE, "ann", &["gpu", "hpc"], "big");
    assert_eq!(gpu.images(), None, "null: any image");
    assert_eq!(gpu.tolerations().unwrap(), ["nvidia.com/gpu"], "replaced whole");
    let selector: Vec<_> = gpu.node_selector().into_iter().collect();
    assert_eq!(selector, [("partition", "ondemand"), ("pool", "gpu")]);
    assert_eq!(gpu.quota()["requests.nvidia.com/gpu"].as_written(), "2");
    let bounds = gpu.limits()["Container"].clone();
    assert_eq!(bounds["max"]["cpu"].as_written(), "20");
    assert_eq!(bounds["max"]["memory"].as_written(), "1Gi");
    assert!(matches!(gpu.egress(), Some(Egress::Rules(rules)) if rules.len() == 1));
    let jsmith = profile(WHOLE, "jsmith", &["gpu"], "big");
    assert!(jsmith.labels().is_empty() && jsmith.max_lifetime().is_none());
    assert_eq!(jsmith.egress(), Some(&Egress::Open));
    let elsewhere = profile(WHOLE, "jsmith", &["gpu"], "small");
    assert_eq!(elsewhere, profile(WHOLE, "ann", &["gpu"], "small"));
    let last = "version: 1\nprofiles:\n- {users: [ann], maxLifetime: 8h}\n- {maxLifetime: 4h}\n";
    assert_eq!(
        profile(last, "ann", &[], "x").max_lifetime(),
        Some("4h"),
        "whoever the section is about"
    );
}

#[test]
fn null_takes_away_what_is_inside_and_nothing_beside_it() {
    let all = "version: 1\nprofiles:\n- resourceQuota: {hard: {pods: 5, secrets: 9}}\n  limitRange: {limits: [{type: Container, max: {cpu: 2}, default: {cpu: 1}}, {type: Pod, max: {cpu: 4}}]}\n  labels: {a: x, ab: y}\n";
    for (taken, left) in [
        ("resourceQuota: null", 5),
        ("resourceQuota: {hard: null}", 5),
        ("resourceQuota: {hard: {pods: null}}", 6),
        ("limitRange: null", 4),
        ("limitRange: {limits: ~}", 4),
        ("limitRange: {limits: [{type: Container, default: null}]}", 6),
        ("labels: null", 5),
        ("labels: {a: null}", 6),
        ("labels: {}", 7),
        ("networkPolicy: null", 7),
    ] {
        let text = format!("{all}- {taken}\n");
        assert_eq!(profile(&text, "ann", &[], "x").leaves().count(), left, "{taken}");
    }
}

#[test]
fn all_conditions_of_a_section_hold_and_of_each_list_one_word() {
    let text = "version: 1\nprofiles:\n- {users: [ann, bob], groups: [g, h], clusters: [a, b], maxLifetime: 1h}\n";
    for (user, groups, cluster, holds) in [
        ("ann", &["g"][..], "a", true),
        ("bob", &["x", "h"], "b", true),
        ("eve", &["g"], "a", false),
        ("ann", &["x"], "a", false),
        ("ann", &["g"], "c", false),
        ("Ann", &["g"], "a", false),
    ] {
        let found = profile(text, user, groups, cluster);
        assert_eq!(!found.is_empty(), holds, "{user} {groups:?} {cluster}");
    }
    assert_eq!(file(WHOLE).groups(), ["gpu", "hpc"]);
    assert!(file("version: 1\n").groups().is_empty());
}

#[test]
fn deny_wins_over_allow_and_without_allow_everybody_else_is_let_in() {
    let with = |access: &str| format!("version: 1\naccess: {access}\n");
    for (access, allowed, rule) in [
        ("{deny: [{users: [eve]}]}", true, "no access.allow"),
        ("{deny: [{users: [ann]}]}", false, "access.deny in line 2: users ann"),
        ("{deny: [{groups: [g]}], allow: [{users: [ann]}]}", false, "access.deny"),
        (
            "{allow: [{users: [eve]}, {groups: [g]}]}",
            true,
            "access.allow in line 2: groups g",
        ),
        ("{allow: [{users: [eve]}]}", false, "no entry is about the user"),
        ("{allow: [{uids: 1000-1001}]}", true, "uids 1000-1001"),
        ("{allow: [{uids: [5, 1000]}]}", true, "uids 5, 1000"),
        ("{allow: [{uids: 1001-2000}]}", false, "no entry"),
        ("{allow: [{users: [ann], groups: [h]}]}", false, "no entry"),
        ("{deny: [{users: [ann], uids: 7}]}", true, "no access.allow"),
    ] {
        let groups = BTreeSet::from(["g".to_owned()]);
        let (user, uid) = ("ann", 1000);
        let person = Person {
            user,
            uid,
            groups: &groups,
        };
        let decision = file(&with(access)).access.decide(&person);
        assert_eq!(decision.is_allowed, allowed, "{access}");
        assert!(decision.rule.to_string().contains(rule), "{access}: {}", decision.rule);
    }
}

#[test]
fn an_access_that_could_mean_two_things_is_refused_with_its_line() {
    for (access, line, advice) in [
        ("", 2, "leave it out"),
        (" {allow: []}", 2, "leave out the key"),
        (" {alow: [{users: [a]}]}", 2, "did you mean allow?"),
        ("\n  allow:\n  - {}", 4, "write users, groups or uids"),
        ("\n  deny:\n  - users: []", 4, "leave out the key"),
        ("\n  deny:\n  - users: [a]\n  - clusters: [b]", 5, "unknown key"),
        ("\n  deny:\n  - users: [no]", 4, "in quotes"),
        ("\n  deny:\n  - users: [\"*\"]", 4, "leave out users"),
        ("\n  deny:\n  - groups: [\"@students\"]", 4, "write students"),
        ("\n  deny:\n  - users: students", 4, "must be a list"),
        ("\n  allow:\n  - uids: 2000-1000", 4, "lower uid first"),
        ("\n  allow:\n  - uids: 1000+", 4, "1000-59999"),
        ("\n  allow:\n  - uids: -5", 4, "1000-59999"),
        ("\n  allow:\n  - uids: [1000-4294967296]", 4, "1000-59999"),
    ] {
        let (found, reason) = fault(&format!("version: 1\naccess:{access}\n"));
        assert!(found == line && reason.contains(advice), "{access}: {found} {reason}");
    }
}

/// Keys of a profile, the line with the fault, and words of the advice.
const REFUSED_OR_NOT_ENFORCED: &[(&str, usize, &str)] = &[
    ("labels: {a: b}\nlables: {c: d}", 4, "did you mean labels?"),
    ("resourceQuota:\n  hard:\n    limits.nvidia.com/gpu: 1", 5, "write requests.nvidia.com/gpu"),
    ("resourceQuota:\n  hard:\n    gpu: 2", 5, "requests.nvidia.com/gpu"),
    ("resourceQuota:\n  hard:\n    requests.cpu: 2x", 5, "no quantity"),
    ("resourceQuota:\n  hard:\n    pods: 1.5", 5, "whole number"),
    ("resourceQuota:\n  hard:\n    pods: 010", 5, "in quotes"),
    ("resourceQuota:\n  hard:\n    pods: yes", 5, "in quotes"),
    ("resourceQuota:\n  hard:\n    pods: -1", 5, "below zero"),
    ("resourceQuota: {pods: 1}", 3, "unknown key"),
    ("limitRange:\n  limits:\n  - max: {cpu: 1}", 5, "has no type"),
    ("limitRange:\n  limits:\n  - type: container\n    max: {cpu: 1}", 5, "Container"),
    ("limitRange:\n  limits:\n  - type: Pod\n    default: {cpu: 1}", 6, "unknown key"),
    ("limitRange:\n  limits:\n  - {type: Container, max: {gpu: 2}}", 5, "nvidia.com/gpu"),
    ("limitRange:\n  limits:\n  - {type: Pod, max: {cpu: 1}}\n  - {type: Pod, min: {cpu: 1}}", 6, "in one"),
    ("limitRange:\n  limits:\n  - type: Container\n    default: {cpu: 4}\n    max: {cpu: 2}", 7, "is more than max cpu 2"),
    ("limitRange:\n  limits:\n  - type: Container\n    defaultRequest: {memory: 1Gi}\n    default: {memory: 1G}", 7, "is more than default memory 1G"),
    ("limitRange:\n  limits:\n  - type: Container\n    defaultRequest: {cpu: 2}\n    max: {cpu: 1500m}", 7, "defaultRequest cpu 2 is more than max cpu 1500m"),
    ("limitRange:\n  limits:\n  - {type: Container, min: {cpu: 1}, default: {cpu: 0.5}}", 5, "min cpu 1 is more"),
    ("limitRange:\n  limits:\n  - {type: Container, default: {nvidia.com/gpu: 1}, defaultRequest: {nvidia.com/gpu: 0}}", 5, "default nvidia.com/gpu 1 is not defaultRequest"),
    ("limitRange:\n  limits:\n  - {type: Container, default: {hugepages-2Mi: 4Mi}, defaultRequest: {hugepages-2Mi: 2Mi}}", 5, "is not"),
    ("limitRange:\n  limits:\n  - {type: Container, maxLimitRequestRatio: {cpu: 0.5}}", 5, "1 or more"),
    ("limitRange:\n  limits:\n  - {type: Container, min: {cpu: 1}, max: {cpu: 2}, maxLimitRequestRatio: {cpu: 3}}", 5, "divided by"),
    ("limitRange:\n  limits:\n  - {type: PersistentVolumeClaim, max: {memory: 2}}", 5, "PersistentVolumeClaim"),
    ("labels:\n  openondemand.org/uid: \"0\"", 4, "leave it out"),
    ("labels:\n  app.kubernetes.io/name: x", 4, "leave it out"),
    ("annotations:\n  openondemand.org/owner: eve", 4, "leave it out"),
    ("labels:\n  a: true", 4, "in quotes"),
    ("labels:\n  a: 5", 4, "in quotes"),
    ("labels:\n  \"a b\": c", 4, "no key"),
    ("labels:\n  a: \"b c\"", 4, "no value of a label"),
    ("labels:\n  pod-security.kubernetes.io/enforce: strict", 4, "baseline"),
    ("annotations: [a]", 3, "must be a mapping"),
    ("images: []", 3, "leave out the key"),
    ("images: [\"https://registry.example.org/\"]", 3, "scheme"),
    ("images: [\"registry.example.org/*\"]", 3, "up to a slash"),
    ("images: [\"a/b@sha256:0\"]", 3, "digest"),
    ("images: registry.example.org/", 3, "must be a list"),
    ("tolerations: [\"a b\"]", 3, "no key"),
    ("maxLifetime: 2d", 3, "48h"),
    ("maxLifetime: 0h", 3, "24h"),
    ("maxLifetime: 30m1h", 3, "24h"),
    ("maxLifetime: 3600", 3, "in quotes"),
    ("manifests: [../etc]", 3, "without .yaml"),
    ("networkPolicy: {egress: closed}", 3, "write open, cluster"),
    ("networkPolicy: {egress: {}}", 3, "says nothing"),
    ("networkPolicy: {egress: {cidrs: [10.0.0.1/8]}}", 3, "write 10.0.0.0/8"),
    ("networkPolicy: {ingress: {cidrs: [here]}}", 3, "no network"),
    ("networkPolicy:\n  egress:\n    rules:\n    - to: [{ipBlock: {cidr: 10.0.0.0/8}}]\n      port: 443", 7, "unknown key"),
    ("networkPolicy:\n  egress:\n    rules:\n    - to: [{namespaceselector: {}}]", 6, "namespaceselector"),
    ("networkPolicy:\n  egress:\n    rules:\n    - to: {}", 6, "no egress rule"),
    ("networkPolicy:\n  egress:\n    rules:\n    - to: [{ipBlock: {cidr: 10.0.0.1}}]", 6, "no network"),
    ("labels: {a: b}\nlabels: {c: d}", 4, "twice"),
    ("clusters: [a/b]", 3, "clusters.d"),
];

#[test]
fn what_the_api_server_would_refuse_or_not_enforce_is_an_error_with_its_line() {
    for &(keys, line, advice) in REFUSED_OR_NOT_ENFORCED {
        let (found, reason) = fault_in(keys);
        assert!(found == line && reason.contains(advice), "{keys}\n{found} {reason}");
    }
    for text in [
        "version: 1\nprofiles: {}\n",
        "version: 1\nprofiles: [a]\n",
        "version: 1\nprofiles:\n-\n",
    ] {
        assert!(fault(text).0 > 0, "{text}");
    }
}

#[test]
fn a_maximum_of_devices_has_a_default_of_none_and_a_default_is_requested_too() {
    let devices = |bounds: &str| {
        let text = format!("version: 1\nprofiles:\n- limitRange: {{limits: [{{type: Container, {bounds}}}]}}\n");
        let profile = profile(&text, "ann", &[], "x");
        assert_eq!(profile.quarrels(), [], "{bounds}");
        let limits = profile.limits();
        let of = |bound: &str, of: &str| {
            let found = limits["Container"].get(bound).and_then(|all| all.get(of));
            found.map(|quantity| quantity.as_written().to_owned())
        };
        let name = if bounds.contains("huge") {
            "hugepages-2Mi"
        } else {
            "nvidia.com/gpu"
        };
        (of("default", name), of("defaultRequest", name), of("default", "cpu"))
    };
    let some = |text: &str| Some(text.to_owned());
    for (bounds, default, request) in [
        ("max: {nvidia.com/gpu: 2}", some("0"), some("0")),
        (
            "max: {nvidia.com/gpu: 2}, default: {nvidia.com/gpu: 1}",
            some("1"),
            some("1"),
        ),
        (
            "max: {nvidia.com/gpu: 2}, defaultRequest: {nvidia.com/gpu: 1}",
            some("1"),
            some("1"),
        ),
        (
            "max: {nvidia.com/gpu: 2}, min: {nvidia.com/gpu: 1}",
            some("1"),
            some("1"),
        ),
        ("max: {hugepages-2Mi: 4Mi}", some("0"), some("0")),
        ("max: {cpu: 2}", None, None),
    ] {
        assert_eq!(devices(bounds), (default, request, None), "{bounds}");
    }
}

#[test]
fn sections_that_fit_by_themselves_and_not_together_are_named_with_their_lines() {
    let text = "version: 1\nprofiles:\n- limitRange: {limits: [{type: Container, default: {cpu: 1}, max: {cpu: 2}}]}\n- groups: [power]\n  limitRange: {limits: [{type: Container, default: {cpu: 4}, max: {cpu: 20}}]}\n- users: [jsmith]\n  limitRange: {limits: [{type: Container, max: {cpu: 3}}]}\n";
    assert_eq!(profile(text, "jsmith", &[], "x").quarrels(), []);
    let found = profile(text, "jsmith", &["power"], "x").quarrels();
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].to_string(),
        "section 2 (groups power), line 5 and section 3 (users jsmith), line 7: Container: default cpu 4 is more than max cpu 3; correct one of them"
    );
    assert_eq!(file(text).quarrels(), [], "which only both groups of users tell");
    let text = "version: 1\nprofiles:\n- limitRange: {limits: [{type: Container, default: {cpu: 4}}]}\n- users: [jsmith]\n  limitRange: {limits: [{type: Container, max: {cpu: 3}}]}\n- clusters: [small]\n  limitRange: {limits: [{type: Container, max: {cpu: 2}}]}\n";
    let found = file(text).quarrels();
    let lines: Vec<_> = found.iter().map(Quarrel::line).collect();
    assert_eq!(lines, [5, 7], "{found:?}");
}

#[test]
fn a_quota_without_a_default_would_refuse_every_pod_of_ondemand_and_is_told() {
    let told = |keys: &str| {
        let text = format!("version: 1\nprofiles:\n- resourceQuota: {{hard: {keys}}}\n");
        let found = profile(&text, "ann", &[], "x").quarrels();
        found.iter().map(Quarrel::to_string).collect::<Vec<_>>()
    };
    for keys in ["{limits.cpu: 8}", "{requests.memory: 8Gi}", "{cpu: 8}", "{memory: 1Gi}"] {
        assert_eq!(told(keys).len(), 1, "{keys}");
    }
    assert_eq!(told("{pods: 8, requests.nvidia.com/gpu: 1}"), [""; 0]);
    assert_eq!(
        told("{limits.cpu: 8}}\n  limitRange: {limits: [{type: Container, max: {cpu: 2}}]"),
        [""; 0]
    );
    assert_eq!(
        told("{limits.cpu: 8}}\n  limitRange: {limits: [{type: Container, defaultRequest: {cpu: 2}}]").len(),
        1
    );
}

/// Sections as people write them, without what a section must not have by itself.
fn sections() -> impl Strategy<Value = Vec<Vec<(String, Option<u8>)>>> {
    let key = prop::sample::select(vec![
        "labels.a",
        "labels.b",
        "nodeSelector.a",
        "quota.pods",
        "quota.secrets",
        "images",
    ]);
    let pair = (key.prop_map(str::to_owned), prop::option::weighted(0.8, any::<u8>()));
    prop::collection::vec(prop::collection::vec(pair, 0..5), 0..6)
}

fn written(sections: &[Vec<(String, Option<u8>)>]) -> String {
    let mut text = "version: 1\nprofiles:\n".to_owned();
    for section in sections {
        text.push_str("- users: [ann]\n");
        let keys: std::collections::BTreeMap<_, _> = section.iter().cloned().collect();
        let of = |place: &str| {
            let inside = keys
                .iter()
                .filter_map(|(key, value)| Some((key.strip_prefix(place)?.strip_prefix('.')?, value)));
            let pairs =
                inside.map(|(key, value)| format!("{key}: {}", value.map_or("null".into(), |v| format!("\"{v}\""))));
            pairs.collect::<Vec<_>>().join(", ")
        };
        writeln!(
            text,
            "  labels: {{{}}}\n  nodeSelector: {{{}}}",
            of("labels"),
            of("nodeSelector")
        )
        .unwrap();
        writeln!(text, "  resourceQuota: {{hard: {{{}}}}}", of("quota")).unwrap();
        if let Some(images) = keys.get("images") {
            writeln!(
                text,
                "  images: {}",
                images.map_or("null".into(), |v| format!("[\"i{v}\"]"))
            )
            .unwrap();
        }
    }
    text.replace("profiles:\n", if sections.is_empty() { "" } else { "profiles:\n" })
}

proptest! {
    #[test]
    fn no_key_is_lost_the_last_word_counts_and_sections_merge_from_either_end(sections in sections()) {
        let merged = profile(&written(&sections), "ann", &[], "x");
        let mut expected = std::collections::BTreeMap::new();
        for section in &sections {
            // Of a doubled key in one section the generator keeps the last.
            let keys: std::collections::BTreeMap<_, _> = section.iter().cloned().collect();
            for (key, value) in keys {
                match value {
                    Some(value) => expected.insert(key, value),
                    None => expected.remove(&key),
                };
            }
        }
        prop_assert_eq!(merged.leaves().count(), expected.len());
        for (key, value) in &expected {
            let steps = match key.split_once('.') {
                Some(("quota", name)) => vec!["resourceQuota", "hard", name],
                Some((place, name)) => vec![place, name],
                None => vec![key.as_str()],
            };
            let said = merged.at(&steps).unwrap();
            prop_assert!(said.value.to_string().trim_start_matches('i') == value.to_string());
        }
        // A section alone, and what the rest makes of it: changes one after the other are the same as all at once.
        let file = file(&written(&sections));
        let whole = Profile::of(file.sections.iter().map(|section| &section.changes));
        prop_assert_eq!(whole, merged);
    }
}
