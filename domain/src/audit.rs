//! The audit log: who did or tried what, when, and by which rule (RET-8, RET-10, BX-6).

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::id::{AuditEntryId, MailboxId, OrganisationId, PersonId, ServiceId, TraceId};
use crate::identity::OrganisationNumber;
use crate::rule::Rule;

/// An entry, as it is stored. It holds ids and words, never content, names or identity numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    pub at: DateTime<Utc>,
    /// Whose log it stands in.
    pub subject: Subject,
    /// Who.
    pub actor: Actor,
    /// What they were to the owner of the mailbox, by the word of their standing; none where it was refused, or where
    /// there is no mailbox.
    pub relation: Option<&'static str>,
    /// Did what.
    pub action: &'static str,
    /// To which thing.
    pub object: Option<Object>,
    /// How it ended.
    pub outcome: Outcome,
    /// The rule that decided.
    pub rule: Rule,
    /// The request.
    pub trace: TraceId,
}

/// Whose log an entry stands in. The words of the kinds are stored.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Subject {
    /// A citizen's mailbox: the owner sees the entry.
    Mailbox(MailboxId),
    /// A service: its organisation's own doings.
    Service(ServiceId),
    /// An organisation's registration.
    Organisation(OrganisationId),
    /// Nothing that exists: an attempt on an unknown id, or on the list of all.
    Platform,
}

impl Subject {
    /// The stored word of the kind. Never change one.
    #[must_use]
    pub const fn kind_word(self) -> &'static str {
        match self {
            Self::Mailbox(_) => "mailbox",
            Self::Service(_) => "service",
            Self::Organisation(_) => "organisation",
            Self::Platform => "platform",
        }
    }

    /// The stored id; nil for the platform.
    #[must_use]
    pub const fn as_uuid(self) -> Uuid {
        match self {
            Self::Mailbox(id) => id.as_uuid(),
            Self::Service(id) => id.as_uuid(),
            Self::Organisation(id) => id.as_uuid(),
            Self::Platform => Uuid::nil(),
        }
    }
}

/// Who acted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Actor {
    /// A citizen; no person where the token's number is in no register.
    Citizen(Option<PersonId>),
    /// A health worker of an organisation; no person where the token's number is in no register.
    HealthWorker(Option<PersonId>, OrganisationNumber),
    /// An organisation's system.
    System(OrganisationNumber),
    /// An operator, by the subject of the token.
    Operator(String),
    /// The program itself, doing its background work.
    Worker,
}

impl Actor {
    /// The stored and sent word of the kind. Never change one.
    #[must_use]
    pub const fn kind_word(&self) -> &'static str {
        match self {
            Self::Citizen(_) => "citizen",
            Self::HealthWorker(..) => "healthWorker",
            Self::System(_) => "system",
            Self::Operator(_) => "operator",
            Self::Worker => "worker",
        }
    }
}

/// The thing that was acted on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Which one.
    pub id: Uuid,
}

/// The kinds of things that entries name.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ObjectKind {
    /// A message.
    Message,
    /// A file of a message.
    Attachment,
    /// A file handed in ahead of its message.
    Upload,
    /// A data-processing agreement.
    Agreement,
    /// A registered system.
    Client,
    /// A service.
    Service,
    /// A power of attorney.
    PowerOfAttorney,
    /// A person: a member of a service.
    Person,
    /// A mailbox: a patient.
    Mailbox,
    /// A service area.
    ServiceArea,
    /// A conversation.
    Conversation,
    /// An appointment or visit.
    Appointment,
    /// Something that was begun and not sent.
    Draft,
    /// A health contact.
    HealthContact,
    /// A version of a privacy notice.
    PrivacyNotice,
    /// A piece of background work.
    Job,
    /// A webhook.
    Webhook,
}

impl ObjectKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// How it ended.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Outcome {
    /// Allowed and done.
    Granted,
    /// Not allowed.
    Refused,
}

impl Outcome {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// An entry as the owner of a mailbox reads it: no free text, no ids of other persons (RET-10).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessLogEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When.
    pub at: DateTime<Utc>,
    /// The word of the actor's kind.
    pub actor_kind: String,
    /// The name of the citizen or health worker.
    pub actor_name: Option<String>,
    /// What the actor was to the owner.
    pub actor_relation: Option<String>,
    /// The actor's organisation.
    pub actor_organisation: Option<OrganisationNumber>,
    /// The name of that organisation.
    pub actor_organisation_name: Option<String>,
    /// The name of the owner, where the actor acted for them.
    pub on_behalf: Option<String>,
    /// The word of the action.
    pub action: String,
    /// The word of the object's kind, and its id.
    pub object: Option<(String, Uuid)>,
    /// The rule that decided.
    pub rule: Rule,
    /// How it ended.
    pub outcome: Outcome,
}
