//! The names: what can be given as an argument, and what the passwd database can say.

/// A uid of people's.
pub const PERSON: u32 = 41_001;

/// Whom a name is taken for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    Nobody,
    /// A person with rights of their own: what the C library says of them is taken.
    Person,
}

const ARGUMENTS: [&[u8]; 75] = [
    b"",
    b" ",
    b" ann",
    b"ann ",
    b"ann bob",
    b"-",
    b"--",
    b"---",
    b"-h",
    b"--help",
    b"-V",
    b"--version",
    b"-rf",
    b"--user",
    b"--user=ann",
    b".",
    b"..",
    b"...",
    b"/",
    b"/etc/passwd",
    b"../root",
    b"ann/../root",
    b"ann/",
    b"./ann",
    b"~",
    b"~root",
    b"ann\n",
    b"\nann",
    b"ann\nroot",
    b"ann\r",
    b"ann\t",
    b"\x1b[2J",
    b"\x07",
    b"ann\x7f",
    b"ann:",
    b"ann:x:0:0",
    b"ann,root",
    b"ann;id",
    b"ann|id",
    b"ann&id",
    b"$(id)",
    b"`id`",
    b"${HOME}",
    b"$HOME",
    b"ann$$",
    b"ann'",
    b"ann\"",
    b"ann\\",
    b"*",
    b"?",
    b"ann[0]",
    b"{ann,root}",
    b"<ann>",
    b"ann>x",
    b"!",
    b"#0",
    b"%s%n",
    b"ann%00root",
    b"ann=root",
    b"(ann)",
    b"^ann",
    b"system:admin",
    "ann\u{202e}".as_bytes(),
    "ann\u{200b}".as_bytes(),
    "ann\u{ad}".as_bytes(),
    "ann\u{301}".as_bytes(),
    "\u{430}nn".as_bytes(),
    "\u{ff52}\u{ff4f}\u{ff4f}\u{ff54}".as_bytes(),
    "ann\u{2028}".as_bytes(),
    "\u{feff}ann".as_bytes(),
    // No UTF-8: a byte alone, one that is cut off, a surrogate, and a dot in two bytes.
    b"\xff",
    b"ann\xc3",
    b"\xed\xa0\x80",
    b"\xc0\xae\xc0\xae",
    b"ann\x80root",
];

/// Names of accounts, or none at all: no number is taken for a uid.
pub const UNKNOWN: [&str; 11] = [
    "0",
    "1",
    "41001",
    "-1",
    "4294967295",
    "0x0",
    "0xa029",
    "nosuch",
    "SOMEBODY",
    "Somebody",
    "somebody.",
];

pub fn arguments() -> Vec<Vec<u8>> {
    let mut arguments: Vec<Vec<u8>> = ARGUMENTS.into_iter().map(Into::into).collect();
    arguments.extend(UNKNOWN.map(Into::into));
    arguments.extend([257, 4096, 100_000].map(|length| vec![b'x'; length]));
    arguments
}

