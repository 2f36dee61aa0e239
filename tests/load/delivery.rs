//! How soon what was accepted is in the inbox, and how far the feed is behind, at half of what the program takes in.
//!
//! PostgreSQL's own times of commits tell, so that looking costs nothing: from the one that accepted a message to the one that
//! delivered it, and to the one that gave its first event a number.

use std::sync::Arc;
use std::time::Duration;

use crate::database::Database;
use crate::seed::{self, Seed};
use crate::server::Server;
use crate::work::{Work, WorkKind};
use crate::{Result, client};

/// How much is driven.
#[derive(Clone, Copy)]
pub(crate) struct Delivery {
    size: seed::Size,
    connections: u16,
    length: Duration,
}

impl Delivery {
    pub(crate) const FULL: Self = Self::new(10_000, 64, 20);
    pub(crate) const SMOKE: Self = Self::new(20, 4, 1);

    const fn new(mailboxes: usize, connections: u16, seconds: u64) -> Self {
        let size = seed::Size { mailboxes, messages: mailboxes, with_files: false, with_representatives: false };
        Self { size, connections, length: Duration::from_secs(seconds) }
    }
}

pub(crate) async fn measure(server: &Server, database: &mut Database, delivery: Delivery) -> Result<String> {
    let Delivery { size, connections, length } = delivery;
    if database.text("SELECT current_setting('track_commit_timestamp') AS value")? != "on" {
        return Err("measure with track_commit_timestamp = on".into());
    }
    let seed: Arc<Seed> = Arc::new(seed::fill(server, database, size).await?);
    let work = Arc::new(Work::new(WorkKind::W1, server.address(), seed));
    let full = client::drive(server.address(), connections, length, &work).await?;
    #[expect(clippy::cast_precision_loss, reason = "a rate")]
    let half = full.latencies_micros.len() as f64 / full.elapsed.as_secs_f64() / 2.0;
    database.settle()?;
    let begun = database.text("SELECT clock_timestamp()::text AS value")?;
    let pace = Duration::from_secs_f64(f64::from(connections) / half);
    let driven = client::drive_at(server.address(), connections, length, pace, &work).await?;
    database.settle()?;
    let inbox = database.text(&format!(
        "SELECT {} AS value FROM (
             SELECT pg_xact_commit_timestamp(message.xmin) - pg_xact_commit_timestamp(sending.xmin) AS lag
             FROM sending JOIN message ON message.mailbox_id = sending.mailbox_id AND message.id = sending.message_id
             WHERE message.received_at IS NOT NULL AND pg_xact_commit_timestamp(sending.xmin) >= '{begun}'
         ) AS lags",
        quantiles()
    ))?;
    let feed = database.text(&format!(
        "SELECT {} AS value FROM (
             SELECT pg_xact_commit_timestamp(event.xmin) - pg_xact_commit_timestamp(sending.xmin) AS lag
             FROM sending JOIN event ON event.message_id = sending.message_id
             WHERE event.kind = 'message.accepted' AND event.number IS NOT NULL
                 AND pg_xact_commit_timestamp(sending.xmin) >= '{begun}'
         ) AS lags",
        quantiles()
    ))?;
    Ok(format!(
        "{} messages at {half:.0} a second.\n\n| | how many, p50 · p99 · most, ms |\n|---|---|\n\
         | from accepted to in the inbox | {inbox} |\n| from an event to its number | {feed} |\n",
        driven.latencies_micros.len()
    ))
}

fn quantiles() -> String {
    let quantile =
        |part: &str| format!("round(1000 * percentile_cont({part}) WITHIN GROUP (ORDER BY extract(epoch FROM lag)))");
    format!("concat_ws(' · ', count(*), {}, {}, {})", quantile("0.5"), quantile("0.99"), quantile("1"))
}
