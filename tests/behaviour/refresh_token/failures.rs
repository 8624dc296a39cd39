//! The old token stays if the new one cannot be made, does not work, or cannot be written.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use ood_k8s_sandbox::Sandbox;

use super::{is_as_it_was, BINDINGS};
use crate::support::{is_root, skip, Cluster, Run, Site};

#[test]
fn without_the_right_to_make_tokens_the_old_one_stays_and_the_remedy_is_named() {
    let site = Site::new();
    site.cluster
        .delete(&format!("{BINDINGS}/rolebindings/{}", site.cluster.account().name));
    let before = site.root_text();
    site.refresh(&[])
        .fails(5, &["not allowed to", "token", "ood-k8s cluster-roles"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_new_token_that_does_not_work_is_not_used() {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let before = site.root_text();
    let review = "/apis/authentication.k8s.io";
    site.cluster
        .faults()
        .fail(ood_k8s_sandbox::Fault::status(401).on("POST", review));
    site.refresh(&[])
        .fails(5, &["does not accept the new token", "the old one stays"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_held_lock_leaves_the_old_token() {
    let site = Site::new();
    let before = site.root_text();
    site.write("root.kubeconfig.lock", "");
    site.refresh(&["--timeout", "1s"])
        .fails(3, &["cannot lock", "has held", "root's kubeconfig is unchanged"]);
    is_as_it_was(&site, &before);
}

#[test]
fn a_full_file_system_leaves_the_old_token() {
    if !is_root() {
        return skip("only root can mount a small file system");
    }
    let site = Site::new();
    let folder = site.path("small");
    fs::create_dir(&folder).unwrap();
    let small = ["-t", "tmpfs", "-o", "size=16k", "tmpfs"];
    if !Command::new("mount")
        .args(small)
        .arg(&folder)
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip("this root cannot mount");
    }
    let _unmount = Unmount(&folder);
    let before = site.root_text();
    fs::write(folder.join("config"), &before).unwrap();
    fs::set_permissions(folder.join("config"), fs::Permissions::from_mode(0o600)).unwrap();
    let filler = vec![0; 16 * 1024];
    let _ = fs::write(folder.join("filler"), &filler);
    let config = folder.join("config");
    Run::of(&mut site.refresh_of(&config, &[])).fails(3, &["no space left", "the old file is intact"]);
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
    assert!(remount_read_only(&folder));
    Run::of(&mut site.refresh_of(&config, &[])).fails(3, &["read-only", "root's kubeconfig is unchanged"]);
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
}

fn remount_read_only(folder: &Path) -> bool {
    let status = Command::new("mount").args(["-o", "remount,ro"]).arg(folder).status();
    status.is_ok_and(|status| status.success())
}

/// Unmounts a file system, even if the test fails.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_kubeconfig_that_cannot_be_used_is_named_and_left_alone() {
    let site = Site::new();
    let good = site.root_text();
    for (text, words) in [
        ("users: [canary", &["is not a kubeconfig in YAML", "setup-root"][..]),
        (
            &good.replace("token:", "password: x, token:"),
            &["authenticates with a password", "setup-root"],
        ),
        (
            &good.replace("token:", "tokenFile: /x, token:"),
            &["authenticates with a tokenFile"],
        ),
        (
            &good.replace("token:", "client-certificate: /x, token:"),
            &["authenticates with a client certificate"],
        ),
        (&good.replace(", user: ondemand@kubernetes}", "}"), &["has no user;"]),
        (
            &good.replace("contexts:", "contexts: []\nold:"),
            &["has no context for", "setup-root"],
        ),
    ] {
        site.write("root.kubeconfig", text);
        site.refresh(&[]).fails(3, words);
        assert_eq!(site.root_text(), text);
    }
    fs::remove_file(site.path("root.kubeconfig")).unwrap();
    site.refresh(&[]).fails(3, &["no such file", "setup-root"]);
}

#[test]
fn a_ca_that_another_account_could_change_is_not_trusted() {
    if !is_root() {
        return skip("only root can give a file away");
    }
    let site = Site::new();
    let before = site.root_text();
    std::os::unix::fs::chown(site.path("ca.pem"), Some(65_534), None).unwrap();
    site.refresh(&[])
        .fails(3, &["ca.pem", "uid 65534 owns it", "run: install -m 06"]);
    is_as_it_was(&site, &before);
    site.bootstrap(&[]).fails(3, &["uid 65534 owns it"]);
}
