//! Who is offered a cluster: by `acls`, and by who can read its file, as `ood_core` decides in a process of the user's.

use std::fmt;

use crate::config::raw::cluster_file::Acl;
use crate::door::Readers;
use crate::foreign::Foreign;
use crate::user::{User, UserError};

/// The rules of one cluster.
#[derive(Debug, Clone, Default)]
pub struct Access {
    acls: Vec<Acl>,
    /// `None` if there is no file.
    readers: Option<Readers>,
}

/// What decides for a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// There is none: everybody is offered the cluster.
    Nobodys,
    /// Who owns the file and can read it.
    File {
        /// The permission bits.
        mode: u32,
        /// The owner.
        uid: u32,
        /// The group.
        gid: u32,
        /// Whether an ACL names more.
        has_acl: bool,
    },
    /// An entry of `acls`.
    Acl {
        /// Where it stands.
        place: &'static str,
        /// On which line.
        line: usize,
        /// The first group that the user is in; `None` if there is none.
        group: Option<Foreign>,
    },
}

/// Whether a user is offered a cluster, and which rule decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Whether the user is.
    pub is_offered: bool,
    /// The rule that keeps the user out, or the last one that lets the user in.
    pub rule: Rule,
}

impl Access {
    pub(super) fn new(acls: Vec<Acl>, readers: Readers) -> Self {
        Self {
            acls,
            readers: Some(readers),
        }
    }

    /// Whether there is a rule that could keep somebody out.
    pub fn is_restricted(&self) -> bool {
        !self.acls.is_empty() || self.closed_file().is_some()
    }

    /// Who can read the file, unless everybody can.
    fn closed_file(&self) -> Option<&Readers> {
        self.readers.as_ref().filter(|readers| !readers.are_all())
    }

    /// Whether nobody but root can read the file, so that OnDemand offers the cluster to nobody.
    pub fn is_for_nobody(&self) -> bool {
        self.readers.as_ref().is_some_and(Readers::are_none)
    }

    /// What is decided for a user: every rule must let the user in. The group database is asked only if a rule needs it.
    pub fn verdict(&self, user: &User) -> Result<Verdict, UserError> {
        let mut rule = Rule::Nobodys;
        if let Some(readers) = self.closed_file() {
            let Readers { mode, uid, gid, .. } = *readers;
            let has_acl = readers.have_acl();
            rule = Rule::File {
                mode,
                uid,
                gid,
                has_acl,
            };
            let is_offered = readers.include(user.uid, &user.groups);
            if !is_offered {
                return Ok(Verdict { is_offered, rule });
            }
        }
        for acl in &self.acls {
            let group = user.first_group_of(&acl.groups)?;
            let is_offered = group.is_some() == acl.lets_in;
            rule = Rule::Acl {
                place: acl.place,
                line: acl.line,
                group: group.map(Foreign::from),
            };
            if !is_offered {
                return Ok(Verdict { is_offered, rule });
            }
        }
        let is_offered = true;
        Ok(Verdict { is_offered, rule })
    }
}

impl Access {
    /// What casts doubt on a verdict against a user: the rule names a group that the group database does not know. Then the
    /// rule is out of date, or the directory service does not answer and its groups seem not to be there; nobody can tell.
    /// `OnDemand` and a login withhold the cluster; whatever takes something away for good has to know more.
    pub fn doubt(&self, verdict: &Verdict, user: &User) -> Result<Option<Doubt>, UserError> {
        if verdict.is_offered {
            return Ok(None);
        }
        let unknown = match &verdict.rule {
            Rule::File { .. } => {
                let groups = self.readers.as_ref().map(Readers::groups).unwrap_or_default();
                user.first_unknown_gid(&groups)?.map(|gid| gid.to_string())
            }
            Rule::Acl {
                place,
                line,
                group: None,
            } => {
                let of_rule = self.acls.iter().filter(|acl| acl.place == *place && acl.line == *line);
                let groups: Vec<String> = of_rule.flat_map(|acl| acl.groups.iter().cloned()).collect();
                user.first_unknown_group(&groups)?.cloned()
            }
            // The user was found in the group of a blocklist.
            Rule::Acl { group: Some(_), .. } | Rule::Nobodys => None,
        };
        Ok(unknown.map(|group| Doubt {
            group: group.into(),
            rule: verdict.rule.clone(),
        }))
    }
}

/// A group that a rule names, and that the group database does not know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// The group.
    pub group: Foreign,
    /// The rule.
    pub rule: Rule,
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, rule } = self;
        write!(f, "{rule}, but the group database does not know group {group} (getent group {group}); correct the rule, or let the directory service answer")
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nobodys => f.write_str("there is no rule"),
            Self::File {
                mode,
                uid,
                gid,
                has_acl,
            } => {
                let acl = if *has_acl { ", and an ACL (getfacl)" } else { "" };
                write!(f, "its file has mode {mode:04o}, owner {uid} and group {gid}{acl}")
            }
            Self::Acl { place, line, group } => {
                write!(f, "{place} in line {line}: ")?;
                match group {
                    Some(group) => write!(f, "the user is in group {group}"),
                    None => f.write_str("the user is in none of its groups"),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(groups: &[u32]) -> User {
        User {
            name: crate::naming::Username::parse("ann").unwrap(),
            uid: 1000,
            gid: 1000,
            groups: groups.to_vec(),
            home: "/home/ann".into(),
        }
    }

    fn acl(groups: &[&str], lets_in: bool) -> Acl {
        Acl {
            place: "v2.acls",
            line: 3,
            groups: groups.iter().map(|&name| name.to_owned()).collect(),
            lets_in,
        }
    }

    fn is_offered(acls: Vec<Acl>) -> bool {
        let access = Access { acls, readers: None };
        // Gid 0 is "root" on every Linux.
        access.verdict(&user(&[0])).unwrap().is_offered
    }

    #[test]
    fn all_rules_must_let_the_user_in_and_a_blocklist_turns_it_round() {
        for (acls, offered) in [
            (vec![], true),
            (vec![acl(&["root"], true)], true),
            (vec![acl(&["no-such-group"], true)], false),
            (vec![acl(&["no-such-group", "root"], true)], true),
            (vec![acl(&[], true)], false),
            (vec![acl(&["root"], false)], false),
            (vec![acl(&["no-such-group"], false)], true),
            (vec![acl(&[], false)], true),
            (vec![acl(&["root"], true), acl(&["no-such-group"], true)], false),
            (vec![acl(&["root"], true), acl(&["root"], false)], false),
        ] {
            assert_eq!(is_offered(acls.clone()), offered, "{acls:?}");
        }
    }
}
