//! The registry file of hook.env: a docker configuration of root's, checked before any cluster sees it.

use secrecy::{ExposeSecret, SecretString};

use super::error::ConfigError;
use super::files::read_trusted;
use super::settings::PullSecret;
use crate::registry::DockerConfig;

/// Reads `REGISTRY_DOCKER_CONFIG_JSON`; the text goes into the Secret as it stands.
///
/// A login must not break where it worked before: a file that others can read, and an entry that nobody can log in with,
/// are warnings here. `mint-registry-secret` refuses both.
pub fn load(pull_secret: &PullSecret, warnings: &mut Vec<String>) -> Result<SecretString, ConfigError> {
    let path = &pull_secret.file;
    let file = read_trusted(
        path,
        "REGISTRY_DOCKER_CONFIG_JSON names it; make it with mint-registry-secret --write, or empty IMAGE_PULL_SECRET in hook.env",
    )?;
    if file.readable_by_others {
        warnings.push(format!(
            "{0} holds registry passwords and everybody can read it; run: chmod 0600 {0}",
            path.display()
        ));
    }
    let refuse = |reason: String| ConfigError::Registry {
        path: path.clone(),
        reason,
    };
    let text = String::from_utf8(file.bytes).map_err(|_| refuse("it is not UTF-8".into()))?;
    let text = SecretString::from(text);
    let config = DockerConfig::parse(text.expose_secret()).map_err(|reason| refuse(reason.to_string()))?;
    match config.check() {
        Ok(()) => {}
        Err(reason) if config.is_empty() => return Err(refuse(reason.to_string())),
        Err(reason) => warnings.push(format!("{}: {reason}", path.display())),
    }
    Ok(text)
}