/// What it is, the name, its lines, and whom it is taken for.
pub struct Entry(pub &'static str, pub &'static str, pub &'static str, pub Taken);

use Taken::{Nobody, Person};

pub const ENTRIES: [Entry; 52] = [
    Entry("uid 0", "toor", "NAME:x:0:0::HOME:/bin/sh\n", Nobody),
    Entry(
        "uid 0, group of people",
        "toor2",
        "NAME:x:0:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("uid 00000", "zeros", "NAME:x:00000:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid -0", "minus-zero", "NAME:x:-0:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid +0", "plus-zero", "NAME:x:+0:41001::HOME:/bin/sh\n", Nobody),
    Entry(
        "uid 0 after a blank",
        "blank-zero",
        "NAME:x: 0:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "uid 0 before a blank",
        "zero-blank",
        "NAME:x:0 :41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("uid 0x0", "hex-zero", "NAME:x:0x0:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid 0x3e9", "hex", "NAME:x:0x3e9:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid 3e9", "letters", "NAME:x:3e9:41001::HOME:/bin/sh\n", Nobody),
    Entry("no uid", "no-uid", "NAME:x::41001::HOME:/bin/sh\n", Nobody),
    Entry("no gid", "no-gid", "NAME:x:41001:::HOME:/bin/sh\n", Nobody),
    Entry("uid -1", "minus-one", "NAME:x:-1:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid 2^32-1", "max", "NAME:x:4294967295:41001::HOME:/bin/sh\n", Nobody),
    Entry("uid 2^32", "wraps", "NAME:x:4294967296:41001::HOME:/bin/sh\n", Nobody),
    Entry(
        "uid 2^32+1",
        "wraps-one",
        "NAME:x:4294967297:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "uid 2^64",
        "wraps-twice",
        "NAME:x:18446744073709551616:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "uid -2^32",
        "wraps-below",
        "NAME:x:-4294967296:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("gid -1", "gid-minus-one", "NAME:x:41001:-1::HOME:/bin/sh\n", Nobody),
    Entry(
        "gid 2^32-1",
        "gid-max",
        "NAME:x:41001:4294967295::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "gid 2^32",
        "gid-wraps",
        "NAME:x:41001:4294967296::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "a group of 2^32-1",
        "in-no-group",
        "NAME:x:41001:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("uid 1", "system-one", "NAME:x:1:1::HOME:/bin/sh\n", Nobody),
    Entry("uid 999", "system-999", "NAME:x:999:999::HOME:/bin/sh\n", Nobody),
    Entry("uid 0999", "system-0999", "NAME:x:0999:0999::HOME:/bin/sh\n", Nobody),
    Entry("uid 65534", "like-nobody", "NAME:x:65534:65534::HOME:/bin/sh\n", Nobody),
    Entry("root itself", "root", "", Nobody),
    Entry("a system account", "daemon", "", Nobody),
    Entry("nobody itself", "nobody", "", Nobody),
    Entry(
        "two entries, root first",
        "twice",
        "NAME:x:0:0::HOME:/bin/sh\nNAME:x:41001:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("upper case", "UPPER", "upper:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry("lower case", "lower", "LOWER:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry("umlaut", "j\u{fc}rgen", "NAME:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry(
        "umlaut in two characters",
        "ju\u{308}rgen",
        "NAME:x:41001:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("upper umlaut", "\u{c4}NN", "NAME:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry("sharp s", "stra\u{df}e", "NAME:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry(
        "too long for a namespace",
        LONG,
        "NAME:x:41001:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry(
        "only digits of another script",
        "\u{661}\u{662}",
        "NAME:x:41001:41001::HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("NIS: everybody", "+", "+::::::\n", Nobody),
    Entry("NIS: one", "+ann", "+ann::::::\n", Nobody),
    Entry("NIS: not one", "-ann", "-ann::::::\n", Nobody),
    Entry("NIS: a netgroup", "+@all", "+@all:::::HOME:\n", Nobody),
    Entry("a comment", "hidden", "#hidden:x:41001:41001::HOME:/bin/sh\n", Nobody),
    Entry("cut off", "short", "NAME:x:41001\n", Nobody),
    Entry("cut off before its uid", "shorter", "NAME:x\n", Nobody),
    Entry(
        "a name in another field",
        "in-gecos",
        "other:x:41001:41001:NAME:HOME:/bin/sh\n",
        Nobody,
    ),
    Entry("uid 001001", "padded", "NAME:x:0041001:41001::HOME:/bin/sh\n", Person),
    Entry(
        "uid 2^32-2",
        "below-max",
        "NAME:x:4294967294:41001::HOME:/bin/sh\n",
        Person,
    ),
    Entry("uid 65535", "old-max", "NAME:x:65535:41001::HOME:/bin/sh\n", Person),
    Entry(
        "uid of a dynamic user",
        "dynamic",
        "NAME:x:61184:61184::HOME:/bin/sh\n",
        Person,
    ),
    Entry("primary group 0", "wheel", "NAME:x:41001:0::HOME:/bin/sh\n", Person),
    Entry(
        "two entries, root last",
        "again",
        "NAME:x:41001:41001::HOME:/bin/sh\nNAME:x:0:0::HOME:/bin/sh\n",
        Person,
    ),
];

const LONG: &str = "a-name-that-is-longer-than-a-namespace-with-its-prefix-can-ever-be";
