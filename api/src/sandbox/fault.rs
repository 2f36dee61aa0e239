//! What the sandbox's systems of other organisations pretend is wrong with them.

use std::sync::{Mutex, PoisonError};

use strum::{EnumString, IntoStaticStr, VariantArray};

/// What can be wrong with the system of another organisation. Each system says which of these it knows.
#[derive(Clone, Copy, PartialEq, Eq, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub(crate) enum Fault {
    /// It does not answer.
    Down,
    /// It answers, and refuses whatever it is asked.
    Rejecting,
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
}
