//! The control plane's processes: the processor time that they used, and a limit on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix::unistd::{sysconf, SysconfVar};
use ood_k8s_control_plane::ControlPlane;

use crate::error::Error;

/// Where cgroup v1 has its processor controller.
const V1: &str = "/sys/fs/cgroup/cpu";
/// The period of a limit, in microseconds.
const PERIOD: u32 = 100_000;

/// The servers of one control plane.
pub struct Servers(Vec<u32>);

impl Servers {
    pub fn of(plane: &ControlPlane) -> Self {
        Self(plane.pids())
    }

    /// User and system time of all of them so far.
    pub fn cpu(&self) -> Duration {
        let per_second = sysconf(SysconfVar::CLK_TCK).ok().flatten();
        let per_second = u64::try_from(per_second.unwrap_or(100)).unwrap_or(100);
        let ticks: u64 = self.0.iter().map(|pid| ticks(*pid)).sum();
        Duration::from_millis(ticks * 1000 / per_second)
    }

    /// Gives all of them together this share of one core, in percent, until the limit is dropped.
    pub fn limit(&self, percent: u32) -> Result<Limit, Error> {
        let is_v1 = Path::new(V1).join("cpu.cfs_quota_us").exists();
        let root = if is_v1 { V1 } else { "/sys/fs/cgroup" };
        let group = Path::new(root).join(format!("ood-k8s-bench-{}", std::process::id()));
        fs::create_dir(&group).map_err(Error::file("make", &group))?;
        let limit = Limit {
            group,
            root: root.into(),
            pids: self.0.clone(),
        };
        let quota = PERIOD * percent / 100;
        if is_v1 {
            limit.write("cpu.cfs_period_us", &PERIOD.to_string())?;
            limit.write("cpu.cfs_quota_us", &quota.to_string())?;
        } else {
            limit.write("cpu.max", &format!("{quota} {PERIOD}"))?;
        }
        for pid in &self.0 {
            limit.write("cgroup.procs", &pid.to_string())?;
        }
        Ok(limit)
    }
}

/// A limit on processor time, a cgroup.
pub struct Limit {
    group: PathBuf,
    root: PathBuf,
    pids: Vec<u32>,
}

impl Limit {
    fn write(&self, name: &str, value: &str) -> Result<(), Error> {
        let file = self.group.join(name);
        fs::write(&file, value).map_err(Error::file("write", &file))
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        for pid in &self.pids {
            let _ = fs::write(self.root.join("cgroup.procs"), pid.to_string());
        }
        let _ = fs::remove_dir(&self.group);
    }
}

/// Fields 14 and 15 of `/proc/PID/stat` (proc(5)), counted behind the name, which may have blanks.
fn ticks(pid: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let after = text.rsplit_once(") ").map_or("", |(_, after)| after);
    let fields: Vec<u64> = after
        .split(' ')
        .map(|field| field.parse().unwrap_or_default())
        .collect();
    fields.iter().skip(11).take(2).sum()
}
