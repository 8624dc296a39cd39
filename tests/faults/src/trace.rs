//! A run below ptrace: its system calls are counted, and one of them fails, or ends it, or finds the disk full.
//!
//! strace's injection counts in each thread and process for itself, so that one fault strikes in several places. This one
//! strikes once. The loader's own calls are left alone: before `main` there is nobody who could say anything.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{Read as _, Seek as _};
use std::ops::Range;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{kill, killpg, Signal};
use nix::sys::wait::{waitpid, WaitPidFlag, WaitStatus};
use nix::unistd::Pid;

use crate::calls::{find, Call};
use crate::error::Error;
use crate::run::Ran;

/// Which of the two processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Process {
    /// The program that was started.
    Program,
    /// Its child in the home, and whatever it forks until that executes another program.
    Child,
}

/// What is to happen.
#[derive(Debug, Clone, Copy)]
pub enum Fault {
    /// Nothing.
    None,
    /// This call of this process fails.
    Call {
        process: Process,
        call: &'static Call,
        nth: u32,
        errno: Errno,
    },
    /// All die before the call with this number in all.
    Kill { nth: u32 },
    /// Files take so many bytes in all, and then `ENOSPC`.
    Disk { room: usize },
}

/// What was seen of a run.
#[derive(Debug, Default)]
pub struct Seen {
    /// How often each process made each call that may fail, by its number.
    pub calls: BTreeMap<(Process, i64), u32>,
    /// All calls.
    pub all: u32,
    /// The bytes written into files.
    pub written: usize,
    /// Whether the fault came to pass.
    pub has_struck: bool,
    /// What the first argument of that call was as a descriptor.
    pub descriptor: PathBuf,
}

/// Runs it, with the fault.
pub fn trace(command: &Command, fault: &Fault, limit: Duration) -> Result<(Ran, Seen), Error> {
    let file = || tempfile::tempfile().map_err(|error| Error::Process("make a temporary file", error));
    let (stdout, stderr) = (file()?, file()?);
    let started = Instant::now();
    let mut tracer = Tracer::start(command, (&stdout, &stderr), fault)?;
    let (done, over) = mpsc::channel::<()>();
    let group = tracer.first;
    let status = std::thread::scope(|scope| {
        scope.spawn(move || {
            if over.recv_timeout(limit) == Err(mpsc::RecvTimeoutError::Timeout) {
                let _ = killpg(group, Signal::SIGKILL);
            }
        });
        let status = tracer.follow();
        drop(done);
        status
    });
    let ran = Ran {
        status,
        stdout: text_of(stdout),
        stderr: text_of(stderr),
        took: tracer.ended.unwrap_or_else(Instant::now).duration_since(started),
    };
    Ok((ran, tracer.seen))
}

fn text_of(mut file: File) -> String {
    let mut bytes = Vec::new();
    let _ = file.rewind().and_then(|()| file.read_to_end(&mut bytes));
    String::from_utf8_lossy(&bytes).into_owned()
}

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

struct Tracer<'a> {
    first: Pid,
    fault: &'a Fault,
    seen: Seen,
    threads: HashMap<i32, Thread>,
    /// Threads that have not ended.
    living: BTreeSet<i32>,
    /// What each process executes, once it has made a call.
    images: HashMap<i32, Image>,
    /// The program, when the shell has become it.
    program: Option<PathBuf>,
    ended: Option<Instant>,
    status: Option<i32>,
}

impl<'a> Tracer<'a> {
    /// Starts a shell that stops itself, and becomes the program when it is traced.
    fn start(command: &Command, (stdout, stderr): (&File, &File), fault: &'a Fault) -> Result<Self, Error> {
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
    fn follow(&mut self) -> Option<i32> {
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
        self.seen.descriptor = fs::read_link(format!("/proc/{pid}/fd/{}", regs.rdi)).unwrap_or_default();
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

/// The call returns this error.
fn answer(pid: Pid, errno: Errno) {
    if let Ok(mut regs) = ptrace::getregs(pid) {
        regs.rax = i64::from(-(errno as i32)).cast_unsigned();
        let _ = ptrace::setregs(pid, regs);
    }
}

/// The process of a thread.
fn group_of(pid: Pid) -> i32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    group
        .and_then(|group| group.trim().parse().ok())
        .unwrap_or_else(|| pid.as_raw())
}

fn executed_by(pid: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Where the loader's code is.
fn loader_of(pid: Pid) -> Vec<Range<u64>> {
    let maps = fs::read_to_string(format!("/proc/{pid}/maps")).unwrap_or_default();
    let range = |line: &str| {
        let (start, end) = line.split(' ').next()?.split_once('-')?;
        Some(u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?)
    };
    maps.lines()
        .filter(|line| line.contains("/ld-linux"))
        .filter_map(range)
        .collect()
}

/// Whether a descriptor, other than the standard ones, is that of a file on a disk.
fn is_file(pid: Pid, descriptor: u64) -> bool {
    let path = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap_or_default();
    let is_other = ["/dev", "/proc", "/sys"].iter().any(|start| path.starts_with(start));
    descriptor > 2 && path.is_absolute() && !is_other
}

/// Whether this writes to an event (eventfd(2)), which the kernel never refuses to a counter that is not full.
fn is_event(pid: Pid, regs: &libc::user_regs_struct) -> bool {
    let path = || fs::read_link(format!("/proc/{pid}/fd/{}", regs.rdi)).unwrap_or_default();
    i64::try_from(regs.orig_rax) == Ok(libc::SYS_write) && path().to_string_lossy().contains("[eventfd]")
}

/// Whether a write at a place of its own only replaces what the file has already, as file systems of fixed blocks allow.
fn has_room(pid: Pid, regs: &libc::user_regs_struct) -> bool {
    let length = fs::metadata(format!("/proc/{pid}/fd/{}", regs.rdi)).map_or(0, |file| file.len());
    i64::try_from(regs.orig_rax) == Ok(libc::SYS_pwrite64) && regs.r10.saturating_add(regs.rdx) <= length
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
