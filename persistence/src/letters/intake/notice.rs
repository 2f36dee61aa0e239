//! Messages that the program itself sends to owners: in the name of the mailbox, or of a service that has told something
//! of which the owner gets a receipt. They come with what they tell of, in its transaction, and are rows like those of any
//! other sending.

use chrono::{DateTime, Utc};
use domain::access::{ItemFlags, Refusal, ServiceAct};
use domain::audit::{Entry, Object, ObjectKind, Outcome, Subject as Log};
use domain::event::{About, EventKind};
use domain::id::{MessageId, OrganisationId, ServiceId, TraceId};
use domain::message::{Body, BodyFormat, Direction, MessageKind, Subject};
use domain::routing::{self, Decision, Route, Routed};
use domain::rule::Rule;
use domain::service::{ItemPolicy, Service, UnregisteredRecipients};

use super::content::{BodyRow, Head, MessageRow};
use crate::Inner;
use crate::access::audit;
use crate::access::facts::Owner;
use crate::access::service_facts;
use crate::context::new_id;
use crate::database::{Connection, Id, Key};
use crate::error::{Failure, StoreError};
use crate::feeds::event::EventRow;
use crate::letters::delivery;
use crate::letters::sending::{self, SendingRow, reasons_text};
use crate::services::key::service_key;
use crate::services::platform::{ITEM_POLICY, PlatformService};
use crate::vault::BothKeys;

const CORRUPT: StoreError = StoreError::Corrupt { what: "notice" };

/// A message to an owner.
pub(crate) struct Notice<'n> {
    /// Whom it is for.
    pub(crate) owner: &'n Owner,
    /// What it is about, for ever: of two notices of a sender with the same reference only the first is sent.
    pub(crate) reference: String,
    /// The line shown.
    pub(crate) subject: String,
    /// What it says.
    pub(crate) body: String,
}

/// In whose name a notice is sent, and what it asks of who looks at it.
#[derive(Clone)]
struct Voice {
    organisation: OrganisationId,
    service: ServiceId,
    item: ItemFlags,
    /// What routing says of it: it comes into the inbox, or waits.
    routed: Routed,
}

/// What notices are for, as the log has it.
#[derive(Clone, Copy)]
struct Occasion {
    rule: Rule,
    trace: TraceId,
    now: DateTime<Utc>,
}

/// All rows of one notice.
struct Rows {
    sending: SendingRow,
    message: MessageRow,
    body: BodyRow,
    event: EventRow,
    entry: Entry,
}

