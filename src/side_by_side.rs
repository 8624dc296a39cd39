//! Concurrent work on many items, at most N at a time.

use std::future::Future;

use futures_util::{Stream, StreamExt as _};

/// The results in the order of completion; at most `jobs` run at a time.
pub fn side_by_side<W>(work: impl IntoIterator<Item = W>, jobs: u16) -> impl Stream<Item = W::Output>
where
    W: Future,
{
    futures_util::stream::iter(work).buffer_unordered(jobs.into())
}
