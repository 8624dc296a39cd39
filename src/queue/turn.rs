//! A login's turn: waiting for it, holding it, and what the login learned of the API servers.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

use super::at_once::AtOnce;
use super::error::NoTurn;
use super::pace::{Answered, Lesson, Pace};
use super::seats::Seats;
use crate::deadline::Deadline;

/// How often the next one looks for a free seat. All others sleep.
const POLL: Duration = Duration::from_millis(2);

/// What is shorter is no wait: two who came in the same moment pass the gate one after the other.
const A_WAIT: Duration = Duration::from_millis(10);

/// A login under way for longer has met servers with too much to do, or a cluster that hangs. If the work in a cluster has not
/// got on for this long, the seat is given back, so that others do not wait for it too.
const LONG: Duration = Duration::from_secs(2);

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
    line: Line,
    seat: u32,
    since: Instant,
    /// Whether others' logins came first, and not only another one of the same user.
    has_waited: bool,
    /// Whether it was learned already that there are too many.
    was_long: bool,
    /// When the seat was given back, since the work did not go on.
    left: Option<Instant>,
}

/// A seat, and how long others' logins came first: none if it was free.
struct Found {
    seat: u32,
    in_line: Duration,
}

/// The queue before one login has its turn.
///
/// Where nothing can be counted, since this is not root, has no `/run`, or the kernel has no more locks or threads, every
/// login has its turn at once.
#[derive(Debug)]
pub struct Queue(Option<Line>);

/// The queue for a login of the user with this uid.
pub fn open(at_once: AtOnce, uid: u32) -> Queue {
    let seats = match at_once {
        AtOnce::Unlimited => None,
        AtOnce::Auto | AtOnce::Fixed(_) => Seats::open(),
    };
    Queue(seats.map(Arc::new).map(|seats| Line { seats, at_once, uid }))
}

impl Queue {
    /// Whether others are waiting at this moment: then this login will have to wait, too.
    pub fn has_others_waiting(&self) -> bool {
        self.0.as_ref().is_some_and(|line| line.seats.is_gate_taken())
    }

    /// Waits for a turn, first come first served, for as long as there is time to log in afterwards. Each user has one place
    /// in the queue: a second login of the same user waits for the first, and delays nobody else.
    pub async fn turn(self, deadline: &Deadline) -> Result<Turn, NoTurn> {
        match self.0 {
            Some(line) => line.turn(deadline).await,
            None => Ok(Turn::default()),
        }
    }
}

/// Whether somebody has waited, and did not only meet another one at the gate.
fn is_a_wait(waited: Duration) -> bool {
    waited >= A_WAIT
}

/// The locks, as one login sees them.
#[derive(Debug, Clone)]
struct Line {
    seats: Arc<Seats>,
    at_once: AtOnce,
    uid: u32,
}

impl Line {
    async fn turn(self, deadline: &Deadline) -> Result<Turn, NoTurn> {
        let started = Instant::now();
        let (found, waited) = match self.free_seat() {
            Ok(None) => {
                let found = self.wait(started + self.patience(deadline)).await;
                (found, started.elapsed())
            }
            other => (other, Duration::ZERO),
        };
        match found {
            Ok(Some(found)) => Ok(Turn {
                waited: if is_a_wait(waited) { waited } else { Duration::ZERO },
                held: Some(Held {
                    line: self,
                    seat: found.seat,
                    since: Instant::now(),
                    has_waited: is_a_wait(found.in_line),
                    was_long: false,
                    left: None,
                }),
            }),
            Ok(None) => Err(self.no_turn(waited)),
            Err(_) => Ok(Turn::default()),
        }
    }

    fn no_turn(&self, waited: Duration) -> NoTurn {
        // Whose place it is can be asked again: a lock that this login has is given once more.
        match self.seats.try_place_of(self.uid) {
            Ok(false) => NoTurn::BehindOneself { waited },
            _ => NoTurn::BehindOthers {
                waited,
                seats: self.number(),
            },
        }
    }

    /// A seat, if nobody waits and one is free.
    fn free_seat(&self) -> io::Result<Option<Found>> {
        if !self.seats.try_place_of(self.uid)? || !self.seats.try_gate()? {
            return Ok(None);
        }
        let seat = self.seats.take_one_of(self.number())?;
        // Whoever finds none is the next, and stays at the gate.
        if seat.is_some() {
            self.seats.leave_gate();
        }
        let in_line = Duration::ZERO;
        Ok(seat.map(|seat| Found { seat, in_line }))
    }

