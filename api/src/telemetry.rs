//! What the server tells its operator: log lines, and figures for Prometheus.
//!
//! Lines go to standard error, since standard output belongs to what a command prints. They carry ids, never names,
//! identity numbers, subjects or bodies. Deliberately not here: a listener; `/metrics` is a route like the others.

use std::io;
use std::panic::PanicHookInfo;
use std::sync::{Once, OnceLock};

use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
use tracing::Dispatch;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;
use tracing_subscriber::fmt::MakeWriter;

use crate::settings::{LogFormat, LogSettings};

/// Upper bounds of the histograms whose name ends in `_seconds`: from a read of one row to the longest time that a
/// request may take.
const SECONDS: [f64; 14] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

/// Why the log cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// The filter is not in the language of `tracing`'s filters.
    #[error("log.filter is not a filter of log lines")]
    Filter(#[from] ParseError),
}

/// Starts the log, once in a process: from the second call on, nothing changes. Panics are logged too.
///
/// # Errors
/// The filter cannot be understood.
pub fn init(settings: &LogSettings) -> Result<(), TelemetryError> {
    static ONCE: Once = Once::new();
    let log = log_to(settings, io::stderr)?;
    ONCE.call_once(|| {
        // An error says that a log was there before: then that one is kept, as on a second call.
        let _ = tracing::dispatcher::set_global_default(log);
        std::panic::set_hook(Box::new(log_panic));
    });
    Ok(())
}

fn log_to(
    settings: &LogSettings,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
) -> Result<Dispatch, TelemetryError> {
    let builder = tracing_subscriber::fmt().with_env_filter(EnvFilter::try_new(&settings.filter)?).with_writer(writer);
    Ok(match settings.format {
        LogFormat::Json => builder.json().flatten_event(true).with_span_list(false).finish().into(),
        LogFormat::Text => builder.finish().into(),
    })
}

/// Location and message only: a backtrace is many lines, and the log is one line for each event.
fn log_panic(info: &PanicHookInfo<'_>) {
    let location = info.location().map(ToString::to_string).unwrap_or_default();
    let message = info.payload_as_str().unwrap_or("(no message)");
    tracing::error!(panic.location = location, panic.message = message, "a thread panicked");
}

/// The figures of this process; installed at the first call. Call [`PrometheusHandle::run_upkeep`] every few seconds:
/// without it, what histograms hold grows until somebody fetches the figures.
///
/// # Panics
/// When something else of the process records its figures: they would be lost, and there is one place that starts.
pub fn metrics_handle() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| install_recorder().expect("nothing else records the figures of this process")).clone()
}

fn install_recorder() -> Result<PrometheusHandle, BuildError> {
    PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &SECONDS)?
        .install_recorder()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Keeps what is logged.
    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Lines {
        fn of(format: LogFormat, filter: &str, work: impl FnOnce()) -> String {
            let lines = Self::default();
            let writer = lines.clone();
            let settings = LogSettings { format, filter: filter.to_owned() };
            let log = log_to(&settings, move || writer.clone()).unwrap();
            tracing::dispatcher::with_default(&log, work);
            let bytes = lines.0.lock().unwrap().clone();
            String::from_utf8(bytes).unwrap()
        }
    }

    #[test]
    fn json_lines_carry_dotted_fields_and_the_span() {
        let text = Lines::of(LogFormat::Json, "info", || {
            let _span = tracing::info_span!("request", request.id = "r-1").entered();
            tracing::info!(message.id = "m-1", "accepted");
            tracing::debug!("filtered away");
        });

        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "accepted");
        assert_eq!(line["message.id"], "m-1");
        assert_eq!(line["span"]["request.id"], "r-1");
        assert_eq!(line["level"], "INFO");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn text_lines_are_for_people() {
        let text = Lines::of(LogFormat::Text, "debug", || tracing::debug!(message.id = "m-1", "accepted"));

        assert!(text.contains("DEBUG") && text.contains("accepted message.id=\"m-1\""), "{text}");
    }

    #[test]
    fn starting_the_log_twice_is_no_problem_and_a_bad_filter_is() {
        let settings = LogSettings { format: LogFormat::Text, filter: "error".to_owned() };
        assert!(init(&settings).is_ok());
        assert!(init(&settings).is_ok());

        let bad = LogSettings { format: LogFormat::Text, filter: "api=loud".to_owned() };
        assert!(matches!(init(&bad), Err(TelemetryError::Filter(_))));
    }

    #[test]
    fn a_panic_is_logged_with_place_and_message_on_one_line() {
        init(&LogSettings { format: LogFormat::Text, filter: "error".to_owned() }).unwrap();

        let text = Lines::of(LogFormat::Json, "error", || {
            let caught = std::panic::catch_unwind(|| panic!("the scale {} broke", 7));
            assert!(caught.is_err());
        });

        assert_eq!(text.lines().count(), 1);
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["panic.message"], "the scale 7 broke");
        assert!(line["panic.location"].as_str().unwrap().contains("telemetry.rs:"));
    }

    #[test]
    fn seconds_are_counted_in_buckets_of_the_one_recorder() {
        let figures = metrics_handle();
        metrics::histogram!("test_seconds").record(0.003);
        metrics::counter!("test_total").increment(2);

        let text = metrics_handle().render();
        figures.run_upkeep();

        assert!(text.contains("test_seconds_bucket{le=\"0.0025\"} 0\n"), "{text}");
        assert!(text.contains("test_seconds_bucket{le=\"0.005\"} 1\n"), "{text}");
        assert!(text.contains("test_total 2\n"), "{text}");
    }
}
