//! The output of the demonstration's parts.

use std::path::Path;
use std::time::{Duration, Instant};

use ood_k8s_sandbox::Record;

use super::login::Login;
use super::screen::Screen;
use super::site::Site;
use super::snapshot::Snapshot;
use super::times::{Times, LOGINS};
use super::{redact, Error, FIRST};

/// The title of the last section.
pub const TITLE: &str = "In short";

/// The files of the site.
const FILES: &str = "\
hook.env          the settings, in the format of the stock hooks
registry.json     the registry password
clusters.d/       demo.yml, the cluster as OnDemand's dashboard knows it
root.kubeconfig   the ServiceAccount ondemand, with the rights of OnDemand's documents
home/             where this site keeps your kubeconfig (config_file in demo.yml); still empty";

/// Shows what exists before the first login.
pub fn site(screen: &mut Screen, site: &Site) -> Result<(), Error> {
    screen.title("The site")?;
    screen.caption(&format!("{}, removed at the end:", site.node.folder().display()))?;
    screen.block(FILES)?;
    screen.caption(&format!(
        "The API server is at {}, a sandbox. Your own ~/.kube/config is not touched.",
        site.sandbox.url()
    ))
}

/// Shows how OnDemand calls the program.
pub fn call(screen: &mut Screen, program: &Path, arguments: &[String]) -> Result<(), Error> {
    screen.caption("OnDemand calls, with OOD_OIDC_ACCESS_TOKEN, OOD_OIDC_REFRESH_TOKEN and no other variable set:")?;
    screen.command(&[&[program.display().to_string()], arguments].concat())
}

/// Shows the server's requests and the program's output.
pub fn login(screen: &mut Screen, site: &Site, login: &Login) -> Result<(), Error> {
    timeline(screen, site, login)?;
    screen.caption("The log line, also in syslog:")?;
    login.stderr.lines().try_for_each(|line| screen.paragraph(4, line))
}

/// Shows every request, in the order of their arrival.
fn timeline(screen: &mut Screen, site: &Site, login: &Login) -> Result<(), Error> {
    let protocol = login.requests.first().map_or("nothing", |request| request.protocol);
    let connections = site.sandbox.connections();
    let namespace = Snapshot::take(&site.sandbox).namespace_name().to_owned();
    screen.caption(&format!(
        "Requests on {connections} connection ({protocol}), milliseconds after the call; ... is in {namespace}:"
    ))?;
    for request in &login.requests {
        screen.block(&line(request, login.started, &namespace))?;
    }
    // The create is sent together with the patch that claims the namespace: one round trip in either case.
    if login.requests.iter().any(|request| request.status == Some(409)) {
        screen.paragraph(
            4,
            "(409 is expected: the namespace exists already, and the PATCH claims it.)",
        )?;
    }
    Ok(())
}

fn line(request: &Record, started: Instant, namespace: &str) -> String {
    let at = milliseconds(request.at.saturating_duration_since(started));
    let status = request.status.map_or("-".to_owned(), |status| status.to_string());
    let path = match request.path.split_once(&format!("/namespaces/{namespace}/")) {
        // With the API group, a line would be too long.
        Some((_, in_namespace)) => format!(".../{in_namespace}"),
        None => request.path.clone(),
    };
    format!("{at:>6}  {:<5}  {status:>3}  {path}", request.method)
}

/// Shows the objects in the namespace.
pub fn namespace(screen: &mut Screen, made: &Snapshot) -> Result<(), Error> {
    screen.caption("The cluster now has:")?;
    let width = made.names().map(|(kind, _)| kind.len()).max().unwrap_or(0);
    for (kind, name) in made.names() {
        screen.block(&format!("{kind:<width$}  {name}"))?;
    }
    let namespace = made.namespace().ok_or_else(|| Error::Unexpected {
        login: FIRST,
        what: "there is no namespace".into(),
    })?;
    screen.caption("The namespace is claimed for the user, in an annotation:")?;
    screen.block(&serde_yaml::to_string(namespace).unwrap_or_default())
}

/// Shows the user's kubeconfig, without its secrets.
pub fn kubeconfig(screen: &mut Screen, site: &Site) -> Result<(), Error> {
    let path = site.node.user_kubeconfig();
    let text = std::fs::read_to_string(&path).map_err(Error::file("read", &path))?;
    let shown = redact::kubeconfig(&text).map_err(|error| Error::Unexpected {
        login: FIRST,
        what: format!("{} is not YAML: {error}", path.display()),
    })?;
    screen.caption(&format!("{}, with the secrets redacted:", path.display()))?;
    screen.block(&shown)
}

/// Summarizes both logins; `Demo::show` has checked them.
pub fn summary(
    screen: &mut Screen,
    (first, returning): (&Login, &Login),
    times: &Times,
    made: &Snapshot,
) -> Result<(), Error> {
    screen.title(TITLE)?;
    screen.caption(&format!(
        "First login:      {}; created {} objects and the kubeconfig.",
        figures(first, times.first),
        made.len()
    ))?;
    let returning = figures(returning, times.returning);
    screen.paragraph(
        2,
        &format!("Returning login:  {returning}; wrote only the timestamp, and new tokens."),
    )?;
    screen.paragraph(
        2,
        &format!("(Times: from start to exit of the process, median of {LOGINS} logins each.)"),
    )
}

fn figures(login: &Login, median: Duration) -> String {
    format!("{} requests in {} ms", login.requests.len(), milliseconds(median))
}

/// Shows commands to try while the server runs.
pub fn what_to_try(screen: &mut Screen, site: &Site, program: &Path) -> Result<(), Error> {
    let user = site.node.user.as_str();
    screen.title("To try")?;
    for (caption, command) in [
        ("The resulting configuration:", vec!["config", "show"]),
        (
            "What the server would change, without changing it:",
            vec!["bootstrap-user", "--dry-run=server", user],
        ),
        (
            "What a login does in the cluster, with output for scripts:",
            vec!["bootstrap-user", "-o", "json", user],
        ),
    ] {
        let mut words = vec![program.display().to_string()];
        words.extend(command.into_iter().map(str::to_owned));
        words.extend(site.node.flags());
        screen.caption(caption)?;
        screen.command(&words)?;
    }
    kubectl(screen, site)?;
    screen.caption("Ctrl-C stops the server and removes the directory.")
}

fn kubectl(screen: &mut Screen, site: &Site) -> Result<(), Error> {
    screen.caption("What an administrator sees with kubectl, if you have it:")?;
    let kubeconfig = site.node.path("admin.kubeconfig").display().to_string();
    let snapshot = Snapshot::take(&site.sandbox);
    let namespace = snapshot.namespace_name();
    for what in [vec!["namespaces"], vec!["rolebindings,secrets", "-n", namespace]] {
        let words = [vec!["kubectl", "get"], what, vec!["--kubeconfig", &kubeconfig]].concat();
        screen.command(&words.into_iter().map(str::to_owned).collect::<Vec<_>>())?;
    }
    Ok(())
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1000.0)
}
