//! Root's and users' kubeconfigs as people have them: one odd entry costs its own cluster, and is told with its line.

use std::fs;

use super::support::{Cluster, Run, Site, CANARY};

use ood_k8s_sandbox::Sandbox;

/// Root's kubeconfig for two clusters at one server: the first context has `user` as its entry.
fn two(site: &Site, user: &str) -> String {
    let (good, token) = (site.root_text(), site.root_token());
    let clusters = good.split_once("users:").expect("users").0.to_owned();
    format!(
        "{clusters}users:\n- name: dev\n  user:\n{user}- name: ondemand@kubernetes\n  user: {{token: '{token}'}}\n\
         contexts:\n- name: dev\n  context: {{cluster: kubernetes, user: dev}}\n\
         - name: ondemand@kubernetes\n  context: {{cluster: kubernetes, user: ondemand@kubernetes}}\n"
    )
}

fn with_dev() -> Site {
    let site = Site::on(Cluster::sandbox(Sandbox::start()));
    let of = |id: &str, context: &str| {
        let file = site.cluster_file(id, &site.cluster.url(), "oidc");
        format!("{file}  custom:\n    ood_k8s:\n      root_context: {context}\n")
    };
    site.write("clusters.d/prod.yml", &of("prod", "ondemand@kubernetes"));
    site.write(
        "clusters.d/dev.yml",
        &of("dev", "dev").replace("v2:\n  job:\n", "v2:\n  job:\n    namespace_prefix: dev-\n"),
    );
    site
}

