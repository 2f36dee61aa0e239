//! The messages of a conversation, as its service sees them.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::DeskAct;
use domain::attachment::Attachment;
use domain::conversation::{Author, Turn};
use domain::form::FormAnswers;
use domain::id::{AttachmentId, ConversationId, MessageId, PersonId, ServiceId};
use domain::message::{Body, Subject};

use super::CORRUPT;
use super::desk::{Desk, look};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::attachment::{self, Fetched};
use crate::mailboxes::message_key::{MessageKeyRow, MessageKeys};
use crate::page::{Page, Slice};
use crate::persons::person;
use crate::schema::{message, message_body};
use crate::services::form::{self, FilledRow};
use crate::vault::Field;
use crate::{Inner, Store};

impl Store {
    /// The messages of a conversation, from the first on. That a member has looked stands in the conversation.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, a cursor of another list, or the store away.
    pub async fn desk_messages(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        page: Page,
    ) -> Result<Slice<Turn>, Failure> {
        self.at_desk(context, (service, id), DeskAct::READ_CONVERSATION, move |inner, connection, desk| {
            let list = format!("turns:{id}");
            let after: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = rows_after(connection, desk, after.unwrap_or(Id::MIN), page.fetch_limit())?;
            look(connection, desk)?;
            let slice = Slice::cut(rows, &page, &inner.vault, &list, TurnRow::id);
            let mut around = Around::gather(inner, connection, desk, &slice.items)?;
            slice.open_each(TurnRow::id, |row| Ok(around.turn(row)?))
        })
        .await
    }

    /// A file of a message in a conversation.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, or the store away.
    pub async fn desk_attachment(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        message: MessageId,
        file: AttachmentId,
    ) -> Result<Fetched, Failure> {
        self.at_desk(context, (service, id), DeskAct::FETCH_ATTACHMENT, move |inner, connection, desk| {
            let found = on!(&mut *connection, c => message::table
                .filter(message::mailbox_id.eq(desk.found.mailbox.key()))
                .filter(message::id.eq(message.key()))
                .filter(message::conversation_id.eq(id.key()))
                .select(MessageKeyRow::as_select())
                .first::<MessageKeyRow>(c)
                .optional())?;
            let key = found.ok_or(Failure::NotFound)?.open_as_service(desk.service_key)?;
            attachment::fetch(inner, connection, (desk.found.mailbox, message), &key, file)
        })
        .await
    }
}

/// A message and its text.
pub(super) struct TurnRow {
    told: ToldRow,
    text: TextRow,
}

impl TurnRow {
    pub(super) const fn id(&self) -> Id {
        self.told.key.id
    }
}

/// A message of a conversation.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message)]
struct ToldRow {
    #[diesel(embed)]
    key: MessageKeyRow,
    direction: String,
    subject: Vec<u8>,
    author_relation: Option<String>,
    author_id: Option<Id>,
    accepted_at: Time,
    opened_at: Option<Time>,
}

/// What it says.
#[derive(Queryable, Selectable)]
#[diesel(table_name = message_body)]
struct TextRow {
    message_id: Id,
    format: String,
    body: Vec<u8>,
    #[diesel(embed)]
    filled: FilledRow,
}

pub(super) fn rows_after(
    connection: &mut Connection,
    desk: &Desk<'_>,
    after: Id,
    limit: i64,
) -> Result<Vec<TurnRow>, StoreError> {
    let mailbox = desk.found.mailbox.key();
    let told = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(mailbox))
        .filter(message::conversation_id.eq(desk.found.id.key()))
        .filter(message::id.gt(after))
        .order(message::id)
        .limit(limit)
        .select(ToldRow::as_select())
        .load::<ToldRow>(c))?;
    // Not joined: of a long conversation all texts would be read for one page.
    let messages: Pairs = told.iter().map(|row| (mailbox, row.key.id)).collect();
    let texts = on!(connection, c => message_body::table
        .filter(messages.among(message_body::mailbox_id, message_body::message_id))
        .select(TextRow::as_select())
        .load::<TextRow>(c))?;
    let mut texts: HashMap<Id, TextRow> = texts.into_iter().map(|text| (text.message_id, text)).collect();
    told.into_iter().map(|told| texts.remove(&told.key.id).map(|text| TurnRow { told, text }).ok_or(CORRUPT)).collect()
}

/// What stands around messages of a conversation, asked for all of them together.
pub(super) struct Around {
    /// Of those that open.
    pub(super) keys: MessageKeys,
    names: HashMap<PersonId, String>,
    attachments: HashMap<MessageId, Vec<Attachment>>,
    forms: HashMap<MessageId, FormAnswers>,
}

impl Around {
    pub(super) fn gather(
        inner: &Inner,
        connection: &mut Connection,
        desk: &Desk<'_>,
        rows: &[TurnRow],
    ) -> Result<Self, StoreError> {
        let authors: Vec<PersonId> = rows.iter().filter_map(|row| row.told.author_id).map(Into::into).collect();
        let names = person::names_shown(inner, connection, &authors, desk.member, desk.context.now)?;
        let open = |row: &TurnRow| Some((row.id().into(), row.told.key.open_as_service(desk.service_key).ok()?));
        let keys: MessageKeys = rows.iter().filter_map(open).collect();
        let messages: Vec<MessageId> = rows.iter().map(|row| row.id().into()).collect();
        let attachments = attachment::list(connection, desk.found.mailbox, &keys, &messages)?;
        let filled = rows.iter().map(|row| (row.id().into(), &row.text.filled));
        let forms = form::answers(connection, &keys, desk.found.service, filled)?;
        Ok(Self { keys, names, attachments, forms })
    }

    /// A message, with what was asked about it.
    pub(super) fn turn(&mut self, row: TurnRow) -> Result<Turn, StoreError> {
        let TurnRow { told, text } = row;
        let (id, author) = (told.key.message(), told.author_id.map(PersonId::from));
        let key = self.keys.get(&id).ok_or(CORRUPT)?;
        let subject = key.open_text(id.as_uuid(), Field::Subject, &told.subject).map_err(|_| CORRUPT)?;
        let body = key.open_text(id.as_uuid(), Field::Body, &text.body).map_err(|_| CORRUPT)?;
        Ok(Turn {
            id,
            direction: told.direction.parse().map_err(|_| CORRUPT)?,
            subject: Subject::parse(&subject).map_err(|_| CORRUPT)?,
            body: Body::parse(&body).map_err(|_| CORRUPT)?,
            body_format: text.format.parse().map_err(|_| CORRUPT)?,
            author: Author {
                relation: told.author_relation.unwrap_or_else(|| "service".to_owned()),
                person: author,
                name: author.and_then(|person| self.names.get(&person).cloned()),
            },
            at: told.accepted_at.0,
            opened_at: told.opened_at.map(|at| at.0),
            attachments: self.attachments.remove(&id).unwrap_or_default(),
            form_answers: self.forms.remove(&id),
        })
    }
}
