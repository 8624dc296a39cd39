//! Users' life after the first login: when it began, who has a namespace, and how they go.

mod first_claim;
mod listing;