/// A program of root's in the site's folder.
fn plugin(site: &Site, name: &str, status: &str) -> String {
    let answer =
        format!(r#"{{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{status}}}"#);
    site.write(name, &format!("#!/bin/sh\ncat <<'E'\n{answer}\nE\n"));
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(site.path(name), mode).unwrap();
    let path = site.path(name).display().to_string();
    format!("    exec: {{apiVersion: client.authentication.k8s.io/v1, command: {path}, interactiveMode: Never}}\n")
}

#[test]
fn a_token_with_a_line_end_costs_its_own_cluster_alone_and_names_the_entry_and_the_line() {
    let site = with_dev();
    let token_file = format!("    tokenFile: {}\n", site.path("two-lines").display());
    site.write("two-lines", &format!("{CANARY}\n{CANARY}\n"));
    let users = [
        (
            format!("    token: |\n      {CANARY}\n"),
            "has a token that is not valid in a header",
        ),
        (
            format!("    token: >\n      {CANARY}\n"),
            "has a token that is not valid in a header",
        ),
        (
            format!("    token: \"{CANARY}\\n\"\n"),
            "has a token that is not valid in a header",
        ),
        (
            format!("    token: \"{CANARY}\\0\"\n"),
            "has a token that is not valid in a header",
        ),
        (token_file, "whose token is not valid in a header"),
        (
            format!("    auth-provider: {{name: oidc, config: {{id-token: \"{CANARY}\\n\"}}}}\n"),
            "has an auth-provider with id-token that is not valid in a header",
        ),
        (
            format!("    token: x\n    as: \"{CANARY}\\n\"\n"),
            "has as that is not valid in a header",
        ),
        (
            plugin(&site, "plugin", &format!(r#"{{"token":"{CANARY}\n"}}"#)),
            "gives a token that is not valid in a header",
        ),
        (
            plugin(
                &site,
                "plugin-end",
                &format!(r#"{{"token":"{CANARY}\n","expirationTimestamp":"2099-01-01T00:00:00Z"}}"#),
            ),
            "gives a token that is not valid in a header",
        ),
    ];
    for (user, words) in users {
        site.write("root.kubeconfig", &two(&site, &user));
        let before = site.cluster.requests().len();
        let run = site.pre_hook();
        let line = ["cluster dev: ", "root.kubeconfig: line ", "the user \"dev\" ", words];
        let run = run.fails(3, &line);
        assert!(!run.stderr.contains("cannot reach"), "{run:?}");
        assert!(
            site.cluster.requests().len() > before,
            "the other cluster is done: {user}"
        );
        assert!(site.user_kubeconfig().is_some());
    }
}

#[test]
fn a_plugin_that_gives_nothing_is_told_with_its_entry_and_is_no_server_that_cannot_be_reached() {
    let site = with_dev();
    for (user, words) in [
        (
            "    exec: {apiVersion: client.authentication.k8s.io/v1, command: /nonexistent}\n".to_owned(),
            "install it",
        ),
        (
            "    exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/false}\n".to_owned(),
            "exit status: 1",
        ),
        (plugin(&site, "plugin", "null"), "ExecCredential"),
        (
            "    auth-provider: {name: azure, config: {}}\n".to_owned(),
            "another way to log in",
        ),
        (
            "    client-certificate-data: LS0t\n    client-key-data: LS0t\n".to_owned(),
            "no PEM",
        ),
    ] {
        site.write("root.kubeconfig", &two(&site, &user));
        let run = site.pre_hook();
        let run = run.fails(3, &["cluster dev: ", "the user \"dev\" ", words]);
        assert!(!run.stderr.contains("cannot reach"), "{run:?}");
    }
}

#[test]
fn one_odd_entry_elsewhere_costs_nothing_and_the_token_is_renewed() {
    let site = Site::new();
    let good = site.root_text();
    for (list, entry) in [
        (
            "users:\n",
            "- name: gke_old\n  user:\n    auth-provider:\n      config: null\n      name: gcp\n",
        ),
        ("contexts:\n", "- context:\n    user: old-admin\n  name: old\n"),
        (
            "users:\n",
            "- name: eks\n  user: {exec: {command: aws, env: [{name: AWS_PROFILE, value: }]}}\n",
        ),
        (
            "clusters:\n",
            "- cluster:\n    server: https://a.example.org\n    server: https://b.example.org\n  name: other\n",
        ),
        ("users:\n", "-\n"),
        ("contexts:\n", "- name: o\n  context: {}\n"),
        (
            "users:\n",
            "- name: o\n  user: {exec: {interactiveMode: \"\", provideClusterInfo: null}}\n",
        ),
        ("users:\n", "- name: 12\n  user: {token: 34}\n"),
    ] {
        site.write("root.kubeconfig", &good.replacen(list, &format!("{list}{entry}"), 1));
        site.bootstrap(&[]).ok();
        site.refresh(&[]).ok();
        assert_ne!(site.root_token(), "", "{entry}");
    }
}

#[test]
fn a_last_line_with_a_document_mark_is_nothing_and_content_behind_it_is_kept() {
    let site = Site::new();
    let good = site.root_text();
    for rest in [
        "---\n",
        "---\n# end\n",
        "--- # end\n",
        "---\n---\n",
        "...\n",
        "---\nkind: Config\ncurrent-context: x\n",
    ] {
        site.write("root.kubeconfig", &format!("{good}{rest}"));
        site.refresh(&[]).ok();
        assert!(site.root_text().ends_with(rest), "{}", site.root_text());
        site.write_home("config", &format!("kind: Config\napiVersion: v1\n{rest}"));
        site.set_creds().ok();
        assert!(fs::read_to_string(site.path("home/config")).unwrap().ends_with(rest));
    }
}

#[test]
fn what_kubectl_refuses_is_told_and_left_as_it_is() {
    let site = Site::new();
    for (text, words) in [
        (
            "clusters:\n- {name: other, cluster: {}}\n- {name: other, cluster: {}}\n",
            "line 3: clusters has two entries called \"other\"",
        ),
        (
            "users:\n- {name: x}\n- {name: x}\n",
            "users has two entries called \"x\"",
        ),
        ("users: [{name: 12}]\n", "has a name that is a number"),
        ("contexts: [{name: yes}]\n", "has a name that is true or false"),
        ("kind: config\n", "kind must be Config"),
    ] {
        site.write_home("config", text);
        site.set_creds().fails(6, &["kubectl refuses the whole file", words]);
        assert_eq!(fs::read_to_string(site.path("home/config")).unwrap(), text);
    }
}

/// Root's kubeconfig with these lines in its one cluster and its one user.
fn one(site: &Site, cluster: &str, user: &str) -> String {
    format!(
        "clusters:\n- name: k\n  cluster:\n    server: {}\n    {cluster}\nusers:\n- name: u\n  user:\n    {user}\n\
         contexts:\n- name: c\n  context: {{cluster: k, user: u}}\ncurrent-context: c\n",
        site.cluster.url()
    )
}

#[test]
fn base64_with_line_ends_is_read_as_kubectl_reads_it() {
    use base64::Engine as _;
    let site = Site::new();
    let token = format!("token: {}", site.root_token());
    let ca = base64::engine::general_purpose::STANDARD.encode(site.cluster.ca_pem());
    let lines: Vec<_> = ca.as_bytes().chunks(76).map(String::from_utf8_lossy).collect();
    for data in [
        format!("|\n      {}\n", lines.join("\n      ")),
        format!("|-\n      {}", lines.join("\n      ")),
        format!("\"{}\"", lines.join("\\n")),
        format!("\"{}\\r\\n\"", lines.join("\\r\\n")),
        format!("\"\\n{}\"", lines.join("\\n\\n")),
    ] {
        site.write(
            "root.kubeconfig",
            &one(&site, &format!("certificate-authority-data: {data}"), &token),
        );
        site.bootstrap(&[]).ok();
    }
    let folded = format!("certificate-authority-data: >\n      {}", lines.join("\n      "));
    site.write("root.kubeconfig", &one(&site, &folded, &token));
    site.bootstrap(&[])
        .fails(3, &["the cluster \"k\"", "certificate-authority-data"]);
}

#[test]
fn keys_that_are_there_and_empty_are_as_if_they_were_not() {
    let site = Site::new();
    let token = format!("token: {}", site.root_token());
    let ca = format!("certificate-authority: {}", site.path("ca.pem").display());
    for (cluster, user) in [
        (format!("{ca}\n    certificate-authority-data: \"\""), token.clone()),
        (format!("{ca}\n    certificate-authority-data:\n    tls-server-name: ''\n    proxy-url: \"\""), token.clone()),
        (ca.clone(), format!("{token}\n    client-certificate-data: \"\"\n    client-key-data: \"\"")),
        (ca.clone(), format!("{token}\n    client-certificate:\n    client-key: ''\n    tokenFile: \"\"")),
        (ca.clone(), format!("{token}\n    username: ''\n    password: ''\n    as: ''\n    as-groups: []\n    exec:\n    auth-provider: null")),
    ] {
        site.write("root.kubeconfig", &one(&site, &cluster, &user));
        site.bootstrap(&[]).ok();
        site.refresh(&[]).ok();
        assert!(!site.root_text().contains(&token), "a new token was written: {user}");
    }
}

#[test]
fn a_token_file_is_trimmed_and_wins_over_a_token_where_it_can_be_read() {
    let site = Site::new();
    let token = site.root_token();
    let ca = format!("certificate-authority: {}", site.path("ca.pem").display());
    let path = site.path("token").display().to_string();
    for (content, user) in [
        (format!("{token}\n"), format!("tokenFile: {path}")),
        (format!("{token}\r\n"), format!("tokenFile: {path}")),
        (format!(" {token}\r\n\n"), format!("tokenFile: {path}")),
        (token.clone(), "tokenFile: token".to_owned()),
        (format!("\t{token}\n"), format!("token: wrong\n    tokenFile: {path}")),
        ("wrong".into(), format!("token: {token}\n    tokenFile: /nonexistent")),
    ] {
        site.write("token", &content);
        site.write("root.kubeconfig", &one(&site, &ca, &user));
        site.bootstrap(&[]).ok();
    }
}

#[test]
fn what_is_wrong_is_named_with_the_entry_and_the_key_and_is_no_server_that_cannot_be_reached() {
    let site = Site::new();
    let token = format!("token: {}", site.root_token());
    let ca = format!("certificate-authority: {}", site.path("ca.pem").display());
    for (cluster, user, words) in [
        (
            ca.as_str(),
            "client-certificate-data: LS0t",
            ["the user \"u\"", "client-key"],
        ),
        (
            ca.as_str(),
            "token: x\n    password: pw",
            ["the user \"u\"", "remove the other"],
        ),
        (
            "certificate-authority-data: '!'",
            &token,
            ["the cluster \"k\"", "certificate-authority-data"],
        ),
        (
            "certificate-authority: /nonexistent/ca.pem",
            &token,
            ["the cluster \"k\"", "certificate-authority"],
        ),
        ("proxy-url: nowhere", &token, ["the cluster \"k\"", "proxy-url"]),
        (ca.as_str(), "exec: {command: x}", ["the user \"u\"", "apiVersion"]),
    ] {
        site.write("root.kubeconfig", &one(&site, cluster, user));
        let run = site.bootstrap(&[]);
        let is_told = words.iter().all(|word| run.stderr.contains(word)) && run.stderr.contains("line ");
        assert!(
            run.status == 3 && is_told && !run.stderr.contains("cannot reach"),
            "{words:?}: {run:?}"
        );
    }
    assert!(site.cluster.requests().is_empty());
    // The command of the remedy makes a file where there is none, and does not send in a circle where there is one.
    site.write("root.kubeconfig", "users: [");
    site.bootstrap(&[]).fails(3, &["root.kubeconfig", "line 1"]);
    std::fs::remove_file(site.path("root.kubeconfig")).unwrap();
    site.bootstrap(&[]).fails(3, &["ood-k8s setup-root"]);
    let admin = site.write_admin_kubeconfig();
    let account = format!("ondemand/{}", site.cluster.account().name);
    let args = [
        "setup-root",
        "--admin-kubeconfig",
        &admin,
        "--service-account",
        &account,
    ];
    Run::of(&mut site.command(&args)).done();
    site.bootstrap(&[]).ok();
}
