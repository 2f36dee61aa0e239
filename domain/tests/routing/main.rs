//! Whether the routing decision is right: a table over everything that can be, written a second time, and what senders are
//! not to learn of.

mod every_combination;
mod oracle;
mod words;
