//! The persons of the sandbox that stories name.

/// An adult; the recipient of the walk.
pub(crate) const SKUDDAR: &str = "29827200059";
/// Another adult, who is a stranger to the first.
pub(crate) const ELDRID: &str = "08854500016";
/// A child of four.
pub(crate) const LILLE: &str = "15832250004";
/// Turns 16 on 2026-12-31.
pub(crate) const NESTEN_SEKSTEN: &str = "31921050189";
/// An adult with a protected address.
pub(crate) const SKJULT: &str = "17859910041";
/// Dead since 2025.
pub(crate) const DOD: &str = "17859910130";
/// A synthetic number that is right and in no register.
pub(crate) const UNKNOWN: &str = "24848730064";
