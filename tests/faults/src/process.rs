//! What the kernel says of a traced process: whose thread it is, what it executes, and what a call of it is about.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use nix::errno::Errno;
use nix::libc;
use nix::sys::ptrace;
use nix::unistd::Pid;

/// The call returns this error.
pub fn answer(pid: Pid, errno: Errno) {
    if let Ok(mut regs) = ptrace::getregs(pid) {
        regs.rax = i64::from(-(errno as i32)).cast_unsigned();
        let _ = ptrace::setregs(pid, regs);
    }
}

/// The process of a thread.
pub fn group_of(pid: Pid) -> i32 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let group = status.lines().find_map(|line| line.strip_prefix("Tgid:"));
    group
        .and_then(|group| group.trim().parse().ok())
        .unwrap_or_else(|| pid.as_raw())
}

/// What it executes.
pub fn executed_by(pid: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// Where the loader's code is.
pub fn loader_of(pid: Pid) -> Vec<Range<u64>> {
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
pub fn is_file(pid: Pid, descriptor: u64) -> bool {
    let path = fs::read_link(format!("/proc/{pid}/fd/{descriptor}")).unwrap_or_default();
    let is_other = ["/dev", "/proc", "/sys"].iter().any(|start| path.starts_with(start));
    descriptor > 2 && path.is_absolute() && !is_other
}

/// Whether this writes to an event (eventfd(2)), which the kernel never refuses to a counter that is not full.
pub fn is_event(pid: Pid, regs: &libc::user_regs_struct) -> bool {
    let path = || fs::read_link(format!("/proc/{pid}/fd/{}", regs.rdi)).unwrap_or_default();
    i64::try_from(regs.orig_rax) == Ok(libc::SYS_write) && path().to_string_lossy().contains("[eventfd]")
}

/// Whether a write at a place of its own only replaces what the file has already, as file systems of fixed blocks allow.
pub fn has_room(pid: Pid, regs: &libc::user_regs_struct) -> bool {
    let length = fs::metadata(format!("/proc/{pid}/fd/{}", regs.rdi)).map_or(0, |file| file.len());
    i64::try_from(regs.orig_rax) == Ok(libc::SYS_pwrite64) && regs.r10.saturating_add(regs.rdx) <= length
}

/// What a call is about: the path that it names, or what its descriptor stands for.
pub fn place_of(pid: Pid, regs: &libc::user_regs_struct) -> PathBuf {
    let names_path = [
        libc::SYS_openat,
        libc::SYS_openat2,
        libc::SYS_newfstatat,
        libc::SYS_statx,
        libc::SYS_readlinkat,
        libc::SYS_mkdirat,
        libc::SYS_unlinkat,
        libc::SYS_renameat,
        libc::SYS_renameat2,
        libc::SYS_linkat,
    ];
    let names_nothing = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_pipe2,
        libc::SYS_poll,
        libc::SYS_epoll_create1,
        libc::SYS_eventfd2,
        libc::SYS_clone,
        libc::SYS_clone3,
        libc::SYS_wait4,
        libc::SYS_setresuid,
        libc::SYS_setresgid,
        libc::SYS_setgroups,
        libc::SYS_getrandom,
    ];
    let call = i64::try_from(regs.orig_rax).unwrap_or(-1);
    if names_nothing.contains(&call) {
        return PathBuf::new();
    }
    if names_path.contains(&call) {
        return text_at(pid, regs.rsi);
    }
    if call == libc::SYS_execve {
        return text_at(pid, regs.rdi);
    }
    match regs.rdi {
        0 => "standard input".into(),
        1 => "standard output".into(),
        2 => "standard error".into(),
        other => fs::read_link(format!("/proc/{pid}/fd/{other}")).unwrap_or_default(),
    }
}

/// The text at an address of its memory, up to the first NUL.
fn text_at(pid: Pid, address: u64) -> PathBuf {
    let mut bytes = [0; 4096];
    let memory = File::open(format!("/proc/{pid}/mem"));
    let read = memory
        .and_then(|memory| memory.read_at(&mut bytes, address))
        .unwrap_or(0);
    let text = bytes[..read].split(|byte| *byte == 0).next().unwrap_or_default();
    PathBuf::from(OsStr::from_bytes(text))
}
