//! The tracer: it follows the program, its threads and its child from call to call, and makes one of the calls fail.

use std::collections::{BTreeSet, HashMap};
use std::fs::File;
use std::ops::Range;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{kill, killpg, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;

use crate::calls::find;
use crate::error::Error;
use crate::fault::{Fault, Process, Seen};
use crate::process::{answer, executed_by, group_of, has_room, is_event, is_file, loader_of, place_of};

/// What is known of a thread.
#[derive(Debug, Default, Clone)]
struct Thread {
    /// Of which process it is.
    group: i32,
    /// Inside a call; and what it is to return, if that is not the kernel's to say.
    is_inside: bool,
    returns: Option<Errno>,
}

/// What a process executes.
#[derive(Debug)]
struct Image {
    /// It is the program, and not one that it asks something.
    is_ours: bool,
    /// Where the loader is.
    loader: Vec<Range<u64>>,
}

/// Follows all threads and processes of one run.
pub struct Tracer<'a> {
    /// The program's own process.
    pub first: Pid,
    fault: &'a Fault,
    /// What was seen so far.
    pub seen: Seen,
    threads: HashMap<i32, Thread>,
    /// Threads that have not ended.
    living: BTreeSet<i32>,
    /// What each process executes, once it has made a call.
    images: HashMap<i32, Image>,
    /// The program, when the shell has become it.
    program: Option<PathBuf>,
    /// When the program ended.
    pub ended: Option<Instant>,
    status: Option<i32>,
}

