//! Who asks, when, and under which request.

use chrono::{DateTime, Utc};
use domain::access::Caller;
use domain::id::TraceId;
use uuid::Uuid;

/// The first argument of everything that a caller can ask for.
#[derive(Clone, Debug)]
pub struct Context {
    /// Who.
    pub caller: Caller,
    /// The time at which the request is decided.
    pub now: DateTime<Utc>,
    /// The request: the same id in the log, the problem and the audit entry.
    pub trace: TraceId,
}

impl Context {
    /// The namespace of this caller's idempotency keys: its organisation, its person (by the keyed hash of the
    /// identity number) or the operator.
    pub(crate) fn idempotency_scope(&self, person_hash: impl Fn(&domain::identity::NationalId) -> [u8; 32]) -> String {
        match &self.caller {
            Caller::System { organisation, .. } | Caller::HealthWorker { organisation, .. } => {
                format!("organisation:{organisation}")
            }
            Caller::Citizen { national_id, .. } => format!("person:{}", hex::encode(person_hash(national_id))),
            Caller::Operator { subject, .. } => format!("operator:{subject}"),
        }
    }
}

/// A new id: version 7, of real time. Ids only keep rows together; no rule reads a time out of one.
pub(crate) fn new_id<T: From<Uuid>>() -> T {
    T::from(Uuid::now_v7())
}
