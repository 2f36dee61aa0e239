//! What every handler takes and gives: who calls, bodies, pages, tags, keys, headers.

pub(in crate::http) mod accept;
pub(in crate::http) mod batch;
pub(in crate::http) mod client_address;
pub(crate) mod context;
pub(crate) mod etag;
pub(crate) mod figures;
pub(crate) mod headers;
pub(crate) mod idempotency;
pub(crate) mod input;
pub(in crate::http) mod multipart;
pub(in crate::http) mod not_found;
pub(crate) mod page;
pub(crate) mod patience;
pub(crate) mod span;
pub(in crate::http) mod stream;
