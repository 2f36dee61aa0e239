//! What routing says of messages on their way, as the world is now.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::consent::ConsentLevel;
use domain::event::About;
use domain::id::{MailboxId, PersonId, ServiceId};
use domain::message::{MessageKind, ParentVisibility, YouthVisibility};
use domain::routing::{self, Channel, Contact, Decision, ExternalChannels, Facts, InboxFacts, Route, Size};
use domain::service::{ItemPolicy, UnregisteredRecipients};

use crate::Inner;
use crate::access::facts::{Owner, owners_of};
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::StoreError;
use crate::letters::sending::channel_from;
use crate::schema::{attachment, handover, message};
use crate::services::service;

const CORRUPT: StoreError = StoreError::Corrupt { what: "message" };

/// A message on its way.
#[derive(Clone)]
pub(super) struct Waiting {
    pub(super) mailbox: Id,
    pub(super) id: Id,
    pub(super) service: Id,
    pub(super) kind: MessageKind,
    /// What it asks of who looks at it.
    pub(super) item: ItemPolicy,
    /// The channel for which it was accepted.
    pub(super) accepted_for: Option<Channel>,
    pub(super) accepted_at: DateTime<Utc>,
    pub(super) open_by: Option<DateTime<Utc>>,
    has_files: bool,
}

impl Waiting {
    /// What events about it are about.
    pub(super) fn about(&self) -> About {
        About { mailbox: self.mailbox.into(), service: self.service.into(), message: self.id.into() }
    }
}

type WaitingRow = ((Id, Id, Id), (String, String, Time, Option<Time>, i16), (i16, bool, i16, i16));

/// Messages as far as routing asks of them.
macro_rules! messages {
    () => {
        message::table.filter(message::received_at.is_null()).select((
            (message::mailbox_id, message::id, message::service_id),
            (message::kind, message::channel, message::accepted_at, message::open_by, message::attachment_count),
            (
                message::minimum_consent,
                message::available_at_protected_address,
                message::parents_until_years,
                message::youth,
            ),
        ))
    };
}

/// Those that are on their way.
macro_rules! waiting {
    () => {
        messages!().filter(message::gone_at.is_null())
    };
}

fn waiting_from(row: WaitingRow) -> Result<Waiting, StoreError> {
    let ((mailbox, id, service), (kind, channel, accepted_at, open_by, files), item) = row;
    let (minimum_consent, available_at_protected_address, parents, youth) = item;
    Ok(Waiting {
        mailbox,
        id,
        service,
        kind: kind.parse().map_err(|_| CORRUPT)?,
        item: ItemPolicy {
            minimum_consent: ConsentLevel::from_rank(minimum_consent).ok_or(CORRUPT)?,
            available_at_protected_address,
            parents: ParentVisibility::from_until_years(parents).ok_or(CORRUPT)?,
            // Holders read for adults, who are readers themselves.
            power_of_attorney: false,
            youth: YouthVisibility::from_rank(youth).ok_or(CORRUPT)?,
        },
        accepted_for: channel_from(&channel)?,
        accepted_at: accepted_at.0,
        open_by: open_by.map(|at| at.0),
        has_files: files > 0,
    })
}

/// What becomes of a message on its way.
pub(super) struct Planned {
    pub(super) waiting: Waiting,
    pub(super) decision: Decision,
    /// Whom it is for.
    pub(super) person: PersonId,
    /// Whether what the population register said of them is fresh.
    is_fresh: bool,
}

impl Planned {
    pub(super) fn is_for_inbox(&self) -> bool {
        self.decision.route == Route::Inbox
    }

    /// Whether it would leave the house on facts of the population register that may be out of date.
    pub(super) fn leaves_on_stale_facts(&self) -> bool {
        !self.is_fresh && matches!(self.decision.route, Route::Paper | Route::DigitalMailbox(_))
    }
}

/// What waits in a mailbox for want of a reader, oldest first.
pub(super) fn held(connection: &mut Connection, mailbox: MailboxId) -> Result<Vec<Waiting>, StoreError> {
    let rows = on!(connection, c => waiting!()
        .filter(message::mailbox_id.eq(mailbox.key()))
        .filter(message::removed_at.is_null())
        .order(message::id)
        .load::<WaitingRow>(c))?;
    rows.into_iter().map(waiting_from).collect()
}

/// What becomes of those of the wanted messages that are on their way. What the contact register says of a mailbox's owner
/// comes along.
pub(super) fn plan(
    inner: &Inner,
    connection: &mut Connection,
    wanted: &[(Id, Id)],
    contacts: &HashMap<Id, Contact>,
    now: DateTime<Utc>,
) -> Result<HashMap<(Id, Id), Planned>, StoreError> {
    let wanted: Pairs = wanted.iter().copied().collect();
    let rows = on!(&mut *connection, c => waiting!()
        .filter(wanted.among(message::mailbox_id, message::id))
        .load::<WaitingRow>(c))?;
    let waiting = rows.into_iter().map(waiting_from).collect::<Result<_, _>>()?;
    planned(inner, connection, waiting, contacts, now)
}

