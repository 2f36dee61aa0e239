//! What staff write to each other about a conversation. Citizens never see it.

use diesel::prelude::*;
use domain::access::DeskAct;
use domain::conversation::{Note, NoteText};
use domain::id::{ConversationId, NoteId, ServiceId};

use super::CORRUPT;
use super::desk::Desk;
use crate::Store;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::Failure;
use crate::idempotency::{self, Created, RequestKey};
use crate::page::Slice;
use crate::schema::conversation_note;
use crate::vault::Field;

impl Store {
    /// Writes a note that citizens never see.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, a key used before, or the store away.
    pub async fn desk_note_add(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
        text: NoteText,
        key: Option<RequestKey>,
    ) -> Result<Created<Note>, Failure> {
        let scope = self.idempotency_scope(context);
        self.at_desk(context, (service, id), DeskAct::ADD_NOTE, move |_, connection, desk| {
            idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                desk.context.now,
                |connection| note(connection, desk, text),
                |connection, id| notes(connection, desk, Some(id))?.items.pop().ok_or(Failure::NotFound),
                |note: &Note| note.id.key(),
            )
        })
        .await
    }

    /// The notes of a conversation, from the first on.
    ///
    /// # Errors
    /// Refused, not there or not for the caller, or the store away.
    pub async fn desk_notes(
        &self,
        context: &Context,
        service: ServiceId,
        id: ConversationId,
    ) -> Result<Slice<Note>, Failure> {
        self.at_desk(context, (service, id), DeskAct::READ_NOTES, |_, connection, desk| notes(connection, desk, None))
            .await
    }
}

fn note(connection: &mut Connection, desk: &Desk<'_>, text: NoteText) -> Result<Note, Failure> {
    let note = Note { id: new_id(), author: desk.member, text, at: desk.context.now };
    on!(connection, c => diesel::insert_into(conversation_note::table)
        .values((
            conversation_note::mailbox_id.eq(desk.found.mailbox.key()),
            conversation_note::conversation_id.eq(desk.found.id.key()),
            conversation_note::id.eq(note.id.key()),
            conversation_note::author_id.eq(note.author.map(Key::key)),
            conversation_note::text.eq(desk.service_key.seal(note.id.as_uuid(), Field::Note, note.text.expose().as_bytes())),
            conversation_note::at.eq(Time(note.at)),
        ))
        .execute(c))?;
    Ok(note)
}

fn notes(connection: &mut Connection, desk: &Desk<'_>, only: Option<Id>) -> Result<Slice<Note>, Failure> {
    let rows = on!(connection, c => {
        let mut query = conversation_note::table
            .filter(conversation_note::mailbox_id.eq(desk.found.mailbox.key()))
            .filter(conversation_note::conversation_id.eq(desk.found.id.key()))
            .order(conversation_note::id)
            .select((conversation_note::id, conversation_note::author_id, conversation_note::text, conversation_note::at))
            .into_boxed();
        if let Some(id) = only {
            query = query.filter(conversation_note::id.eq(id));
        }
        query.load::<(Id, Option<Id>, Vec<u8>, Time)>(c)
    })?;
    let open = |(id, author, text, at): (Id, Option<Id>, Vec<u8>, Time)| {
        let text = desk.service_key.open_text(id.0, Field::Note, &text).map_err(|_| CORRUPT)?;
        Ok(Note {
            id: NoteId::from(id),
            author: author.map(Into::into),
            text: NoteText::parse(&text).map_err(|_| CORRUPT)?,
            at: at.0,
        })
    };
    Slice::whole(rows).open_each(|row| row.0, open)
}
