//! Who is offered a cluster: `acls`, and the mode of its file.

use std::fs::{self, Permissions};
use std::os::unix::fs::{chown, PermissionsExt as _};

use super::{checked, findings, loud_login};
use crate::support::{account, is_root, skip, Run, Site};

fn own_group() -> String {
    let gid = nix::unistd::Gid::from_raw(account().gid);
    nix::unistd::Group::from_gid(gid).unwrap().unwrap().name
}

/// A second cluster, with these `acls` under `v2`.
fn restricted(site: &Site, acls: &str) {
    let file = site.cluster_file("dev", &site.cluster.url(), "oidc");
    let file = file.replace("    adapter", "    namespace_prefix: dev-\n    adapter");
    site.write("clusters.d/dev.yml", &format!("{file}  acls: {acls}\n"));
}

fn contexts(site: &Site) -> usize {
    let kubeconfig = site.user_kubeconfig().unwrap();
    kubeconfig["contexts"].as_array().unwrap().len()
}

fn dev_namespace(site: &Site) -> String {
    format!("/api/v1/namespaces/dev-{}", site.user)
}

/// Removes what one try left, so that the next begins anew.
fn forget(site: &Site) {
    let _ = fs::remove_file(site.path("home/config"));
}

#[test]
fn who_may_not_see_a_cluster_gets_nothing_there_and_the_record_says_why() {
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    let own = own_group();
    for acls in [
        "[{adapter: group, groups: [no-such-group], type: allowlist}]".to_owned(),
        "[{adapter: group, groups: [no-such-group]}]".to_owned(),
        format!("[{{adapter: group, groups: [\"{own}\"], type: blocklist}}]"),
        format!("[{{adapter: group, groups: [\"{own}\"]}}, {{adapter: group, groups: [no-such-group]}}]"),
        "[{adapter: group, groups: []}]".to_owned(),
    ] {
        restricted(&site, &acls);
        let run = Run::of(&mut loud_login(&site)).done();
        let line = run
            .stderr
            .lines()
            .find(|line| line.contains("cluster=dev"))
            .expect(&run.stderr);
        assert!(line.contains("skipped=acl") && !line.contains("created"), "{line}");
        assert!(run
            .stderr
            .lines()
            .any(|line| line.contains("cluster=prod") && !line.contains("skipped")));
        assert_eq!(contexts(&site), 1, "{acls}");
        assert!(site.cluster.object(&dev_namespace(&site)).is_none(), "{acls}");
        forget(&site);
    }
}

/// An ACL as `setfacl -m u:USER:BITS` makes it of mode 0644 (`linux/posix_acl_xattr.h`: version, then tag, bits and id).
fn give_an_acl(file: &std::path::Path, bits: u16) {
    const NOBODYS: u32 = u32::MAX;
    let entries = [
        (0x01, 6, NOBODYS),
        (0x02, bits, account().uid),
        (0x04, 4, NOBODYS),
        (0x10, 4, NOBODYS),
        (0x20, 4, NOBODYS),
    ];
    let mut bytes = 2u32.to_le_bytes().to_vec();
    for (tag, bits, id) in entries {
        bytes.extend(u16::to_le_bytes(tag));
        bytes.extend(u16::to_le_bytes(bits));
        bytes.extend(u32::to_le_bytes(id));
    }
    let flags = rustix::fs::XattrFlags::empty();
    rustix::fs::setxattr(file, "system.posix_acl_access", &bytes, flags).unwrap();
}

#[test]
fn an_acl_of_a_files_own_shuts_out_a_user_although_others_may_read_it() {
    if !is_root() {
        return skip("only for root it is another account's file");
    }
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    restricted(&site, "[]");
    let file = site.path("clusters.d/dev.yml");
    for (bits, contexts_after) in [(0, 1), (4, 2)] {
        give_an_acl(&file, bits);
        site.pre_hook().ok();
        assert_eq!(contexts(&site), contexts_after, "{bits}");
        forget(&site);
    }
}

#[test]
fn who_may_see_a_cluster_gets_everything_there() {
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    let own = own_group();
    for acls in [
        "[]".to_owned(),
        format!("[{{adapter: group, groups: [\"{own}\"]}}]"),
        format!("[{{adapter: group, groups: [no-such-group, \"{own}\"], type: whitelist}}]"),
        "[{adapter: group, groups: [no-such-group], type: blacklist}]".to_owned(),
    ] {
        restricted(&site, &acls);
        site.pre_hook().ok();
        assert_eq!(contexts(&site), 2, "{acls}");
        assert!(site.cluster.object(&dev_namespace(&site)).is_some(), "{acls}");
        forget(&site);
    }
}

#[test]
fn the_acls_of_the_job_count_as_well() {
    let site = Site::new();
    let file = site.cluster_file("prod", &site.cluster.url(), "oidc");
    let acls = "    acls: [{adapter: group, groups: [no-such-group]}]\n    adapter";
    site.write("clusters.d/prod.yml", &file.replace("    adapter", acls));
    let run = site.bootstrap(&["-o", "json"]).ok().json();
    assert_eq!(run["results"][0]["skipped"], "acl");
    assert!(run["results"][0]["objects"].as_array().unwrap().is_empty());
    let table = site.bootstrap(&[]).ok().stdout;
    assert!(table.contains("skipped (acl)"), "{table}");
    let run = site.set_creds().ok().stdout;
    assert!(run.contains("skipped (acl)"), "{run}");
    site.pre_hook().ok();
    assert!(site.user_kubeconfig().is_none() && site.cluster.object(&site.namespace_path()).is_none());
    let dry = site.bootstrap(&["--dry-run=client"]).ok().stdout;
    assert!(!dry.contains("kind:"), "{dry}");
}

