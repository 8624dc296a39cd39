//! The names of users, as `OnDemand` passes them.

use std::fmt;

use super::error::NameError;

/// A user name as OnDemand passes it: not empty, and safe in a path, an annotation and a log line.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Username(String);

impl Username {
    /// Accepts what `nginx_stage`'s `user_regex` accepts and letters of any script, but nothing that could
    /// change the meaning of a path, a passwd line, an object's name or a command that an administrator copies.
    pub fn parse(name: &str) -> Result<Self, NameError> {
        let refuse = |reason| {
            Err(NameError::Username {
                name: name.chars().take(64).collect(),
                reason,
            })
        };
        if name.is_empty() {
            return refuse("is empty");
        }
        if name.len() > 256 {
            return refuse("is longer than 256 bytes");
        }
        if name.starts_with('-') || name == "." || name == ".." {
            return refuse("cannot begin with '-' or be a dot");
        }
        // Machine accounts end in `$`. The other characters are not special in a shell, a path or a passwd line.
        let body = name.strip_suffix('$').unwrap_or(name);
        if !body.chars().all(|c| c.is_alphanumeric() || "._@+-".contains(c)) {
            return refuse("has a character other than letters, digits and . _ @ + -");
        }
        Ok(Self(name.to_owned()))
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_name_that_would_change_a_path_or_a_log_line_is_refused() {
        for name in [
            "", "-x", "..", "a/b", "a:b", "a b", "a\nb", "a\"b", "a%2fb", "a;b", "a$(b)", "a`b`", "a&b",
        ] {
            assert!(Username::parse(name).is_err(), "{name:?}");
        }
    }
}
