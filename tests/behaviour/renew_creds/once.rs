//! A refresh token that works once is spent once: many runs at once, logins among them, and sudden death.

use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use super::{Renewing, LONG, SHORT};
use crate::support::{alone, Run};

const RUNS: usize = 20;
const KILLS: usize = 150;

fn rotating(lines: &str) -> Renewing {
    let renewing = Renewing::new(lines);
    renewing
        .provider
        .set(|settings| settings.single_use_refresh_tokens = true);
    renewing
}

#[track_caller]
fn assert_each_was_spent_once(renewing: &Renewing) {
    let refreshes = renewing.refreshes();
    assert!(refreshes.iter().all(|(_, status)| *status == 200), "{refreshes:?}");
    let mut tokens: Vec<_> = refreshes.iter().map(|(token, _)| token).collect();
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), refreshes.len());
}

#[test]
fn twenty_runs_at_once_renew_once() {
    let _alone = alone();
    let renewing = rotating("HOOK_TIMEOUT=1m");
    renewing.log_in(SHORT);
    let start = || {
        let mut command = renewing.renew_command(&[]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let runs: Vec<_> = (0..RUNS).map(|_| start()).collect();
    let said: Vec<_> = runs.into_iter().map(|run| Run::finish(run).ok().stdout).collect();
    let renewed = said.iter().filter(|said| said.contains("1 renewed")).count();
    assert_eq!(renewed, 1, "the others find it done: {said:?}");
    assert_eq!(renewing.refreshes().len(), 1);
}

#[test]
fn runs_and_logins_at_once_never_spend_a_refresh_token_twice() {
    let _alone = alone();
    let renewing = rotating("HOOK_TIMEOUT=1m\nCREDENTIALS=exec");
    renewing.provider.set(|settings| settings.clock_skew = -1000);
    let ended = renewing.provider.log_in(&renewing.site.user);
    renewing.provider.set(|settings| settings.clock_skew = 0);
    renewing.live(LONG);
    renewing.set_creds(&ended).done();
    let runs: Vec<_> = (0..RUNS)
        .map(|i| {
            // Each of them refreshes: a login whose access token has expired, or a run whose next one is far away.
            let mut command = match i % 4 {
                0 => renewing.command(&["set-creds", &renewing.site.user], &ended),
                _ => renewing.renew_command(&["--interval", "1h"]),
            };
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for run in runs {
        Run::finish(run).done();
    }
    assert_each_was_spent_once(&renewing);
    assert_eq!(renewing.refreshes().len(), RUNS + 1);
}

#[test]
fn sudden_death_leaves_a_refresh_token_that_works_or_a_session_that_is_forgotten() {
    let _alone = alone();
    let renewing = rotating("");
    renewing.log_in(SHORT);
    let mut seed = std::process::id() | 1;
    let (mut killed, mut forgotten) = (0, 0);
    for _ in 0..KILLS {
        seed ^= seed << 13;
        seed ^= seed >> 17;
        seed ^= seed << 5;
        let mut command = renewing.renew_command(&["--interval", "1h"]);
        // The child in the home is in the same process group, and dies with it.
        let command = command.process_group(0).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        std::thread::sleep(Duration::from_micros(u64::from(seed % 40_000)));
        let group = nix::unistd::Pid::from_raw(i32::try_from(child.id()).unwrap());
        let _ = nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL);
        killed += usize::from(!child.wait().unwrap().success());
        let said = renewing
            .renew(&["--interval", "1h", "--log-level", "error"])
            .ok()
            .stdout;
        match said.trim_end() {
            "1 user: 1 renewed" => {}
            // It died while the provider's answer was on its way: no order of steps can help that one, and the next login says so.
            "1 user: 1 forgotten" => {
                forgotten += 1;
                assert_eq!(renewing.record().unwrap()["is_lost"], true);
                renewing.log_in(SHORT);
            }
            other => panic!("{other}"),
        }
        assert!(!renewing.token().is_empty(), "the kubeconfig is whole");
    }
    assert!(killed > KILLS / 4, "only {killed} of {KILLS} died");
    assert!(forgotten < killed / 5, "{forgotten} of {killed} deaths cost a session");
    let left = std::fs::read_dir(renewing.site.path("renewal")).unwrap();
    let left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    let temporary = left
        .iter()
        .filter(|name| name.as_encoded_bytes().starts_with(b"."))
        .count();
    assert!(temporary <= killed, "{left:?}");
}
