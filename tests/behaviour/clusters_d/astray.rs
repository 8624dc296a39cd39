//! Files that were meant to be Kubernetes clusters, and are none for OnDemand.

use std::fs;

use super::{checked, loud_login, shown};
use crate::support::{Run, Site};

/// A change of a good file, and words of the line that tells it.
type Slip = (&'static str, &'static str, &'static [&'static str]);

const SLIPS: [Slip; 14] = [
    (
        "adapter: kubernetes",
        "adpater: kubernetes",
        &["\"v2.job.adpater\" is \"kubernetes\"", "did you mean v2.job.adapter?"],
    ),
    (
        "adapter: kubernetes",
        "adaptor: \"kubernetes\"",
        &["v2.job.adaptor", "v2.job.adapter"],
    ),
    (
        "adapter: kubernetes",
        "Adapter: kubernetes",
        &["v2.job.Adapter", "v2.job.adapter"],
    ),
    (
        "adapter: kubernetes",
        ":adapter: kubernetes",
        &["v2.job.:adapter", "v2.job.adapter"],
    ),
    (
        "adapter: kubernetes",
        "adapter: Kubernetes",
        &["is \"Kubernetes\"", "write adapter: kubernetes"],
    ),
    (
        "adapter: kubernetes",
        "adapter: kubernets",
        &["is \"kubernets\"", "write adapter: kubernetes"],
    ),
    (
        "adapter: kubernetes",
        "adapter: \"kubernetes \"",
        &["does not take for kubernetes"],
    ),
    (
        "adapter: kubernetes",
        "adapter: k8s",
        &["is \"k8s\"", "write adapter: kubernetes"],
    ),
    ("v2:\n", "V2:\n", &["V2.job.adapter", "v2.job.adapter"]),
    ("v2:\n", "v1:\n", &["v1.job.adapter", "v2.job.adapter"]),
    ("  job:\n", "  jobs:\n", &["v2.jobs.adapter", "v2.job.adapter"]),
    ("v2:\n  job:\n", "job:\n  x:\n", &["job.x.adapter", "v2.job.adapter"]),
    ("v2:\n", "---\n---\nv2:\n", &["the first", "remove the line ---"]),
    (
        "    adapter: kubernetes\n",
        "",
        &["custom.ood_k8s", "write adapter: kubernetes"],
    ),
];

fn misspelt(site: &Site, (right, wrong, _): Slip) -> String {
    let file = site.cluster_file("dev", &site.cluster.url(), "oidc");
    let file = format!("{file}  custom:\n    ood_k8s:\n      root_context: ondemand@kubernetes\n");
    assert!(file.contains(right));
    file.replacen(right, wrong, 1)
}

fn is_told(lines: &[String], words: &[&str]) -> bool {
    let is_it = |line: &String| line.contains("dev.yml") && words.iter().all(|word| line.contains(word));
    lines.iter().filter(|line| is_it(line)).count() == 1
}

#[test]
fn a_slip_beside_a_good_file_is_a_warning_at_login_in_config_show_and_in_check() {
    let site = Site::new();
    for slip in SLIPS {
        let (_, wrong, words) = slip;
        site.write("clusters.d/dev.yml", &misspelt(&site, slip));
        let run = Run::of(&mut loud_login(&site)).done();
        let lines: Vec<_> = run.stderr.lines().map(str::to_owned).collect();
        assert!(is_told(&lines, words), "{wrong}: {lines:#?}");
        assert!(lines.iter().any(|line| line.contains("cluster=prod")), "{lines:#?}");
        assert!(is_told(&shown(&site), words), "{wrong}: {:#?}", shown(&site));
        assert!(is_told(&checked(&site), words), "{wrong}: {:#?}", checked(&site));
        // OnDemand is not told of warnings: it shows them to nobody.
        site.pre_hook().ok();
    }
}

#[test]
fn with_a_slip_in_the_only_file_logins_are_refused_rather_than_go_elsewhere() {
    let site = Site::new();
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    site.write("clusters.d/pitzer.yml", "v2: {job: {adapter: slurm}}\n");
    for slip in SLIPS {
        site.write("clusters.d/dev.yml", &misspelt(&site, slip));
        site.pre_hook().fails(3, &[&["dev.yml"], slip.2].concat());
        assert!(site.user_kubeconfig().is_none());
        assert!(is_told(&checked(&site), slip.2), "{:#?}", checked(&site));
    }
    assert!(site.cluster.object(&site.namespace_path()).is_none());
}

