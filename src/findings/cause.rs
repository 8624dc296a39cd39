//! Which code an error has as a finding.

use super::code::Code;
use crate::cluster::ClusterError;
use crate::config::ConfigError;
use crate::contained::Panicked;
use crate::exit::HasExitStatus;
use crate::naming::NameError;
use crate::renewal::RenewalError;
use crate::user::UserError;

/// An error that can be a finding.
pub trait HasCode: HasExitStatus {
    /// Its code.
    fn code(&self) -> Code;
}

impl HasCode for ConfigError {
    fn code(&self) -> Code {
        match self {
            Self::Missing { .. } => Code::FileMissing,
            Self::Unreadable { .. } => Code::FileUnreadable,
            Self::Unsafe { .. } => Code::FileUntrusted,
            Self::Syntax { .. } => Code::HookEnvSyntax,
            Self::Strict | Self::Value { .. } => Code::HookEnvValue,
            Self::Required { .. } => Code::HookEnvRequired,
            Self::ClusterYaml { .. }
            | Self::ClusterValue { .. }
            | Self::ClusterAstray { .. }
            | Self::ClusterFileName { .. } => Code::ClusterFileUnusable,
            Self::NoCluster { .. } | Self::UnknownCluster { .. } => Code::NoCluster,
            Self::Profiles { .. } => Code::ProfilesFile,
            Self::RegistryEntry { .. } => Code::RegistryEntry,
            Self::Registry { .. } => Code::RegistryFile,
        }
    }
}

impl HasCode for ClusterError {
    fn code(&self) -> Code {
        match self {
            Self::Kubeconfig { .. } | Self::Document { .. } | Self::Entry { .. } => Code::RootKubeconfig,
            Self::Untrusted { .. } => Code::FileUntrusted,
            Self::NoContext { .. } | Self::NotAToken { .. } => Code::RootContext,
            Self::Administrator { .. } => Code::AdminKubeconfig,
            Self::Unreachable { .. } => Code::ClusterUnreachable,
            Self::Silent { .. } | Self::NotWaitedFor { .. } | Self::Deadline { .. } => Code::ClusterSilent,
            Self::Busy { .. } => Code::ClusterBusy,
            Self::Certificate { .. } => Code::ServerCertificate,
            Self::CertificateDate { .. } => Code::CertificateEnds,
            Self::Unauthorized { .. } => Code::Unauthorized,
            Self::Forbidden { .. } | Self::Lacking { .. } => Code::Forbidden,
            Self::Denied { .. } => Code::Denied,
            Self::Terminating { .. } | Self::Going { .. } | Self::StuckDeletion { .. } => Code::NamespaceGoing,
            Self::NotOurs { .. } | Self::SharedBinding { .. } => Code::NamespaceOfAnother,
            Self::Immutable { .. }
            | Self::AnotherType { .. }
            | Self::Held { .. }
            | Self::Contended { .. }
            | Self::Filled { .. }
            | Self::MadeByOthers { .. } => Code::ObjectInTheWay,
            Self::WithoutWall { source, .. } => source.code(),
            Self::MintedEnded { .. }
            | Self::TokenOfAnother { .. }
            | Self::TokenSecret { .. }
            | Self::Api { .. }
            | Self::NotKubernetes { .. }
            | Self::TooLarge { .. }
            | Self::NoSuchKind { .. }
            | Self::Flood { .. }
            | Self::Withheld => Code::OddAnswer,
        }
    }
}

impl HasCode for UserError {
    fn code(&self) -> Code {
        match self {
            Self::Name(_) => Code::Name,
            _ => Code::Account,
        }
    }
}

impl HasCode for NameError {
    fn code(&self) -> Code {
        Code::Name
    }
}

impl HasCode for RenewalError {
    fn code(&self) -> Code {
        Code::RenewalStore
    }
}

impl HasCode for Panicked {
    fn code(&self) -> Code {
        Code::ProgramFault
    }
}
