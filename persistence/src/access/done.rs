//! What was done at the door of a service or an organisation, and how the logs have it.

use domain::audit::{Entry, Object, ObjectKind, Subject, Tally};
use domain::id::MailboxId;

use super::{Denied, Unrecorded, not_done};
use crate::context::new_id;
use crate::error::Failure;

/// What came of something at the door of a service or an organisation. The door writes its entry from this: work that
/// leaves none does not compile.
pub(crate) struct Done<T> {
    value: T,
    object: Option<Object>,
    log: Option<Subject>,
    shown: Vec<MailboxId>,
}

impl<T> Done<T> {
    /// It was about no single thing, and stands in the log of the service or organisation.
    pub(crate) const fn of(value: T) -> Self {
        Self { value, object: None, log: None, shown: Vec::new() }
    }

    /// It was about this.
    pub(crate) fn about(self, object: Object) -> Self {
        Self { object: Some(object), ..self }
    }

    /// It stands in a patient's log, where its owner sees it, and not in that of the service.
    pub(crate) fn in_log_of(self, mailbox: MailboxId) -> Self {
        Self { log: Some(Subject::Mailbox(mailbox)), ..self }
    }

    /// It showed the names of these patients: each finds that in their log, counted by the day.
    pub(crate) fn showing(self, mailboxes: impl IntoIterator<Item = MailboxId>) -> Self {
        Self { shown: mailboxes.into_iter().collect(), ..self }
    }

    /// The value, and its entries: `entry` as it is for the door, and those that follow from it.
    fn recorded(self, entry: Entry) -> Unrecorded<T> {
        let Self { value, object, log, shown } = self;
        let service = match entry.subject {
            Subject::Service(service) => Some(Object { kind: ObjectKind::Service, id: service.as_uuid() }),
            Subject::Mailbox(_) | Subject::Organisation(_) | Subject::Platform => None,
        };
        let in_list = |mailbox| Entry {
            id: new_id(),
            subject: Subject::Mailbox(mailbox),
            object: service,
            tally: Tally::Daily,
            ..entry.clone()
        };
        let mut entries: Vec<Entry> = shown.into_iter().map(in_list).collect();
        entries.push(Entry { object: object.or(entry.object), subject: log.unwrap_or(entry.subject), ..entry });
        Unrecorded { value, entries }
    }
}

/// What came of the work behind a door that opened with `entry`.
pub(super) fn passed<T>(work: Result<Done<T>, Failure>, entry: Entry) -> Result<Unrecorded<T>, Denied> {
    match work {
        Ok(done) => Ok(done.recorded(entry)),
        Err(failure) => Err(not_done(failure, entry)),
    }
}
