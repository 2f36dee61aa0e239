//! What all resources have in common.

pub(crate) mod etag;
pub(crate) mod input;
