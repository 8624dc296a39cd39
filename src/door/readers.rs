//! Who can read a file that is open, as the kernel would decide for a process of a user: owner, group, mode and POSIX ACL.

use std::os::fd::AsFd;

use rustix::fs::Mode;

use super::judge::{acl_of, Seen};

/// Tags of the entries of an ACL (`linux/posix_acl.h`).
const USER_OBJ: u16 = 0x01;
const USER: u16 = 0x02;
const GROUP_OBJ: u16 = 0x04;
const GROUP: u16 = 0x08;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;
/// The permission to read in an entry.
const READ: u16 = 4;
/// The length of the header, and of each entry, in bytes (`linux/posix_acl_xattr.h`).
const HEADER: usize = 4;
const ENTRY: usize = 8;

/// Who can read a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    /// Its owner.
    pub uid: u32,
    /// Its group.
    pub gid: u32,
    /// Its permission bits.
    pub mode: u32,
    entries: Vec<Entry>,
}

/// An entry of an ACL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    tag: u16,
    bits: u16,
    id: u32,
}

impl Readers {
    /// Of an open file. Its ACL is asked for even if others can read it: it can shut out somebody. With an ACL the group's
    /// bits are its mask, so where neither they nor those of others let anybody read, it changes nothing (acl(5)).
    pub(super) fn of(fd: impl AsFd, seen: &Seen) -> Self {
        let stat = &seen.stat;
        let mode = Mode::from_raw_mode(stat.st_mode);
        let is_asked = mode.intersects(Mode::RGRP | Mode::ROTH) && !seen.has_no_acl();
        Self {
            uid: stat.st_uid,
            gid: stat.st_gid,
            mode: mode.bits() & 0o7777,
            entries: if is_asked { entries(&acl_of(fd)) } else { Vec::new() },
        }
    }

    /// Whether an ACL names more than the owner and the group.
    pub fn have_acl(&self) -> bool {
        !self.entries.is_empty()
    }

    /// Whether everybody can read it.
    pub fn are_all(&self) -> bool {
        self.mode & 0o444 == 0o444 && self.entries.is_empty()
    }

    /// Whether nobody but root can read it.
    pub fn are_none(&self) -> bool {
        let is_given = |entry: &Entry| matches!(entry.tag, USER | GROUP) && entry.bits & self.mask() & READ != 0;
        let by_mode = self.uid == 0 && self.gid == 0 && self.mode & 0o004 == 0;
        by_mode && !self.entries.iter().any(is_given)
    }

    /// The groups that it is for, by its mode or an ACL.
    pub fn groups(&self) -> Vec<u32> {
        let named = self.entries.iter().filter(|entry| entry.tag == GROUP);
        std::iter::once(self.gid).chain(named.map(|entry| entry.id)).collect()
    }

    /// What the mask leaves of the entries that name somebody.
    fn mask(&self) -> u16 {
        let mask = self.entries.iter().find(|entry| entry.tag == MASK);
        mask.map_or(u16::MAX, |entry| entry.bits)
    }

    /// Whether a process with these ids can read it, by the algorithm of acl(5).
    pub fn include(&self, uid: u32, groups: &[u32]) -> bool {
        if self.entries.is_empty() {
            return self.by_mode(uid, groups);
        }
        let entry = |tag| {
            self.entries
                .iter()
                .find(|entry| entry.tag == tag)
                .map_or(0, |entry| entry.bits)
        };
        let mask = self.mask();
        if uid == self.uid {
            return entry(USER_OBJ) & READ != 0;
        }
        if let Some(own) = self.entries.iter().find(|entry| entry.tag == USER && entry.id == uid) {
            return own.bits & mask & READ != 0;
        }
        let of_groups = self.entries.iter().filter(|entry| match entry.tag {
            GROUP_OBJ => groups.contains(&self.gid),
            GROUP => groups.contains(&entry.id),
            _ => false,
        });
        let mut bits = of_groups.map(|entry| entry.bits & mask & READ != 0).peekable();
        if bits.peek().is_some() {
            return bits.any(|can| can);
        }
        entry(OTHER) & READ != 0
    }

