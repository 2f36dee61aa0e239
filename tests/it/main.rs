//! The tests of the whole program: stories over HTTP on both databases, and lists that must be complete.

mod canary;
mod crash;
mod persons;
mod reading;
mod sending;
mod visibility;
mod walk;
