//! Files that cannot be Kubernetes clusters, and what is wrong with them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;

use super::{checked, shown};
use crate::support::Site;

/// Files that Ruby reads, or that cost OnDemand that cluster alone.
const OF_OTHERS: [(&str, &str); 12] = [
    (
        "a key that stands there twice",
        "v2: {job: {adapter: slurm, cluster: pitzer, cluster: pitzer-old}}\n",
    ),
    ("a second document", "v2: {job: {adapter: slurm}}\n---\nmore: 1\n"),
    (
        "a number of 26 digits",
        "v2: {job: {adapter: slurm, serial: 12345678901234567890123456}}\n",
    ),
    ("a merge of a scalar", "v2: {job: {adapter: slurm, <<: none}}\n"),
    ("a tab", "v2:\n\tjob: {adapter: slurm}\n"),
    (
        "a bracket that is not closed",
        "v2: {job: {adapter: slurm, bin: [/opt/kubernetes}\n",
    ),
    ("an alias", "x: &x 1\nv2: {job: {adapter: slurm, host: *x}}\n"),
    (
        "a date",
        "v2: {metadata: {since: 2024-01-01}, job: {adapter: torque}}\n",
    ),
    ("a list", "- v2: {job: {adapter: lsf}}\n"),
    ("numbers as keys", "v2: {job: {adapter: sge, 1: 2}}\n"),
    ("nothing", ""),
    (
        "another word",
        "v2: {metadata: {title: Kubernetes}, job: {adapter: slurm, bin: /opt/kubernetes}}\n",
    ),
];

#[test]
fn a_file_of_another_scheduler_costs_a_login_nothing_whatever_is_in_it() {
    let site = Site::new();
    for (what, text) in OF_OTHERS {
        site.write("clusters.d/pitzer.yml", text);
        site.pre_hook().ok();
        assert!(shown(&site).is_empty(), "{what}: {:?}", shown(&site));
    }
}

#[test]
fn beside_another_schedulers_file_alone_logins_work_like_the_stock_hook() {
    let site = Site::new();
    fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    for (what, text) in OF_OTHERS {
        site.write("clusters.d/pitzer.yml", text);
        site.bootstrap(&[]).ok();
        assert!(shown(&site).is_empty(), "{what}");
    }
    assert!(site.cluster.object(&site.namespace_path()).is_some());
}

#[test]
fn a_file_of_another_scheduler_need_not_be_one_that_can_be_read() {
    let site = Site::new();
    let path = site.path("clusters.d/pitzer.yml");
    fs::write(&path, b"# F\xfcr alle\nv2: {job: {adapter: slurm}}\n").unwrap();
    site.pre_hook().ok();
    fs::set_permissions(&path, Permissions::from_mode(0o666)).unwrap();
    site.pre_hook().ok();
    fs::write(&path, "v2: {job: {adapter: slurm, cluster: \"modern\"}}\n\t[").unwrap();
    site.pre_hook().ok();
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    site.pre_hook().ok();
    fs::remove_dir(&path).unwrap();
    nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
    site.pre_hook().ok();
}

#[test]
fn what_ondemand_itself_cannot_read_is_told_by_check_alone() {
    let site = Site::new();
    for (text, words) in [
        (
            "v2:\n\tjob: {adapter: slurm}\n",
            ["warning", "pitzer.yml", "marks the cluster as invalid"],
        ),
        (
            "x: &x 1\nv2: {job: {adapter: slurm, host: *x}}\n",
            ["error", "pitzer.yml:2", "shows nobody any cluster"],
        ),
        (
            "v2: {metadata: {since: 2024-01-01}}\n",
            ["error", "pitzer.yml:1", "a date"],
        ),
        (
            "v2: {job: {adapter: slurm, 1: 2}}\n",
            ["error", "pitzer.yml:1", "a key that is no string"],
        ),
        (
            "v2: {acls: , job: {adapter: slurm}}\n",
            ["error", "pitzer.yml:1", "acls"],
        ),
        ("- x\n", ["error", "pitzer.yml:1", "no mapping"]),
    ] {
        site.write("clusters.d/pitzer.yml", text);
        let lines = checked(&site);
        let fits = |line: &&String| words.iter().all(|word| line.contains(word));
        assert_eq!(lines.iter().filter(fits).count(), 1, "{words:?} in {lines:#?}");
        site.pre_hook().ok();
    }
}
