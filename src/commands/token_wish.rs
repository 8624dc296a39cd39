//! Converts the flags of `refresh-token` and `setup-root` for the token's source.

use crate::cli::TokenSourceArgs;
use crate::root::TokenWish;

impl From<&TokenSourceArgs> for TokenWish {
    fn from(args: &TokenSourceArgs) -> Self {
        let TokenSourceArgs {
            minter_kubeconfig,
            minter_context,
            token_file,
            from_secret,
            duration,
            service_account,
        } = args;
        Self {
            minter_kubeconfig: minter_kubeconfig.clone(),
            minter_context: minter_context.clone(),
            token_file: token_file.clone(),
            from_secret: from_secret.clone(),
            life: *duration,
            service_account: service_account.clone(),
        }
    }
}
