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
/// for you twice, as Open `OnDemand` would. All files are in a temporary directory that is removed at the end; your own
/// ~/.kube/config is not touched. As at every login, the log line also goes to syslog.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s-sandbox", max_term_width = 100)]
struct Arguments {
    /// Keep running until Ctrl-C, and print how to try the other commands and kubectl
    #[arg(long)]
    keep: bool,
    /// The ood-k8s to run; built with cargo if not specified
    #[arg(long, value_name = "PATH")]
    bin: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
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
