//! Conversations as rows.

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Binary, Bool, Integer, Nullable, SmallInt, Text};
use domain::access::ItemFlags;
use domain::conversation::ConversationState;
use domain::dialogue::Inquiry;
use domain::id::{ConversationId, MailboxId, PersonId, ServiceId};
use domain::message::{Direction, Subject};

use super::CORRUPT;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, locked, on};
use crate::error::StoreError;
use crate::letters::intake::content::Head;
use crate::mailboxes::flags::AskedRow;
use crate::schema::{conversation, message};
use crate::vault::{Field, ServiceKey};

rows! {
    /// A conversation that begins.
    ConversationRow, ConversationColumns => conversation {
        mailbox_id: Id as SqlUuid,
        id: Id as SqlUuid,
        service_id: Id as SqlUuid,
        inquiry: &'static str as Text,
        subject: Vec<u8> as Binary,
        state: &'static str as Text,
        assignee_id: Option<Id> as Nullable<SqlUuid>,
        version: i32 as Integer,
        begun_at: Time as SqlTime,
        changed_at: Time as SqlTime,
        inbound_at: Option<Time> as Nullable<SqlTime>,
        minimum_consent: i16 as SmallInt,
        available_at_protected_address: bool as Bool,
        parents_until_years: i16 as SmallInt,
        power_of_attorney: bool as Bool,
        youth: i16 as SmallInt,
        is_parental: bool as Bool,
    }
}

impl ConversationRow {
    /// One that a citizen begins. `responsible`: who follows the citizen up, to whom it goes (DH-7).
    pub(super) fn begun_by_citizen(
        (head, id): (Head, ConversationId),
        inquiry: Inquiry,
        key: &ServiceKey,
        subject: &Subject,
        responsible: Option<PersonId>,
    ) -> Self {
        let state = ConversationState::New;
        let row = Self::new((head, id), inquiry, key, subject, state);
        Self { assignee_id: responsible.map(Key::key), inbound_at: Some(row.begun_at), ..row }
    }

    /// One that a service begins with a message that can be answered.
    pub(crate) fn begun_by_service(head: Head, id: ConversationId, key: &ServiceKey, subject: &Subject) -> Self {
        Self::new((head, id), Inquiry::Dialogue, key, subject, ConversationState::WaitingForCitizen)
    }

    fn new(
        (head, id): (Head, ConversationId),
        inquiry: Inquiry,
        key: &ServiceKey,
        subject: &Subject,
        state: ConversationState,
    ) -> Self {
        Self {
            mailbox_id: head.mailbox.key(),
            id: id.key(),
            service_id: head.service.key(),
            inquiry: inquiry.as_word(),
            subject: key.seal(id.as_uuid(), Field::Subject, subject.expose().as_bytes()),
            state: state.as_word(),
            assignee_id: None,
            version: 0,
            begun_at: Time(head.accepted_at),
            changed_at: Time(head.accepted_at),
            inbound_at: None,
            minimum_consent: head.item.minimum_consent.rank(),
            available_at_protected_address: head.item.available_at_protected_address,
            parents_until_years: head.item.parents.until_years(),
            power_of_attorney: head.item.power_of_attorney,
            youth: head.item.youth.rank(),
            is_parental: head.item.is_parental,
        }
    }
}

/// A conversation as it is stored.
pub(super) struct Stored {
    pub(super) mailbox: MailboxId,
    pub(super) id: ConversationId,
    pub(super) service: ServiceId,
    pub(super) inquiry: Inquiry,
    subject: Vec<u8>,
    pub(super) state: ConversationState,
    pub(super) assignee: Option<PersonId>,
    pub(super) version: i32,
    pub(super) begun_at: DateTime<Utc>,
    pub(super) changed_at: DateTime<Utc>,
    pub(super) inbound_at: Option<DateTime<Utc>>,
    /// What all its messages ask together of who looks at them, but for what is withheld: see [`flags`].
    asked: ItemFlags,
}

impl Stored {
    pub(super) fn subject(&self, key: &ServiceKey) -> Result<Subject, StoreError> {
        let text = key.open_text(self.id.as_uuid(), Field::Subject, &self.subject).map_err(|_| CORRUPT)?;
        Subject::parse(&text).map_err(|_| CORRUPT)
    }
}

