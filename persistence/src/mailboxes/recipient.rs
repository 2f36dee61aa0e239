//! Whom a mailbox can write to, and why not whom it cannot (HN-2, DH-4, DH-8).

use chrono::{DateTime, Utc};
use domain::access::MailboxAct;
use domain::attachment::FileType;
use domain::dialogue::{DialoguePolicy, Inquiry, NotWritable, Relationship, may_write};
use domain::id::{MailboxId, ServiceId};
use domain::message::Sender;
use domain::rule::Rule;
use domain::search::closeness;
use domain::service::{Service, ServiceKind};
use strum::VariantArray as _;

use crate::Store;
use crate::access::{MailboxRef, Opened, service_facts};
use crate::context::Context;
use crate::error::Failure;
use crate::mailboxes::conversation::{item_of, owner_hash};
use crate::services::relationship;
use crate::services::service;

/// A service that a mailbox could write to.
#[derive(Clone, Debug)]
pub struct ServiceRecipient {
    /// The service and its organisation.
    pub service: Sender,
    /// What the service is called in Nynorsk, where that differs.
    pub name_nynorsk: Option<domain::organisation::Name>,
    /// What it does.
    pub kind: ServiceKind,
    /// Whether the citizen receives it.
    pub relationship: Option<Relationship>,
    /// For each thing that can be written: the rule that allows it, or why not.
    pub inquiries: Vec<(Inquiry, Result<Rule, NotWritable>)>,
    /// How it takes part.
    pub dialogue: DialoguePolicy,
    /// The types of files that it takes.
    pub attachment_types: Vec<FileType>,
}

impl Store {
    /// The services that the mailbox's owner receives or has received; or, by a part of a name, all services there
    /// are: each takes requests for access. The closest come first.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn recipient_list(
        &self,
        context: &Context,
        mailbox: MailboxId,
        typed: Option<String>,
        limit: usize,
    ) -> Result<Vec<ServiceRecipient>, Failure> {
        let now = context.now;
        let which = MailboxRef::Id(mailbox);
        self.read_mailbox(context, which, MailboxAct::FIND_RECIPIENTS, None, move |_, connection, opened| {
            let hash = owner_hash(connection, opened)?;
            let relationships = relationship::of_citizen(connection, &hash, None)?;
            let received: Vec<ServiceId> = relationships.keys().copied().collect();
            let services = service::directory(connection, typed.is_none().then_some(received.as_slice()))?;
            let mut found: Vec<(usize, Service, Sender)> = services
                .into_iter()
                .filter(|(service, _)| service.kind != ServiceKind::Platform)
                .filter_map(|(service, sender)| {
                    let rank = rank(typed.as_deref().unwrap_or_default(), &service, &sender)?;
                    Some((rank, service, sender))
                })
                .collect();
            found.sort_by(|one, other| {
                (one.0, one.1.name.as_str(), one.1.id).cmp(&(other.0, other.1.name.as_str(), other.1.id))
            });
            found.truncate(limit);
            let ids: Vec<ServiceId> = found.iter().map(|(_, service, _)| service.id).collect();
            let facts = service_facts(connection, &ids, now)?;
            let recipient = |(_, service, sender): (usize, Service, Sender)| {
                let relationship = relationships.get(&service.id).map(|(of, _)| *of);
                let has_agreement = facts.get(&service.id).is_some_and(|facts| facts.agreement_in_force);
                of(opened, service, sender, relationship, has_agreement, now)
            };
            Ok(found.into_iter().map(recipient).collect())
        })
        .await
    }
}

/// For each thing that can be written: the rule that allows it, or why not.
pub(crate) type Verdicts = Vec<(Inquiry, Result<Rule, NotWritable>)>;

/// What can be written to a service from a mailbox.
pub(crate) fn verdicts(
    opened: &Opened,
    service: &Service,
    relationship: Option<Relationship>,
    has_agreement: bool,
    now: DateTime<Utc>,
) -> Verdicts {
    let verdict = |inquiry: Inquiry| {
        let is_admitted = opened.grant.visibility().bounds().admit(item_of(opened, service, inquiry));
        let verdict = may_write(&service.policy.dialogue, inquiry, relationship, is_admitted, now);
        if has_agreement { verdict } else { verdict.and(Err(NotWritable::NotOpen)) }
    };
    Inquiry::VARIANTS.iter().map(|inquiry| (*inquiry, verdict(*inquiry))).collect()
}

/// How close a service is to what was typed, by its names and that of its organisation.
fn rank(typed: &str, service: &Service, sender: &Sender) -> Option<usize> {
    let nynorsk = service.name_nynorsk.as_ref().map_or("", |name| name.as_str());
    let all = format!("{} {} {}", service.name.as_str(), nynorsk, sender.organisation_name.as_str());
    closeness(typed, &all)
}

fn of(
    opened: &Opened,
    service: Service,
    sender: Sender,
    relationship: Option<Relationship>,
    has_agreement: bool,
    now: DateTime<Utc>,
) -> ServiceRecipient {
    let inquiries = verdicts(opened, &service, relationship, has_agreement, now);
    ServiceRecipient {
        service: sender,
        name_nynorsk: service.name_nynorsk.clone(),
        kind: service.kind,
        relationship,
        inquiries,
        attachment_types: service.policy.attachment_types.clone(),
        dialogue: service.policy.dialogue.clone(),
    }
}
