//! How many users may lose their access at once: more than that looks like a directory service that does not answer.

/// Fewer than this are never too many.
const FEW: usize = 10;
/// Of all who have access.
const USUAL_PERCENT: usize = 10;

/// The most users who may lose their access in one run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Bound {
    /// Ten, or a tenth of those who have access, whichever is more.
    #[default]
    Usual,
    /// So many.
    Users(usize),
    /// So many in a hundred of those who have access.
    Percent(u8),
}

impl Bound {
    /// How many of so many may lose their access.
    fn of(self, total: usize) -> usize {
        match self {
            Self::Usual => FEW.max(total * USUAL_PERCENT / 100),
            Self::Users(users) => users,
            Self::Percent(percent) => total * usize::from(percent) / 100,
        }
    }

    /// The bound, if so many are more than it permits.
    pub fn exceeded(self, losing: usize, total: usize) -> Option<usize> {
        Some(self.of(total)).filter(|most| losing > *most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_never_too_many_and_a_tenth_is_the_most_otherwise() {
        for (bound, losing, total, exceeded) in [
            (Bound::Usual, 10, 10, None),
            (Bound::Usual, 11, 50, Some(10)),
            (Bound::Usual, 11, 110, None),
            (Bound::Usual, 1_001, 10_000, Some(1_000)),
            (Bound::Users(0), 1, 10_000, Some(0)),
            (Bound::Users(50), 50, 50, None),
            (Bound::Percent(100), 700, 700, None),
            (Bound::Percent(20), 3, 10, Some(2)),
            (Bound::Percent(0), 0, 10, None),
        ] {
            assert_eq!(bound.exceeded(losing, total), exceeded, "{bound:?} {losing} of {total}");
        }
    }
}
