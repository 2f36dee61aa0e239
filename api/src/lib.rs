//! The HTTP API of Brevdue.

pub mod rate_limit;
pub mod settings;
pub mod telemetry;
