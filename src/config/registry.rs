//! The registry file: a docker configuration of root's, checked before any cluster sees it.

use secrecy::{ExposeSecret, SecretString};

use super::error::ConfigError;
use super::files::read_trusted;
use super::settings::PullSecret;

/// A docker configuration, checked; it holds passwords.
pub type DockerConfig = SecretString;

/// Reads `REGISTRY_DOCKER_CONFIG_JSON`; the text goes into the Secret as it stands.
pub fn load(pull_secret: &PullSecret, warnings: &mut Vec<String>) -> Result<DockerConfig, ConfigError> {
    let path = &pull_secret.file;
    let file = read_trusted(
        path,
        "REGISTRY_DOCKER_CONFIG_JSON names it; make it, or empty IMAGE_PULL_SECRET in hook.env",
    )?;
    if file.readable_by_others {
        warnings.push(format!(
            "{0} holds registry passwords and everybody can read it; run: chmod 0600 {0}",
            path.display()
        ));
    }
    let refuse = |reason: &str| ConfigError::Registry {
        path: path.clone(),
        reason: reason.to_owned(),
    };
    let text = String::from_utf8(file.bytes).map_err(|_| refuse("it is not UTF-8"))?;
    let text = SecretString::from(text);
    check(text.expose_secret()).map_err(|reason| refuse(&reason))?;
    Ok(text)
}

/// What is wrong with a docker configuration; never a word of its content.
fn check(text: &str) -> Result<(), String> {
    let json: serde_json::Value = serde_json::from_str(text)
        .map_err(|error| format!("it is not JSON (line {}, column {})", error.line(), error.column()))?;
    let Some(auths) = json.get("auths").and_then(serde_json::Value::as_object) else {
        return Err("it has no \"auths\"".into());
    };
    if auths.is_empty() {
        return Err("its \"auths\" is empty".into());
    }
    match auths.iter().find(|(_, entry)| !entry.is_object()) {
        Some((registry, _)) => Err(format!("the entry of {registry:?} is not an object")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_docker_configuration_is_named_without_its_content() {
        for (text, reason) in [
            ("canary", "not JSON"),
            ("{\"canary\":1}", "no \"auths\""),
            ("{\"auths\":{}}", "empty"),
            ("{\"auths\":{\"r.example\":\"canary\"}}", "r.example"),
        ] {
            let error = check(text).unwrap_err();
            assert!(error.contains(reason) && !error.contains("canary"), "{error}");
        }
        assert!(check("{\"auths\":{\"r.example\":{\"auth\":\"eDp5\"}}}").is_ok());
    }
}
