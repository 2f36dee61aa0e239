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
use crate::page::{Page, Slice};
use crate::persons::person;
use crate::schema::{message, message_body};
use crate::services::form::{self, FormColumns, form_columns};
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
            let slice = Slice::cut(rows, &page, &inner.vault, &list, |row| row.0.0);
            let mut around = Around::gather(inner, connection, desk, &slice.items)?;
            slice.open_each(|row| row.0.0, |row| Ok(around.turn(desk, row)?))
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
                .select(message::id)
                .first::<Id>(c)
                .optional())?;
            found.ok_or(Failure::NotFound)?;
            attachment::fetch(inner, connection, desk.found.mailbox, desk.key, message, file)
        })
        .await
    }
}

pub(super) type TurnRow =
    ((Id, String, Vec<u8>, Option<String>, Option<Id>), (Time, Option<Time>), (String, Vec<u8>, FormColumns));

pub(super) fn rows_after(
    connection: &mut Connection,
    desk: &Desk<'_>,
    after: Id,
    limit: i64,
) -> Result<Vec<TurnRow>, StoreError> {
    type Told = ((Id, String, Vec<u8>, Option<String>, Option<Id>), (Time, Option<Time>));
    let mailbox = desk.found.mailbox.key();
    let told = on!(&mut *connection, c => message::table
        .filter(message::mailbox_id.eq(mailbox))
        .filter(message::conversation_id.eq(desk.found.id.key()))
        .filter(message::id.gt(after))
        .order(message::id)
        .limit(limit)
        .select((
            (message::id, message::direction, message::subject, message::author_relation, message::author_id),
            (message::accepted_at, message::opened_at),
        ))
        .load::<Told>(c))?;
    // Not joined: of a long conversation all texts would be read for one page.
    let messages: Pairs = told.iter().map(|row| (mailbox, row.0.0)).collect();
    let texts = on!(connection, c => message_body::table
        .filter(messages.among(message_body::mailbox_id, message_body::message_id))
        .select((message_body::message_id, (message_body::format, message_body::body, form_columns!())))
        .load::<(Id, (String, Vec<u8>, FormColumns))>(c))?;
    let mut texts: HashMap<Id, _> = texts.into_iter().collect();
    told.into_iter().map(|(row, at)| texts.remove(&row.0).map(|text| (row, at, text)).ok_or(CORRUPT)).collect()
}

/// What stands around messages of a conversation, asked for all of them together.
pub(super) struct Around {
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
        let authors: Vec<PersonId> = rows.iter().filter_map(|row| row.0.4).map(Into::into).collect();
        let names = person::names_shown(inner, connection, &authors, desk.member, desk.context.now)?;
        let messages: Vec<MessageId> = rows.iter().map(|row| row.0.0.into()).collect();
        let attachments = attachment::list(connection, desk.found.mailbox, desk.key, &messages)?;
        let filled = rows.iter().map(|row| (row.0.0.into(), &row.2.2));
        let forms = form::answers(connection, desk.key, desk.found.service, filled)?;
        Ok(Self { names, attachments, forms })
    }

    /// A message, with what was asked about it.
    pub(super) fn turn(&mut self, desk: &Desk<'_>, row: TurnRow) -> Result<Turn, StoreError> {
        let ((id, direction, subject, relation, author), (at, opened_at), (format, body, _)) = row;
        let subject = desk.key.open_text(id.0, Field::Subject, &subject).map_err(|_| CORRUPT)?;
        let body = desk.key.open_text(id.0, Field::Body, &body).map_err(|_| CORRUPT)?;
        let (id, author) = (MessageId::from(id), author.map(PersonId::from));
        Ok(Turn {
            id,
            direction: direction.parse().map_err(|_| CORRUPT)?,
            subject: Subject::parse(&subject).map_err(|_| CORRUPT)?,
            body: Body::parse(&body).map_err(|_| CORRUPT)?,
            body_format: format.parse().map_err(|_| CORRUPT)?,
            author: Author {
                relation: relation.unwrap_or_else(|| "service".to_owned()),
                person: author,
                name: author.and_then(|person| self.names.get(&person).cloned()),
            },
            at: at.0,
            opened_at: opened_at.map(|at| at.0),
            attachments: self.attachments.remove(&id).unwrap_or_default(),
            form_answers: self.forms.remove(&id),
        })
    }
}
