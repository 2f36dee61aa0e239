//! What routing would say, without anything being sent (BX-3), and who can be reached digitally.
//!
//! The same facts and the same function as at acceptance. Nothing is kept: somebody who is not known here is asked about at
//! the population register, and is not known afterwards either.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::access::{OwnerFacts, OwnerRecord, Refusal, ServiceAct, ServiceGrant};
use domain::consent::ConsentLevel;
use domain::id::ServiceId;
use domain::identity::NationalId;
use domain::message::{MessageKind, Recipient};
use domain::register::RegisteredPerson;
use domain::routing::{Channel, Contact, Decision, Facts, InboxFacts, Routed, Size, decide};
use domain::service::ServicePolicy;

use crate::access::Done;
use crate::access::facts::{Owner, owner_of, owners_by_hashes};
use crate::chain::Chain;
use crate::context::{Context, new_id};
use crate::database::{Connection, Key};
use crate::error::Failure;
use crate::persons::register::numbers_of_mailboxes;
use crate::services::service;
use crate::{Inner, Store};

/// What is asked of routing ahead.
#[derive(Clone, Debug)]
pub struct Preview {
    /// Whom a message would be for.
    pub recipient: Recipient,
    /// What it would be.
    pub kind: MessageKind,
    /// The sizes of its files.
    pub file_sizes: Vec<u64>,
}

impl Store {
    /// What would become of a message of a service, if it were sent now.
    ///
    /// # Errors
    /// Refused, a recipient of whom nobody knows, the population register away where it has to be asked, or the store away.
    pub async fn routing_preview(
        &self,
        context: &Context,
        service: ServiceId,
        preview: Preview,
    ) -> Result<Decision, Failure> {
        let Preview { recipient, kind, file_sizes } = preview;
        let (now, wanted) = (context.now, recipient.clone());
        let (policy, owner, number) = self
            .read_service(context, service, ServiceAct::PREVIEW_ROUTING, move |inner, connection, grant| {
                let policy = policy_of(connection, grant)?;
                let owner = owner(inner, connection, &wanted, now)?;
                let number = match wanted {
                    Recipient::Person(number) => Some(number),
                    Recipient::Mailbox(mailbox) => {
                        numbers_of_mailboxes(inner, connection, &[mailbox.key()])?.pop().map(|(_, number)| number)
                    }
                };
                Ok(Done::of((policy, owner, number)))
            })
            .await?;
        let number = number.ok_or(Failure::RecipientUnknown)?;
        let owner = match owner {
            Some(owner) => owner.facts,
            None => {
                let mut strangers = self.strangers(vec![number.clone()], context.now).await?;
                strangers.remove(&number).ok_or(Failure::RecipientUnknown)?
            }
        };
        let contact = match kind.asks_contact_register() {
            true => self.contacts(vec![number.clone()]).await.contact(&number, context.now),
            false => Contact::Unknown,
        };
        Ok(self.decision(&policy, &owner, contact, kind, Size::of_files(file_sizes)))
    }

    /// Over which digital channel a letter of a service would reach each of these persons; none for those whom it would not,
    /// whatever the reason.
    ///
    /// # Errors
    /// Refused, a register away where it has to be asked, or the store away.
    pub async fn reachability(
        &self,
        context: &Context,
        service: ServiceId,
        numbers: Vec<NationalId>,
    ) -> Result<Vec<Option<Channel>>, Failure> {
        let (now, asked) = (context.now, numbers.clone());
        let (policy, mut owners) = self
            .read_service(context, service, ServiceAct::CHECK_REACHABILITY, move |inner, connection, grant| {
                let policy = policy_of(connection, grant)?;
                let hashes: Vec<Vec<u8>> =
                    asked.iter().map(|number| inner.vault.lookup_hash(number).to_vec()).collect();
                let by_hash: HashMap<Vec<u8>, OwnerFacts> = owners_by_hashes(connection, &hashes, now)?
                    .into_iter()
                    .map(|owner| (owner.lookup_hash().to_vec(), owner.facts))
                    .collect();
                let known = asked.into_iter().zip(hashes);
                let owners: HashMap<NationalId, OwnerFacts> =
                    known.filter_map(|(number, hash)| Some((number, *by_hash.get(&hash)?))).collect();
                Ok(Done::of((policy, owners)))
            })
            .await?;
        let strangers = numbers.iter().filter(|number| !owners.contains_key(number)).cloned().collect();
        owners.extend(self.strangers(strangers, context.now).await?);
        let contacts = self.contacts(numbers.clone()).await;
        if contacts.is_away() {
            return Err(Failure::ContactRegisterAway);
        }
        let channel = |number: &NationalId| {
            let (owner, contact) = (owners.get(number)?, contacts.contact(number, context.now));
            let decision = self.decision(&policy, owner, contact, MessageKind::Letter, Size::of_files([]));
            match (&decision.route, Routed::from(&decision).channel) {
                (domain::routing::Route::Hold, _) | (_, Some(Channel::Paper)) => None,
                (_, channel) => channel,
            }
        };
        Ok(numbers.iter().map(channel).collect())
    }

    /// What the population register says of persons who are not known here. It is not kept.
    async fn strangers(
        &self,
        numbers: Vec<NationalId>,
        now: DateTime<Utc>,
    ) -> Result<HashMap<NationalId, OwnerFacts>, Failure> {
        if numbers.is_empty() {
            return Ok(HashMap::new());
        }
        let told = self.inner.register.persons(&numbers).await.map_err(|error| {
            tracing::warn!(error = %Chain(&error), "the population register was not asked");
            Failure::Refused(Refusal::RegisterUnavailable)
        })?;
        let asked = told.into_iter().filter(|person| numbers.contains(&person.national_id));
        Ok(asked.map(|person| (person.national_id.clone(), as_stranger(&person, now))).collect())
    }

    fn decision(
        &self,
        policy: &ServicePolicy,
        owner: &OwnerFacts,
        contact: Contact,
        kind: MessageKind,
        size: Size,
    ) -> Decision {
        decide(&Facts {
            kind,
            recipient_is_dead: owner.is_dead,
            age_years: owner.age_years,
            inbox: InboxFacts::of(owner, policy.visibility_of(kind), self.inner.policy),
            contact,
            unregistered_recipients: policy.unregistered_recipients,
            external: &self.inner.outlets.narrow(&policy.external),
            size,
            not_at_provider: false,
        })
    }
}

fn policy_of(connection: &mut Connection, grant: &ServiceGrant) -> Result<ServicePolicy, Failure> {
    Ok(service::fetch(connection, grant.service())?.ok_or(Failure::NotFound)?.policy)
}

fn owner(
    inner: &Inner,
    connection: &mut Connection,
    recipient: &Recipient,
    now: DateTime<Utc>,
) -> Result<Option<Owner>, Failure> {
    Ok(match recipient {
        Recipient::Mailbox(mailbox) => owner_of(connection, *mailbox, now)?,
        Recipient::Person(number) => {
            owners_by_hashes(connection, &[inner.vault.lookup_hash(number).to_vec()], now)?.pop()
        }
    })
}

/// Somebody who has no mailbox here: with what the register says, and without consent.
fn as_stranger(person: &RegisteredPerson, now: DateTime<Utc>) -> OwnerFacts {
    let record = OwnerRecord {
        mailbox: new_id(),
        person: new_id(),
        birth_date: person.birth_date,
        death_date: person.death_date,
        protection: person.protection,
        consent: ConsentLevel::None,
        is_locked: false,
        youth_access: false,
        lives_with_responsible: person.lives_with_responsible(),
    };
    record.at(now)
}
