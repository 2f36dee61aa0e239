//! Decides about each message of a batch, and seals what is accepted. Nothing is written here.

use std::collections::HashSet;
use std::iter;

use domain::access::{ItemFlags, ServiceAct, decide_service};
use domain::audit::{Entry, Object, ObjectKind, Subject};
use domain::event::{About, EventKind};
use domain::id::{MessageId, ServiceId};
use domain::message::{Direction, Draft, MessageKind, Sending};
use domain::routing::{self, InboxFacts, Route, Routed, Size};
use domain::service::{ItemPolicy, Service};

use super::Incoming;
use super::content::{self, AttachmentRow, BodyRow, Head, MessageRow};
use super::facts::BatchFacts;
use crate::Inner;
use crate::access::audit::{self, AuditRow};
use crate::access::refused_service_entry;
use crate::context::new_id;
use crate::database::{Id, Key, Time};
use crate::error::{Failure, Widened};
use crate::feeds::event::EventRow;
use crate::idempotency::IdempotencyRow;
use crate::letters::notification;
use crate::letters::sending::{SendingRow, channel_word, reasons_text};
use crate::mailboxes::conversation::ConversationRow;
use crate::services::upload::Whose;
use crate::vault::{BothKeys, NewMessageKey};
use crate::work::job::{JobKind, JobRow};

/// All rows of one accepted message.
pub(super) struct Prepared {
    pub(super) sending: Sending,
    pub(super) sending_row: SendingRow,
    pub(super) message: MessageRow,
    pub(super) body: BodyRow,
    /// The conversation that it begins, where it can be answered.
    pub(super) conversation: Option<ConversationRow>,
    /// What is left to be done: to bring it to its recipient, where it is not there already; to tell of it; and to see whether
    /// it was opened, where its sender has set a time.
    pub(super) jobs: Vec<JobRow>,
    pub(super) events: Vec<EventRow>,
    pub(super) audit: AuditRow,
    pub(super) idempotency: IdempotencyRow,
    pub(super) attachments: Vec<AttachmentRow>,
    pub(super) uploads: Vec<Id>,
}

/// What becomes of a message.
pub(super) enum Outcome {
    Accept(Box<Prepared>),
    Replay(ServiceId, MessageId),
    Refuse(Failure, Box<Entry>),
    Fail(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Fail(failure)
    }
}

/// Decides about each, with an eye on its neighbours: of two with the same key, reference or upload the first wins.
pub(super) fn all(inner: &Inner, batch: &[Incoming], facts: &BatchFacts) -> Vec<Outcome> {
    let mut taken = Taken::default();
    batch
        .iter()
        .map(|incoming| {
            let outcome = decide(inner, incoming, facts).unwrap_or_else(|outcome| outcome);
            match outcome {
                Outcome::Accept(prepared) => taken.claim(prepared),
                other => other,
            }
        })
        .collect()
}

/// What earlier messages of the batch have taken.
#[derive(Default)]
struct Taken {
    keys: HashSet<(String, String)>,
    references: HashSet<(Id, String)>,
    uploads: HashSet<Id>,
}

impl Taken {
    fn claim(&mut self, prepared: Box<Prepared>) -> Outcome {
        let key = (prepared.idempotency.scope.clone(), prepared.idempotency.key.clone());
        let reference =
            prepared.sending_row.sender_reference.clone().map(|text| (prepared.sending_row.service_id, text));
        if self.keys.contains(&key) {
            return Outcome::Fail(Failure::InProgress);
        }
        if reference.as_ref().is_some_and(|reference| self.references.contains(reference)) {
            return Outcome::Fail(Failure::SenderReferenceTaken);
        }
        let gone: Vec<usize> =
            prepared.uploads.iter().enumerate().filter(|(_, id)| self.uploads.contains(id)).map(|(at, _)| at).collect();
        if !gone.is_empty() {
            return Outcome::Fail(Failure::UnknownUploads(gone));
        }
        self.keys.insert(key);
        self.references.extend(reference);
        self.uploads.extend(&prepared.uploads);
        Outcome::Accept(prepared)
    }
}

