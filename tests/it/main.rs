//! The tests of the whole program: stories over HTTP on both databases, and lists that must be complete.

mod actors;
mod bad_input;
mod canary;
mod children;
mod columns;
mod contract;
mod crash;
mod decisions;
mod idempotency;
mod operations;
mod outage;
mod persons;
mod powers;
mod powers_by_form;
mod powers_told;
mod problems;
mod protection;
mod reading;
mod register;
mod sending;
mod staff;
mod surroundings;
mod tokens;
mod visibility;
mod walk;
mod worlds;
