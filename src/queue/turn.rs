//! A login's turn: waiting for it, holding it, and what the login learned of the API servers.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::at_once::AtOnce;
use super::error::NoTurn;
use super::pace::Lesson;
use super::seats::Seats;
use crate::deadline::Deadline;

/// How often the next one looks for a free seat. All others sleep.
const POLL: Duration = Duration::from_millis(2);

/// After so long a login holds its seat no more: it waits for something that is not for want of processor time, a cluster
/// that hangs perhaps, and others must not wait for that too.
const LONGEST: Duration = Duration::from_secs(2);

/// The shares of the whole time that have to be left when a login begins, at least and at most.
const RESERVES: [u32; 2] = [10, 2];
/// How many times as long as a login usually takes, between those: few take longer than twice.
const USUAL_TIMES: u32 = 2;

/// The right to log in now, until it is dropped.
#[derive(Debug, Default)]
pub struct Turn {
    held: Option<Held>,
    waited: Duration,
}

#[derive(Debug)]
struct Held {
    seats: Arc<Seats>,
    seat: u32,
    has_waited: bool,
    since: Instant,
}

/// Waits for a turn, first come first served, for as long as there is time to log in afterwards.
///
/// Where nothing can be counted, since this is not root or has no `/run`, every login has its turn at once.
pub async fn take(at_once: AtOnce, deadline: &Deadline) -> Result<Turn, NoTurn> {
    let seats = match at_once {
        AtOnce::Unlimited => None,
        AtOnce::Auto | AtOnce::Fixed(_) => Seats::open(),
    };
    match seats {
        Some(seats) => {
            Queue {
                seats: Arc::new(seats),
                at_once,
            }
            .turn(deadline)
            .await
        }
        None => Ok(Turn::default()),
    }
}

/// The queue, as one login sees it.
#[derive(Clone)]
struct Queue {
    seats: Arc<Seats>,
    at_once: AtOnce,
}

impl Queue {
    async fn turn(self, deadline: &Deadline) -> Result<Turn, NoTurn> {
        let started = Instant::now();
        let (seat, has_waited) = match self.at_once_seat() {
            Ok(Some(seat)) => (Some(seat), false),
            Ok(None) => (self.wait(Instant::now() + self.patience(deadline)).await, true),
            // A kernel that has no such locks bounds nothing.
            Err(_) => return Ok(Turn::default()),
        };
        let waited = if has_waited { started.elapsed() } else { Duration::ZERO };
        let held = seat.map(|seat| Held {
            seats: Arc::clone(&self.seats),
            seat,
            has_waited,
            since: Instant::now(),
        });
        match held {
            Some(held) => Ok(Turn {
                held: Some(held),
                waited,
            }),
            None => Err(NoTurn {
                waited,
                seats: self.number(),
            }),
        }
    }

    /// A seat, if nobody waits and one is free.
    fn at_once_seat(&self) -> std::io::Result<Option<u32>> {
        if !self.seats.try_gate()? {
            return Ok(None);
        }
        let seat = self.seats.take_one_of(self.number())?;
        // Whoever finds none is the next, and stays at the gate.
        if seat.is_some() {
            self.seats.leave_gate();
        }
        Ok(seat)
    }

    /// Waits in a thread of its own, since a lock is waited for without a bound. If it comes too late, nobody hears of it,
    /// and it is given back with the last descriptor.
    async fn wait(&self, end: Instant) -> Option<u32> {
        let (sender, receiver) = oneshot::channel();
        let queue = self.clone();
        let spawned = thread::Builder::new().name("turn".into()).spawn(move || {
            let _ = sender.send(queue.wait_at_gate(end));
        });
        spawned.ok()?;
        tokio::time::timeout_at(end.into(), receiver).await.ok()?.ok()?
    }

    fn wait_at_gate(&self, end: Instant) -> Option<u32> {
        self.seats.wait_at_gate().ok()?;
        let mut seat = None;
        while seat.is_none() && Instant::now() < end {
            seat = self.seats.take_one_of(self.number()).ok()?;
            if seat.is_none() {
                thread::sleep(POLL);
            }
        }
        self.seats.leave_gate();
        seat
    }

    fn number(&self) -> u32 {
        match self.at_once {
            AtOnce::Fixed(number) => number,
            _ => self.seats.pace().seats(),
        }
    }

    /// How long a login waits: what is left when it begins has to be enough for it.
    fn patience(&self, deadline: &Deadline) -> Duration {
        let [least, most] = RESERVES.map(|share| deadline.total() / share);
        let reserve = (self.seats.pace().usual() * USUAL_TIMES).clamp(least, most);
        deadline.remaining().saturating_sub(reserve)
    }
}

