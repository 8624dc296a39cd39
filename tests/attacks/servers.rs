//! Hostile API servers: whatever they answer, a login ends in time, prints at most one line, and leaks nothing.

mod blocks;
mod bodies;
mod heads;
mod http2;
mod messages;
mod redirects;
mod tls;

use std::sync::Arc;

use crate::hostile::{table, Act, Answer, Asked, Row, Server, Speaks, Stand};
use crate::support::alone;

/// Limit for the debug build, in MiB; a normal login needs about 25.
const MEMORY: u64 = 48;
/// Limit for answers that need far more memory than their text.
const MUCH: u64 = 96;

/// A kind of server.
struct Kind {
    name: String,
    group: &'static str,
    speaks: Speaks,
    answer: Answer,
    memory: u64,
    /// The answers are odd but acceptable, so success is allowed.
    is_good: bool,
    /// The most requests that it may receive.
    requests: usize,
    /// Words that standard error must contain.
    words: &'static str,
}

impl Kind {
    fn new(group: &'static str, name: &str, speaks: Speaks, answer: Answer) -> Self {
        Self {
            name: name.to_owned(),
            group,
            speaks,
            answer,
            memory: MEMORY,
            is_good: false,
            requests: 100,
            words: "",
        }
    }

    /// Runs this script for every HTTP/1.1 request.
    fn http1(group: &'static str, name: &str, acts: Vec<Act>) -> Self {
        Self::new(group, name, Speaks::Http1, Arc::new(move |_| acts.clone()))
    }

    /// Sends this response to every HTTP/1.1 request.
    fn says(group: &'static str, name: &str, answer: Vec<u8>) -> Self {
        Self::http1(group, name, vec![Act::Say(answer)])
    }

    /// Sends a response that depends on the request.
    fn to(group: &'static str, name: &str, answer: impl Fn(&Asked) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let answer = move |asked: &Asked| vec![Act::Say(answer(asked))];
        Self::new(group, name, Speaks::Http1, Arc::new(answer))
    }

    fn good(mut self) -> Self {
        self.is_good = true;
        self
    }

    fn large(mut self) -> Self {
        self.memory = MUCH;
        self
    }

    fn asked_at_most(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    fn told_as(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }
}

#[test]
fn no_api_server_delays_a_login_fills_its_memory_or_forges_its_log_line() {
    let _alone = alone();
    let elsewhere = Server::good();
    let mut kinds = heads::kinds();
    kinds.extend(bodies::kinds());
    kinds.extend(messages::kinds());
    kinds.extend(redirects::kinds(&elsewhere.url()));
    kinds.extend(tls::kinds());
    kinds.extend(http2::kinds());
    kinds.extend(blocks::kinds());
    let kinds: Vec<_> = kinds.into_iter().map(|kind| (kind, &elsewhere)).collect();
    assert!(kinds.len() >= 278, "{} kinds", kinds.len());
    table("servers", kinds, |(kind, elsewhere)| attempt(&kind, elsewhere));
}

#[test]
fn no_api_server_delays_bootstrap_user_either() {
    let _alone = alone();
    let kinds = bodies::kinds().into_iter().chain(messages::kinds());
    table("servers, bootstrap-user", kinds, |kind| {
        let server = Server::start(kind.speaks.clone(), Arc::clone(&kind.answer));
        let run = Stand::at(&server.url()).bootstrap();
        judge(&kind, Row::new(kind.group, &kind.name, run, kind.memory), &server)
    });
}

#[test]
fn a_login_succeeds_against_the_scripted_server_if_it_answers_well() {
    let server = Server::good();
    let run = Stand::at(&server.url()).pre_hook();
    assert_eq!((run.status, run.stderr.as_slice()), (0, &b""[..]));
    assert!(server.requests() > 3 && run.memory < MEMORY, "{run:?}");
    let http2 = Kind::new("", "", Speaks::Http2(crate::hostile::frames::opening()), http2::good());
    let server = Server::start(http2.speaks, http2.answer);
    let run = Stand::at(&server.url()).pre_hook();
    assert_eq!((run.status, run.stderr.as_slice()), (0, &b""[..]));
}

fn attempt(kind: &Kind, elsewhere: &Server) -> Row {
    let server = Server::start(kind.speaks.clone(), Arc::clone(&kind.answer));
    let run = Stand::at(&server.url()).pre_hook();
    let mut row = judge(kind, Row::new(kind.group, &kind.name, run, kind.memory), &server);
    row.expect(elsewhere.connections() == 0, "no redirect is followed");
    row
}

fn judge(kind: &Kind, mut row: Row, server: &Server) -> Row {
    let status = row.run.status;
    row.expect(
        kind.is_good || (4..=7).contains(&status),
        "it fails for the cluster's sake",
    );
    let requests = server.requests();
    let is_asked = requests > 0 || server.connections() > 0 && !matches!(kind.speaks, Speaks::Http1);
    row.expect(is_asked, "it is asked");
    row.expect(row.says(kind.words), &format!("it says {:?}", kind.words));
    row.expect(requests <= kind.requests, &format!("{requests} requests are enough"));
    row
}
