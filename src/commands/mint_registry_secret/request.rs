//! The flags for the registry file, checked, as a request.

use crate::cli::RegistryFileArgs;
use crate::commands::error::Error;
use crate::passwords::{HelperCommand, PasswordSource, RegistryError, Request};
use crate::registry::{is_username, RegistryName};

/// Whether the password comes from a person, or a program that may ask one: that takes as long as it takes.
pub(super) fn waits_for_a_person(args: &RegistryFileArgs) -> bool {
    args.username.is_some() && args.password_file.is_none()
}

/// What the flags ask for, unless they do not go together.
pub(super) fn request(args: &RegistryFileArgs) -> Result<Request, Error> {
    if args.remove {
        return match args.registries.as_slice() {
            [] => Err(Error::Usage("say which registry: --remove --registry HOST")),
            registries => Ok(Request::Remove(registries.to_vec())),
        };
    }
    let registries = args.registries.iter().map(|text| RegistryName::parse(text));
    let registries: Vec<_> = registries.collect::<Result<_, _>>().map_err(RegistryError::from)?;
    if let Some(source) = &args.from_docker_config {
        return Ok(Request::Copy {
            source: source.clone(),
            only: registries,
        });
    }
    if registries.is_empty() {
        return Err(Error::Usage("say which registry: --registry HOST"));
    }
    match (&args.credential_command, &args.username) {
        (Some(command), _) => Ok(Request::Ask {
            helper: HelperCommand::parse(command).map_err(RegistryError::from)?,
            registries,
            expires_in: args.expires_in,
        }),
        (None, Some(username)) => log_in(args, username, registries),
        (None, None) => Err(Error::Usage(
            "say whose password: --username NAME, --credential-command COMMAND or --from-docker-config FILE",
        )),
    }
}

fn log_in(args: &RegistryFileArgs, username: &str, registries: Vec<RegistryName>) -> Result<Request, Error> {
    if !is_username(username) {
        return Err(Error::Usage(
            "--username is empty, or has a colon or a control character in it",
        ));
    }
    let from = match &args.password_file {
        Some(path) => PasswordSource::File(path.clone()),
        None if args.password_stdin => PasswordSource::StandardInput,
        None => PasswordSource::Terminal,
    };
    Ok(Request::LogIn {
        registries,
        username: username.to_owned(),
        from,
    })
}