    /// Waits in a thread of its own, since a lock is waited for without a bound. If it comes too late, nobody hears of it,
    /// and it is given back with the last descriptor.
    async fn wait(&self, end: Instant) -> io::Result<Option<Found>> {
        let (sender, receiver) = oneshot::channel();
        let queue = self.clone();
        thread::Builder::new().name("turn".into()).spawn(move || {
            let _ = sender.send(queue.wait_in_line(end));
        })?;
        match tokio::time::timeout_at(end.into(), receiver).await {
            Ok(Ok(found)) => found,
            Ok(Err(_)) => Err(io::Error::other("the thread that waits has ended")),
            Err(_) => Ok(None),
        }
    }

    fn wait_in_line(&self, end: Instant) -> io::Result<Option<Found>> {
        self.seats.wait_for_place_of(self.uid)?;
        let in_line_since = Instant::now();
        self.seats.wait_at_gate()?;
        let mut seat = None;
        while seat.is_none() && Instant::now() < end {
            seat = self.seats.take_one_of(self.number())?;
            if seat.is_none() {
                thread::sleep(POLL);
            }
        }
        self.seats.leave_gate();
        let in_line = in_line_since.elapsed();
        Ok(seat.map(|seat| Found { seat, in_line }))
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

    /// Leaves the seat, and the place in the queue to the same user's next login.
    fn leave(&self, seat: u32) {
        self.seats.leave(seat);
        self.seats.leave_place_of(self.uid);
    }
}

impl Turn {
    /// How long the login waited for it; zero if it did not.
    pub fn waited(&self) -> Duration {
        self.waited
    }

    /// Holds the seat while the work is done, but not for long if it does not go on in each cluster since this was last asked.
    pub async fn hold<T>(&mut self, work: impl Future<Output = T>, goes_on: impl Fn() -> bool) -> T {
        self.hold_for(LONG, work, goes_on).await
    }

    async fn hold_for<T>(&mut self, long: Duration, work: impl Future<Output = T>, goes_on: impl Fn() -> bool) -> T {
        let mut work = pin!(work);
        let Some(held) = &mut self.held else {
            return work.await;
        };
        loop {
            if let Ok(done) = tokio::time::timeout(long, &mut work).await {
                return done;
            }
            if !held.was_long && held.is_one_of_many() {
                held.was_long = true;
                held.line.seats.change_pace(Pace::fall);
            }
            if !goes_on() {
                held.line.leave(held.seat);
                held.left = Some(Instant::now());
                return work.await;
            }
        }
    }