/// Sends notices of the mailbox itself, in the transaction of what they tell of. Where an inbox is open they are in it when
/// that ends; elsewhere they wait until it opens.
pub(crate) fn send(
    inner: &Inner,
    connection: &mut Connection,
    notices: &[Notice<'_>],
    rule: Rule,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let PlatformService { organisation, service } = inner.platform_service()?;
    let references: Vec<&str> = notices.iter().map(|notice| notice.reference.as_str()).collect();
    let used = sending::references_used(connection, &[service.key()], &references)?;
    let is_new = |notice: &&Notice<'_>| used.iter().all(|(_, used)| used.as_deref() != Some(&notice.reference));
    // Also from whom it was assigned to: nobody else is told of the owner's powers (FUL-11).
    let item = ItemFlags { withheld_from_holders: true, ..ITEM_POLICY.into() };
    let occasion = Occasion { rule, trace, now };
    let rows = notices.iter().filter(is_new).map(|notice| {
        // It is not rejected: it waits.
        let routed = Routed::from(&route(inner, notice.owner, ITEM_POLICY, UnregisteredRecipients::Hold));
        rows_of(inner, &mut *connection, Voice { organisation, service, item, routed }, notice, occasion)
    });
    let rows = rows.collect::<Result<Vec<_>, _>>()?;
    store(inner, connection, rows, now)
}

/// Sends a notice in the name of a service, as the service would send it: with its settings, and not at all where it would
/// be refused or rejected, which is on record then.
pub(crate) fn send_for(
    inner: &Inner,
    connection: &mut Connection,
    service: &Service,
    notice: &Notice<'_>,
    rule: Rule,
    trace: TraceId,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    if !sending::references_used(connection, &[service.id.key()], &[&notice.reference])?.is_empty() {
        return Ok(());
    }
    let policy = service.policy.visibility_of(MessageKind::Service);
    let facts = service_facts(connection, &[service.id], now)?;
    let has_agreement = facts.get(&service.id).is_some_and(|facts| facts.agreement_in_force);
    let decision = route(inner, notice.owner, policy, service.policy.unregistered_recipients);
    let against = match decision.route {
        _ if !has_agreement => Some(Refusal::NoAgreementInForce.rule()),
        Route::Reject(rejection) => Some(rejection.rule()),
        Route::Inbox | Route::Hold | Route::DigitalMailbox(_) | Route::Paper | Route::Wait => None,
    };
    if let Some(against) = against {
        let (log, action) = (Log::Service(service.id), ServiceAct::SEND_MESSAGE.word());
        let entry = audit::of_worker(log, action, None, against, trace, now);
        return Ok(audit::insert(connection, vec![Entry { outcome: Outcome::Refused, ..entry }])?);
    }
    let routed = Routed::from(&decision);
    let voice = Voice { organisation: service.organisation, service: service.id, item: policy.into(), routed };
    let rows = rows_of(inner, connection, voice, notice, Occasion { rule, trace, now })?;
    store(inner, connection, vec![rows], now)
}

fn store(inner: &Inner, connection: &mut Connection, rows: Vec<Rows>, now: DateTime<Utc>) -> Result<(), Failure> {
    let (mut sendings, mut messages, mut bodies, mut events, mut entries) = (vec![], vec![], vec![], vec![], vec![]);
    let mut wanted: Vec<(Id, Id)> = vec![];
    for Rows { sending, message, body, event, entry } in rows {
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
    delivery::deliver_at_once(inner, connection, &wanted, now)?;
    Ok(())
}

fn rows_of(
    inner: &Inner,
    connection: &mut Connection,
    voice: Voice,
    notice: &Notice<'_>,
    occasion: Occasion,
) -> Result<Rows, StoreError> {
    let Voice { organisation, service, item, routed } = voice;
    let Occasion { rule, trace, now } = occasion;
    let Notice { owner, reference, subject, body } = notice;
    // What cannot be read back is not written.
    let subject = Subject::parse(subject).map_err(|_| CORRUPT)?;
    let body = Body::parse(body).map_err(|_| CORRUPT)?;
    let (mailbox, id): (_, MessageId) = (owner.record.mailbox, new_id());
    let head = Head {
        mailbox,
        id,
        service,
        direction: Direction::Received,
        kind: MessageKind::Service,
        item,
        rule: routed.rule,
        accepted_at: now,
        open_by: None,
        conversation: None,
        author: None,
    };
    let keys = BothKeys { mailbox: &owner.key(&inner.vault)?, service: &*service_key(inner, connection, service)? };
    let key = head.new_key(keys);
    Ok(Rows {
        sending: SendingRow {
            service_id: service.key(),
            message_id: id.key(),
            mailbox_id: mailbox.key(),
            sender_reference: Some(reference.clone()),
            reasons: reasons_text(&routed),
        },
        message: MessageRow::new(head, &key, &subject, 0),
        body: BodyRow::new(head, &key.key, BodyFormat::Text, &body),
        event: EventRow::new(organisation, EventKind::MessageAccepted, About { mailbox, service, message: id }, now),
        entry: audit::of_worker(
            Log::Mailbox(mailbox),
            ServiceAct::SEND_MESSAGE.word(),
            Some(Object { kind: ObjectKind::Message, id: id.as_uuid() }),
            rule,
            trace,
            now,
        ),
    })
}

fn route(inner: &Inner, owner: &Owner, item: ItemPolicy, unregistered: UnregisteredRecipients) -> Decision {
    routing::decide(&routing::Facts::inbox_only(&owner.facts, item, unregistered, inner.policy))
}
