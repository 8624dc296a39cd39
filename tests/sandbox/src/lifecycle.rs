//! The controllers: default service accounts, and the removal of namespaces.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hyper::Response;
use serde_json::json;
use tokio::runtime::Handle;

use crate::api::{self, State};
use crate::body::{self, Body};
use crate::defaults;
use crate::message::{Answer, Request};
use crate::resources::known;
use crate::server::Service;
use crate::store::{Key, Store};

/// Work of a controller in a namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// Create its default service account.
    ServiceAccount(String),
    /// Remove it with everything in it.
    Termination(String),
}

/// The delays of the controllers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delays {
    pub(crate) service_account: Duration,
    pub(crate) termination: Duration,
}

/// The state behind its lock, and the controllers that work on it.
#[derive(Debug)]
pub(crate) struct Cluster {
    state: Mutex<State>,
    holds: Mutex<Holds>,
    delays: Delays,
    handle: Handle,
}

#[derive(Debug, Default)]
struct Holds {
    accounts: bool,
    termination: bool,
    waiting: BTreeSet<Due>,
}

/// A test that panicked while it held the lock has failed already; the others can continue.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Service for Cluster {
    /// Answers a request, and starts the controllers' work on what it changed.
    fn answer(self: &Arc<Self>, request: &Request) -> (Answer, Option<String>) {
        let (answer, due) = {
            let mut state = self.state();
            let answer = api::answer(&mut state, request);
            (answer, std::mem::take(&mut state.due))
        };
        self.schedule(due);
        answer
    }

    fn response(self: &Arc<Self>, answer: Answer) -> Response<Body> {
        if answer.watch.is_some() {
            return body::watch(self, answer);
        }
        body::of(answer)
    }
}

impl Cluster {
    pub(crate) fn new(state: State, delays: Delays, handle: Handle) -> Self {
        let (state, holds) = (Mutex::new(state), Mutex::new(Holds::default()));
        Self {
            state,
            holds,
            delays,
            handle,
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn schedule(self: &Arc<Self>, due: Vec<Due>) {
        for work in due {
            let delay = match work {
                Due::ServiceAccount(_) => self.delays.service_account,
                Due::Termination(_) => self.delays.termination,
            };
            let cluster = Arc::clone(self);
            self.handle.spawn(async move {
                tokio::time::sleep(delay).await;
                cluster.work(work);
            });
        }
    }

    fn work(&self, work: Due) {
        {
            let mut holds = lock(&self.holds);
            let held = match work {
                Due::ServiceAccount(_) => holds.accounts,
                Due::Termination(_) => holds.termination,
            };
            if held {
                holds.waiting.insert(work);
                return;
            }
        }
        let store = &mut self.state().store;
        match work {
            Due::ServiceAccount(namespace) => make_service_account(store, &namespace),
            Due::Termination(namespace) => end_namespace(store, &namespace),
        }
    }

    pub(crate) fn hold_accounts(&self, held: bool) {
        lock(&self.holds).accounts = held;
        self.catch_up();
    }

    pub(crate) fn hold_termination(&self, held: bool) {
        lock(&self.holds).termination = held;
        self.catch_up();
    }

    fn catch_up(&self) {
        let waiting = std::mem::take(&mut lock(&self.holds).waiting);
        for work in waiting {
            self.work(work);
        }
    }
}

fn namespace_key(name: &str) -> Key {
    Key::new(known("", "namespaces"), "", name)
}

/// Creates the default service account of a namespace that has none.
pub(crate) fn make_service_account(store: &mut Store, namespace: &str) {
    let resource = known("", "serviceaccounts");
    let key = Key::new(resource, namespace, "default");
    let active = store
        .get(&namespace_key(namespace))
        .is_some_and(|object| object["metadata"]["deletionTimestamp"].is_null());
    if !active || store.get(&key).is_some() {
        return;
    }
    // Without managers: it has no field that could be managed.
    let mut account = json!({ "metadata": { "name": "default" } });
    defaults::prepare(resource, namespace, &mut account);
    store.put(key, account);
}

fn end_namespace(store: &mut Store, name: &str) {
    for key in store.keys_in(name) {
        store.remove(&key);
    }
    store.remove(&namespace_key(name));
}