fn decide(inner: &Inner, incoming: &Incoming, facts: &BatchFacts) -> Result<Outcome, Outcome> {
    let Incoming { context, service: service_id, draft, contact, scope, key, undertaking: _ } = incoming;
    let act = ServiceAct::SEND_MESSAGE;
    let known = facts.service(*service_id);
    let grant = decide_service(act.takes(), &context.caller, known.map(|(facts, _)| facts)).map_err(|refusal| {
        let entry = refused_service_entry(context, None, (*service_id, known.is_some()), act, refusal);
        Outcome::Refuse(Failure::Refused(refusal), Box::new(entry))
    })?;
    let (_, service) = known.ok_or(Outcome::Fail(Failure::NotFound))?;
    if let Some((digest, message)) = facts.used_key(incoming) {
        let replay = Outcome::Replay(*service_id, (*message).into());
        return if scope.is_same_request(key, digest) { Ok(replay) } else { Err(Failure::IdempotencyKeyReused.into()) };
    }
    if draft.open_by.is_some_and(|open_by| open_by <= context.now) {
        return Err(Failure::OpenByPassed.into());
    }
    let recipient = facts.recipient(inner, &draft.recipient).ok_or(Failure::RecipientUnknown)?;
    let item = narrowed(draft, service.policy.visibility_of(draft.kind))?;
    let author = Whose::of(*service_id, None, &context.caller)?;
    let files = draft.uploads.iter().filter_map(|id| facts.upload(&author, *id)?.upload.content);
    let decision = routing::decide(&routing::Facts {
        kind: draft.kind,
        recipient_is_dead: recipient.facts.is_dead,
        age_years: recipient.facts.age_years,
        inbox: InboxFacts::of(&recipient.facts, item, inner.policy),
        contact: *contact,
        unregistered_recipients: service.policy.unregistered_recipients,
        external: &inner.outlets.narrow(&service.policy.external),
        size: Size::of_files(files.map(|content| content.size_bytes)),
        not_at_provider: false,
    });
    let rule = match decision.route {
        Route::Inbox | Route::Hold | Route::DigitalMailbox(_) | Route::Paper | Route::Wait => decision.reason.rule(),
        Route::Reject(rejection) => {
            let subject = Subject::Service(*service_id);
            let outcome = domain::audit::Outcome::Refused;
            let entry = audit::entry(context, None, subject, act.word(), None, outcome, rejection.rule());
            return Err(Outcome::Refuse(Failure::Rejected(rejection), Box::new(entry)));
        }
    };
    if let Some(reference) = &draft.sender_reference
        && facts.reference_is_used(*service_id, reference.as_str())
    {
        return Err(Failure::SenderReferenceTaken.into());
    }
    let keys = BothKeys {
        mailbox: &recipient.key(&inner.vault).map_err(Failure::from)?,
        service: facts.service_key(*service_id).ok_or(Outcome::Fail(Failure::NotFound))?,
    };
    let sending = Sending {
        id: new_id(),
        service: *service_id,
        kind: draft.kind,
        sender_reference: draft.sender_reference.clone(),
        accepted: Routed::from(&decision),
        steps: Vec::new(),
        open_by: draft.open_by,
        accepted_at: context.now,
        // Where the inbox takes it, it is there with the transaction that accepts it: the registers were asked a moment ago.
        delivered_at: (decision.route == Route::Inbox).then_some(context.now),
        opened_at: None,
    };
    let head = Head {
        mailbox: recipient.facts.mailbox,
        id: sending.id,
        service: service.id,
        direction: Direction::Received,
        kind: draft.kind,
        item: ItemFlags::from(item),
        rule,
        accepted_at: context.now,
        open_by: draft.open_by,
        // What can be answered begins a conversation (DH-1).
        conversation: (draft.kind == MessageKind::Dialogue).then(new_id),
        author: None,
    };
    let author = Whose::of(incoming.service, None, &context.caller)?;
    let key = head.new_key(keys);
    let attachments = content::attachments(&draft.uploads, |id| facts.upload(&author, id), head, &key.key)?;
    // The entry stands in the mailbox's log: its owner sees who sent what, and when.
    let object = Object { kind: ObjectKind::Message, id: sending.id.as_uuid() };
    let subject = Subject::Mailbox(recipient.facts.mailbox);
    let entry = audit::granted(context, None, subject, act.word(), Some(object), grant.rule());
    Ok(Outcome::Accept(Box::new(rows_of(incoming, service, head, (keys, &key), sending, entry, attachments))))
}

/// What the message asks of who looks at it: what the service allows, narrowed by the sender.
fn narrowed(draft: &Draft, allowed: ItemPolicy) -> Result<ItemPolicy, Failure> {
    let parents = draft.parents.unwrap_or(allowed.parents);
    let power_of_attorney = draft.power_of_attorney.unwrap_or(allowed.power_of_attorney);
    let widened: Vec<Widened> = [
        (parents > allowed.parents).then_some(Widened::Parents),
        (power_of_attorney && !allowed.power_of_attorney).then_some(Widened::PowerOfAttorney),
    ]
    .into_iter()
    .flatten()
    .collect();
    if !widened.is_empty() {
        return Err(Failure::VisibilityWidened(widened));
    }
    Ok(ItemPolicy { parents, power_of_attorney, ..allowed })
}

fn rows_of(
    incoming: &Incoming,
    service: &Service,
    head: Head,
    (keys, key): (BothKeys<'_>, &NewMessageKey),
    sending: Sending,
    entry: Entry,
    attachments: Vec<AttachmentRow>,
) -> Prepared {
    let Draft { subject, body, body_format, sender_reference, uploads, .. } = &incoming.draft;
    let now = incoming.context.now;
    let id = sending.id;
    let about = About { mailbox: head.mailbox, service: service.id, message: id };
    let event = |kind| EventRow::new(service.organisation, kind, about, now);
    let mut events = vec![event(EventKind::MessageAccepted)];
    let mut jobs = match sending.delivered_at {
        Some(at) => {
            events.push(event(EventKind::MessageDelivered));
            notification::tell_of(iter::once((head.mailbox, id)), at)
        }
        None => vec![JobRow::new(JobKind::Deliver, head.mailbox, id.key(), now)],
    };
    jobs.extend(head.open_by.map(|at| JobRow::new(JobKind::OpenByPassed, head.mailbox, id.key(), at)));
    Prepared {
        sending_row: SendingRow {
            service_id: service.id.key(),
            message_id: id.key(),
            mailbox_id: head.mailbox.key(),
            sender_reference: sender_reference.as_ref().map(|text| text.as_str().to_owned()),
            reasons: reasons_text(&sending.accepted),
        },
        message: MessageRow {
            channel: channel_word(sending.accepted.channel),
            received_at: sending.delivered_at.map(Time),
            ..MessageRow::new(head, key, subject, attachments.len())
        },
        body: BodyRow::new(head, &key.key, *body_format, body),
        conversation: head
            .conversation
            .map(|conversation| ConversationRow::begun_by_service(head, conversation, keys.service, subject)),
        jobs,
        events,
        audit: entry.into(),
        idempotency: IdempotencyRow::new(&incoming.scope, &incoming.key, id.key(), now),
        attachments,
        uploads: uploads.iter().map(|upload| upload.key()).collect(),
        sending,
    }
}
