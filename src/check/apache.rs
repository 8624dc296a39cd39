//! Parses the generated portal configuration: the settings for the hook that Apache passes to OnDemand's Lua code.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The parts of `ood-portal.conf` that the hook depends on. The file contains secrets, so nothing else is kept.
#[derive(Debug)]
pub(super) struct PortalConf {
    pub path: PathBuf,
    /// `pun_pre_hook_root_cmd`.
    pub hook: Option<String>,
    exports: String,
    /// Whether the file configures `mod_auth_openidc`.
    pub has_oidc: bool,
    /// `OIDCPassRefreshToken On`: without it the module does not pass the refresh token on.
    pub passes_refresh_token: bool,
}

impl PortalConf {
    /// Reads these directives; the last of each kind takes effect, as in Apache.
    pub fn parse(path: &Path, text: &str) -> Self {
        let joined = text.replace("\\\n", " ");
        let mut variables = HashMap::new();
        let (mut has_oidc, mut passes_refresh_token) = (false, false);
        for line in joined.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let mut words = words(line);
            let directive = words.next().unwrap_or_default().to_ascii_lowercase();
            match directive.as_str() {
                "setenv" => {
                    let name = words.next().unwrap_or_default();
                    variables.insert(name, words.next().unwrap_or_default());
                }
                "oidcclientid" => has_oidc = true,
                "oidcpassrefreshtoken" => {
                    passes_refresh_token = words.next().is_some_and(|value| value.eq_ignore_ascii_case("on"));
                }
                _ => {}
            }
        }
        let hook = variables.remove("OOD_PUN_PRE_HOOK_ROOT_CMD");
        Self {
            path: path.to_owned(),
            hook: hook.filter(|hook| !hook.is_empty()),
            exports: variables.remove("OOD_PUN_PRE_HOOK_EXPORTS").unwrap_or_default(),
            has_oidc,
            passes_refresh_token,
        }
    }

    /// The exported names, split at commas like OnDemand's `nginx_stage.lua` does, which keeps spaces.
    pub fn exports(&self) -> Vec<String> {
        let names = self.exports.split(',').filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }
}

/// Apache's words: separated by white space, or in quotes, in which `\"` is a quote.
fn words(line: &str) -> impl Iterator<Item = String> + '_ {
    let mut rest = line.chars().peekable();
    std::iter::from_fn(move || {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        let quote = rest.next_if(|c| *c == '"' || *c == '\'');
        let mut word = String::new();
        let mut is_word = quote.is_some();
        while let Some(c) = rest.next_if(|c| quote.is_some() || !c.is_whitespace()) {
            is_word = true;
            match c {
                c if Some(c) == quote => break,
                '\\' if quote.is_some() && rest.peek() == quote.as_ref() => word.extend(rest.next()),
                c => word.push(c),
            }
        }
        is_word.then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> PortalConf {
        PortalConf::parse(Path::new("ood-portal.conf"), text)
    }

    #[test]
    fn quotes_letter_case_and_continued_lines_are_read_as_apache_reads_them() {
        let conf = parse(
            "  setenv OOD_PUN_PRE_HOOK_ROOT_CMD \"/a \\\"b\\\"\"\n\
             SetEnv OOD_PUN_PRE_HOOK_EXPORTS \\\n  'OIDC_access_token,OIDC_REFRESH_TOKEN'\n\
             OIDCClientID ood\n  OIDCPassRefreshToken on\n",
        );
        assert_eq!(conf.hook.as_deref(), Some("/a \"b\""));
        assert_eq!(conf.exports(), ["OIDC_access_token", "OIDC_REFRESH_TOKEN"]);
        assert!(conf.has_oidc && conf.passes_refresh_token);
    }

    #[test]
    fn comments_do_not_count_and_the_last_setting_does() {
        let conf = parse(
            "# SetEnv OOD_PUN_PRE_HOOK_ROOT_CMD /comment\nSetEnv OOD_PUN_PRE_HOOK_ROOT_CMD /a\nSetEnv OOD_PUN_PRE_HOOK_ROOT_CMD /b\n\
             OIDCPassRefreshToken On\nOIDCPassRefreshToken Off\n",
        );
        assert_eq!(conf.hook.as_deref(), Some("/b"));
        assert!(!conf.passes_refresh_token && conf.exports().is_empty());
        assert_eq!(parse("SetEnv OOD_PUN_PRE_HOOK_ROOT_CMD \"\"\n").hook, None);
    }

    #[test]
    fn a_space_behind_a_comma_is_part_of_the_name_as_for_ondemand() {
        let conf = parse("SetEnv OOD_PUN_PRE_HOOK_EXPORTS \"A, B\"\n");
        assert_eq!(conf.exports(), ["A", " B"]);
    }
}
