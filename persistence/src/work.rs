//! How work gets a thread and a turn, and how long anybody waits for it.

pub(crate) mod batcher;
pub(crate) mod job;
pub(crate) mod patience;
pub(crate) mod threads;
pub(crate) mod undertaking;
