//! Each request of a run fails once, and once from there on: with errors, cuts, nonsense and silence.

use ood_k8s_sandbox::Fault;

use crate::case::{works, Case, Stage};
use crate::error::Error;
use crate::judge::judge;
use crate::run::run;
use crate::struck::Struck;
use crate::tally::Tally;

/// Which server.
#[derive(Debug, Clone, Copy)]
enum Server {
    Api,
    Provider,
}

/// A name, and the fault.
type Named = (&'static str, fn() -> Fault);

const FAULTS: [Named; 9] = [
    ("500", || Fault::status(500)),
    ("503", || Fault::status(503)),
    ("429, Retry-After 1", || Fault::too_many_requests(1)),
    ("a page of a proxy, 502", || Fault::html(502)),
    ("a page instead of JSON, 200", || Fault::html(200)),
    ("JSON of another kind", || {
        Fault::json(200, &serde_json::Value::Array(Vec::new()))
    }),
    ("cut before the answer", Fault::cut_before_answer),
    ("cut in the answer", Fault::cut_in_body),
    ("no answer", Fault::hang),
];

/// Every `step`th of all faults in all places.
pub fn fail_each(stage: &Stage<'_>, case: Case, step: usize) -> Result<Tally, Error> {
    let mut tally = Tally::new(case);
    let [api, provider] = requests(stage, case)?;
    let places = (0..api)
        .map(|at| (Server::Api, at))
        .chain((0..provider).map(|at| (Server::Provider, at)));
    let all = places.flat_map(|place| {
        FAULTS
            .iter()
            .flat_map(move |fault| [(place, fault, false), (place, fault, true)])
    });
    for ((server, at), (name, fault), lasts) in all.step_by(step) {
        let round = stage.begin(case)?;
        tally.fault = Struck::Request(format!(
            "{server:?}, request {}{}: {name}",
            at + 1,
            if lasts { " and all that follow" } else { "" }
        ));
        let fault = fault().after(at);
        let fault = if lasts { fault } else { fault.times(1) };
        match server {
            Server::Api => stage.ground.sandbox.fail(fault),
            Server::Provider => stage.ground.provider.fail(fault),
        }
        let ran = run(&mut round.command()?)?;
        judge(&round, &ran, false, &mut tally)?;
    }
    Ok(tally)
}

/// How many requests an undisturbed run sends to each server.
fn requests(stage: &Stage<'_>, case: Case) -> Result<[u32; 2], Error> {
    let round = stage.begin(case)?;
    stage.ground.sandbox.forget_requests();
    stage.ground.provider.forget_requests();
    works(case.name(), &run(&mut round.command()?)?)?;
    let counts = [
        stage.ground.sandbox.requests().len(),
        stage.ground.provider.requests().len(),
    ];
    Ok(counts.map(|count| u32::try_from(count).unwrap_or(u32::MAX)))
}
