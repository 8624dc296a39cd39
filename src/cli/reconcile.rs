//! The flags of `users reconcile`.

#![allow(
    clippy::doc_markdown,
    rustdoc::broken_intra_doc_links,
    reason = "help is read as it stands here, without marks"
)]

use clap::Args;

use super::values::InNamespacesArgs;

pub(super) const RECONCILE_EXAMPLES: &str = "\
Examples:
  ood-k8s users reconcile --dry-run --admin-kubeconfig admin.kubeconfig
  ood-k8s users reconcile --yes
  ood-k8s users reconcile --yes --at-most 20%";

/// `users reconcile`.
#[derive(Debug, Args)]
pub struct ReconcileArgs {
    /// Refuse if more users than this would lose their access: a number, or a share of those who have access, such as 20%
    /// [default: 10 users or 10%, whichever is more]
    #[arg(long, value_name = "N|P%", value_parser = parse_at_most)]
    pub at_most: Option<AtMost>,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// How it is done.
    #[command(flatten)]
    pub work: InNamespacesArgs,
}

/// The value of `--at-most`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtMost {
    /// So many users.
    Users(usize),
    /// So many in a hundred.
    Percent(u8),
}

fn parse_at_most(text: &str) -> Result<AtMost, String> {
    let parsed = match text.strip_suffix('%') {
        Some(percent) => percent
            .parse()
            .ok()
            .filter(|percent| *percent <= 100)
            .map(AtMost::Percent),
        None => text.parse().ok().map(AtMost::Users),
    };
    parsed.ok_or_else(|| "write a number of users, such as 50, or a share of those who have access, such as 20%".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_a_number_or_a_share() {
        assert_eq!(parse_at_most("50"), Ok(AtMost::Users(50)));
        assert_eq!(parse_at_most("0"), Ok(AtMost::Users(0)));
        assert_eq!(parse_at_most("20%"), Ok(AtMost::Percent(20)));
        for wrong in ["", "%", "-1", "101%", "20.5%", "50 %", "many", "300%"] {
            assert!(parse_at_most(wrong).is_err(), "{wrong}");
        }
    }
}