    fn by_mode(&self, uid: u32, groups: &[u32]) -> bool {
        let bit = if uid == self.uid {
            0o400
        } else if groups.contains(&self.gid) {
            0o040
        } else {
            0o004
        };
        self.mode & bit != 0
    }
}

fn entries(attribute: &[u8]) -> Vec<Entry> {
    let body = attribute.get(HEADER..).unwrap_or_default();
    let read = |bytes: &[u8]| Entry {
        tag: u16::from_le_bytes([bytes[0], bytes[1]]),
        bits: u16::from_le_bytes([bytes[2], bytes[3]]),
        id: u32::from_le_bytes([bytes[4], bytes[5], bytes[6], bytes[7]]),
    };
    body.chunks_exact(ENTRY).map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readers(mode: u32, entries: &[(u16, u16, u32)]) -> Readers {
        let entries = entries.iter().map(|&(tag, bits, id)| Entry { tag, bits, id });
        Readers {
            uid: 0,
            gid: 50,
            mode,
            entries: entries.collect(),
        }
    }

    #[test]
    fn the_mode_counts_for_the_first_class_that_fits() {
        for (mode, owner, member, other) in [
            (0o644, true, true, true),
            (0o640, true, true, false),
            (0o600, true, false, false),
            (0o604, true, false, true),
            (0o044, false, true, true),
        ] {
            let file = readers(mode, &[]);
            let can = [file.include(0, &[]), file.include(7, &[7, 50]), file.include(7, &[7])];
            assert_eq!(can, [owner, member, other], "{mode:o}");
        }
    }

    #[test]
    fn an_acl_names_users_and_groups_and_its_mask_bounds_them() {
        let acl = |mask| {
            [
                (USER_OBJ, 6, 0),
                (USER, 4, 7),
                (USER, 0, 8),
                (GROUP_OBJ, 0, 0),
                (GROUP, 4, 60),
                (MASK, mask, 0),
                (OTHER, 0, 0),
            ]
        };
        let file = readers(0o640, &acl(4));
        assert!(file.include(7, &[]) && file.include(9, &[60]) && file.include(9, &[50, 60]));
        assert!(!file.include(8, &[60]) && !file.include(9, &[50]) && !file.include(9, &[]));
        let masked = readers(0o600, &acl(0));
        assert!(!masked.include(7, &[]) && !masked.include(9, &[60]) && masked.include(0, &[]));
    }

    #[test]
    fn an_acl_shuts_somebody_out_of_a_file_that_others_can_read() {
        let entries = [
            (USER_OBJ, 6, 0),
            (USER, 0, 7),
            (GROUP_OBJ, 4, 0),
            (GROUP, 0, 60),
            (MASK, 4, 0),
            (OTHER, 4, 0),
        ];
        let file = readers(0o644, &entries);
        assert!(!file.are_all() && !file.are_none());
        assert!(!file.include(7, &[]) && !file.include(9, &[60]) && file.include(9, &[]) && file.include(9, &[50, 60]));
        assert!(readers(0o644, &[]).are_all() && !readers(0o604, &[]).are_all());
    }

    #[test]
    fn a_file_of_roots_whose_acl_gives_nothing_is_for_nobody() {
        let of_root = |mode, bits, mask| Readers {
            gid: 0,
            ..readers(
                mode,
                &[
                    (USER_OBJ, 6, 0),
                    (USER, bits, 7),
                    (GROUP_OBJ, 4, 0),
                    (MASK, mask, 0),
                    (OTHER, 0, 0),
                ],
            )
        };
        assert!(!of_root(0o640, 4, 4).are_none());
        assert!(of_root(0o600, 4, 0).are_none() && of_root(0o640, 0, 4).are_none());
    }

    #[test]
    fn the_attribute_of_linux_is_read() {
        let bytes = [
            2, 0, 0, 0, 2, 0, 4, 0, 7, 0, 0, 0, 0x20, 0, 0, 0, 0xff, 0xff, 0xff, 0xff,
        ];
        let read = entries(&bytes);
        assert_eq!(
            read[0],
            Entry {
                tag: USER,
                bits: 4,
                id: 7
            }
        );
        assert_eq!((read.len(), read[1].tag), (2, OTHER));
        assert!(entries(&[]).is_empty());
    }
}
