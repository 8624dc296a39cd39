//! One run of the program: its status, its words, and that no secret is among them.

use std::process::{Child, Command, Output};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::site::CANARY;

/// What a run left behind.
#[derive(Debug)]
pub struct Run {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub took: Duration,
}

impl Run {
    #[must_use = "a run says nothing unless it is asserted"]
    pub fn of(command: &mut Command) -> Self {
        let started = Instant::now();
        let output = command.output().expect("the program starts");
        let run = Self::from_output(output, started.elapsed());
        super::schema::holds(&command.get_args().collect::<Vec<_>>(), &run.stdout);
        run
    }

    /// One that was started before, once it has ended; how long it took is not known.
    #[must_use = "a run says nothing unless it is asserted"]
    pub fn finish(child: Child) -> Self {
        Self::from_output(child.wait_with_output().unwrap(), Duration::ZERO)
    }

    #[must_use = "a run says nothing unless it is asserted"]
    pub fn from_output(output: Output, took: Duration) -> Self {
        let run = Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
            took,
        };
        // Every run of every test hunts it.
        assert!(!run.stdout.contains(CANARY), "a secret on standard output: {run:?}");
        assert!(!run.stderr.contains(CANARY), "a secret on standard error: {run:?}");
        run
    }

    /// Success, and not a word on standard error.
    #[track_caller]
    pub fn ok(self) -> Self {
        assert_eq!((self.status, self.stderr.as_str()), (0, ""), "{self:?}");
        self
    }

    /// Success, whatever it said.
    #[track_caller]
    pub fn done(self) -> Self {
        assert_eq!(self.status, 0, "{self:?}");
        self
    }

    /// This status, and one line on standard error with all of these words.
    #[track_caller]
    pub fn fails(self, status: i32, words: &[&str]) -> Self {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(self.stderr.lines().count(), 1, "not one line: {}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "no {word:?} in: {}", self.stderr);
        }
        self
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {}", self.stdout))
    }
}