#[test]
fn a_file_that_lost_its_indentation_on_the_way_out_of_a_browser_is_told() {
    let site = Site::new();
    // The shapes of the clusters in OnDemand's documentation: with a title, and with the keys of our own.
    for more in [
        "",
        "  metadata:\n    title: \"Dev\"\n",
        "  custom:\n    ood_k8s:\n      mode: token\n",
    ] {
        let whole = site.cluster_file("dev", &site.cluster.url(), "oidc") + more;
        let flat: String = whole.lines().map(|line| line.trim_start().to_owned() + "\n").collect();
        site.write("clusters.d/dev.yml", &flat);
        assert!(
            is_told(&shown(&site), &["dev.yml", "adapter"]),
            "{flat}\n{:#?}",
            shown(&site)
        );
        assert!(
            is_told(&checked(&site), &["dev.yml", "adapter"]),
            "{flat}\n{:#?}",
            checked(&site)
        );
        site.pre_hook().ok();
        fs::rename(site.path("clusters.d/prod.yml"), site.path("prod.yml")).unwrap();
        site.pre_hook().fails(3, &["dev.yml", "adapter"]);
        fs::rename(site.path("prod.yml"), site.path("clusters.d/prod.yml")).unwrap();
    }
}

#[test]
fn a_name_that_ondemand_does_not_look_for_is_told() {
    let site = Site::new();
    let good = site.cluster_file("dev", &site.cluster.url(), "oidc");
    for name in ["dev.YML", "dev.Yaml"] {
        site.write(&format!("clusters.d/{name}"), &good);
        assert!(shown(&site)
            .iter()
            .any(|line| line.contains(name) && line.contains("rename it")));
        site.pre_hook().ok();
        fs::rename(site.path("clusters.d/prod.yml"), site.path("prod.yml")).unwrap();
        site.pre_hook().fails(3, &[name, "rename it"]);
        fs::rename(site.path("prod.yml"), site.path("clusters.d/prod.yml")).unwrap();
        fs::remove_file(site.path("clusters.d").join(name)).unwrap();
    }
    // Copies that somebody keeps are none of OnDemand's.
    for name in ["dev.yml.bak", "dev.yml~", ".dev.yml", "dev.yml.disabled"] {
        site.write(&format!("clusters.d/{name}"), &good);
    }
    assert!(shown(&site).is_empty(), "{:?}", shown(&site));
}

#[test]
fn a_link_that_leads_nowhere_is_a_warning_and_alone_a_refusal() {
    let site = Site::new();
    std::os::unix::fs::symlink("/nonexistent/dev.yml", site.path("clusters.d/dev.yml")).unwrap();
    site.pre_hook().ok();
    assert!(is_told(&shown(&site), &["no such file"]));
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    site.pre_hook().fails(3, &["dev.yml", "no such file"]);
}

#[test]
fn a_kubernetes_file_that_cannot_be_read_costs_its_cluster_and_is_an_error() {
    let site = Site::new();
    for text in [
        "v2:\n\tjob:\n\t  adapter: kubernetes\n",
        "v2:\n  job: {adpater: 'kubernetes'\n",
        "v2:\n  job:\n    adapter: kubernetes\n    cluster: \"x\n",
    ] {
        site.write("clusters.d/dev.yml", text);
        site.pre_hook().fails(3, &["dev.yml", "YAML", "line "]);
        assert!(site.user_kubeconfig().is_some());
    }
    let latin = [
        &b"# F\xfcr alle\n"[..],
        site.cluster_file("dev", "https://x", "oidc").as_bytes(),
    ]
    .concat();
    fs::write(site.path("clusters.d/dev.yml"), latin).unwrap();
    site.pre_hook().fails(3, &["dev.yml", "UTF-8"]);
}

#[test]
fn the_way_of_the_stock_hook_can_be_forbidden() {
    let site = Site::new();
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    site.write("clusters.d/pitzer.yml", "v2: {job: {adapter: slurm}}\n");
    site.set("CLUSTERS_D_FALLBACK=false");
    site.pre_hook().fails(
        3,
        &[
            "no Kubernetes cluster",
            "CLUSTERS_D_FALLBACK=false",
            "v2.job.adapter: kubernetes",
        ],
    );
    site.set("CLUSTERS_D_FALLBACK=no");
    site.pre_hook()
        .fails(3, &["hook.env:", "CLUSTERS_D_FALLBACK is neither true nor false"]);
    assert!(site.user_kubeconfig().is_none() && site.cluster.object(&site.namespace_path()).is_none());
    site.set("CLUSTERS_D_FALLBACK=true");
    site.bootstrap(&[]).ok();
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}
