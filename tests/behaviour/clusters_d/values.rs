//! Keys and values of Kubernetes files: unknown keys, YAML 1.1, and entries that two files share.

use super::{checked, shown};
use crate::support::{Run, Site};

fn with(site: &Site, change: impl Fn(&str) -> String) {
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let file = format!("{file}  custom:\n    ood_k8s:\n      root_context: ondemand@kubernetes\n");
    let changed = change(&file);
    assert_ne!(changed, file);
    site.write("clusters.d/prod.yml", &changed);
}

#[test]
fn a_key_that_nobody_reads_is_a_warning_with_the_nearest_one_and_the_login_goes_on() {
    let site = Site::new();
    for (right, wrong, words) in [
        (
            "    cluster: ",
            "    cluter: ",
            ["\"cluter\" under v2.job", "did you mean cluster?"],
        ),
        (
            "    adapter",
            "    contxt: x\n    adapter",
            ["\"contxt\" under v2.job", "did you mean context?"],
        ),
        (
            "      endpoint",
            "      endpont: x\n      endpoint",
            ["\"endpont\" under v2.job.server", "did you mean endpoint?"],
        ),
        (
            "cert_authority_file",
            "cert_authorty_file",
            ["under v2.job.server", "did you mean cert_authority_file?"],
        ),
        (
            "      type: oidc",
            "      type: oidc\n      regoin: x",
            ["\"regoin\" under v2.job.auth", "did you mean region?"],
        ),
        (
            "      type: oidc",
            "      type: oidc\n      issuer: x",
            ["\"issuer\" under v2.job.auth", "is not read"],
        ),
        (
            "      root_context",
            "      credntials: x\n      root_context",
            ["under v2.custom.ood_k8s", "did you mean credentials?"],
        ),
        (
            "      root_context",
            "      a_newer_key: x\n      root_context",
            ["\"a_newer_key\" under v2.custom.ood_k8s", "is not read"],
        ),
        (
            "    ood_k8s:",
            "    ood-k8s:",
            ["\"ood-k8s\" under v2.custom", "did you mean ood_k8s?"],
        ),
        (
            "  custom:",
            "  costum:",
            ["\"costum\" under v2", "did you mean custom?"],
        ),
        (
            "  custom:\n    ood_k8s:\n      ",
            "    ood_k8s:\n      ",
            ["v2.job.ood_k8s is not read there", "write it under v2.custom"],
        ),
        (
            "  job:",
            "  acl: []\n  job:",
            ["\"acl\" under v2", "did you mean acls?"],
        ),
    ] {
        with(&site, |file| file.replacen(right, wrong, 1));
        let run = site.bootstrap(&[]).done();
        for told in [run.stderr, shown(&site).join("\n"), checked(&site).join("\n")] {
            assert!(
                words.iter().all(|word| told.contains(word)),
                "{wrong}: {words:?} in {told}"
            );
            assert!(told.contains("prod.yml:"), "{told}");
        }
    }
}

#[test]
fn what_a_site_keeps_in_places_of_its_own_is_none_of_ours() {
    let site = Site::new();
    with(&site, |file| {
        let more = "    mounts: []\n    bin: /usr/bin/kubectl\n    all_namespaces: no\n    auto_supplemental_groups: yes\n    acls: []\n    adapter";
        let file = file.replacen("    adapter", more, 1);
        file.replacen("  job:", "  metadata: {title: x}\n  site_own: 1\n  job:", 1)
            .replacen("  custom:\n", "  custom:\n    queues: [a]\n    grafana: {}\n", 1)
    });
    site.pre_hook().ok();
    assert!(shown(&site).is_empty(), "{:?}", shown(&site));
}

#[test]
fn words_and_numbers_of_yaml_1_1_are_what_ondemand_reads_and_are_told_where_they_are_another_word() {
    let site = Site::new();
    for (written, read) in [
        ("yes", "true"),
        ("Off", "false"),
        ("010", "8"),
        ("1_000", "1000"),
        ("1.10", "1.1"),
        ("12:30", "45000"),
        ("0x1F", "31"),
    ] {
        with(&site, |file| {
            file.replace("    cluster: ood-prod", &format!("    cluster: {written}"))
        });
        let run = Run::of(&mut site.command(&["config", "show", "-o", "json"])).done();
        assert_eq!(run.json()["clusters"][0]["cluster"], read, "{written}");
        let said = shown(&site).join("\n");
        assert!(
            said.contains(&format!("prod.yml:4: v2.job.cluster is \"{written}\"")),
            "{said}"
        );
        assert!(
            said.contains(&format!("OnDemand reads as \"{read}\"")) && said.contains("in quotes"),
            "{said}"
        );
    }
    for written in ["2024", "true", "1.5", "'yes'", "\"010\"", "1e3", "y", "08", "!!str yes"] {
        with(&site, |file| {
            file.replace("    cluster: ood-prod", &format!("    cluster: {written}"))
        });
        let run = Run::of(&mut site.command(&["config", "show", "-o", "json"])).done();
        let bare = written.trim_start_matches("!!str ").trim_matches(['\'', '"']);
        assert_eq!(run.json()["clusters"][0]["cluster"], bare);
        assert!(shown(&site).is_empty(), "{written}: {:?}", shown(&site));
    }
    site.pre_hook().ok();
}

