//! The program: starts a login's child, removes the tokens from the environment, parses the command line, runs the command
//! and reports.

use std::process::ExitCode;

fn main() -> ExitCode {
    // No core dump may contain a token, and no unprivileged process may trace this one.
    let _ = nix::sys::prctl::set_dumpable(false);
    ood_k8s::contained::quiet_panics();
    if let Some(answer) = serve_as_child() {
        ood_k8s::print::text(&answer);
        return ExitCode::SUCCESS;
    }
    // Before any thread or another program starts, so that none can inherit the tokens.
    let handover = ood_k8s::oidc::take_from_environment();
    ood_k8s::log::open();
    let cli = match ood_k8s::cli::Cli::parse_from_environment() {
        Ok(cli) => cli,
        Err(error) => {
            let line = error.line();
            if error.is_hook {
                ood_k8s::log::failure(&line);
            } else {
                ood_k8s::log::to_the_user(&line);
            }
            return ExitCode::from(ood_k8s::exit::ExitStatus::Usage as u8);
        }
    };
    ood_k8s::log::colour(&cli.global.color);
    if cli.global.no_headers {
        ood_k8s::print::without_headings();
    }
    if cli.global.quiet {
        ood_k8s::log::quietly();
    }
    // The standard library's own status for a panic, 101, means nothing to OnDemand or to cron.
    let failed = match ood_k8s::contained::contained_now(|| ood_k8s::commands::run(cli, handover)) {
        Ok(Ok(status)) => return ExitCode::from(status as u8),
        Ok(Err(error)) => format!("{error:#}"),
        Err(fault) => fault.to_string(),
    };
    ood_k8s::log::failure(&failed);
    ExitCode::from(ood_k8s::exit::ExitStatus::Internal as u8)
}

/// The answer of a child in a home, if this process is one: a copy of a login, or one that was started by exec.
fn serve_as_child() -> Option<String> {
    ood_k8s::home::serve_if_child().or_else(|| {
        // Before anything is read, since the child has a copy of it, and before any thread starts.
        let is_hook = ood_k8s::cli::is_hook(std::env::args_os());
        is_hook.then(ood_k8s::home::start_ahead).flatten()
    })
}
