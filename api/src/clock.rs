//! The time, as the whole program sees it.
//!
//! Everything else takes `now` as an argument or asks the one [`Clock`] that it was given, so that a sandbox can move
//! time for all parts at once.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Datelike, SubsecRound, TimeDelta, Utc};

/// The years that every format of ours can write.
pub(crate) const CLOCK_YEARS: RangeInclusive<i32> = 1970..=9999;

/// Tells the time. A clone shows the same time, also after a move.
#[derive(Clone, Debug)]
pub struct Clock {
    base: fn() -> DateTime<Utc>,
    /// Microseconds ahead of the base; none where the clock cannot be moved.
    offset_micros: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's time. It cannot be moved.
    #[must_use]
    pub fn system() -> Self {
        Self { base: system_now, offset_micros: None }
    }

    /// Goes on from a time between the years 1970 and 9999, or from the system's: for the sandbox.
    #[must_use]
    pub fn movable(from: Option<DateTime<Utc>>) -> Self {
        let clock = Self { base: system_now, offset_micros: Some(Arc::default()) };
        if let Some(from) = from {
            clock.set(from);
        }
        clock
    }

    /// Stands still until it is moved, so that a slow machine does not change what a test sees.
    #[cfg(test)]
    pub(crate) fn standing() -> Self {
        let base = || DateTime::from_timestamp(1_790_000_000, 0).expect("a time in 2026");
        Self { base, offset_micros: Some(Arc::default()) }
    }

    /// The time in whole microseconds, which is what both databases keep.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        let offset_micros = self.offset_micros.as_ref().map_or(0, |offset| offset.load(Ordering::Relaxed));
        (self.base)() + TimeDelta::microseconds(offset_micros)
    }

    /// Whether this clock goes to a time.
    #[must_use]
    pub fn reaches(&self, to: DateTime<Utc>) -> bool {
        self.offset_micros.is_some() && CLOCK_YEARS.contains(&to.year())
    }

    /// Moves to a time between the years 1970 and 9999. False where this clock does not go there.
    pub fn set(&self, to: DateTime<Utc>) -> bool {
        self.change_offset(|_| (to.trunc_subsecs(6) - (self.base)()).num_microseconds())
    }

    /// Moves by a span, back where it is negative. False where this clock does not go there.
    pub fn advance(&self, by: TimeDelta) -> bool {
        self.change_offset(|offset| offset.checked_add(by.num_microseconds()?))
    }

    fn change_offset(&self, change: impl Fn(i64) -> Option<i64>) -> bool {
        let Some(offset_micros) = &self.offset_micros else { return false };
        let checked = |offset| {
            let changed = change(offset)?;
            let time = (self.base)().checked_add_signed(TimeDelta::microseconds(changed))?;
            CLOCK_YEARS.contains(&time.year()).then_some(changed)
        };
        offset_micros.fetch_update(Ordering::Relaxed, Ordering::Relaxed, checked).is_ok()
    }
}

#[expect(clippy::disallowed_methods, reason = "this is where the program reads the time")]
fn system_now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_whole_microseconds() {
        assert_eq!(Clock::system().now().timestamp_subsec_nanos() % 1_000, 0);
        let clock = Clock::movable(None);
        assert!(clock.set(DateTime::from_timestamp(1_800_000_000, 1_234_567).expect("a time")));
        assert_eq!(clock.now().timestamp_subsec_nanos() % 1_000, 0);
    }

    #[test]
    fn a_move_shows_on_every_clone() {
        let clock = Clock::standing();
        let clone = clock.clone();
        let before = clock.now();

        assert!(clone.advance(TimeDelta::days(7)));
        assert_eq!(clock.now(), before + TimeDelta::days(7));
        assert!(clone.set(before));
        assert_eq!(clock.now(), before);
    }

    #[test]
    fn a_movable_clock_goes_on_from_where_it_was_set() {
        let target = DateTime::from_timestamp(2_000_000_000, 0).expect("a time");
        let moved = Clock::movable(None);
        assert!(moved.set(target));
        for clock in [moved, Clock::movable(Some(target))] {
            assert!(clock.now() >= target);
            assert!(clock.now() < target + TimeDelta::hours(1));
        }
    }

    #[test]
    fn the_system_clock_does_not_move() {
        let clock = Clock::system();
        assert!(!clock.advance(TimeDelta::days(7)));
        assert!(!clock.set(DateTime::UNIX_EPOCH) && !clock.reaches(DateTime::UNIX_EPOCH));
        assert!(clock.now().year() >= 2026);
    }

    #[test]
    fn no_move_leaves_the_years_that_can_be_written() {
        let clock = Clock::standing();
        let before = clock.now();
        for by in [TimeDelta::MAX, TimeDelta::MIN, TimeDelta::days(366 * 9_000), TimeDelta::days(-366 * 100)] {
            assert!(!clock.advance(by));
            assert!(before.checked_add_signed(by).is_none_or(|to| !clock.reaches(to)));
        }
        assert!(!clock.set(DateTime::<Utc>::MAX_UTC));
        assert_eq!(clock.now(), before);
    }
}
