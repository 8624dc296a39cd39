//! A pseudo-terminal: a program on one side of it, a person who types on the other.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::process::{Child, Command, Stdio};

use nix::poll::{poll, PollFd, PollFlags, PollTimeout};
use nix::pty::{openpty, OpenptyResult, Winsize};
use nix::sys::termios::{tcgetattr, LocalFlags};

pub struct Terminal {
    pty: OpenptyResult,
    screen: File,
}

impl Terminal {
    pub fn new() -> Self {
        Self::of_columns(200)
    }

    pub fn of_columns(columns: u16) -> Self {
        let size = Winsize {
            ws_row: 24,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let pty = openpty(Some(&size), None).unwrap();
        let screen = File::from(pty.master.try_clone().unwrap());
        Self { pty, screen }
    }

    /// Starts a program that reads from it and says its errors there; its standard output as given.
    pub fn start(&self, command: &mut Command, stdout: Stdio) -> Child {
        command
            .stdin(self.end())
            .stdout(stdout)
            .stderr(self.end())
            .spawn()
            .unwrap()
    }

    /// The program's side of it.
    pub fn end(&self) -> Stdio {
        Stdio::from(self.pty.slave.try_clone().unwrap())
    }

    pub fn types(&mut self, keys: &str) {
        self.screen.write_all(keys.as_bytes()).unwrap();
    }

    /// What is shown, up to and with `end`.
    pub fn shows(&mut self, end: &str) -> String {
        let mut shown = Vec::new();
        let mut byte = [0];
        let mut ready = [PollFd::new(self.pty.master.as_fd(), PollFlags::POLLIN)];
        while !shown.ends_with(end.as_bytes()) {
            let answers = poll(&mut ready, PollTimeout::from(60_000_u16)).unwrap();
            assert_eq!(answers, 1, "no {end:?} in {}", String::from_utf8_lossy(&shown));
            let read = self.screen.read(&mut byte).unwrap();
            assert_eq!(read, 1, "no {end:?} in {}", String::from_utf8_lossy(&shown));
            shown.push(byte[0]);
        }
        String::from_utf8_lossy(&shown).into_owned()
    }

    /// What is shown by a program that only prints, to its end; and its exit status.
    pub fn shows_all_of(mut self, command: &mut Command) -> (String, i32) {
        let mut child = self.start(command, self.end());
        let Self { pty, screen } = &mut self;
        let mut shown = Vec::new();
        let mut part = [0; 4096];
        let mut ready = [PollFd::new(pty.master.as_fd(), PollFlags::POLLIN)];
        let status = loop {
            // What was written before the end is in the terminal then.
            let ended = child.try_wait().unwrap();
            while poll(&mut ready, PollTimeout::from(50_u16)).unwrap() == 1 {
                let read = screen.read(&mut part).unwrap();
                shown.extend_from_slice(&part[..read]);
            }
            if let Some(status) = ended {
                break status.code().unwrap_or(-1);
            }
        };
        (String::from_utf8_lossy(&shown).into_owned(), status)
    }

    /// Whether it shows what is typed.
    pub fn echoes(&self) -> bool {
        let settings = tcgetattr(&self.pty.slave).unwrap();
        settings.local_flags.contains(LocalFlags::ECHO)
    }
}
