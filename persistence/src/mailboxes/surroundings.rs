//! What stands around the messages on a page: their conversations, whether they can be answered, and who wrote them. A
//! page without any of it asks for nothing.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use domain::conversation::{Author, ConversationState, can_answer};
use domain::dialogue::{Inquiry, RelationshipState};
use domain::id::{PersonId, ServiceId};
use domain::message::Sender;

use crate::Inner;
use crate::access::Opened;
use crate::database::{Connection, Id, Key, Pairs, Time, on};
use crate::error::StoreError;
use crate::persons::person;
use crate::schema::{conversation, journal_entry, mailbox as mailboxes};
use crate::services::relationship;
use crate::services::service;

const CORRUPT: StoreError = StoreError::Corrupt { what: "conversation" };

/// What a page needs to know of a conversation.
#[derive(Clone, Copy)]
pub(crate) struct KnownConversation {
    pub(crate) service: ServiceId,
    pub(crate) inquiry: Inquiry,
    pub(crate) state: ConversationState,
    /// When the journal has archived of it what is relevant to care.
    pub(crate) archived_at: Option<DateTime<Utc>>,
}

/// What stands around a page.
pub(crate) struct Surroundings {
    conversations: HashMap<Id, KnownConversation>,
    /// The services that take replies from this owner.
    answerable: HashSet<ServiceId>,
    may_write: bool,
    names: HashMap<PersonId, String>,
}

impl Surroundings {
    pub(crate) fn gather(
        inner: &Inner,
        connection: &mut Connection,
        opened: &Opened,
        conversations: &[Id],
        authors: &[Id],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let authors: Vec<PersonId> = authors.iter().map(|id| (*id).into()).collect();
        let names = if authors.is_empty() {
            HashMap::new()
        } else {
            person::names_shown(inner, connection, &authors, opened.grant.person(), now)?
        };
        let around = Self {
            conversations: HashMap::new(),
            answerable: HashSet::new(),
            may_write: opened.grant.may_write(),
            names,
        };
        if conversations.is_empty() {
            Ok(around)
        } else {
            around.with_conversations(connection, opened, conversations, now)
        }
    }

    pub(crate) fn of_conversations(
        inner: &Inner,
        connection: &mut Connection,
        opened: &Opened,
        conversations: &[Id],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        Self::gather(inner, connection, opened, conversations, &[], now)
    }

    fn with_conversations(
        mut self,
        connection: &mut Connection,
        opened: &Opened,
        ids: &[Id],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let mailbox = opened.grant.mailbox().key();
        let conversations: Pairs = ids.iter().map(|id| (mailbox, *id)).collect();
        let rows = on!(&mut *connection, c => conversation::table
            .filter(conversations.among(conversation::mailbox_id, conversation::id))
            .left_join(journal_entry::table.on(
                journal_entry::mailbox_id.eq(conversation::mailbox_id)
                    .and(journal_entry::conversation_id.eq(conversation::id)),
            ))
            .select((
                conversation::id,
                conversation::service_id,
                conversation::inquiry,
                conversation::state,
                journal_entry::archived_at.nullable(),
            ))
            .load::<(Id, Id, String, String, Option<Time>)>(c))?;
        for (id, service, inquiry, state, archived_at) in rows {
            let inquiry = inquiry.parse().map_err(|_| CORRUPT)?;
            let state = state.parse().map_err(|_| CORRUPT)?;
            self.conversations.insert(
                id,
                KnownConversation { service: service.into(), inquiry, state, archived_at: archived_at.map(|at| at.0) },
            );
        }
        if !self.may_write {
            return Ok(self);
        }
        let hash = on!(&mut *connection, c => mailboxes::table
            .filter(mailboxes::id.eq(mailbox))
            .select(mailboxes::lookup_hash)
            .first::<Vec<u8>>(c))?;
        let relationships = relationship::of_citizen(connection, &hash, None)?;
        let is_over = |service: &ServiceId| {
            relationships.get(service).is_some_and(|(of, _)| of.state(now) == RelationshipState::Closed)
        };
        let services: HashSet<ServiceId> = self.conversations.values().map(|known| known.service).collect();
        let services: Vec<ServiceId> = services.into_iter().collect();
        let open = service::fetch_all(connection, &services)?.into_iter();
        self.answerable = open
            .filter(|service| service.policy.dialogue.takes_replies && !is_over(&service.id))
            .map(|service| service.id)
            .collect();
        Ok(self)
    }

    pub(crate) fn conversation(&self, id: Id) -> Option<KnownConversation> {
        self.conversations.get(&id).copied()
    }

    /// Whether it goes back and forth, as a letter does not.
    pub(crate) fn is_dialogue(&self, id: Id) -> bool {
        self.conversation(id).is_some_and(|known| known.inquiry != Inquiry::Letter)
    }

    /// Whether the caller can answer in it.
    pub(crate) fn can_reply(&self, id: Id) -> bool {
        self.may_write
            && self.conversation(id).is_some_and(|known| {
                let takes_replies = self.answerable.contains(&known.service);
                can_answer(known.inquiry, known.state, takes_replies).is_ok()
            })
    }

    /// Who wrote a message, as the mailbox shows it. A service writes under its own name.
    pub(crate) fn author(
        &self,
        relation: Option<&str>,
        person: Option<Id>,
        service: &Sender,
    ) -> Result<Author, StoreError> {
        let of_service = || Author {
            relation: "service".to_owned(),
            person: None,
            name: Some(service.service_name.as_str().to_owned()),
        };
        Ok(match relation {
            None | Some("staff") => of_service(),
            Some(relation) => {
                let person = person.map(PersonId::from).ok_or(CORRUPT)?;
                let name = self.names.get(&person).cloned();
                Author { relation: relation.to_owned(), person: Some(person), name }
            }
        })
    }
}
