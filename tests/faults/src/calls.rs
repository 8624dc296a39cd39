//! The system calls that fail, and with which errors.

use nix::errno::Errno;
use nix::libc;

const OF_FILES: &[Errno] = &[
    Errno::EIO,
    Errno::ENOSPC,
    Errno::EDQUOT,
    Errno::EROFS,
    Errno::EINTR,
    Errno::ENOMEM,
];
const OF_WRITES: &[Errno] = &[Errno::EIO, Errno::ENOSPC, Errno::EDQUOT, Errno::EROFS, Errno::EINTR];
const OF_READS: &[Errno] = &[Errno::EIO, Errno::EINTR, Errno::ENOMEM];
const OF_SOCKETS: &[Errno] = &[Errno::ECONNRESET, Errno::EINTR, Errno::ENOMEM, Errno::EIO];
const OF_PROCESSES: &[Errno] = &[Errno::EAGAIN, Errno::ENOMEM];
const OF_IDS: &[Errno] = &[Errno::EPERM, Errno::EAGAIN];

/// A system call.
#[derive(Debug)]
pub struct Call {
    /// Its number.
    pub number: i64,
    /// Its name.
    pub name: &'static str,
    /// The errors that it may have.
    pub errors: &'static [Errno],
}

const fn call(number: i64, name: &'static str, errors: &'static [Errno]) -> Call {
    Call { number, name, errors }
}

/// The calls that the four commands make and that the kernel can refuse, except `mmap` and `brk`: a Rust program that gets no
/// memory aborts.
pub static CALLS: [Call; 48] = [
    call(libc::SYS_openat, "openat", OF_FILES),
    call(libc::SYS_openat2, "openat2", OF_FILES),
    call(libc::SYS_read, "read", OF_READS),
    call(libc::SYS_pread64, "pread64", OF_READS),
    call(libc::SYS_readv, "readv", OF_READS),
    call(libc::SYS_recvfrom, "recvfrom", OF_SOCKETS),
    call(libc::SYS_recvmsg, "recvmsg", OF_SOCKETS),
    call(libc::SYS_write, "write", OF_WRITES),
    call(libc::SYS_pwrite64, "pwrite64", OF_WRITES),
    call(libc::SYS_writev, "writev", OF_WRITES),
    call(libc::SYS_sendto, "sendto", OF_SOCKETS),
    call(libc::SYS_sendmsg, "sendmsg", OF_SOCKETS),
    call(libc::SYS_fsync, "fsync", OF_WRITES),
    call(libc::SYS_fdatasync, "fdatasync", OF_WRITES),
    call(libc::SYS_ftruncate, "ftruncate", OF_WRITES),
    call(libc::SYS_renameat, "renameat", OF_FILES),
    call(libc::SYS_renameat2, "renameat2", OF_FILES),
    call(libc::SYS_linkat, "linkat", OF_FILES),
    call(libc::SYS_unlinkat, "unlinkat", OF_FILES),
    call(libc::SYS_mkdirat, "mkdirat", OF_FILES),
    call(libc::SYS_readlinkat, "readlinkat", OF_READS),
    call(libc::SYS_fchown, "fchown", OF_FILES),
    call(libc::SYS_fchmod, "fchmod", OF_FILES),
    call(libc::SYS_flock, "flock", OF_READS),
    call(libc::SYS_fstat, "fstat", OF_READS),
    call(libc::SYS_newfstatat, "newfstatat", OF_READS),
    call(libc::SYS_statx, "statx", OF_READS),
    call(libc::SYS_getdents64, "getdents64", OF_READS),
    call(libc::SYS_socket, "socket", OF_PROCESSES),
    call(libc::SYS_socketpair, "socketpair", OF_PROCESSES),
    call(
        libc::SYS_connect,
        "connect",
        &[Errno::ECONNREFUSED, Errno::EINTR, Errno::ENOMEM, Errno::EIO],
    ),
    call(libc::SYS_setsockopt, "setsockopt", OF_PROCESSES),
    call(libc::SYS_getsockopt, "getsockopt", OF_PROCESSES),
    call(libc::SYS_shutdown, "shutdown", OF_SOCKETS),
    call(libc::SYS_pipe2, "pipe2", OF_PROCESSES),
    call(libc::SYS_epoll_create1, "epoll_create1", OF_PROCESSES),
    call(libc::SYS_epoll_ctl, "epoll_ctl", OF_PROCESSES),
    call(libc::SYS_epoll_wait, "epoll_wait", &[Errno::EINTR]),
    call(libc::SYS_poll, "poll", &[Errno::EINTR, Errno::ENOMEM]),
    call(libc::SYS_eventfd2, "eventfd2", OF_PROCESSES),
    call(libc::SYS_clone, "clone", OF_PROCESSES),
    call(libc::SYS_clone3, "clone3", OF_PROCESSES),
    call(libc::SYS_execve, "execve", &[Errno::EIO, Errno::ENOMEM, Errno::EACCES]),
    call(libc::SYS_wait4, "wait4", &[Errno::EINTR]),
    call(libc::SYS_setresuid, "setresuid", OF_IDS),
    call(libc::SYS_setresgid, "setresgid", OF_IDS),
    call(libc::SYS_setgroups, "setgroups", OF_IDS),
    call(libc::SYS_getrandom, "getrandom", &[Errno::EINTR]),
];

/// The call of this number, if it is one of those.
pub fn find(number: i64) -> Option<&'static Call> {
    CALLS.iter().find(|call| call.number == number)
}
