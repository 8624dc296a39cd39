//! `--dry-run`: on the server and on the client, and what is printed is valid.

use crate::support::Site;

#[test]
fn a_dry_run_on_the_server_changes_nothing_and_says_what_would_change() {
    let site = Site::new();
    let table = site.bootstrap(&["--dry-run=server"]).ok().stdout;
    assert!(
        table.contains(&format!("namespace/{}", site.namespace())) && table.contains("created"),
        "{table}"
    );
    assert!(site.cluster.object(&site.namespace_path()).is_none());

    site.bootstrap(&[]).ok();
    site.cluster.delete(&site.policy());
    let before: Vec<_> = site.all_paths().iter().map(|path| site.cluster.object(path)).collect();
    let table = site.bootstrap(&["--dry-run=server"]).ok().stdout;
    let row = table.lines().find(|line| line.contains("networkpolicy/")).unwrap();
    assert!(row.ends_with("created (server dry run)"), "{row}");
    let after: Vec<_> = site.all_paths().iter().map(|path| site.cluster.object(path)).collect();
    assert_eq!(after, before);
}

#[test]
fn a_dry_run_on_the_client_prints_the_objects_without_any_cluster() {
    let site = Site::new();
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    let yaml = site.bootstrap(&["--dry-run=client"]).ok().stdout;
    let kinds: Vec<_> = yaml.lines().filter_map(|line| line.strip_prefix("kind: ")).collect();
    assert_eq!(
        kinds,
        [
            "Namespace",
            "NetworkPolicy",
            "RoleBinding",
            "RoleBinding",
            "RoleBinding",
            "Secret",
            "ServiceAccount"
        ]
    );
    let list = site.bootstrap(&["--dry-run=client", "-o", "json"]).ok().json();
    assert_eq!(list["kind"], "List");
    assert_eq!(list["items"][5]["data"][".dockerconfigjson"], "eyJhdXRocyI6e319");
    assert!(site.cluster.object(&site.namespace_path()).is_none());
}

#[test]
fn what_a_dry_run_prints_the_api_server_accepts() {
    let site = Site::new();
    let list = site.bootstrap(&["--dry-run=client", "-o", "json"]).ok().json();
    for body in list["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|body| body["kind"] == "Secret")
    {
        site.bootstrap(&[]).ok();
        let path = site.core("secrets/registry");
        let (status, answer) = site.cluster.ask(
            "PATCH",
            &format!("{path}?dryRun=All"),
            Some(("application/merge-patch+json", body)),
        );
        assert_eq!(status, 200, "{answer}");
    }
}
