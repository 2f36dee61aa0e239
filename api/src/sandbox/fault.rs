//! What the sandbox's systems of other organisations pretend is wrong with them.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use persistence::RegisterAway;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// How long a slow system thinks.
const SLOW: Duration = Duration::from_secs(3);

/// What can be wrong with the system of another organisation.
#[derive(Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub(crate) enum Fault {
    /// It does not answer.
    Down,
    /// It thinks for three seconds, and then works.
    Slow,
    /// It answers, and refuses whatever it is asked.
    Rejecting,
    /// It does what it is asked, or says what it knows, twice.
    AnsweringTwice,
    /// It takes what it is given, and its answer never comes.
    LosingAnswer,
}

/// The fault of one system.
#[derive(Default)]
pub(crate) struct FaultSwitch(Mutex<Option<Fault>>);

impl FaultSwitch {
    /// Breaks the system, or mends it.
    pub(crate) fn set(&self, fault: Option<Fault>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fault;
    }

    /// What is wrong with it.
    pub(crate) fn get(&self) -> Option<Fault> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is wrong with it when it answers: one that is slow has thought by then.
    pub(crate) async fn when_answering(&self) -> Option<Fault> {
        if self.get() == Some(Fault::Slow) {
            tokio::time::sleep(SLOW).await;
        }
        self.get()
    }

    /// The rows of a register that is as broken as this.
    pub(crate) async fn rows<R: Clone>(&self, rows: impl FnOnce() -> Vec<R>) -> Result<Vec<R>, RegisterAway> {
        match self.when_answering().await {
            None | Some(Fault::Slow) => Ok(rows()),
            Some(Fault::AnsweringTwice) => Ok(rows().into_iter().flat_map(|row| [row.clone(), row]).collect()),
            Some(Fault::Down | Fault::LosingAnswer) => Err(RegisterAway("the sandbox was told so".into())),
            Some(Fault::Rejecting) => Err(RegisterAway("the sandbox was told to reject".into())),
        }
    }
}
