//! Whether the access decision is right: an oracle over everything that can be, questions over the same space, the
//! golden matrix, and what time does.

mod every_combination;
mod matrix;
mod oracle;
mod powers;
mod questions;
mod readers;
mod services;
mod space;
mod time;
mod words;