#[test]
fn rules_that_ondemand_cannot_read_are_refused_and_let_nobody_in() {
    let site = Site::new();
    for (acls, words) in [
        ("", ["dev.yml:", "v2.acls is empty"]),
        ("none", ["dev.yml:", "v2.acls is a string"]),
        ("{adapter: group}", ["dev.yml:", "v2.acls is a mapping"]),
        ("[group]", ["dev.yml:", "v2.acls has an entry that is a string"]),
        ("[{groups: [a]}]", ["dev.yml:", "v2.acls.adapter is not set"]),
        (
            "[{adapter: ldap, groups: [a]}]",
            ["dev.yml:", "v2.acls.adapter is not known"],
        ),
        ("[{adapter: group}]", ["dev.yml:", "v2.acls.groups is not a list"]),
        (
            "[{adapter: group, groups: staff}]",
            ["dev.yml:", "v2.acls.groups is not a list"],
        ),
        (
            "[{adapter: group, groups: [[a]]}]",
            ["dev.yml:", "v2.acls.groups has an entry"],
        ),
        (
            "[{adapter: group, groups: [2024-01-01], type: blocklist}]",
            ["dev.yml:", "v2.acls.groups has an entry"],
        ),
        (
            "[{adapter: group, groups: [a], type: deny}]",
            ["dev.yml:", "neither allowlist nor blocklist"],
        ),
    ] {
        restricted(&site, acls);
        site.pre_hook().fails(3, &words);
        assert_eq!(contexts(&site), 1, "{acls}");
    }
    restricted(&site, "[{adapter: group, groups: [no-such-group], tpye: blocklist}]");
    let run = site.bootstrap(&[]).done();
    assert!(
        run.stderr.contains("\"tpye\" under v2.acls") && run.stderr.contains("did you mean type?"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_file_that_the_user_cannot_read_is_a_cluster_that_the_user_does_not_get() {
    if !is_root() {
        return skip("only root can make a file that the user cannot read");
    }
    let site = Site::on(crate::support::Cluster::sandbox(ood_k8s_sandbox::Sandbox::start()));
    restricted(&site, "[]");
    let path = site.path("clusters.d/dev.yml");
    let (uid, gid) = (account().uid, account().gid);
    for (mode, group, offered) in [
        (0o640, 0, false),
        (0o600, 0, false),
        (0o640, gid, true),
        // The group's bits count for its members, whatever the others have.
        (0o604, gid, false),
        (0o604, 0, true),
    ] {
        chown(&path, Some(0), Some(group)).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        let run = Run::of(&mut loud_login(&site)).done();
        let line = run
            .stderr
            .lines()
            .find(|line| line.contains("cluster=dev"))
            .unwrap()
            .to_owned();
        assert_eq!(!line.contains("skipped=acl"), offered, "{mode:o} {group}: {line}");
        assert_eq!(contexts(&site), 1 + usize::from(offered));
        forget(&site);
    }
    let acl = |entry: &str| {
        let setfacl = std::process::Command::new("setfacl")
            .args(["-m", entry])
            .arg(&path)
            .status();
        setfacl.is_ok_and(|status| status.success())
    };
    chown(&path, Some(0), Some(0)).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    if acl(&format!("u:{uid}:r")) {
        site.pre_hook().ok();
        assert_eq!(contexts(&site), 2);
    }
}

#[test]
fn check_says_which_rule_decides_and_what_is_for_nobody() {
    let site = Site::new();
    let user = format!("user {}", site.user);
    let said = |severity: &str, words: &[&str]| {
        let found = findings(&site, &user, &["--user", &site.user]);
        let fits = found.iter().filter(|finding| {
            let text = finding["text"].as_str().unwrap();
            finding["severity"] == severity && words.iter().all(|word| text.contains(word))
        });
        assert_eq!(fits.count(), 1, "{severity} {words:?} in {found:#?}");
    };
    let own = own_group();
    restricted(&site, &format!("[{{adapter: group, groups: [\"{own}\"]}}]"));
    said(
        "ok",
        &[
            "cluster dev: is offered",
            "v2.acls in line",
            &format!("in group \"{own}\""),
        ],
    );
    assert!(checked(&site).iter().any(|line| line.contains("who pass its acls")));
    restricted(&site, "[{adapter: group, groups: [no-such-group]}]");
    said(
        "warning",
        &[
            "cluster dev: OnDemand does not offer it",
            "v2.acls in line",
            "in none of its groups",
        ],
    );
    if !is_root() {
        return;
    }
    restricted(&site, "[]");
    fs::set_permissions(site.path("clusters.d/dev.yml"), Permissions::from_mode(0o640)).unwrap();
    said(
        "warning",
        &[
            "cluster dev: OnDemand does not offer it",
            "mode 0640, owner 0 and group 0",
        ],
    );
    let lines = checked(&site);
    let is_it =
        |line: &String| line.starts_with("error") && line.contains("only root can read") && line.contains("chmod o+r");
    assert!(lines.iter().any(is_it), "{lines:#?}");
}