/// The columns of [`Stored`].
#[derive(Queryable, Selectable)]
#[diesel(table_name = conversation)]
pub(super) struct StoredRow {
    mailbox_id: Id,
    pub(super) id: Id,
    service_id: Id,
    inquiry: String,
    subject: Vec<u8>,
    state: String,
    assignee_id: Option<Id>,
    version: i32,
    #[diesel(embed)]
    asked: AskedRow,
    begun_at: Time,
    pub(super) changed_at: Time,
    inbound_at: Option<Time>,
}

pub(super) fn stored_from(row: StoredRow) -> Result<Stored, StoreError> {
    Ok(Stored {
        mailbox: row.mailbox_id.into(),
        id: row.id.into(),
        service: row.service_id.into(),
        inquiry: row.inquiry.parse().map_err(|_| CORRUPT)?,
        subject: row.subject,
        state: row.state.parse().map_err(|_| CORRUPT)?,
        assignee: row.assignee_id.map(Into::into),
        version: row.version,
        begun_at: row.begun_at.0,
        changed_at: row.changed_at.0,
        inbound_at: row.inbound_at.map(|at| at.0),
        asked: row.asked.item()?,
    })
}

/// A conversation of a mailbox, held so that nobody else changes it before the transaction ends.
pub(super) fn locked(
    connection: &mut Connection,
    mailbox: MailboxId,
    id: ConversationId,
) -> Result<Option<Stored>, StoreError> {
    let found = conversation::table.find((mailbox.key(), id.key()));
    let row = locked!(connection, found.select(StoredRow::as_select()), first).optional()?;
    row.map(stored_from).transpose()
}

/// A conversation of a mailbox.
pub(super) fn of_mailbox(
    connection: &mut Connection,
    mailbox: MailboxId,
    id: ConversationId,
) -> Result<Option<Stored>, StoreError> {
    let row = on!(connection, c => conversation::table
        .find((mailbox.key(), id.key()))
        .select(StoredRow::as_select())
        .first::<StoredRow>(c)
        .optional())?;
    row.map(stored_from).transpose()
}

/// A conversation of a service, as it stands at this moment.
pub(super) fn of_service(
    connection: &mut Connection,
    service: ServiceId,
    id: ConversationId,
) -> Result<Option<Stored>, StoreError> {
    let row = on!(connection, c => conversation::table
        .filter(conversation::service_id.eq(service.key()))
        .filter(conversation::id.eq(id.key()))
        .select(StoredRow::as_select())
        .first::<StoredRow>(c)
        .optional())?;
    row.map(stored_from).transpose()
}

/// Notes a message: how the conversation stands after it, when it came, and what it asks of who looks at it. Who has seen an
/// earlier version has not seen this one.
pub(super) fn note_message(
    connection: &mut Connection,
    found: &Stored,
    state: ConversationState,
    head: Head,
) -> Result<(), StoreError> {
    let now = Time(head.accepted_at);
    let inbound_at = if head.direction == Direction::Sent { Some(now) } else { found.inbound_at.map(Time) };
    let asked = found.asked.narrowed_by(head.item);
    on!(connection, c => diesel::update(conversation::table.find((found.mailbox.key(), found.id.key())))
        .set((
            conversation::state.eq(state.as_word()),
            conversation::version.eq(conversation::version + 1),
            conversation::changed_at.eq(now),
            conversation::inbound_at.eq(inbound_at),
            conversation::minimum_consent.eq(asked.minimum_consent.rank()),
            conversation::available_at_protected_address.eq(asked.available_at_protected_address),
            conversation::parents_until_years.eq(asked.parents.until_years()),
            conversation::power_of_attorney.eq(asked.power_of_attorney),
            conversation::youth.eq(asked.youth.rank()),
            conversation::is_parental.eq(asked.is_parental),
        ))
        .execute(c))?;
    Ok(())
}

/// What all messages of a conversation ask together of who looks at them, as it stands while the conversation is held.
/// It takes the same time however many there are.
pub(super) fn flags(connection: &mut Connection, found: &Stored) -> Result<ItemFlags, StoreError> {
    let of = || {
        message::table
            .filter(message::mailbox_id.eq(found.mailbox.key()))
            .filter(message::conversation_id.eq(found.id.key()))
    };
    let from_parents = exists(of().filter(message::withheld_from_parents));
    let from_holders = exists(of().filter(message::withheld_from_holders));
    let (withheld_from_parents, withheld_from_holders) =
        on!(connection, c => diesel::select((from_parents, from_holders)).get_result::<(bool, bool)>(c))?;
    Ok(ItemFlags { withheld_from_parents, withheld_from_holders, ..found.asked })
}
