//! Work that somebody waits for. Whether it is done after all is settled in one place between the one who works and the
//! one who waits, so that nobody is told that nothing was done while it is.

use std::sync::atomic::{AtomicU8, Ordering};

use crate::error::StoreError;

const OPEN: u8 = 0;
const COMMITTING: u8 = 1;
const GIVEN_UP: u8 = 2;

/// One request's work at the store.
#[derive(Default)]
pub(crate) struct Undertaking(AtomicU8);

impl Undertaking {
    /// Asked before each commit. From then on it may have been done. Not where nobody waits any more: then the work is rolled
    /// back.
    pub(crate) fn may_commit(&self) -> bool {
        self.leave_open(COMMITTING) == COMMITTING
    }

    /// Called by who waits no longer: what to say of the work. Where it has not come to a commit it never will.
    pub(crate) fn give_up(&self) -> StoreError {
        if self.leave_open(GIVEN_UP) == GIVEN_UP {
            StoreError::unavailable("the database did not answer in time")
        } else {
            StoreError::outcome_unknown("the database did not answer in time, and may have committed")
        }
    }

    /// Leaves the first state, where nobody has done so before. Says which state holds.
    fn leave_open(&self, next: u8) -> u8 {
        self.0.compare_exchange(OPEN, next, Ordering::AcqRel, Ordering::Acquire).map_or_else(|other| other, |_| next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_comes_first_settles_it_for_both() {
        let (committed, given_up) = (Undertaking::default(), Undertaking::default());

        assert!(committed.may_commit() && committed.may_commit(), "a second commit of the same work");
        assert!(matches!(committed.give_up(), StoreError::OutcomeUnknown(_)));

        assert!(matches!(given_up.give_up(), StoreError::Unavailable(_)));
        assert!(!given_up.may_commit());
        assert!(matches!(given_up.give_up(), StoreError::Unavailable(_)));
    }
}
