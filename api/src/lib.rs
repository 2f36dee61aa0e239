//! The HTTP API of Brevdue.

mod http;
mod language;
pub mod problem;
pub mod rate_limit;
pub mod settings;
pub mod telemetry;
