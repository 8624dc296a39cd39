//! Which code an error of a login has as a finding: of the parts of a login that the floors below do not know.

use crate::credentials::CredentialsError;
use crate::findings::{Code, HasCode};
use crate::login::LoginError;

impl HasCode for CredentialsError {
    fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::Renewal(error) => error.code(),
            Self::IdentityProvider(_) => Code::IssuerUnreachable,
            _ => Code::Credentials,
        }
    }
}

impl HasCode for LoginError {
    fn code(&self) -> Code {
        match self {
            Self::Config(error) => error.code(),
            Self::Name(error) => error.code(),
            Self::User(error) => error.code(),
            Self::Cluster(error) => error.code(),
            Self::Several { first, .. } => first.code(),
            Self::Credentials(error) => error.code(),
            Self::Panicked(error) => error.code(),
            Self::Withheld | Self::Home(_) => Code::Credentials,
        }
    }
}
