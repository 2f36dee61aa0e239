//! Hears every statement of the connections that are made in this process. There is one place for it, since diesel tells
//! them to one listener, and stories of several kinds run side by side.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, Once, PoisonError};

use diesel::connection::{Instrumentation, InstrumentationEvent, set_default_instrumentation};

use crate::kill;

/// Has every connection that is made from now on heard.
///
/// # Panics
/// When diesel takes no listener.
pub(crate) fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        set_default_instrumentation(|| Some(Box::<Listener>::default())).expect("the listener can be set");
    });
}

/// Keeps the statements that reach one database from now on, by the address that connections name.
pub(crate) fn keep(address: &str) {
    listen();
    kept().insert(address.to_owned(), vec![]);
}

/// The statements that have reached a database since this was asked before.
pub(crate) fn taken(address: &str) -> Vec<String> {
    kept().get_mut(address).map(std::mem::take).unwrap_or_default()
}

fn kept() -> MutexGuard<'static, BTreeMap<String, Vec<String>>> {
    static KEPT: Mutex<BTreeMap<String, Vec<String>>> = Mutex::new(BTreeMap::new());
    KEPT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Hears one connection.
#[derive(Default)]
struct Listener {
    address: String,
}

impl Instrumentation for Listener {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            // The program completes the address by what makes a dead network known.
            InstrumentationEvent::StartEstablishConnection { url, .. } => {
                url.split('&').next().unwrap_or_default().clone_into(&mut self.address);
            }
            InstrumentationEvent::StartQuery { query, .. } => {
                kill::count();
                if let Some(statements) = kept().get_mut(&self.address) {
                    let text = query.to_string();
                    statements.push(text.split(" -- binds:").next().unwrap_or_default().to_owned());
                }
            }
            _ => {}
        }
    }
}
