//! A public file of totals to which many processes add without waiting for each other.
//!
//! Each appends what it has to a file beside it. Whoever gets the lock adds up what has been appended, and replaces the totals,
//! which say up to where that was: so each entry is in them once, whatever is killed in between. What is
//! appended by who does not get the lock is added by its holder, or by whoever comes next.

use std::ffi::OsString;
use std::fmt;
use std::fs::Permissions;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::SystemTime;

use super::error::StoreError;
use super::scratch::{self, Scratch};
use super::update::{open_public, read, Kind};
use crate::door::{Appended, FileError, Opened, Place, LARGEST};

/// What waits to be added up, in bytes: only totals that cannot be written let it grow so large.
const MOST: u64 = 1 << 20;
/// How often the holder of the lock looks for what came meanwhile. In a storm others hold it sooner.
const ROUNDS: usize = 8;
/// The first line of the totals begins so; then come the number of bytes that are in them, and the file of which they are.
const MARK: &str = "# ood-k8s adds up here what stands in the file .pending beside this one. Up to byte, of file: ";

/// Appends an entry, which ends each of its lines, and adds up what there is: `add` gets the totals, empty at first, and the
/// entries. `instead` is appended if too much is waiting. `is_kept` is called as soon as the entry cannot be lost any more.
///
/// Nothing is brought to the disk, and nobody is waited for. A file that was not written here is left as it is.
pub fn gather<E: fmt::Display>(
    path: &Path,
    entry: &str,
    instead: &str,
    is_kept: impl FnOnce(),
    add: impl Fn(&str, &str) -> Result<String, E>,
) -> Result<(), StoreError<E>> {
    let opened = open_public(path)?;
    let mut name = OsString::from(opened.target.name());
    name.push(".pending");
    let pending = Appended::open(opened.target.beside(name))?;
    let doing = |doing| FileError::during(doing, path);
    let is_full = pending.occupied().map_err(doing("examine"))? > MOST;
    // The line end before it ends what a full disk has cut off.
    let entry = format!("\n{}", if is_full { instead } else { entry });
    pending.append(&entry).map_err(doing("write"))?;
    is_kept();
    for _ in 0..ROUNDS {
        if !pending.try_lock().map_err(doing("lock"))? {
            break;
        }
        let until = add_up(&opened, &pending, &add);
        let _ = pending.unlock();
        // Whoever appends after this look finds the lock free.
        if until? == pending.size().map_err(doing("examine"))? {
            break;
        }
    }
    Ok(())
}

/// Adds up what waits, under the lock; returns up to which byte of it nothing waits any more.
fn add_up<E: fmt::Display>(
    opened: &Opened,
    pending: &Appended,
    add: &impl Fn(&str, &str) -> Result<String, E>,
) -> Result<u64, StoreError<E>> {
    let place = &opened.target;
    let path = place.path();
    let old = read(opened, Kind::Public)?;
    let (known, totals) = split(&path, old.as_deref().map_or("", String::as_str))?;
    let doing = |doing| FileError::during(doing, &path);
    let identity = pending.identity().map_err(doing("examine"))?;
    let size = pending.size().map_err(doing("examine"))?;
    // One that has begun anew is shorter, and one that was removed meanwhile is another.
    let from = match known {
        Some((bytes, of)) if of == identity && bytes <= size => bytes,
        _ => 0,
    };
    let (from, bytes) = pending.read(from, LARGEST).map_err(doing("read"))?;
    // What is not ended is being written, by one who adds it up.
    let Some(end) = bytes.iter().rposition(|byte| *byte == b'\n') else {
        return Ok(from + bytes.len() as u64);
    };
    let entries = String::from_utf8_lossy(&bytes[..=end]);
    // The end of a hole, if it does not end with a page.
    let entries = entries.trim_start_matches('\0');
    let new = add(totals, entries).map_err(|cause| StoreError::Edit {
        path: path.clone(),
        cause,
    })?;
    let until = from + end as u64 + 1;
    replace(place, &format!("{MARK}{until} {identity}\n{new}"))?;
    pending.free(until, MOST / 2);
    Ok(until)
}

/// How many bytes of which file are in the totals, and the rest of the text.
type Parts<'a> = (Option<(u64, &'a str)>, &'a str);

/// Takes the first line off.
fn split<'a, E: fmt::Display>(path: &Path, text: &'a str) -> Result<Parts<'a>, StoreError<E>> {
    if text.is_empty() {
        return Ok((None, ""));
    }
    let marked = text.split_once('\n').and_then(|(first, rest)| {
        let (bytes, of) = first.strip_prefix(MARK)?.split_once(' ')?;
        Some((Some((bytes.parse().ok()?, of)), rest))
    });
    marked.ok_or_else(|| StoreError::NotOurs {
        path: path.to_owned(),
        reason: "it does not begin like the totals of this program",
    })
}

fn replace<E: fmt::Display>(place: &Place, text: &str) -> Result<(), StoreError<E>> {
    scratch::sweep(place.directory(), place.name(), SystemTime::now());
    let path = place.path();
    let mut scratch = Scratch::beside(place)?;
    let file = scratch.file();
    file.set_permissions(Permissions::from_mode(0o644))
        .and_then(|()| file.write_all(text.as_bytes()))
        .map_err(FileError::during("write", &path))?;
    scratch.persist(place).map_err(FileError::during("replace", &path))?;
    Ok(())
}
