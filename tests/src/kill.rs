//! Kills work at a statement of the database: its thread ends there, and so does its connection, as when a process dies.

use std::cell::RefCell;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use crate::statements;

thread_local! {
    /// How many statements the work of this thread still has to live for.
    static STATEMENTS_LEFT: RefCell<Option<Arc<AtomicI64>>> = const { RefCell::new(None) };
}

/// Has every connection that is made from now on count statements. Connections from before are not killed.
pub fn count_statements() {
    statements::listen();
}

/// Counts a statement that is about to be sent, and kills whoever's turn it is.
pub(crate) fn count() {
    let left = STATEMENTS_LEFT.with_borrow(|left| left.as_ref().map(|left| left.fetch_sub(1, Ordering::SeqCst)));
    // Who is dead does nothing more.
    if left.is_some_and(|left| left <= 1) {
        // Without the words that a panic writes: this is what was asked for.
        std::panic::resume_unwind(Box::new("killed"));
    }
}

/// Runs work, and kills it before its statement of this number, counted from 1. Says whether it lived to its end.
///
/// # Panics
/// When no runtime can be made for it.
pub fn killed_before_statement<F: Future>(number: i64, work: F) -> (F::Output, bool) {
    let left = Arc::new(AtomicI64::new(number));
    let of_thread = Arc::clone(&left);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .on_thread_start(move || STATEMENTS_LEFT.set(Some(Arc::clone(&of_thread))))
        .build()
        .expect("a runtime can be made");
    let output = runtime.block_on(work);
    (output, left.load(Ordering::SeqCst) > 0)
}
