//! In what state a run has left a file: as it was, whole with what is new, or neither.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use serde_json::Value;

use crate::case::{token_in, FileKind, Round, Target};
use crate::cluster;

/// In what state a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// As it was before.
    Old,
    /// Whole, with what the run was to write.
    New,
    /// Neither.
    Torn(String),
}

/// Whether the file is the old one or the new one, whole, and its owner's alone.
pub fn state(round: &Round<'_>, target: &Target) -> State {
    let now = fs::read(&target.path).ok();
    let ground = round.stage.ground;
    if let Ok(metadata) = fs::metadata(&target.path) {
        let owner = if target.kind == FileKind::Config {
            ground.user.uid.as_raw()
        } else {
            0
        };
        let mode = metadata.permissions().mode() & 0o7777;
        if (metadata.uid(), mode) != (owner, 0o600) {
            return State::Torn(format!("owner {} and mode {mode:o}", metadata.uid()));
        }
    }
    if now == target.old {
        return State::Old;
    }
    let Some(text) = now.and_then(|bytes| String::from_utf8(bytes).ok()) else {
        return State::Torn("gone".into());
    };
    match target.kind {
        FileKind::Config => of_config(round, &text),
        FileKind::Record => of_record(round, target, &text),
        FileKind::Root => of_root(round, &text),
        FileKind::Registry if text.as_bytes() == round.stage.registry => State::New,
        FileKind::Registry => State::Torn(text),
    }
}

/// The same as after an undisturbed login, but for the token.
fn of_config(round: &Round<'_>, text: &str) -> State {
    let is_whole = serde_yaml::from_str::<Value>(text).is_ok() && masked(text) == masked(&round.stage.config);
    if is_whole {
        State::New
    } else {
        State::Torn(masked(text))
    }
}

fn of_record(round: &Round<'_>, target: &Target, text: &str) -> State {
    let parse = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let (now, old) = (parse(text.as_bytes()), parse(target.old.as_deref().unwrap_or_default()));
    let user = round.stage.ground.user.name.as_str();
    let is_known = [&round.tokens.refresh, old["handed_over"].as_str().unwrap_or_default()]
        .contains(&now["handed_over"].as_str().unwrap_or_default());
    if now["user"] != user || !now["refresh_token"].is_string() || !is_known {
        return State::Torn(masked(text));
    }
    // A note about the old token is an old record.
    let is_old = [&old["refresh_token"], &Value::from(round.tokens.refresh.as_str())].contains(&&now["refresh_token"]);
    if is_old {
        State::Old
    } else {
        State::New
    }
}

/// The same as after an undisturbed run, with a token that works.
fn of_root(round: &Round<'_>, text: &str) -> State {
    let stage = round.stage;
    if masked(text) != masked(&stage.root) || !cluster::takes(&stage.ground.sandbox, token_in(text)) {
        return State::Torn(masked(text));
    }
    State::New
}

fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_.:".contains(c)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c| !is_of_word(c))
}

/// The text with tokens and times replaced, and without quotes.
fn masked(text: &str) -> String {
    let mut masked = text.to_owned();
    for word in words(text) {
        let is_time = word.len() == 20 && word.ends_with('Z') && word.as_bytes()[10] == b'T';
        if word.starts_with("eyJ") {
            masked = masked.replace(word, "TOKEN");
        } else if is_time {
            masked = masked.replace(word, "TIME");
        }
    }
    masked.replace(['\'', '"'], "")
}
