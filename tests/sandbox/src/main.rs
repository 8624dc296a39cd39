//! The demonstration: a whole site in a temporary folder, and two logins on it with the real program.

mod demo;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use tokio::signal::unix::{signal, Signal, SignalKind};

use demo::{Demo, Error};

/// Shows what ood-k8s does at a login, on a site of its own
///
/// Makes hook.env, clusters.d, root's kubeconfig and a Kubernetes API server on loopback, and runs `ood-k8s pre-hook` for
/// you twice, as Open `OnDemand` would. All files are in a temporary folder that is removed at the end; your own
/// ~/.kube/config is not touched. As at every login, the record goes to syslog too.
#[derive(Debug, Parser)]
#[command(name = "ood-k8s-sandbox", max_term_width = 100)]
struct Arguments {
    /// Stay until Ctrl-C, and print how to try the other commands and kubectl
    #[arg(long)]
    keep: bool,
    /// The ood-k8s to run; built with cargo if not given
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
    // Whichever ends first: what was begun is dropped, and with it the child, the server and the folder.
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

/// Ctrl-C, and what else asks a program to end: each of them must find the temporary folder removed.
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
