//! The command line: settings, then telemetry, then what was asked for.

mod verify;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::verify::VerifyArguments;
use crate::app::{self, Application};
use crate::settings::{Environment, Settings};
use crate::{openapi, telemetry};

/// The secure digital mailbox for the Norwegian health sector.
#[derive(Parser)]
#[command(name = "brevdue", version)]
struct Arguments {
    /// The settings file. Environment variables BREVDUE_* win over it.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the API (what happens without a command, too)
    Serve,
    /// Bring the database up to date
    Migrate,
    /// Print the contract as YAML
    Openapi,
    /// Report every problem of the settings, open what they name as serving does, and show what is in force
    CheckSettings,
    /// Look whether rows, files and feeds are whole; changes nothing but with --restored
    Verify(VerifyArguments),
    /// Make the attachments those of this database, whose they were before notwithstanding
    AdoptAttachments,
}

/// Runs the program.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = Arguments::parse();
    match execute(&arguments) {
        Ok(code) => code,
        Err(error) => {
            complain(error.as_ref());
            ExitCode::FAILURE
        }
    }
}

type AnyError = Box<dyn std::error::Error>;

fn execute(arguments: &Arguments) -> Result<ExitCode, AnyError> {
    if let Some(Command::Openapi) = arguments.command {
        return say(&openapi::yaml()?).map(|()| ExitCode::SUCCESS);
    }
    let settings = read_settings(arguments)?;
    match &arguments.command {
        Some(Command::Verify(arguments)) => return verify::run(&settings, arguments),
        Some(Command::CheckSettings) => {
            // Some clients start tasks of their own.
            actix_web::rt::System::new().block_on(async { app::check(&settings) })?;
            say(&settings.summary())
        }
        Some(Command::Migrate) => migrate(&settings),
        Some(Command::AdoptAttachments) => {
            telemetry::init(&settings.log)?;
            actix_web::rt::System::new().block_on(adopt_attachments(&settings))
        }
        Some(Command::Serve | Command::Openapi) | None => {
            telemetry::init(&settings.log)?;
            actix_web::rt::System::new().block_on(serve(settings))
        }
    }
    .map(|()| ExitCode::SUCCESS)
}

fn migrate(settings: &Settings) -> Result<(), AnyError> {
    // So that it says what it waits for.
    telemetry::init(&settings.log)?;
    let applied = app::migrate(settings, &app::database_url(settings))?;
    say(&format!("migrations applied: {applied}\n"))
}

async fn adopt_attachments(settings: &Settings) -> Result<(), AnyError> {
    let (database, blobs) = (app::database_url(settings), app::blob_settings(&settings.blobs));
    let adopted = persistence::adopt_attachments(&database, &blobs, app::clock(settings).now()).await?;
    let before = adopted.before.map_or_else(|| "nobody knew whose they were".to_owned(), |id| format!("before: {id}"));
    say(&format!("the attachments belong to database {} ({before})\n", adopted.database))
}

async fn serve(settings: Settings) -> Result<(), AnyError> {
    let application = Application::build(settings).await?;
    tracing::info!(address = %application.address(), "listening");
    say(&format!("Brevdue listens on http://{}\n", application.address()))?;
    if let Some(walk) = application.walk() {
        say(&walk)?;
    }
    application.run_until_told().await?;
    tracing::info!("stopped");
    Ok(())
}

fn read_settings(arguments: &Arguments) -> Result<Settings, AnyError> {
    // The one place where the environment is read.
    let environment: Environment = std::env::vars_os().collect();
    let path = arguments.config.clone().or_else(|| environment.settings_file().map(PathBuf::from));
    let text = match &path {
        Some(path) => {
            Some(std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?)
        }
        None => None,
    };
    Ok(Settings::read(text.as_deref(), &environment)?)
}

/// Prints, and does not mind a reader that has gone.
fn say(text: &str) -> Result<(), AnyError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// The whole chain of causes, so that the operator sees what to mend.
fn complain(error: &dyn std::error::Error) {
    let mut err = std::io::stderr().lock();
    let mut cause = Some(error);
    let mut prefix = "brevdue: ";
    while let Some(error) = cause {
        // Nobody can be told that standard error is gone.
        let _ = writeln!(err, "{prefix}{error}");
        prefix = "  because: ";
        cause = error.source();
    }
}
