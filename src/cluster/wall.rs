//! The wall around a namespace, its NetworkPolicy: everything that gives rights waits until it is known to stand.

use std::sync::Arc;

use tokio::sync::watch;

/// What is known of a namespace's NetworkPolicy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Nothing yet.
    Unknown,
    /// The server has said that it is there, as it should be.
    Stands,
    /// It could not be made, or nobody knows whether it was.
    Open,
    /// The cluster took no request of this login, so nothing was given there either.
    Untouched,
}

/// Whether a namespace's NetworkPolicy stands; clones wait for the same one.
#[derive(Debug, Clone)]
pub struct Wall(Arc<watch::Sender<State>>);

impl Wall {
    /// Nothing is known yet.
    pub fn unknown() -> Self {
        Self(Arc::new(watch::Sender::new(State::Unknown)))
    }

    /// There is nothing to wait for.
    pub fn none() -> Self {
        Self(Arc::new(watch::Sender::new(State::Stands)))
    }

    pub(super) fn set_standing(&self) {
        self.settle(State::Stands);
    }

    pub(super) fn set_open(&self) {
        self.settle(State::Open);
    }

    /// The cluster took no request: it could not be asked.
    pub fn set_untouched(&self) {
        self.settle(State::Untouched);
    }

    /// Only the first word counts.
    fn settle(&self, state: State) {
        self.0.send_if_modified(|known| {
            let is_first = *known == State::Unknown;
            if is_first {
                *known = state;
            }
            is_first
        });
    }

    /// Waits until it is known, and returns whether the policy stands.
    pub(super) async fn is_known_to_stand(&self) -> bool {
        self.known().await == State::Stands
    }

    /// Waits until it is known, and returns whether credentials may be given. A cluster that took no request of this login
    /// has nothing new that they could be used for.
    pub async fn lets_credentials_pass(&self) -> bool {
        matches!(self.known().await, State::Stands | State::Untouched)
    }

    async fn known(&self) -> State {
        let mut states = self.0.subscribe();
        let known = states.wait_for(|state| *state != State::Unknown).await;
        // The sender is in `self`, so it cannot be gone.
        known.map_or(State::Open, |state| *state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now<T>(work: impl std::future::Future<Output = T>) -> Option<T> {
        futures_util::FutureExt::now_or_never(work)
    }

    #[test]
    fn nothing_passes_before_the_wall_is_known_to_stand() {
        let wall = Wall::unknown();
        assert_eq!(now(wall.is_known_to_stand()), None);
        assert_eq!(now(wall.lets_credentials_pass()), None);
        wall.set_standing();
        assert_eq!(now(wall.is_known_to_stand()), Some(true));
        assert_eq!(now(wall.clone().lets_credentials_pass()), Some(true));
    }

    #[test]
    fn the_first_word_about_a_wall_counts() {
        let wall = Wall::unknown();
        wall.set_open();
        wall.set_standing();
        wall.set_untouched();
        assert_eq!(now(wall.is_known_to_stand()), Some(false));
        assert_eq!(now(wall.lets_credentials_pass()), Some(false));
    }

    #[test]
    fn a_cluster_that_took_no_request_holds_back_no_credentials_but_every_right() {
        let wall = Wall::unknown();
        wall.set_untouched();
        assert_eq!(now(wall.lets_credentials_pass()), Some(true));
        assert_eq!(now(wall.is_known_to_stand()), Some(false));
    }
}