#[test]
fn a_date_or_another_thing_that_ondemand_fails_on_is_refused_with_its_key_and_line() {
    let site = Site::new();
    for (written, kind) in [
        ("2024-01-01", "a date"),
        ("2024-01-01 10:00:00", "a time"),
        (":prod", "a symbol"),
        ("[a]", "a list"),
        ("{a: b}", "a mapping"),
    ] {
        with(&site, |file| {
            file.replace("    cluster: ood-prod", &format!("    cluster: {written}"))
        });
        site.pre_hook().fails(3, &["prod.yml:4: v2.job.cluster is ", kind]);
    }
    with(&site, |file| file.replace("      type: oidc", "      type: 2024-01-01"));
    site.pre_hook().fails(3, &["v2.job.auth.type", "write it in quotes"]);
    with(&site, |file| {
        file.replace("    auth:\n      type: oidc", "    auth: oidc")
    });
    site.pre_hook()
        .fails(3, &["prod.yml:10: v2.job.auth is a string", "indent its keys"]);
}

#[test]
fn a_file_because_of_which_ondemand_shows_nothing_is_served_and_told() {
    let site = Site::new();
    for (right, wrong, words) in [
        (
            "v2:\n",
            "x: &a oidc\nv2:\n  metadata: {title: *a}\n",
            ["an alias (*)", "write the value itself"],
        ),
        (
            "v2:\n",
            "v2:\n  metadata: {since: 2024-01-01}\n",
            ["a date", "in quotes"],
        ),
        (
            "v2:\n",
            "v2:\n  7: x\n",
            ["a key that is no string", "correct or remove it"],
        ),
    ] {
        with(&site, |file| file.replacen(right, wrong, 1));
        site.pre_hook().ok();
        for told in [shown(&site).join("\n"), checked(&site).join("\n")] {
            assert!(words.iter().all(|word| told.contains(word)), "{words:?} in {told}");
            assert!(
                told.contains("prod.yml:") && told.contains("shows nobody any cluster"),
                "{told}"
            );
        }
        assert!(checked(&site).iter().any(|line| line.starts_with("error: ")));
    }
}

#[test]
fn of_doubled_keys_the_last_counts_and_of_documents_the_first() {
    let site = Site::new();
    with(&site, |file| {
        file.replace("    cluster: ood-prod", "    cluster: old\n    cluster: ood-new")
    });
    site.pre_hook().ok();
    assert_eq!(site.user_kubeconfig().unwrap()["contexts"][0]["name"], "ood-new");
    with(&site, |file| format!("{file}---\nv2: {{job: {{adapter: slurm}}}}\n"));
    site.pre_hook().ok();
    let said = shown(&site).join("\n");
    assert!(said.contains("another document begins"), "{said}");
}

#[test]
fn two_files_with_one_entry_and_different_meanings_are_refused_by_both_names() {
    let site = Site::new();
    for (change, key) in [
        ("cluster: ood-prod", "v2.job.cluster"),
        ("cluster: ood-dev\n    context: ood-prod", "v2.job.context"),
    ] {
        let other = site.cluster_file("dev", "https://elsewhere.example.org:6443", "oidc");
        site.write("clusters.d/dev.yml", &other.replace("cluster: ood-dev", change));
        let run = site.pre_hook();
        assert_eq!(run.status, 3, "{run:?}");
        for line in [run.stderr, checked(&site).join("\n")] {
            let both = ["dev.yml: ", "prod.yml: ", key, "give each a name of its own"];
            assert!(both.iter().all(|word| line.contains(word)), "{both:?} in {line}");
        }
        assert!(site.user_kubeconfig().is_none());
    }
}

#[test]
fn two_files_whose_users_share_an_entry_must_give_it_the_same_credentials() {
    let site = Site::new();
    let own = "  custom:\n    ood_k8s:\n      credentials: token\n";
    let other = site.cluster_file("dev", &site.cluster.url(), "oidc");
    let shared = other.replace("username_prefix: dev-", "username_prefix: prod-");
    site.write("clusters.d/dev.yml", &shared);
    site.pre_hook().ok();
    site.write("clusters.d/dev.yml", &format!("{shared}{own}"));
    let run = site.pre_hook();
    assert_eq!(run.status, 3);
    let both = [
        "dev.yml: v2.job.username_prefix",
        "prod.yml: v2.job.username_prefix",
        "other credentials",
    ];
    assert!(both.iter().all(|word| run.stderr.contains(word)), "{}", run.stderr);
    site.write("clusters.d/dev.yml", &format!("{other}{own}"));
    site.pre_hook().ok();
}
