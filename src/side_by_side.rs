//! Work for many, side by side: so much at once, and no more.

use std::future::Future;

use futures_util::{Stream, StreamExt as _};

/// What became of each, in the order in which it is done; at most `jobs` are under way at once.
pub fn side_by_side<W>(work: impl IntoIterator<Item = W>, jobs: u16) -> impl Stream<Item = W::Output>
where
    W: Future,
{
    futures_util::stream::iter(work).buffer_unordered(jobs.into())
}