/// What routing says now of a letter that is about to leave the house, and of which the contact register says this. None
/// where there is no such letter.
pub(crate) fn leaving(
    inner: &Inner,
    connection: &mut Connection,
    (mailbox, id): (Id, Id),
    contact: Contact,
    now: DateTime<Utc>,
) -> Result<Option<Decision>, StoreError> {
    let row = on!(&mut *connection, c => messages!()
        .filter(message::mailbox_id.eq(mailbox))
        .filter(message::id.eq(id))
        .first::<WaitingRow>(c)
        .optional())?;
    let waiting = row.map(waiting_from).transpose()?.into_iter().collect();
    let planned = planned(inner, connection, waiting, &HashMap::from([(mailbox, contact)]), now)?;
    Ok(planned.into_values().next().map(|planned| planned.decision))
}

fn planned(
    inner: &Inner,
    connection: &mut Connection,
    waiting: Vec<Waiting>,
    contacts: &HashMap<Id, Contact>,
    now: DateTime<Utc>,
) -> Result<HashMap<(Id, Id), Planned>, StoreError> {
    let mailboxes: Vec<Id> = waiting.iter().map(|waiting| waiting.mailbox).collect();
    let owners: HashMap<Id, Owner> =
        owners_of(connection, &mailboxes, now)?.into_iter().map(|owner| (owner.facts.mailbox.key(), owner)).collect();
    let channels = channels_of(inner, connection, &waiting)?;
    let for_providers: Vec<&Waiting> = waiting.iter().filter(|of| may_go_to_provider(of, &channels)).collect();
    let sizes = sizes_of(connection, &for_providers)?;
    let not_at_provider = not_at_provider(connection, &for_providers)?;
    let none = ExternalChannels::NONE;
    let planned = waiting.into_iter().filter_map(|waiting| {
        let owner = owners.get(&waiting.mailbox)?;
        let facts = Facts {
            kind: waiting.kind,
            recipient_is_dead: owner.facts.is_dead,
            age_years: owner.facts.age_years,
            inbox: InboxFacts::of(&owner.facts, waiting.item, inner.policy),
            contact: contacts.get(&waiting.mailbox).copied().unwrap_or(Contact::Unknown),
            // It was accepted, so it is not rejected any more: it waits.
            unregistered_recipients: UnregisteredRecipients::Hold,
            external: channels.get(&waiting.service).unwrap_or(&none),
            size: Size::of_files(sizes.get(&waiting.id).into_iter().flatten().copied()),
            not_at_provider: not_at_provider.contains(&waiting.id),
        };
        let (decision, person) = (routing::decide(&facts), owner.record.person);
        let is_fresh = owner.is_fresh(now, inner.register_max_age);
        Some(((waiting.mailbox, waiting.id), Planned { waiting, decision, person, is_fresh }))
    });
    Ok(planned.collect())
}

/// The channels that the services of letters use beside the inbox, where they use any.
fn channels_of(
    inner: &Inner,
    connection: &mut Connection,
    waiting: &[Waiting],
) -> Result<HashMap<Id, ExternalChannels>, StoreError> {
    let of_letters = waiting.iter().filter(|waiting| waiting.kind.asks_contact_register());
    let mut services: Vec<ServiceId> = of_letters.map(|waiting| waiting.service.into()).collect();
    services.sort_unstable();
    services.dedup();
    if services.is_empty() {
        return Ok(HashMap::new());
    }
    let services = service::fetch_all(connection, &services)?;
    Ok(services.iter().map(|service| (service.id.key(), inner.outlets.narrow(&service.policy.external))).collect())
}

/// Whether a mailbox at a provider might take a letter.
fn may_go_to_provider(waiting: &Waiting, channels: &HashMap<Id, ExternalChannels>) -> bool {
    channels.get(&waiting.service).is_some_and(|of| !of.mailbox_providers.is_empty())
}

/// Those of the letters that were handed to a provider who does not know the recipient.
fn not_at_provider(connection: &mut Connection, waiting: &[&Waiting]) -> Result<HashSet<Id>, StoreError> {
    let letters: Pairs = waiting.iter().map(|waiting| (waiting.mailbox, waiting.id)).collect();
    if letters.is_empty() {
        return Ok(HashSet::new());
    }
    let rows = on!(connection, c => handover::table
        .filter(letters.among(handover::mailbox_id, handover::message_id))
        .filter(handover::channel.eq(Channel::DigitalMailbox.as_word()))
        .filter(handover::unknown_at.is_not_null())
        .select(handover::message_id)
        .load::<Id>(c))?;
    Ok(rows.into_iter().collect())
}

/// The sizes of the files of letters.
fn sizes_of(connection: &mut Connection, waiting: &[&Waiting]) -> Result<HashMap<Id, Vec<u64>>, StoreError> {
    let with_files = waiting.iter().filter(|waiting| waiting.has_files);
    let letters: Pairs = with_files.map(|waiting| (waiting.mailbox, waiting.id)).collect();
    if letters.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = on!(connection, c => attachment::table
        .filter(letters.among(attachment::mailbox_id, attachment::message_id))
        .select((attachment::message_id, attachment::size_bytes))
        .load::<(Id, i64)>(c))?;
    let mut sizes: HashMap<Id, Vec<u64>> = HashMap::new();
    for (id, size_bytes) in rows {
        sizes.entry(id).or_default().push(u64::try_from(size_bytes).map_err(|_| CORRUPT)?);
    }
    Ok(sizes)
}
