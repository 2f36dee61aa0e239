//! The tests of the whole program: stories over HTTP on both databases, and lists that must be complete.

mod bad_input;
mod canary;
mod columns;
mod contract;
mod crash;
mod idempotency;
mod operations;
mod outage;
mod persons;
mod problems;
mod reading;
mod sending;
mod surroundings;
mod tokens;
mod visibility;
mod walk;
