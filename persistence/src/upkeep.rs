//! What keeps an installation whole: checks, restoring, sweeping, cleaning up.

pub(crate) mod clean_up;
pub(crate) mod installation;
pub(crate) mod loose_blob;
pub(crate) mod readiness;
pub(crate) mod restore;
pub(crate) mod sweep;
pub mod verify;
