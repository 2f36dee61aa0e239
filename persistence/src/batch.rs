//! Batches of lines by which services tell of many citizens at once: what all of them have in common.
//!
//! A batch comes in lines, which are put aside a chunk at a time, so that neither memory nor a transaction grows with
//! it. What counts is one transaction at the end: all of it, or nothing.

use chrono::TimeDelta;
use domain::access::Scope;

/// How a batch is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BatchTerms {
    /// Whether the batch names all that there is, so that what it does not name is closed.
    pub is_full: bool,
    /// Whether a line that cannot be taken stands against all others.
    pub is_atomic: bool,
    /// Whether lines were broken, so that nobody can tell what they named.
    pub has_broken_lines: bool,
}

/// What came of a batch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct BatchReport {
    /// Lines of what was not known.
    pub created: u64,
    /// Lines that changed something.
    pub changed: u64,
    /// Lines that said what was known.
    pub unchanged: u64,
    /// What a full list no longer names.
    pub closed: u64,
    /// Lines that were not taken, in their order.
    pub rejected: Vec<(u32, LineFault)>,
}

/// Why a line is not taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum LineFault {
    /// An earlier line names the same.
    Duplicate,
    /// Who is to follow up is no member of the service.
    NotAMember,
    /// The token lacks the scope that it takes to say who is to follow up.
    ScopeMissing(Scope),
    /// Nobody in the register has the identity number.
    NotRegistered,
    /// The organisation has no such service.
    UnknownService,
    /// What it names is another citizen's.
    AnotherCitizens,
}

/// As few values in a statement as every database takes, and as many lines as are held at once.
pub(crate) const CHUNK: usize = 1000;

/// How long lines are kept whose batch never came to its end.
pub(crate) const ABANDONED_AFTER: TimeDelta = TimeDelta::hours(24);

/// The faults in the order of their lines, each line once.
pub(crate) fn in_order(faults: impl Iterator<Item = (i32, LineFault)>) -> Vec<(u32, LineFault)> {
    let mut all: Vec<(u32, LineFault)> =
        faults.filter_map(|(line, fault)| Some((u32::try_from(line).ok()?, fault))).collect();
    all.sort_by_key(|(line, _)| *line);
    all.dedup_by_key(|(line, _)| *line);
    all
}

/// What is done with the lines of a batch that have been put aside in a table. `$name` is the column by which a line
/// names what it is about: once in a batch.
macro_rules! batch_lines {
    ($table:ident by $name:ident: $rust:ty) => {
        /// How many lines a batch has.
        pub(super) fn count(
            connection: &mut $crate::database::Connection,
            batch: domain::id::BatchId,
        ) -> Result<u64, $crate::error::StoreError> {
            let lines = $table::table.filter($table::batch_id.eq($crate::database::Key::key(batch)));
            let count = $crate::database::on!(connection, c => lines.count().get_result::<i64>(c))?;
            Ok(u64::try_from(count).unwrap_or_default())
        }

        /// Forgets the lines of a batch.
        fn forget(
            connection: &mut $crate::database::Connection,
            batch: domain::id::BatchId,
        ) -> Result<(), $crate::error::StoreError> {
            let lines = $table::table.filter($table::batch_id.eq($crate::database::Key::key(batch)));
            $crate::database::on!(connection, c => diesel::delete(lines).execute(c))?;
            Ok(())
        }

        /// Forgets lines whose batch never came to its end.
        pub(crate) fn sweep(
            connection: &mut $crate::database::Connection,
            now: chrono::DateTime<chrono::Utc>,
        ) -> Result<(), $crate::error::StoreError> {
            let oldest = $crate::database::Time(now - $crate::batch::ABANDONED_AFTER);
            let old = $table::table.filter($table::told_at.lt(oldest));
            $crate::database::on!(connection, c => diesel::delete(old).execute(c))?;
            Ok(())
        }

        /// Forgets those lines of a batch that are not taken.
        pub(super) fn leave_out(
            connection: &mut $crate::database::Connection,
            batch: domain::id::BatchId,
            rejected: &[(u32, $crate::batch::LineFault)],
        ) -> Result<(), $crate::error::StoreError> {
            let lines: Vec<i32> = rejected.iter().filter_map(|(line, _)| i32::try_from(*line).ok()).collect();
            for lines in lines.chunks($crate::batch::CHUNK) {
                $crate::database::on!(&mut *connection, c => diesel::delete($table::table
                    .filter($table::batch_id.eq($crate::database::Key::key(batch)))
                    .filter($table::line.eq_any(lines)))
                .execute(c))?;
            }
            Ok(())
        }

        /// The lines that name what an earlier line names. Asked in two steps, each of which the index answers: looking
        /// for an earlier line of each line is quadratic where a planner takes the wrong way.
        pub(super) fn repeats(
            connection: &mut $crate::database::Connection,
            batch: domain::id::BatchId,
        ) -> Result<Vec<i32>, $crate::error::StoreError> {
            let of_batch = || $table::table.filter($table::batch_id.eq($crate::database::Key::key(batch)));
            let named_again = of_batch()
                .group_by($table::$name)
                .having(diesel::dsl::count_star().gt(1))
                .select(($table::$name, diesel::dsl::min($table::line)));
            let firsts: std::collections::HashMap<$rust, Option<i32>> =
                $crate::database::on!(&mut *connection, c => named_again.load::<($rust, Option<i32>)>(c))?
                    .into_iter()
                    .collect();
            let names: Vec<&$rust> = firsts.keys().collect();
            let mut repeats = vec![];
            for names in names.chunks($crate::batch::CHUNK) {
                let lines = $crate::database::on!(&mut *connection, c => of_batch()
                    .filter($table::$name.eq_any(names.iter().copied()))
                    .select(($table::$name, $table::line))
                    .load::<($rust, i32)>(c))?;
                let is_repeat = |(name, line): &($rust, i32)| firsts.get(name) != Some(&Some(*line));
                repeats.extend(lines.into_iter().filter(is_repeat).map(|(_, line)| line));
            }
            Ok(repeats)
        }
    };
}
pub(crate) use batch_lines;
