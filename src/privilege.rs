//! Becomes the user: the only file that changes user and group ids, once and irrevocably.

use nix::sys::signal::{SigSet, SigmaskHow};
use nix::unistd::{self, Gid, Uid};

use crate::user::User;

/// Why the process cannot act as the user.
#[derive(Debug, thiserror::Error)]
pub enum PrivilegeError {
    /// Not root, and asked to become another user.
    #[error("only root can write to the home directory of uid {wanted}, but this runs as uid {own}; run it as root")]
    NotRoot {
        /// The requested user.
        wanted: u32,
        /// The current user.
        own: u32,
    },
    /// The kernel refused.
    #[error("cannot become uid {wanted}: {step}: {source}")]
    Refused {
        /// The requested user.
        wanted: u32,
        /// The call that failed.
        step: &'static str,
        /// What the kernel reported.
        source: nix::Error,
    },
    /// Root could be regained, or the ids are not what they were set to. Never observed, but must not be ignored.
    #[error("became uid {wanted}, but root's privileges are not gone")]
    NotForGood {
        /// The requested user.
        wanted: u32,
    },
}

/// The numeric ids of a user, which are all that is needed to become that user.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Ids {
    /// User id.
    pub uid: u32,
    /// Primary group id.
    pub gid: u32,
    /// All group ids.
    pub groups: Vec<u32>,
}

impl From<&User> for Ids {
    fn from(user: &User) -> Self {
        Self {
            uid: user.uid,
            gid: user.gid,
            groups: user.groups.clone(),
        }
    }
}

/// Proof that this process acts as one user and cannot go back. Functions that open a user's files require it.
#[derive(Debug)]
pub struct AsUser(());

/// Becomes the user: sets groups, then gid, then uid, then proves that root cannot be regained.
///
/// Changes nothing if the process is the user already (not root, or root acting for root).
pub fn become_user(ids: &Ids) -> Result<AsUser, PrivilegeError> {
    let own = Uid::effective().as_raw();
    if own == ids.uid && (own != 0 || Uid::current().is_root()) {
        return Ok(AsUser(()));
    }
    if own != 0 {
        return Err(PrivilegeError::NotRoot { wanted: ids.uid, own });
    }
    without_signals(|| {
        drop_root(ids)?;
        // The user must not inspect a process that was root's: no tracing, no core dump. The change of ids has set it to
        // what `fs.suid_dumpable` says.
        let _ = nix::sys::prctl::set_dumpable(false);
        Ok(())
    })?;
    prove(ids)?;
    Ok(AsUser(()))
}

/// Holds up all signals meanwhile: the user may send them from the change of ids on, and one of them could have a core
/// dumped before that is forbidden (with `fs.suid_dumpable` 2 and a crash handler, core(5)).
fn without_signals<T>(work: impl FnOnce() -> T) -> T {
    let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK);
    let done = work();
    if let Ok(before) = before {
        let _ = before.thread_set_mask();
    }
    done
}

fn drop_root(ids: &Ids) -> Result<(), PrivilegeError> {
    let refused = |step| {
        move |source| PrivilegeError::Refused {
            wanted: ids.uid,
            step,
            source,
        }
    };
    let (uid, gid) = (Uid::from_raw(ids.uid), Gid::from_raw(ids.gid));
    let groups: Vec<Gid> = ids.groups.iter().copied().map(Gid::from_raw).collect();
    // In this order: without root, neither groups nor gid could be set.
    unistd::setgroups(&groups).map_err(refused("setgroups"))?;
    unistd::setresgid(gid, gid, gid).map_err(refused("setresgid"))?;
    unistd::setresuid(uid, uid, uid).map_err(refused("setresuid"))
}

fn prove(ids: &Ids) -> Result<(), PrivilegeError> {
    let (uid, gid) = (Uid::from_raw(ids.uid), Gid::from_raw(ids.gid));
    let uids = unistd::getresuid().is_ok_and(|r| r.real == uid && r.effective == uid && r.saved == uid);
    let gids = unistd::getresgid().is_ok_and(|r| r.real == gid && r.effective == gid && r.saved == gid);
    let back = unistd::setuid(Uid::from_raw(0)).is_ok() || unistd::seteuid(Uid::from_raw(0)).is_ok();
    if uids && gids && !back {
        return Ok(());
    }
    Err(PrivilegeError::NotForGood { wanted: ids.uid })
}