impl<'a> Tracer<'a> {
    /// Starts a shell that stops itself, and becomes the program when it is traced.
    pub fn start(command: &Command, (stdout, stderr): (&File, &File), fault: &'a Fault) -> Result<Self, Error> {
        let clone = |file: &File| {
            file.try_clone()
                .map_err(|error| Error::Process("start the program", error))
        };
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", "kill -STOP $$; exec \"$@\"", "sh"])
            .arg(command.get_program())
            .args(command.get_args());
        shell
            .env_clear()
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        shell
            .current_dir("/")
            .process_group(0)
            .stdout(clone(stdout)?)
            .stderr(clone(stderr)?);
        let input = if command.get_args().any(|word| word == "--password-stdin") {
            File::open(password_beside(command))
        } else {
            File::open("/dev/null")
        };
        shell.stdin(input.map_err(|error| Error::Process("open standard input", error))?);
        let child = shell
            .spawn()
            .map_err(|error| Error::Process("start the program", error))?;
        let first = Pid::from_raw(i32::try_from(child.id()).unwrap_or_default());
        waitpid(first, Some(WaitPidFlag::WUNTRACED)).map_err(Error::system("wait"))?;
        let options = Options::PTRACE_O_TRACESYSGOOD
            | Options::PTRACE_O_TRACEFORK
            | Options::PTRACE_O_TRACEVFORK
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_EXITKILL;
        ptrace::seize(first, options).map_err(Error::system("trace the program"))?;
        kill(first, Signal::SIGCONT).map_err(Error::system("start the program"))?;
        Ok(Self {
            first,
            fault,
            seen: Seen::default(),
            threads: HashMap::new(),
            living: [first.as_raw()].into(),
            images: HashMap::new(),
            program: None,
            ended: None,
            status: None,
        })
    }

    /// Goes on from stop to stop until all have ended; the status of the first.
    pub fn follow(&mut self) -> Option<i32> {
        while !self.living.is_empty() {
            match waitpid(None, Some(WaitPidFlag::__WALL)) {
                Ok(WaitStatus::Exited(pid, status)) => self.end(pid, Some(status)),
                Ok(WaitStatus::Signaled(pid, ..)) => self.end(pid, None),
                Ok(WaitStatus::PtraceSyscall(pid)) => {
                    self.stop(pid);
                    let _ = ptrace::syscall(pid, None);
                }
                Ok(WaitStatus::PtraceEvent(pid, _, event)) => {
                    self.note(pid, event);
                    let _ = ptrace::syscall(pid, None);
                }
                Ok(WaitStatus::Stopped(pid, signal)) => drop(ptrace::syscall(pid, signal)),
                Err(Errno::EINTR) | Ok(_) => {}
                Err(_) => break,
            }
        }
        self.status
    }

    fn end(&mut self, pid: Pid, status: Option<i32>) {
        self.threads.remove(&pid.as_raw());
        self.living.remove(&pid.as_raw());
        if pid == self.first {
            (self.ended, self.status) = (Some(Instant::now()), status);
        }
    }

    /// A new thread or process, or a new program in an old one.
    fn note(&mut self, pid: Pid, event: i32) {
        match event {
            libc::PTRACE_EVENT_EXEC => {
                self.images.remove(&pid.as_raw());
                let program = self.program.take().or_else(|| executed_by(pid));
                self.program = program;
            }
            libc::PTRACE_EVENT_FORK | libc::PTRACE_EVENT_VFORK | libc::PTRACE_EVENT_CLONE => {
                let new = ptrace::getevent(pid).ok().and_then(|new| i32::try_from(new).ok());
                self.living.extend(new);
            }
            _ => {}
        }
    }

    fn stop(&mut self, pid: Pid) {
        let group = self
            .threads
            .get(&pid.as_raw())
            .map_or_else(|| group_of(pid), |thread| thread.group);
        let mut thread = self.threads.remove(&pid.as_raw()).unwrap_or(Thread {
            group,
            ..Thread::default()
        });
        if thread.is_inside {
            thread.is_inside = false;
            if let Some(errno) = thread.returns.take() {
                answer(pid, errno);
            }
        } else {
            thread.is_inside = true;
            if self.program.is_some() {
                thread.returns = self.enter(pid, group);
            }
        }
        self.threads.insert(pid.as_raw(), thread);
    }

    /// Counts the call that begins; the error that it is to have.
    fn enter(&mut self, pid: Pid, group: i32) -> Option<Errno> {
        let mut regs = ptrace::getregs(pid).ok()?;
        let image = self.images.entry(group).or_insert_with(|| Image {
            is_ours: executed_by(pid) == self.program,
            loader: loader_of(pid),
        });
        if !image.is_ours || image.loader.iter().any(|range| range.contains(&regs.rip)) {
            return None;
        }
        self.seen.all += 1;
        let process = if group == self.first.as_raw() {
            Process::Program
        } else {
            Process::Child
        };
        let number = i64::try_from(regs.orig_rax).unwrap_or(-1);
        let counted = find(number).filter(|_| !is_event(pid, &regs)).map(|call| {
            let count = self.seen.calls.entry((process, call.number)).or_default();
            *count += 1;
            (call.number, *count)
        });
        let errno = match *self.fault {
            Fault::None => self.fill(pid, &mut regs, usize::MAX),
            Fault::Call {
                process: of,
                call,
                nth,
                errno,
            } => (of == process && counted == Some((call.number, nth))).then_some(errno),
            Fault::Kill { nth } => {
                if nth == self.seen.all {
                    self.seen.has_struck = true;
                    let _ = killpg(self.first, Signal::SIGKILL);
                }
                None
            }
            Fault::Disk { room } => self.fill(pid, &mut regs, room),
        }?;
        self.seen.has_struck = true;
        self.seen.place = place_of(pid, &regs);
        regs.orig_rax = u64::MAX;
        let _ = ptrace::setregs(pid, regs);
        Some(errno)
    }

    /// Lets a write into a file have what is left of the room.
    fn fill(&mut self, pid: Pid, regs: &mut libc::user_regs_struct, room: usize) -> Option<Errno> {
        let writes = [libc::SYS_write, libc::SYS_pwrite64].map(|call| u64::try_from(call).unwrap_or_default());
        if !writes.contains(&regs.orig_rax) || !is_file(pid, regs.rdi) || has_room(pid, regs) {
            return None;
        }
        let (left, wanted) = (
            room.saturating_sub(self.seen.written),
            usize::try_from(regs.rdx).unwrap_or(usize::MAX),
        );
        if left == 0 && wanted > 0 {
            return Some(Errno::ENOSPC);
        }
        if wanted > left {
            regs.rdx = u64::try_from(left).unwrap_or_default();
            let _ = ptrace::setregs(pid, *regs);
        }
        self.seen.written += wanted.min(left);
        None
    }
}

/// `Command` does not tell its standard input.
fn password_beside(command: &Command) -> std::path::PathBuf {
    let hook_env = command
        .get_args()
        .skip_while(|word| *word != "--hook-env")
        .nth(1)
        .unwrap_or_default();
    std::path::Path::new(hook_env).with_file_name("password")
}
