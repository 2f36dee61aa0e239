//! The HTTP API of Brevdue.

pub mod auth;
pub mod clock;
mod http;
mod language;
pub mod problem;
pub mod rate_limit;
pub mod settings;
pub mod telemetry;
