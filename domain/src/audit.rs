//! The audit log: who did or tried what, when, and by which rule (RET-8, RET-10, BX-6).

use chrono::{DateTime, Utc};
use serde::Serialize;
use strum::{EnumString, IntoStaticStr, VariantArray};
use uuid::Uuid;

use crate::access::Word;
use crate::id::{AuditEntryId, MailboxId, OrganisationId, PersonId, ServiceId, TraceId};
use crate::identity::{HprNumber, OrganisationNumber};
use crate::organisation::ExternalClientId;
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
    pub action: Word,
    /// To which thing.
    pub object: Option<Object>,
    /// How it ended.
    pub outcome: Outcome,
    /// The rule that decided.
    pub rule: Rule,
    /// The request.
    pub trace: TraceId,
    /// Whether it stands for itself.
    pub tally: Tally,
}

/// Whether an entry stands for itself. What comes in floods, and of which each is like the last, is counted instead, so
/// that nobody can bury what matters in a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tally {
    /// One entry for each time.
    Each,
    /// One entry for all of a day by the same actor that are the same act, on the same thing, with the same outcome. The
    /// days are those of UTC.
    Daily,
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

    /// The subject of a stored kind and id; none where there is no such kind.
    #[must_use]
    pub fn from_words(kind: &str, id: Uuid) -> Option<Self> {
        let subjects =
            [Self::Mailbox(id.into()), Self::Service(id.into()), Self::Organisation(id.into()), Self::Platform];
        subjects.into_iter().find(|subject| subject.kind_word() == kind)
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
    /// A health worker of an organisation.
    HealthWorker {
        /// Who; none where the token's number is in no register.
        person: Option<PersonId>,
        /// For whom.
        organisation: OrganisationNumber,
        /// Their number in the register of health personnel, where the token tells one (RET-11).
        hpr_number: Option<HprNumber>,
    },
    /// An organisation's system.
    System {
        /// For whom.
        organisation: OrganisationNumber,
        /// The vendor that runs it, where that is somebody else.
        supplier: Option<OrganisationNumber>,
        /// The system, as its token issuer knows it.
        client: ExternalClientId,
    },
    /// An operator, by the subject of the token.
    Operator(String),
    /// The program itself, doing its background work.
    Worker,
}

impl Actor {
    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> ActorKind {
        match self {
            Self::Citizen(_) => ActorKind::Citizen,
            Self::HealthWorker { .. } => ActorKind::HealthWorker,
            Self::System { .. } => ActorKind::System,
            Self::Operator(_) => ActorKind::Operator,
            Self::Worker => ActorKind::Worker,
        }
    }
}

/// The kinds of those who act.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ActorKind {
    /// A citizen.
    Citizen,
    /// A health worker.
    HealthWorker,
    /// An organisation's system.
    System,
    /// An operator of the platform.
    Operator,
    /// The program itself.
    Worker,
}

impl ActorKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, EnumString, IntoStaticStr, VariantArray)]
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
    /// The actor's kind.
    pub actor_kind: ActorKind,
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
    /// Did what.
    pub action: Word,
    /// The kind of the object, and its id.
    pub object: Option<Object>,
    /// The rule that decided.
    pub rule: Rule,
    /// How it ended.
    pub outcome: Outcome,
    /// How often, and when last: more than once where it is counted by the day.
    pub times: Times,
}

/// How often something was done that is counted by the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// How often, at least once.
    pub count: u32,
    /// When last.
    pub last_at: DateTime<Utc>,
}

/// An entry as the controller reads it whose staff or system did it (PJL-22, RET-9, RET-11).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StaffLogEntry {
    /// Its id.
    pub id: AuditEntryId,
    /// When; the first time where it is counted by the day.
    pub at: DateTime<Utc>,
    /// In whose log it stands.
    pub subject: Subject,
    /// Who.
    pub actor: StaffActor,
    /// Did what.
    pub action: Word,
    /// To which thing.
    pub object: Option<Object>,
    /// The rule that decided.
    pub rule: Rule,
    /// How it ended.
    pub outcome: Outcome,
    /// How often, and when last.
    pub times: Times,
    /// The request, as its answer named it.
    pub trace: TraceId,
}

/// Who did something for an organisation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum StaffActor {
    /// A health worker.
    HealthWorker {
        /// Who; none where the token's number is in no register.
        person: Option<PersonId>,
        /// Their name, where they are known here.
        name: Option<String>,
        /// Their number in the register of health personnel.
        hpr_number: Option<String>,
    },
    /// A system.
    System {
        /// The system, as its token issuer knows it.
        client: Option<String>,
        /// The vendor that runs it, where that is somebody else.
        supplier: Option<String>,
    },
}

/// Which entries of a log are wanted: those that fit all that is said.
#[derive(Clone, Default, PartialEq, Eq, Debug, Serialize)]
pub struct LogFilter {
    /// At this time or later.
    pub after: Option<DateTime<Utc>>,
    /// Before this time.
    pub before: Option<DateTime<Utc>>,
    /// By which kind of actor.
    pub actor: Option<ActorKind>,
    /// By this person.
    pub person: Option<PersonId>,
    /// By this system.
    pub client: Option<String>,
    /// In this mailbox.
    pub mailbox: Option<MailboxId>,
    /// Which act.
    #[serde(serialize_with = "as_word")]
    pub action: Option<Word>,
    /// How it ended.
    pub outcome: Option<Outcome>,
}

fn as_word<S: serde::Serializer>(word: &Option<Word>, out: S) -> Result<S::Ok, S::Error> {
    word.map(Word::as_str).serialize(out)
}
