//! `brevdue verify`: what came out of looking at everything that is stored, in lines or as JSON.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use persistence::verify::{Extent, Report, Step, verify};
use serde_json::json;

use super::{AnyError, say};
use crate::app;
use crate::settings::Settings;

/// Found something wrong, as against not having been able to look.
const FAULTS: u8 = 1;
const NOT_LOOKED: u8 = 2;

#[derive(Args)]
pub(super) struct VerifyArguments {
    /// Open everything that is sealed, and read every file to its end
    #[arg(long)]
    all: bool,
    /// Open what is sealed of so many mailboxes, evenly out of all of them
    #[arg(long, value_name = "COUNT", default_value_t = 1000, conflicts_with = "all")]
    mailboxes: u64,
    /// The database has been restored from a backup: before looking, have readers of the feeds hear of it, and let nothing
    /// be deleted for a week
    #[arg(long)]
    restored: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Looks, and prints what came out. The exit status is 0 where all is whole, 1 where something is wrong, 2 where it could
/// not be looked at.
pub(super) fn run(settings: &Settings, arguments: &VerifyArguments) -> Result<ExitCode, AnyError> {
    let looked = actix_web::rt::System::new().block_on(look(settings, arguments));
    match looked {
        Ok(report) => {
            say(&if arguments.json { as_json(&report)? } else { as_lines(&report)? })?;
            Ok(if report.is_whole() { ExitCode::SUCCESS } else { ExitCode::from(FAULTS) })
        }
        Err(error) => {
            super::complain(error.as_ref());
            Ok(ExitCode::from(NOT_LOOKED))
        }
    }
}

async fn look(settings: &Settings, arguments: &VerifyArguments) -> Result<Report, AnyError> {
    let (database, blobs) = (app::database_url(settings), app::blob_settings(&settings.blobs));
    if arguments.restored {
        persistence::begin_after_restore(&database, &blobs, app::clock(settings).now()).await?;
    }
    let extent = if arguments.all { Extent::All } else { Extent::Mailboxes(arguments.mailboxes) };
    let bar = ProgressBar::no_length();
    let mut at = None;
    let mut progress = |step: Step, done: u64, total: Option<u64>| {
        if at.replace(step) != Some(step) {
            bar.set_message(word(step));
        }
        match total {
            Some(total) => {
                bar.set_style(with_total());
                bar.set_length(total);
            }
            None => bar.set_style(without_total()),
        }
        bar.set_position(done);
    };
    let report = verify(&database, &app::master_key_kept(settings)?, &blobs, extent, &mut progress).await;
    bar.finish_and_clear();
    Ok(report?)
}

fn with_total() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {wide_bar} {pos}/{len} {eta}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

fn without_total() -> ProgressStyle {
    ProgressStyle::with_template("{msg} {pos} {per_sec}").unwrap_or_else(|_| ProgressStyle::default_bar())
}

const fn word(step: Step) -> &'static str {
    match step {
        Step::Listing => "listing files",
        Step::Attachments => "comparing rows and files",
        Step::Sealed => "opening what is sealed",
        Step::Feeds => "looking through feeds",
    }
}

fn as_lines(report: &Report) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    for figure in &report.figures {
        let mark = if figure.is_fault && figure.count > 0 { "  !" } else { "" };
        writeln!(text, "{:<28} {:>12}{mark}", figure.name, figure.count)?;
    }
    for (name, what) in &report.named {
        writeln!(text, "{name}: {what}")?;
    }
    writeln!(text, "{}", if report.is_whole() { "whole" } else { "not whole: see docs/restore.md" })?;
    Ok(text)
}

fn as_json(report: &Report) -> Result<String, AnyError> {
    let figures: serde_json::Map<_, _> =
        report.figures.iter().map(|figure| (figure.name.to_owned(), json!(figure.count))).collect();
    let faults: Vec<_> = report.named.iter().map(|(name, what)| json!({"figure": name, "what": what})).collect();
    let whole = json!({"whole": report.is_whole(), "figures": figures, "faults": faults});
    Ok(format!("{}\n", serde_json::to_string_pretty(&whole)?))
}
