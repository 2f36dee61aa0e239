//! What came out, as a table for `docs/performance.md`.

use std::fmt;
use std::time::Duration;

use crate::client::Driven;
use crate::pgbench::{Ran, Script};
use crate::work::WorkKind;

/// One run of a script.
pub(crate) struct Yardstick {
    name: &'static str,
    per_second: f64,
    database_micros: Option<f64>,
}

impl Yardstick {
    pub(crate) fn new(script: Script, ran: &Ran, before: Option<Duration>, after: Option<Duration>) -> Self {
        let database_micros = each(before, after, ran.transactions);
        Self { name: script.name(), per_second: ran.per_second, database_micros }
    }

    /// The same work by owners.
    pub(crate) fn of_owners(driven: &Driven, before: Option<Duration>, after: Option<Duration>) -> Self {
        let done = driven.latencies_micros.len() as u64;
        let per_second = done as f64 / driven.elapsed.as_secs_f64();
        Self { name: "Brevdue, by owners", per_second, database_micros: each(before, after, done) }
    }
}

/// One round of a work.
pub(crate) struct Round {
    per_second: f64,
    latencies_micros: Vec<u32>,
    server_micros: f64,
    database_micros: Option<f64>,
    driver_micros: f64,
    resident_kb: u64,
    yardsticks: Vec<Yardstick>,
}

/// Processor times of the program, the database and the driver.
type Cpu = (Duration, Option<Duration>, Duration);

impl Round {
    pub(crate) fn new(driven: Driven, before: Cpu, after: Cpu, resident_kb: u64, yardsticks: Vec<Yardstick>) -> Self {
        let Driven { elapsed, latencies_micros } = driven;
        let done = latencies_micros.len() as u64;
        Self {
            per_second: done as f64 / elapsed.as_secs_f64(),
            latencies_micros,
            server_micros: each(Some(before.0), Some(after.0), done).unwrap_or_default(),
            database_micros: each(before.1, after.1, done),
            driver_micros: each(Some(before.2), Some(after.2), done).unwrap_or_default(),
            resident_kb,
            yardsticks,
        }
    }

    fn percentile_ms(&self, percent: usize) -> f64 {
        let last = self.latencies_micros.len().saturating_sub(1);
        f64::from(self.latencies_micros.get(last * percent / 100).copied().unwrap_or_default()) / 1000.0
    }
}

/// Microseconds of processor time for each that was done.
fn each(before: Option<Duration>, after: Option<Duration>, done: u64) -> Option<f64> {
    Some(after?.saturating_sub(before?).as_secs_f64() * 1e6 / done.max(1) as f64)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// Everything that was measured.
pub(crate) struct Report {
    connections: u16,
    rounds: usize,
    seconds: u64,
    works: Vec<(WorkKind, Vec<Round>)>,
    start_up: Vec<Duration>,
}

impl Report {
    pub(crate) const fn new(connections: u16, rounds: usize, seconds: u64) -> Self {
        Self { connections, rounds, seconds, works: Vec::new(), start_up: Vec::new() }
    }

    pub(crate) fn add(&mut self, kind: WorkKind, rounds: Vec<Round>) {
        self.works.push((kind, rounds));
    }

    pub(crate) fn start_up(&mut self, times: Vec<Duration>) {
        self.start_up = times;
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connections, rounds, seconds, works, start_up } = self;
        writeln!(f, "{connections} connections, medians of {rounds} rounds of {seconds} s each\n")?;
        writeln!(
            f,
            "| work | by | a second | ratio | p50 · p95 · p99 · max, ms | CPU each, µs: server · database · driver | RAM, MB |"
        )?;
        writeln!(f, "|---|---|---|---|---|---|---|")?;
        for (kind, rounds) in works {
            let of = |value: &dyn Fn(&Round) -> f64| median(rounds.iter().map(value).collect());
            let database = of(&|round| round.database_micros.unwrap_or(f64::NAN));
            let (p50, p95, p99) =
                (of(&|r| r.percentile_ms(50)), of(&|r| r.percentile_ms(95)), of(&|r| r.percentile_ms(99)));
            let most = of(&|round| round.percentile_ms(100));
            let resident_mb = rounds.iter().map(|round| round.resident_kb).max().unwrap_or_default() / 1024;
            writeln!(
                f,
                "| {kind:?} | Brevdue | {:.0} | 1 | {p50:.1} · {p95:.1} · {p99:.1} · {most:.0} | {:.0} · {database:.0} · {:.0} | {resident_mb} |",
                of(&|round| round.per_second),
                of(&|round| round.server_micros),
                of(&|round| round.driver_micros),
            )?;
            for place in 0..rounds.first().map_or(0, |round| round.yardsticks.len()) {
                let yardstick = |value: &dyn Fn(&Round, &Yardstick) -> f64| of(&|r| value(r, &r.yardsticks[place]));
                let name = rounds.first().map_or("", |round| round.yardsticks[place].name);
                writeln!(
                    f,
                    "| {kind:?} | {name} | {:.0} | {:.2} | | · {:.0} · | |",
                    yardstick(&|_, yardstick| yardstick.per_second),
                    yardstick(&|round, yardstick| round.per_second / yardstick.per_second),
                    yardstick(&|_, yardstick| yardstick.database_micros.unwrap_or(f64::NAN)),
                )?;
            }
        }
        let start_up_ms = median(start_up.iter().map(|time| time.as_secs_f64() * 1000.0).collect());
        writeln!(f, "\nStart-up on a SQLite file that is there: {start_up_ms:.0} ms (median of {})", start_up.len())
    }
}
