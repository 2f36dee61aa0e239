//! What the rules ask about a whole batch, in a handful of queries whatever its size.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::access::ServiceFacts;
use domain::id::{MailboxId, ServiceId, UploadId};
use domain::message::Recipient;
use domain::service::Service;

use super::Incoming;
use crate::access::facts::{Owner, owners_by_hashes, owners_of};
use crate::access::service_facts;
use crate::database::{Connection, Id, Key as _};
use crate::error::StoreError;
use crate::letters::sending;
use crate::services::key::service_key;
use crate::services::service;
use crate::services::upload;
use crate::services::upload::{Stored, Whose};
use crate::vault::ServiceKey;
use crate::{Inner, idempotency};

pub(super) struct BatchFacts {
    services: HashMap<ServiceId, (ServiceFacts, Service)>,
    service_keys: HashMap<ServiceId, Arc<ServiceKey>>,
    recipients: Recipients,
    used_keys: HashMap<(String, String), (Vec<u8>, Id)>,
    used_references: Vec<(Id, Option<String>)>,
    uploads: HashMap<UploadId, Stored>,
}

impl BatchFacts {
    pub(super) fn gather(inner: &Inner, connection: &mut Connection, batch: &[Incoming]) -> Result<Self, StoreError> {
        let now = batch.iter().map(|incoming| incoming.context.now).max().unwrap_or_default();
        let services = services(connection, batch, now)?;
        let service_keys = services
            .keys()
            .map(|id| Ok((*id, service_key(inner, connection, *id)?)))
            .collect::<Result<_, StoreError>>()?;
        let recipients = Recipients::gather(inner, connection, batch, now)?;

        let service_ids: Vec<Id> = services.keys().map(|service| service.key()).collect();
        let references: Vec<&str> = batch
            .iter()
            .filter_map(|incoming| incoming.draft.sender_reference.as_ref())
            .map(|text| text.as_str())
            .collect();
        let used_references = sending::references_used(connection, &service_ids, &references)?;

        let uploads: Vec<UploadId> = batch.iter().flat_map(|incoming| incoming.draft.uploads.iter().copied()).collect();
        let uploads = if uploads.is_empty() {
            HashMap::new()
        } else {
            let stored = upload::fetch_all(inner, connection, &uploads, now)?;
            stored.into_iter().map(|stored| (stored.upload.id, stored)).collect()
        };

        // Last: whose reference or upload has been taken by the same request a moment ago, finds its key too, and so is
        // answered as a repetition.
        let mut scopes: Vec<&str> = batch.iter().map(|incoming| incoming.scope.name()).collect();
        scopes.dedup();
        let keys: Vec<&str> = batch.iter().map(|incoming| incoming.key.key()).collect();
        let used_keys = idempotency::used(connection, &scopes, &keys)?
            .into_iter()
            .map(|(scope, key, digest, object)| ((scope, key), (digest, object)))
            .collect();
        Ok(Self { services, service_keys, recipients, used_keys, used_references, uploads })
    }

    pub(super) fn service(&self, id: ServiceId) -> Option<&(ServiceFacts, Service)> {
        self.services.get(&id)
    }

    pub(super) fn service_key(&self, id: ServiceId) -> Option<&ServiceKey> {
        self.service_keys.get(&id).map(Arc::as_ref)
    }

    pub(super) fn recipient(&self, inner: &Inner, recipient: &Recipient) -> Option<&Owner> {
        self.recipients.find(inner, recipient)
    }

    /// The digest of the request that used a key, and what it made.
    pub(super) fn used_key(&self, incoming: &Incoming) -> Option<&(Vec<u8>, Id)> {
        self.used_keys.get(&(incoming.scope.name().to_owned(), incoming.key.key().to_owned()))
    }

    pub(super) fn reference_is_used(&self, service: ServiceId, reference: &str) -> bool {
        let service = service.key();
        self.used_references.iter().any(|(owner, used)| *owner == service && used.as_deref() == Some(reference))
    }

    pub(super) fn upload(&self, author: &Whose, id: UploadId) -> Option<&Stored> {
        self.uploads.get(&id).filter(|stored| author.has(stored))
    }
}

fn services(
    connection: &mut Connection,
    batch: &[Incoming],
    now: DateTime<Utc>,
) -> Result<HashMap<ServiceId, (ServiceFacts, Service)>, StoreError> {
    let mut ids: Vec<ServiceId> = batch.iter().map(|incoming| incoming.service).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut facts = service_facts(connection, &ids, now)?;
    let services = service::fetch_all(connection, &ids)?;
    Ok(services.into_iter().filter_map(|service| Some((service.id, (facts.remove(&service.id)?, service)))).collect())
}

/// The owners that a batch writes to, found by mailbox or by identity number.
struct Recipients {
    by_mailbox: HashMap<MailboxId, Owner>,
    mailboxes_by_hash: HashMap<Vec<u8>, MailboxId>,
}

impl Recipients {
    fn gather(
        inner: &Inner,
        connection: &mut Connection,
        batch: &[Incoming],
        now: DateTime<Utc>,
    ) -> Result<Self, StoreError> {
        let mut ids = Vec::new();
        let mut hashes = Vec::new();
        for incoming in batch {
            match &incoming.draft.recipient {
                Recipient::Mailbox(id) => ids.push(id.key()),
                Recipient::Person(number) => hashes.push(inner.vault.lookup_hash(number).to_vec()),
            }
        }
        let mut owners = Vec::new();
        if !ids.is_empty() {
            owners.extend(owners_of(connection, &ids, now)?);
        }
        if !hashes.is_empty() {
            owners.extend(owners_by_hashes(connection, &hashes, now)?);
        }
        let mailboxes_by_hash =
            owners.iter().map(|owner| (owner.lookup_hash().to_vec(), owner.record.mailbox)).collect();
        let by_mailbox = owners.into_iter().map(|owner| (owner.record.mailbox, owner)).collect();
        Ok(Self { by_mailbox, mailboxes_by_hash })
    }

    fn find(&self, inner: &Inner, recipient: &Recipient) -> Option<&Owner> {
        let mailbox = match recipient {
            Recipient::Mailbox(mailbox) => mailbox,
            Recipient::Person(number) => self.mailboxes_by_hash.get(inner.vault.lookup_hash(number).as_slice())?,
        };
        self.by_mailbox.get(mailbox)
    }
}
