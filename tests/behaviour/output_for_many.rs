//! What is printed of many users and clusters: counts first, equal errors once, and tables that fit the terminal.

use super::support::{Cluster, Run, Site, Terminal};

/// A site with so many clusters, whose API servers do not run.
fn with_dead_clusters(count: usize) -> Site {
    let site = Site::new();
    let (mut clusters, mut users, mut contexts) = (Vec::new(), Vec::new(), Vec::new());
    std::fs::remove_file(site.path("clusters.d/prod.yml")).unwrap();
    for n in 1..=count {
        // Ports 1 to 20: nobody listens there, and each refuses at once.
        let (id, url) = (format!("c{n:02}"), format!("https://127.0.0.1:{n}"));
        site.write(&format!("clusters.d/{id}.yml"), &site.cluster_file(&id, &url, "oidc"));
        clusters.push(format!("- name: {id}\n  cluster: {{server: '{url}'}}\n"));
        users.push(format!("- name: ondemand@{id}\n  user: {{token: 'none'}}\n"));
        contexts.push(format!(
            "- name: ondemand@{id}\n  context: {{cluster: {id}, user: ondemand@{id}}}\n"
        ));
    }
    let (clusters, users, contexts) = (clusters.concat(), users.concat(), contexts.concat());
    let kubeconfig = format!("apiVersion: v1\nkind: Config\nclusters:\n{clusters}users:\n{users}contexts:\n{contexts}");
    site.write("root.kubeconfig", &kubeconfig);
    site
}

fn lines_with<'a>(text: &'a str, words: &str) -> Vec<&'a str> {
    text.lines().filter(|line| line.contains(words)).collect()
}

#[test]
fn twenty_clusters_that_are_down_are_one_line_of_check_with_their_number() {
    let site = with_dead_clusters(20);
    let run = Run::of(&mut site.command(&["check"]));
    let down = lines_with(&run.stdout, "OK8S-301");
    assert_eq!(down.len(), 1, "{}", run.stdout);
    let note = "(20 like this: cluster c01, cluster c02, cluster c03, cluster c04, cluster c05 and 15 more); check";
    assert!(down[0].contains(note), "{}", down[0]);
    let counts = run.stdout.lines().last().unwrap();
    assert!(counts.ends_with("; 20 clusters: 20 with errors"), "{counts}");
    let wide = Run::of(&mut site.command(&["check", "-o", "wide"]));
    assert_eq!(lines_with(&wide.stdout, "OK8S-301").len(), 20, "each on request");
    let json = Run::of(&mut site.command(&["check", "-o", "json"])).json();
    let all = json["findings"].as_array().unwrap();
    let down = all.iter().filter(|it| it["code"] == "OK8S-301");
    assert_eq!(down.count(), 20, "scripts get each");
}

#[test]
fn at_a_terminal_the_counts_of_many_findings_come_first() {
    let site = with_dead_clusters(5);
    let (shown, _) = Terminal::new().shows_all_of(&mut site.command(&["check", "--color", "never"]));
    let first = shown.lines().next().unwrap();
    assert!(first.contains(" errors, ") && first.ends_with(" ok"), "{shown}");
}

#[test]
fn many_users_whom_nobody_knows_are_one_error_with_their_number() {
    let site = Site::new();
    let names: Vec<_> = (0..300).map(|n| format!("no-such-user-{n}")).collect();
    let args: Vec<_> = ["bootstrap-user"]
        .into_iter()
        .chain(names.iter().map(String::as_str))
        .collect();
    let few = "(300 like this: no-such-user-0, no-such-user-1, ";
    let run = Run::of(&mut site.command(&args)).fails(4, &[few, "and 295 more); check `getent passwd"]);
    assert_eq!(run.stdout.lines().count(), 301, "a pipe gets each");
    let (shown, _) = Terminal::new().shows_all_of(&mut site.command(&args));
    assert!(
        shown.starts_with("300 results: 300 failed; to see each: -o wide"),
        "{shown}"
    );
}

#[test]
fn a_login_for_many_clusters_that_are_down_fails_with_one_message_and_their_number() {
    let site = with_dead_clusters(20);
    let run = site
        .pre_hook()
        .fails(5, &["(20 like this: cluster c01, ", "and 15 more)"]);
    assert_eq!(run.stderr.matches("Connection refused").count(), 1, "{run:?}");
}

#[test]
fn a_table_fits_a_terminal_of_80_columns_and_uses_one_of_200() {
    // Other tests' users come and go.
    let site = Site::on(Cluster::own());
    site.bootstrap(&[]).done();
    for args in [
        &["config", "show"][..],
        &["users"],
        &["refresh-token", "-o", "table", "--dry-run"],
    ] {
        let shown = |columns| {
            let mut command = site.command(&[args, &["--color", "never"]].concat());
            Terminal::of_columns(columns).shows_all_of(&mut command).0
        };
        let widest = |text: &str| {
            let widths = text.lines().map(|line| line.trim_end().chars().count());
            widths.max().unwrap_or(0)
        };
        let (narrow, wide) = (shown(80), shown(200));
        assert!(widest(&narrow) <= 80, "{args:?} {narrow}");
        assert!(widest(&wide) <= 200, "{args:?} {wide}");
        assert!(wide.lines().count() <= narrow.lines().count(), "{args:?} {wide}");
        let letters = |text: &str| text.split_whitespace().collect::<String>().len();
        assert_eq!(letters(&narrow), letters(&wide), "nothing is left out: {narrow}");
    }
    let mut command = site.command(&["config", "show", "-o", "wide", "--color", "never"]);
    let (shown, _) = Terminal::of_columns(80).shows_all_of(&mut command);
    let piped = Run::of(&mut site.command(&["config", "show"])).done();
    assert_eq!(shown.replace("\r\n", "\n"), piped.stdout, "in full, as in a pipe");
}

#[test]
fn at_a_terminal_the_state_has_a_colour_and_in_a_pipe_it_has_none() {
    let site = Site::new();
    let mut command = site.command(&["bootstrap-user", &site.user]);
    let (shown, _) = Terminal::new().shows_all_of(command.env("TERM", "xterm"));
    assert!(shown.contains("\u{1b}[33mcreated\u{1b}[0m"), "{shown:?}");
    let piped = site.bootstrap(&[]).done();
    assert!(!piped.stdout.contains('\u{1b}'), "{piped:?}");
}
