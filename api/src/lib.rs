//! The HTTP API of Brevdue.

pub mod app;
pub mod auth;
pub mod cli;
pub mod clock;
mod connected;
mod document;
mod http;
mod language;
pub mod openapi;
mod operations;
mod outbound;
pub mod problem;
pub mod rate_limit;
mod sandbox;
pub mod settings;
mod shutdown;
mod state;
pub mod telemetry;
mod worker;
