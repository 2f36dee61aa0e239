//! How the program ends. First it says that it is not ready, and serves on, so that balancers send nothing new; then it takes
//! no new connections, answers those who wait for events, and finishes what runs.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::dev::ServerHandle;
use persistence::Store;

/// Whether the program is about to end.
#[derive(Default)]
pub(crate) struct Ending(AtomicBool);

impl Ending {
    pub(crate) fn begin(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn has_begun(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// What the system tells the program.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Signal {
    /// End, in good order.
    Terminate,
    /// Somebody at a terminal wants to go on.
    Interrupt,
}

/// The signals that end the program.
#[cfg(unix)]
pub(crate) struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    /// Listens from now on; the system does not end the program by itself any more.
    pub(crate) fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Terminate,
            _ = self.interrupt.recv() => Signal::Interrupt,
        }
    }
}

/// The signals that end the program.
#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    /// Listens from now on; the system does not end the program by itself any more.
    pub(crate) fn listen() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> Signal {
        match tokio::signal::ctrl_c().await {
            Ok(()) => Signal::Interrupt,
            // Nobody can tell it to end, then.
            Err(_) => std::future::pending().await,
        }
    }
}

/// Ends the program when it is told to. A second signal ends the delay, a third one what runs.
pub(crate) async fn end_when_told(
    mut signals: Signals,
    ending: &Ending,
    store: &Store,
    server: ServerHandle,
    delay: Duration,
) {
    let first = signals.next().await;
    ending.begin();
    if first == Signal::Terminate && !delay.is_zero() {
        tracing::info!(delay_seconds = delay.as_secs(), "not ready any more; serving on");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            _ = signals.next() => {}
        }
    }
    tracing::info!("taking no more connections");
    store.end_waits();
    tokio::select! {
        () = server.stop(true) => {}
        _ = signals.next() => server.stop(false).await,
    }
}
