//! The load driver: how fast the shipped program does its main works, beside what plain PostgreSQL reaches for the same
//! rows in the same minutes.
//!
//! It makes a database of its own on the server that it is given, starts the program on it, fills it, and drives works
//! in rounds: first the program, then `pgbench` with the same statements. A speed is the median of the rounds' ratios,
//! because the machine's own pace changes from minute to minute. `docs/performance.md` holds what came out.

mod client;
mod database;
mod delivery;
mod exchange;
mod jobs;
mod lengths;
mod pgbench;
mod processes;
mod report;
mod seed;
mod server;
mod work;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use indicatif::{ProgressBar, ProgressStyle};

use crate::database::Database;
use crate::delivery::Delivery;
use crate::exchange::Exchange;
use crate::jobs::Jobs;
use crate::lengths::Lengths;
use crate::pgbench::{Pgbench, Script};
use crate::report::{Report, Round};
use crate::server::Server;
use crate::work::{Work, WorkKind};

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// How long each work runs before its first round, unmeasured: caches fill, connections open.
const WARM_UP: Duration = Duration::from_secs(2);

/// Measures the program beside pgbench on a PostgreSQL server.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// A PostgreSQL server, as a user that may create databases: postgres://user:password@host:port/database
    #[arg(long)]
    database_url: String,
    /// The program to measure
    #[arg(long, default_value = "target/release/brevdue")]
    server: PathBuf,
    /// pgbench, of the same version as the server
    #[arg(long, default_value = "pgbench")]
    pgbench: PathBuf,
    /// Connections that each send one request after the other
    #[arg(long, default_value_t = 64)]
    connections: u16,
    /// How long each half of a round lasts
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// Rounds of each work: the program, then pgbench
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Which works, in the order in which they run
    #[arg(long, value_enum, value_delimiter = ',', default_values = ["w2", "w3", "w1", "w5"])]
    works: Vec<WorkKind>,
    /// Persons with an open mailbox
    #[arg(long, default_value_t = 10_000)]
    mailboxes: usize,
    /// Delivered and opened messages, evenly spread
    #[arg(long, default_value_t = 100_000)]
    messages: usize,
    /// Instead of works: how much longer pages of long lists take than those of short ones
    #[arg(long)]
    lengths: bool,
    /// Instead of works: how long a batch of relationships takes, beside COPY and one statement
    #[arg(long, conflicts_with = "lengths")]
    exchange: bool,
    /// Instead of works: how soon messages are in the inbox, and events in the feed, at half of what the program takes in
    #[arg(long, conflicts_with_all = ["lengths", "exchange"])]
    delivery: bool,
    /// Instead of works: how many deliveries one worker does, beside one client of pgbench
    #[arg(long, conflicts_with_all = ["lengths", "exchange", "delivery"])]
    jobs: bool,
    /// Everything very small, on a server that need not be durable: shows that the driver works, measures nothing
    #[arg(long)]
    smoke: bool,
}