impl Turn {
    /// How long the login waited for it; zero if it did not.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Holds the seat while the work is done, but not for long.
    pub async fn hold<T>(&mut self, work: impl Future<Output = T>) -> T {
        self.hold_for(LONGEST, work).await
    }

    async fn hold_for<T>(&mut self, longest: Duration, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        if self.held.is_none() {
            return work.await;
        }
        if let Ok(done) = tokio::time::timeout(longest, &mut work).await {
            return done;
        }
        if let Some(held) = &self.held {
            held.seats.leave(held.seat);
        }
        work.await
    }

    /// Ends it. The first answer is that of the slowest cluster, from the beginning of the connection on; `None` if none
    /// answered.
    pub fn end(self, first_answer: Option<Duration>) {
        let (Some(held), Some(first_answer)) = (self.held, first_answer) else {
            return;
        };
        let lesson = Lesson {
            first_answer,
            // What hangs is not what a login usually takes.
            took: held.since.elapsed().min(LONGEST),
            has_waited: held.has_waited,
        };
        held.seats.change_pace(|pace| pace.learn(lesson));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Node(tempfile::NamedTempFile);

    impl Node {
        fn new() -> Self {
            Self(tempfile::NamedTempFile::new().unwrap())
        }

        /// Another login: with a descriptor of its own, as another process has.
        fn queue(&self, at_once: AtOnce) -> Queue {
            let file = std::fs::File::options().read(true).write(true).open(self.0.path());
            Queue {
                seats: Arc::new(Seats::of(file.unwrap())),
                at_once,
            }
        }

        async fn login(&self, number: u32, milliseconds: u64) -> Result<Turn, NoTurn> {
            let deadline = Deadline::after(Duration::from_millis(milliseconds));
            self.queue(AtOnce::Fixed(number)).turn(&deadline).await
        }
    }

    fn run<T>(work: impl Future<Output = T>) -> T {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        runtime.unwrap().block_on(work)
    }

    #[test]
    fn so_many_log_in_at_once_and_the_next_one_when_one_of_them_is_done() {
        run(async {
            let node = Node::new();
            let first = node.login(2, 60_000).await.unwrap();
            let second = node.login(2, 60_000).await.unwrap();
            assert!(first.waited() < Duration::from_secs(1) && second.held.is_some());
            assert!(node.login(2, 100).await.is_err());
            drop(first);
            assert!(node.login(2, 60_000).await.unwrap().held.is_some());
        });
    }

    #[test]
    fn whoever_is_not_served_in_time_hears_of_it_before_the_deadline_with_the_number() {
        run(async {
            let node = Node::new();
            let _first = node.login(1, 60_000).await.unwrap();
            let started = Instant::now();
            let error = node.login(1, 200).await.unwrap_err();
            assert!(
                started.elapsed() < Duration::from_millis(200),
                "{:?}",
                started.elapsed()
            );
            assert_eq!(error.seats, 1);
            assert!(error.to_string().contains("nothing was begun"), "{error}");
        });
    }

    #[test]
    fn the_one_at_the_gate_is_served_before_those_who_come_later() {
        run(async {
            let node = Node::new();
            let first = node.login(1, 60_000).await.unwrap();
            // Finds no seat, and stands at the gate.
            let next = node.queue(AtOnce::Fixed(1));
            assert_eq!(next.at_once_seat().unwrap(), None);
            drop(first);
            assert!(node.login(1, 200).await.is_err());
            assert_eq!(next.wait(Instant::now() + Duration::from_secs(60)).await, Some(0));
        });
    }

    #[test]
    fn a_login_that_waits_for_something_else_gives_its_seat_back_and_learns_all_the_same() {
        run(async {
            let node = Node::new();
            let queue = node.queue(AtOnce::Auto);
            let mut turn = queue
                .clone()
                .turn(&Deadline::after(Duration::from_secs(60)))
                .await
                .unwrap();
            let others = async {
                let next = node.queue(AtOnce::Fixed(1));
                assert_eq!(next.wait(Instant::now() + Duration::from_secs(60)).await, Some(0));
            };
            turn.hold_for(Duration::from_millis(20), others).await;
            turn.end(Some(Duration::from_millis(30)));
            assert!(!queue.seats.pace().usual().is_zero());
        });
    }

    #[test]
    fn a_login_that_no_cluster_answered_teaches_nothing() {
        run(async {
            let node = Node::new();
            let queue = node.queue(AtOnce::Auto);
            let turn = queue
                .clone()
                .turn(&Deadline::after(Duration::from_secs(60)))
                .await
                .unwrap();
            turn.end(None);
            assert_eq!(std::fs::read(node.0.path()).unwrap(), b"");
            assert!(queue.at_once_seat().unwrap().is_some());
        });
    }
}
