//! Background work that could not be done: when it is tried again, and when it is given up.

use chrono::TimeDelta;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// The most often that a job is tried. With the pauses between, that is some two and a half days.
pub const MOST_ATTEMPTS: i32 = 20;

const FIRST_PAUSE_SECONDS: i64 = 15;
const LONGEST_PAUSE_SECONDS: i64 = 6 * 60 * 60;

/// Why a job could not be done.
// The words below are stored. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Trouble {
    /// A system of another organisation did not answer, or not as it should.
    Away,
    /// A register has not said what has to be known of somebody. Nobody guesses, however long it takes (KRR-15).
    Unknown,
    /// A system of another organisation does not take it.
    Refused,
    /// It may have been taken, and would go another way by now. Somebody has to look, for nothing is sent twice.
    Uncertain,
    /// It cannot be done with what is stored here. The program's log says why.
    Broken,
}

impl Trouble {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// What becomes of a job that could not be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Next {
    /// It is tried again after a pause.
    TryAgain(TimeDelta),
    /// It waits for an operator.
    GiveUp,
}

/// What becomes of a job after so many attempts, the last of which failed. Pauses double, so that what is in trouble is
/// left alone, and differ by up to a quarter, so that what failed together is not tried together. `spread` is where in
/// that quarter this job stands: any byte that differs between jobs.
#[must_use]
pub fn after_failure(attempts: i32, trouble: Trouble, spread: u8) -> Next {
    let gives_up = match trouble {
        Trouble::Unknown => false,
        Trouble::Away | Trouble::Broken => attempts >= MOST_ATTEMPTS,
        Trouble::Refused | Trouble::Uncertain => true,
    };
    if gives_up {
        return Next::GiveUp;
    }
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(16);
    let pause = (FIRST_PAUSE_SECONDS << doublings).min(LONGEST_PAUSE_SECONDS);
    let pause = TimeDelta::seconds(pause);
    Next::TryAgain(pause - pause / 4 * i32::from(spread) / 255)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pause(attempts: i32, spread: u8) -> TimeDelta {
        match after_failure(attempts, Trouble::Away, spread) {
            Next::TryAgain(pause) => pause,
            Next::GiveUp => panic!("given up after {attempts}"),
        }
    }

    #[test]
    fn pauses_double_up_to_a_limit() {
        assert_eq!(pause(1, 0), TimeDelta::seconds(15));
        assert_eq!(pause(2, 0), TimeDelta::seconds(30));
        assert_eq!(pause(5, 0), TimeDelta::minutes(4));
        assert_eq!(pause(12, 0), TimeDelta::hours(6));
        assert_eq!(pause(MOST_ATTEMPTS - 1, 0), TimeDelta::hours(6));
    }

    #[test]
    fn jobs_that_failed_together_are_spread_over_a_quarter() {
        assert_eq!(pause(5, 255), TimeDelta::minutes(3));
        assert!((0..=255).all(|spread| (TimeDelta::minutes(3)..=TimeDelta::minutes(4)).contains(&pause(5, spread))));
        assert!(pause(5, 100) > pause(5, 200));
    }

    #[test]
    fn all_attempts_together_take_two_to_three_days() {
        for spread in [0, 255] {
            let all = (1..MOST_ATTEMPTS)
                .map(|attempts| pause(attempts, spread))
                .fold(TimeDelta::zero(), |all, one| all + one);
            assert!((TimeDelta::hours(40)..TimeDelta::hours(72)).contains(&all), "{all}");
        }
    }

    #[test]
    fn nothing_else_is_tried_for_ever_and_a_refusal_not_again() {
        assert_eq!(after_failure(MOST_ATTEMPTS, Trouble::Away, 0), Next::GiveUp);
        assert_eq!(after_failure(1, Trouble::Refused, 0), Next::GiveUp);
        assert_eq!(after_failure(1, Trouble::Uncertain, 0), Next::GiveUp);
    }

    #[test]
    fn krr_15_what_a_register_does_not_say_is_asked_again_for_ever() {
        let longest = Next::TryAgain(TimeDelta::hours(6));
        assert_eq!(after_failure(MOST_ATTEMPTS, Trouble::Unknown, 0), longest);
        assert_eq!(after_failure(i32::MAX, Trouble::Unknown, 0), longest);
    }
}
