//! The demonstration: a whole site in a temporary directory, and two logins with the real program.

mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{signal, Signal, SignalKind};

use demo::{Demo, Error};

/// Shows what ood-k8s does at a login, on a site of its own
///
/// Creates hook.env, clusters.d, root's kubeconfig and a Kubernetes API server on loopback, and runs `ood-k8s pre-hook`
/// for you twice, as Open `OnDemand` would; then check finds and fixes what is wrong with the site, and, if
/// tests/control-plane/build has built the real control plane, a pod is refused on it. All files are in a temporary directory that is removed at the end; your own
/// ~/.kube/config is not touched. As at every login, the log line also goes to syslog.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s-sandbox", max_term_width = 100)]
struct Arguments {
    /// Keep running until Ctrl-C, and print how to try the other commands and kubectl
    #[arg(long)]
    keep: bool,
    /// Also write what is shown of check, the refused pod and the logins as an SVG, without what changes: the picture in
    /// README
    #[arg(long, value_name = "FILE")]
    picture: Option<PathBuf>,
    /// The ood-k8s to run; built with cargo if not specified
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            anstream::eprintln!("ood-k8s-sandbox: cannot start threads: {error}");
            return ExitCode::FAILURE;
        }
    };
    let done = runtime.block_on(run(&arguments));
    // Ctrl-C does not wait for a control plane that is starting: it stops with this process.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("ood-k8s-sandbox: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: &Arguments) -> Result<(), Error> {
    let mut interruption = Interruption::expect().map_err(Error::Signals)?;
    // Whichever finishes first: the other is dropped, and with it the child, the server and the directory.
    let mut demo = tokio::select! {
        demo = Demo::show(arguments.bin.as_deref()) => demo?,
        () = interruption.comes() => return Err(Error::Interrupted),
    };
    if let Some(path) = &arguments.picture {
        std::fs::write(path, demo.picture()).map_err(Error::file("write", path))?;
    }
    if !arguments.keep {
        return demo.end();
    }
    demo.say_what_to_try()?;
    interruption.comes().await;
    demo.end()
}

/// Ctrl-C and the other signals that ask a program to exit: after each, the temporary directory must be gone.
struct Interruption([Signal; 3]);

impl Interruption {
    fn expect() -> std::io::Result<Self> {
        Ok(Self([
            signal(SignalKind::interrupt())?,
            signal(SignalKind::terminate())?,
            signal(SignalKind::hangup())?,
        ]))
    }

    async fn comes(&mut self) {
        let [interrupt, terminate, hangup] = &mut self.0;
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
    }
}
