//! How a context logs in, as kube takes it: one way, by client-go's order, and nothing that it would have to open.

use base64::engine::general_purpose::STANDARD;
use base64::Engine as _;
use kube::config::{AuthInfo, AuthProviderConfig, ExecConfig, ExecInteractiveMode};
use secrecy::ExposeSecret as _;

use super::error::ClusterError;
use super::root_kubeconfig::RootKubeconfig;
use crate::kubeconfig::{Exec, Impersonate, List, Login, User};

pub(super) fn auth_info(root: &RootKubeconfig, user: User, name: &str) -> Result<AuthInfo, ClusterError> {
    let mut info = impersonating(user.impersonate);
    if let Some((certificate, key)) = &user.certificate {
        let certificate = root.pem(certificate, List::Users, name, "client-certificate")?;
        let key = root.pem(key, List::Users, name, "client-key")?;
        info.client_certificate_data = Some(STANDARD.encode(&*certificate));
        info.client_key_data = Some(STANDARD.encode(&*key).into());
    }
    match user.login {
        Login::Nothing => {}
        Login::Token { token, file } => info.token = Some(root.token_of(name, token, file.as_deref())?),
        Login::Basic(name, password) => {
            info.username = Some(name);
            info.password = Some(password);
        }
        Login::Provider(name, settings) => {
            let config = settings.into_iter();
            let config = config.map(|(key, value)| (key, value.expose_secret().to_owned()));
            info.auth_provider = Some(AuthProviderConfig {
                name,
                config: config.collect(),
                ..Default::default()
            });
        }
        Login::Exec(exec) => info.exec = Some(exec_config(root, *exec)),
    }
    Ok(info)
}

fn impersonating(impersonate: Impersonate) -> AuthInfo {
    AuthInfo {
        impersonate: impersonate.user,
        impersonate_uid: impersonate.uid,
        impersonate_groups: Some(impersonate.groups).filter(|groups| !groups.is_empty()),
        impersonate_user_extra: Some(impersonate.extra.into_iter().collect())
            .filter(|extra: &std::collections::HashMap<_, _>| !extra.is_empty()),
        ..AuthInfo::default()
    }
}

fn exec_config(root: &RootKubeconfig, exec: Exec) -> ExecConfig {
    let pair = |(name, value): (String, secrecy::SecretString)| {
        [
            ("name".to_owned(), name),
            ("value".to_owned(), value.expose_secret().to_owned()),
        ]
        .into()
    };
    ExecConfig {
        api_version: Some(exec.api_version),
        // A name without a path is looked for in PATH (client-go `GetAuthInfoFileReferences`).
        command: Some(if exec.command.contains('/') {
            root.resolved(&exec.command).to_string_lossy().into_owned()
        } else {
            exec.command
        }),
        args: Some(exec.args),
        env: Some(exec.env.into_iter().map(pair).collect()),
        interactive_mode: exec.interactive_mode.as_deref().map(|mode| match mode {
            "Always" => ExecInteractiveMode::Always,
            "IfAvailable" => ExecInteractiveMode::IfAvailable,
            _ => ExecInteractiveMode::Never,
        }),
        provide_cluster_info: exec.provide_cluster_info,
        ..ExecConfig::default()
    }
}
