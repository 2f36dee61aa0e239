//! The HTTP API of Brevdue.

pub mod app;
mod at_once;
pub mod auth;
pub mod cli;
pub mod clock;
pub mod connect;
mod contract;
mod document;
mod event_body;
mod http;
mod language;
pub mod mailbox_text;
pub mod openapi;
mod operations;
mod outbound;
pub mod problem;
pub mod rate_limit;
mod sandbox;
mod sandbox_http;
pub mod settings;
mod shutdown;
mod state;
pub mod telemetry;
mod text;
mod vocabulary;
mod worker;
