//! The yardstick: `pgbench` with the statements that the program issues, on rows of the same size in the same tables.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tempfile::TempDir;

use crate::Result;
use crate::database::Database;
use crate::seed::Seed;
use crate::work::WorkKind;

/// Files that W5's script fetches.
const FILES: u32 = 64;
/// Ids of one run of a script begin so far after those of the one before.
const IDS_OF_A_RUN: u64 = 1 << 40;

/// A script.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Script {
    /// Six selects, then a transaction of seven inserts.
    W1,
    /// The same in two statements: one select, and one that inserts into all seven tables.
    W1TwoStatements,
    /// The select of the overview.
    W2,
    /// The select of a message with its body.
    W3,
    /// One megabyte into a table and one out of it.
    W5,
    /// A job leased and finished.
    Job,
}

impl Script {
    /// Those that do the same as a work.
    pub(crate) const fn of(work: WorkKind) -> &'static [Self] {
        match work {
            WorkKind::W1 => &[Self::W1, Self::W1TwoStatements],
            WorkKind::W2 => &[Self::W2],
            WorkKind::W3 => &[Self::W3],
            WorkKind::W5 => &[Self::W5],
            // The yardstick of these is the program itself.
            WorkKind::W2Parent | WorkKind::W3Parent | WorkKind::W2Holder | WorkKind::W3Holder => &[],
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::W1 | Self::W2 | Self::W3 | Self::W5 | Self::Job => "pgbench",
            Self::W1TwoStatements => "pgbench, two statements",
        }
    }

    const fn file_and_text(self) -> (&'static str, &'static str) {
        match self {
            Self::W1 => ("w1.sql", include_str!("pgbench/w1.sql")),
            Self::W1TwoStatements => ("w1_two_statements.sql", include_str!("pgbench/w1_two_statements.sql")),
            Self::W2 => ("w2.sql", include_str!("pgbench/w2.sql")),
            Self::W3 => ("w3.sql", include_str!("pgbench/w3.sql")),
            Self::W5 => ("w5.sql", include_str!("pgbench/w5.sql")),
            Self::Job => ("job.sql", include_str!("pgbench/job.sql")),
        }
    }
}

/// What a run of a script came to.
pub(crate) struct Ran {
    pub(crate) per_second: f64,
    pub(crate) transactions: u64,
}

/// pgbench, ready to run.
pub(crate) struct Pgbench {
    program: PathBuf,
    folder: TempDir,
    url: String,
    connections: u16,
    variables: Vec<(&'static str, String)>,
    runs: AtomicU64,
}

impl Pgbench {
    /// Copies the seeded rows to mailboxes whose ids a script can compute, so that its reads cost no detour.
    pub(crate) fn prepare(program: &Path, database: &mut Database, seed: &Seed, connections: u16) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let messages_each = seed.persons.iter().map(|person| person.messages.len()).min().unwrap_or(1);
        for script in [Script::W1, Script::W1TwoStatements, Script::W2, Script::W3, Script::W5, Script::Job] {
            let (file, text) = script.file_and_text();
            fs::write(folder.path().join(file), text)?;
        }
        database.execute(include_str!("pgbench/prepare.sql"))?;
        database.execute("VACUUM (ANALYZE)")?;
        let one_body = database.text("SELECT body::text AS value FROM message_body LIMIT 1")?;
        let one_subject = database.text("SELECT subject::text AS value FROM message LIMIT 1")?;
        let variables = vec![
            ("mailboxes", seed.persons.len().to_string()),
            ("messages_each", messages_each.to_string()),
            ("files", FILES.to_string()),
            ("service", seed.service.clone()),
            ("body", one_body),
            ("subject", one_subject),
            ("n", "0".to_owned()),
        ];
        let (url, runs) = (database.url().to_owned(), AtomicU64::new(1));
        Ok(Self { program: program.to_owned(), folder, url, connections, variables, runs })
    }

    pub(crate) fn run(&self, script: Script, length: Duration) -> Result<Ran> {
        let mut command = Command::new(&self.program);
        command
            .args(["--protocol=prepared", "--no-vacuum", "--jobs=2"])
            .arg(format!("--client={}", self.connections))
            .arg(format!("--time={}", length.as_secs().max(1)))
            .arg(format!("--file={}", self.folder.path().join(script.file_and_text().0).display()));
        for (name, value) in &self.variables {
            command.arg(format!("--define={name}={value}"));
        }
        let base = self.runs.fetch_add(1, Ordering::Relaxed) * IDS_OF_A_RUN;
        command.arg(format!("--define=base={base}")).arg(&self.url);
        let output = command.output().map_err(|error| format!("{}: {error}", self.program.display()))?;
        let text = String::from_utf8_lossy(&output.stdout);
        let told = |before: &str| -> Option<&str> {
            text.lines().find_map(|line| line.strip_prefix(before))?.split(['/', ' ']).next()
        };
        let failed = told("number of failed transactions: ").is_none_or(|number| number != "0");
        match (told("tps = "), told("number of transactions actually processed: ")) {
            (Some(per_second), Some(transactions)) if output.status.success() && !failed => {
                Ok(Ran { per_second: per_second.parse()?, transactions: transactions.parse()? })
            }
            _ => Err(format!("pgbench failed: {text}\n{}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}