    /// Ends it, and learns from it.
    pub fn end(self, answered: Answered) {
        let Some(held) = &self.held else {
            return;
        };
        if answered == Answered::Nothing {
            return;
        }
        let lesson = Lesson {
            answered: if held.was_long { Answered::Nothing } else { answered },
            // What hangs is not what a login usually takes.
            took: held.left.unwrap_or_else(Instant::now) - held.since,
            is_one_of_many: held.is_one_of_many(),
        };
        held.line.seats.change_pace(|pace| pace.learn(lesson));
    }
}

impl Held {
    fn is_one_of_many(&self) -> bool {
        self.has_waited || self.line.seats.is_gate_taken()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    struct Node(tempfile::NamedTempFile);

    impl Node {
        fn new() -> Self {
            Self(tempfile::NamedTempFile::new().unwrap())
        }

        /// A login of this user: with a descriptor of its own, as another process has.
        fn queue_of(&self, uid: u32, at_once: AtOnce) -> Line {
            let file = std::fs::File::options().read(true).write(true).open(self.0.path());
            let seats = Arc::new(Seats::of(file.unwrap()));
            Line { seats, at_once, uid }
        }

        /// A login of yet another user.
        fn queue(&self, at_once: AtOnce) -> Line {
            static USERS: AtomicU32 = AtomicU32::new(2000);
            self.queue_of(USERS.fetch_add(1, Ordering::Relaxed), at_once)
        }

        async fn login(&self, number: u32, milliseconds: u64) -> Result<Turn, NoTurn> {
            let deadline = Deadline::after(Duration::from_millis(milliseconds));
            self.queue(AtOnce::Fixed(number)).turn(&deadline).await
        }
    }

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(60)
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
            let minute = Deadline::after(Duration::from_secs(60));
            let patience = node.queue(AtOnce::Fixed(1)).patience(&minute);
            assert!((30..=54).contains(&patience.as_secs()), "{patience:?}");
            let took = |seconds| Lesson {
                answered: Answered::After(Duration::ZERO),
                took: Duration::from_secs(seconds),
                is_one_of_many: false,
            };
            for (seconds, patience) in [(1, 54), (10, 40), (40, 30)] {
                let line = node.queue(AtOnce::Fixed(1));
                line.seats.change_pace(|pace| {
                    *pace = Pace::default();
                    pace.learn(took(seconds));
                });
                // Twice as long as logins take is left, between a tenth and a half of all.
                let waits = line.patience(&Deadline::after(Duration::from_secs(60)));
                assert!(
                    waits <= Duration::from_secs(patience) && waits.as_secs() + 2 >= patience,
                    "{waits:?}"
                );
            }
            let error = node.login(1, 200).await.unwrap_err();
            assert!(matches!(error, NoTurn::BehindOthers { seats: 1, .. }), "{error}");
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
            assert!(next.free_seat().unwrap().is_none());
            drop(first);
            assert!(node.login(1, 200).await.is_err());
            assert_eq!(next.wait(soon()).await.unwrap().map(|found| found.seat), Some(0));
        });
    }

    #[test]
    fn whoever_logs_in_many_times_at_once_has_one_place_and_others_come_in_between() {
        run(async {
            let node = Node::new();
            let many = |number| node.queue_of(5, AtOnce::Fixed(number));
            let first = many(1).turn(&Deadline::after(Duration::from_secs(60))).await.unwrap();
            let again: Vec<_> = (0..3).map(|_| many(1)).collect();
            for login in &again {
                assert!(login.free_seat().unwrap().is_none());
            }
            // They do not stand at the gate, so somebody else is the next.
            let other = node.queue(AtOnce::Fixed(1));
            assert!(other.free_seat().unwrap().is_none());
            drop(first);
            let later = many(1).free_seat();
            assert!(later.unwrap().is_none());
            assert_eq!(other.wait(soon()).await.unwrap().map(|found| found.seat), Some(0));
        });
    }

    #[test]
    fn a_user_has_one_login_at_a_time_and_is_told_so_where_seats_are_free() {
        run(async {
            let node = Node::new();
            let one = |milliseconds| {
                let deadline = Deadline::after(Duration::from_millis(milliseconds));
                let queue = node.queue_of(5, AtOnce::Fixed(9));
                async move { queue.turn(&deadline).await }
            };
            let first = one(60_000).await.unwrap();
            let error = one(200).await.unwrap_err();
            assert!(matches!(error, NoTurn::BehindOneself { .. }), "{error}");
            let again = node.queue_of(5, AtOnce::Fixed(9));
            let leaves = async {
                tokio::time::sleep(A_WAIT * 2).await;
                drop(first);
            };
            let deadline = Deadline::after(Duration::from_secs(60));
            let (turn, ()) = futures_util::future::join(again.turn(&deadline), leaves).await;
            let turn = turn.unwrap();
            assert!(turn.waited() >= A_WAIT);
            assert!(!turn.held.unwrap().has_waited, "that says nothing of the servers");
        });
    }

    #[test]
    fn less_than_a_wait_is_reported_as_none() {
        assert!(!is_a_wait(Duration::ZERO) && !is_a_wait(POLL * 2));
        assert!(is_a_wait(A_WAIT));
        run(async {
            // One at the gate is waited for, in a thread, until the gate is free.
            let node = Node::new();
            let other = node.queue(AtOnce::Fixed(2));
            assert!(other.seats.try_gate().unwrap());
            let leaves = async { other.seats.leave_gate() };
            let (turn, ()) = futures_util::future::join(node.login(2, 60_000), leaves).await;
            let turn = turn.unwrap();
            assert!(turn.held.is_some());
            assert!(
                turn.waited().is_zero() || is_a_wait(turn.waited()),
                "less than a wait is none"
            );
        });
    }

    #[test]
    fn a_lock_that_cannot_be_had_bounds_nothing() {
        run(async {
            // No lock for writing on what is open for reading alone (fcntl(2)).
            let file = std::fs::File::open("/dev/null").unwrap();
            let seats = Arc::new(Seats::of(file));
            let (at_once, uid) = (AtOnce::Fixed(1), 5);
            let queue = Line { seats, at_once, uid };
            let turn = queue.turn(&Deadline::after(Duration::from_secs(60))).await;
            assert!(turn.unwrap().held.is_none());
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
                let next = node.queue_of(queue.uid, AtOnce::Fixed(1));
                assert_eq!(next.wait(soon()).await.unwrap().map(|found| found.seat), Some(0));
            };
            turn.hold_for(Duration::from_millis(20), others, || false).await;
            turn.end(Answered::After(Duration::from_millis(30)));
            assert!(!queue.seats.pace().usual().is_zero());
        });
    }

    #[test]
    fn what_a_login_takes_is_learned_until_its_end_or_until_it_gave_its_seat_back() {
        run(async {
            let node = Node::new();
            let held = Duration::from_millis(200);
            for goes_on in [true, false] {
                let line = node.queue(AtOnce::Auto);
                let mut turn = line
                    .clone()
                    .turn(&Deadline::after(Duration::from_secs(60)))
                    .await
                    .unwrap();
                let slow = async {
                    // Until the seat is free, if it is given back.
                    if !goes_on {
                        let next = node.queue_of(line.uid, AtOnce::Fixed(1));
                        next.wait(soon()).await.unwrap();
                    }
                    tokio::time::sleep(held).await;
                };
                let started = Instant::now();
                turn.hold_for(Duration::from_millis(20), slow, || goes_on).await;
                turn.end(Answered::After(Duration::ZERO));
                let (usual, all) = (line.seats.pace().usual(), started.elapsed());
                // The sleep is in it, or it is not.
                let is_right = if goes_on { usual >= held } else { usual + held <= all };
                assert!(is_right && !usual.is_zero(), "{goes_on}: {usual:?} of {all:?}");
                line.seats.change_pace(|pace| *pace = Pace::default());
            }
        });
    }

    #[test]
    fn a_login_that_has_waited_for_others_learns_from_a_late_answer_and_one_that_was_alone_does_not() {
        run(async {
            let node = Node::new();
            let late = Answered::After(Duration::from_secs(5));
            let alone = node.login(1, 60_000).await.unwrap();
            let next = node.queue(AtOnce::Fixed(1));
            let seats = node.queue(AtOnce::Fixed(1)).seats;
            let deadline = Deadline::after(Duration::from_secs(60));
            let first_leaves = async {
                tokio::time::sleep(A_WAIT * 2).await;
                alone.end(late);
                // It stood at the gate, and this one was one of many too.
                seats.pace().seats()
            };
            let (turn, of_first) = futures_util::future::join(next.turn(&deadline), first_leaves).await;
            assert_eq!(of_first, 31);
            turn.unwrap().end(late);
            assert_eq!(seats.pace().seats(), 30, "nobody waits any more, but it has");
            node.login(1, 60_000).await.unwrap().end(late);
            assert_eq!(seats.pace().seats(), 30, "it was alone");
        });
    }

    #[test]
    fn a_login_that_slow_clusters_answer_keeps_its_seat_and_there_are_fewer_at_once_if_others_wait() {
        run(async {
            let node = Node::new();
            for (others_wait, expected) in [(false, 32), (true, 31)] {
                let queue = node.queue(AtOnce::Auto);
                let deadline = Deadline::after(Duration::from_secs(60));
                let mut turn = queue.clone().turn(&deadline).await.unwrap();
                let next = node.queue(AtOnce::Fixed(1));
                if others_wait {
                    assert!(next.free_seat().unwrap().is_none(), "it stands at the gate");
                }
                let others = async {
                    tokio::time::sleep(Duration::from_millis(40)).await;
                    assert!(node.queue(AtOnce::Fixed(1)).free_seat().unwrap().is_none());
                };
                turn.hold_for(Duration::from_millis(20), others, || true).await;
                assert_eq!(queue.seats.pace().seats(), expected);
                turn.end(Answered::TooBusy);
                assert_eq!(queue.seats.pace().seats(), 31, "learned once");
                queue.seats.change_pace(|pace| *pace = Pace::default());
            }
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
            turn.end(Answered::Nothing);
            assert_eq!(std::fs::read(node.0.path()).unwrap(), b"");
            assert!(queue.free_seat().unwrap().is_some());
        });
    }
}
