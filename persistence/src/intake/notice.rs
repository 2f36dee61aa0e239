//! Messages of the mailbox itself, to owners. They come with what they tell of, in its transaction, and are rows like
//! those of any other sending.

use chrono::{DateTime, Utc};
use domain::access::{ItemFlags, ServiceAction};
use domain::audit::{Entry, Object, ObjectKind, Subject as Log};
use domain::event::EventKind;
use domain::id::{MessageId, TraceId};
use domain::message::{Body, BodyFormat, Direction, MessageKind, Subject};
use domain::routing::{self, Route};
use domain::rule::Rule;
use domain::service::UnregisteredRecipients;

use super::content::{BodyRow, Head, MessageRow};
use crate::access::facts::Owner;
use crate::context::new_id;
use crate::database::{Connection, Id, Key};
use crate::error::{Failure, StoreError};
use crate::event::EventRow;
use crate::platform::{ITEM_POLICY, PlatformService};
use crate::sending::{self, SendingRow};
use crate::{Inner, audit, delivery};

const CORRUPT: StoreError = StoreError::Corrupt { what: "notice" };

/// A message of the mailbox itself.
pub(crate) struct Notice<'n> {
    /// Whom it is for.
    pub(crate) owner: &'n Owner,
    /// What it is about, for ever: of two notices with the same reference only the first is sent.
    pub(crate) reference: String,
    /// The line shown.
    pub(crate) subject: String,
    /// What it says.
    pub(crate) body: String,
}

/// All rows of one notice.
struct Rows {
    sending: SendingRow,
    message: MessageRow,
    body: BodyRow,
    event: EventRow,
    entry: Entry,
}

/// Sends them, in the transaction of what they tell of. Where an inbox is open they are in it when that ends; elsewhere
/// they wait until it opens.
pub(crate) fn send(
    inner: &Inner,
    connection: &mut Connection,
    notices: &[Notice<'_>],
    rule: Rule,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let platform = inner.platform_service()?;
    let references: Vec<&str> = notices.iter().map(|notice| notice.reference.as_str()).collect();
    let used = sending::references_used(connection, &[platform.service.key()], &references)?;
    let is_new = |notice: &&Notice<'_>| used.iter().all(|(_, used)| used.as_deref() != Some(&notice.reference));
    let (mut sendings, mut messages, mut bodies, mut events, mut entries) = (vec![], vec![], vec![], vec![], vec![]);
    let mut wanted: Vec<(Id, Id)> = vec![];
    for notice in notices.iter().filter(is_new) {
        let Rows { sending, message, body, event, entry } = rows_of(inner, platform, notice, rule, trace, now)?;
        wanted.push((message.mailbox_id, message.id));
        sendings.push(sending);
        messages.push(message);
        bodies.push(body);
        events.push(event);
        entries.push(entry);
    }
    SendingRow::insert_all(connection, sendings)?;
    MessageRow::insert_all(connection, messages)?;
    BodyRow::insert_all(connection, bodies)?;
    EventRow::insert_all(connection, events)?;
    audit::insert(connection, entries)?;
    delivery::deliver_at_once(connection, &wanted, inner.policy, now)?;
    Ok(())
}

fn rows_of(
    inner: &Inner,
    platform: PlatformService,
    notice: &Notice<'_>,
    rule: Rule,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<Rows, StoreError> {
    let Notice { owner, reference, subject, body } = notice;
    // What cannot be read back is not written.
    let subject = Subject::parse(subject).map_err(|_| CORRUPT)?;
    let body = Body::parse(body).map_err(|_| CORRUPT)?;
    let (mailbox, id): (_, MessageId) = (owner.record.mailbox, new_id());
    let key = inner.vault.data_key(mailbox, &owner.wrapped_key).map_err(|_| CORRUPT)?;
    let head = Head {
        mailbox,
        id,
        service: platform.service,
        direction: Direction::Received,
        kind: MessageKind::Service,
        // Also from whom it was assigned to: nobody else is told of the owner's powers (FUL-11).
        item: ItemFlags { withheld_from_holders: true, ..ITEM_POLICY.into() },
        rule: route(inner, owner),
        accepted_at: now,
        open_by: None,
        conversation: None,
        author: None,
    };
    Ok(Rows {
        sending: SendingRow {
            service_id: platform.service.key(),
            message_id: id.key(),
            mailbox_id: mailbox.key(),
            sender_reference: Some(reference.clone()),
        },
        message: MessageRow::new(head, &key, &subject, 0),
        body: BodyRow::new(head, &key, BodyFormat::Text, &body),
        event: EventRow::new(platform.organisation, EventKind::MessageAccepted, platform.service, id, now),
        entry: audit::of_worker(
            Log::Mailbox(mailbox),
            ServiceAction::SendMessage.as_word(),
            Some(Object { kind: ObjectKind::Message, id: id.as_uuid() }),
            rule,
            trace,
            now,
        ),
    })
}

/// The rule by which it comes into the inbox, or waits.
fn route(inner: &Inner, owner: &Owner) -> Rule {
    let facts = routing::Facts::of(&owner.facts, ITEM_POLICY, UnregisteredRecipients::Hold, inner.policy);
    match routing::decide(&facts) {
        Route::Deliver(rule) | Route::Hold(rule) => rule,
        Route::Reject(rejection) => rejection.rule(),
    }
}