impl Arguments {
    fn into_smoke(self) -> Self {
        if !self.smoke {
            return self;
        }
        Self { connections: 4, seconds: 1, rounds: 1, mailboxes: 20, messages: 200, ..self }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse().into_smoke();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    // One thread: what the driver takes of the machine, the program lacks.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut database = Database::create(&arguments.database_url)?;
    if !arguments.smoke {
        database.require_durability()?;
    }
    let folder = tempfile::tempdir()?;
    let server = Server::start(&arguments.server, folder.path(), Some(database.url()))?;
    let with_log = |error| format!("{error}\nthe server's log ends with: {}", server.log_end());
    if arguments.lengths {
        let lengths = if arguments.smoke { Lengths::SMOKE } else { Lengths::FULL };
        print!("{}", runtime.block_on(lengths::measure(&server, &mut database, lengths)).map_err(with_log)?);
        return Ok(());
    }
    if arguments.exchange {
        let exchange = if arguments.smoke { Exchange::SMOKE } else { Exchange::FULL };
        print!("{}", runtime.block_on(exchange::measure(&server, &mut database, exchange)).map_err(with_log)?);
        return Ok(());
    }
    if arguments.delivery {
        let delivery = if arguments.smoke { Delivery::SMOKE } else { Delivery::FULL };
        print!("{}", runtime.block_on(delivery::measure(&server, &mut database, delivery)).map_err(with_log)?);
        return Ok(());
    }
    if arguments.jobs {
        let jobs = if arguments.smoke { Jobs::SMOKE } else { Jobs::FULL };
        let measured = runtime.block_on(jobs::measure(&server, &mut database, &arguments.pgbench, jobs));
        print!("{}", measured.map_err(with_log)?);
        return Ok(());
    }
    let mut report = drive_works(arguments, &runtime, &server, &mut database).map_err(with_log)?;
    drop(server);
    report.start_up(server::start_up_times(&arguments.server, if arguments.smoke { 1 } else { 5 })?);
    print!("{report}");
    Ok(())
}

/// Fills the program and measures each work.
fn drive_works(
    arguments: &Arguments,
    runtime: &tokio::runtime::Runtime,
    server: &Server,
    database: &mut Database,
) -> Result<Report> {
    let with_files = arguments.works.contains(&WorkKind::W5);
    let with_representatives = arguments.works.iter().any(|kind| kind.by_owners().is_some());
    let seed = runtime.block_on(seed::fill(
        server,
        database,
        seed::Size { mailboxes: arguments.mailboxes, messages: arguments.messages, with_files, with_representatives },
    ))?;
    let pgbench = Pgbench::prepare(&arguments.pgbench, database, &seed, arguments.connections)?;
    let seed = Arc::new(seed);

    let mut report = Report::new(arguments.connections, arguments.rounds, arguments.seconds);
    let bar = ProgressBar::new((arguments.works.len() * arguments.rounds) as u64);
    bar.set_style(ProgressStyle::with_template("{msg:<28} {bar:40} {pos}/{len} {elapsed}")?);
    bar.enable_steady_tick(Duration::from_millis(250));
    for kind in &arguments.works {
        let work = Arc::new(Work::new(*kind, server.address(), Arc::clone(&seed)));
        let rounds = measure(arguments, runtime, server, database, &pgbench, &work, &bar)?;
        report.add(*kind, rounds);
    }
    bar.finish_and_clear();
    Ok(report)
}

/// Rounds of one work: the program, then each script of pgbench that does the same.
fn measure(
    arguments: &Arguments,
    runtime: &tokio::runtime::Runtime,
    server: &Server,
    database: &mut Database,
    pgbench: &Pgbench,
    work: &Arc<Work>,
    bar: &ProgressBar,
) -> Result<Vec<Round>> {
    let owners = work.kind().by_owners().map(|kind| Arc::new(work.as_kind(kind)));
    let name = work.kind().to_possible_value().map(|value| value.get_name().to_uppercase()).unwrap_or_default();
    let length = Duration::from_secs(arguments.seconds);
    bar.set_message(format!("{name}: warming up"));
    runtime.block_on(client::drive(server.address(), arguments.connections, WARM_UP.min(length), work))?;
    let mut rounds = Vec::with_capacity(arguments.rounds);
    for _ in 0..arguments.rounds {
        database.settle()?;
        bar.set_message(format!("{name}: Brevdue"));
        let memory = server.watch_memory();
        let before = (processes::cpu(server.pid())?, database.cpu(), processes::cpu(std::process::id())?);
        let driven = runtime.block_on(client::drive(server.address(), arguments.connections, length, work))?;
        let after = (processes::cpu(server.pid())?, database.cpu(), processes::cpu(std::process::id())?);
        let resident_kb = memory.most_kb();
        let mut yardsticks = Vec::new();
        if let Some(owners) = &owners {
            database.settle()?;
            bar.set_message(format!("{name}: by owners"));
            let before = database.cpu();
            let driven = runtime.block_on(client::drive(server.address(), arguments.connections, length, owners))?;
            yardsticks.push(report::Yardstick::of_owners(&driven, before, database.cpu()));
        }
        for script in Script::of(work.kind()) {
            database.settle()?;
            bar.set_message(format!("{name}: {}", script.name()));
            let before = database.cpu();
            let ran = pgbench.run(*script, length)?;
            yardsticks.push(report::Yardstick::new(*script, &ran, before, database.cpu()));
        }
        rounds.push(Round::new(driven, before, after, resident_kb, yardsticks));
        bar.inc(1);
    }
    Ok(rounds)
}
