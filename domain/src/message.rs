//! Messages from services to citizens.

use chrono::{DateTime, Utc};
use strum::{EnumString, IntoStaticStr, VariantArray};

use crate::attachment::Attachment;
use crate::conversation::Author;
use crate::form::FormAnswers;
use crate::id::{ConversationId, MailboxId, MessageId, ServiceId, UploadId};
use crate::identity::{NationalId, OrganisationNumber};
use crate::organisation::Name;
use crate::routing::{Channel, Routed};
use crate::rule::Rule;
use crate::text::{line, line_type, paragraphs, secret_text_type};

secret_text_type! {
    /// The line shown in the list of messages. Never empty, no white space at the ends.
    Subject, 120, line
}

secret_text_type! {
    /// What the message says. Never blank.
    Body, 100_000, paragraphs
}

line_type! {
    /// The sender's own name for a message, such as a case number. Unique for each service, for ever.
    SenderReference, 100
}

/// What a message is to its recipient (HN-3).
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum MessageKind {
    /// Formal, such as a decision. It has no reply (HK-3).
    Letter,
    /// Part of a conversation.
    Dialogue,
    /// Information from a service, of no legal weight.
    Service,
    /// A hospital's letter with an appointment.
    AppointmentLetter,
}

impl MessageKind {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// How a body is written.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum BodyFormat {
    /// As it stands.
    Text,
    /// Markdown; raw HTML in it is shown, never run.
    Markdown,
}

impl BodyFormat {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// Which way a message went, seen from the mailbox.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Direction {
    /// To the citizen.
    Received,
    /// From the citizen.
    Sent,
}

impl Direction {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// Whether parents of a child may see a message. A sender narrows what the service allows, and never widens it. The
/// order is the meaning.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum ParentVisibility {
    /// Not at all.
    Never,
    /// Until the child is 12.
    Until12,
    /// Until the child is 16, when all access of parents ends (CHI-4).
    Until16,
}

impl ParentVisibility {
    /// The sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The age of the child at which it ends, which is how it is stored.
    #[must_use]
    pub const fn until_years(self) -> i16 {
        match self {
            Self::Never => 0,
            Self::Until12 => 12,
            Self::Until16 => 16,
        }
    }

    /// The choice that is stored as this age.
    #[must_use]
    pub fn from_until_years(years: i16) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|choice| choice.until_years() == years)
    }
}

/// Whether a child with access of its own sees what a service sends. The order is the meaning.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum YouthVisibility {
    /// Not before 16.
    Never,
    /// When a parent has given the child access (CHI-8).
    WithConsent,
    /// Without asking anybody, and then never to parents: the school nurse (CHI-10).
    Always,
}

impl YouthVisibility {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }

    /// The place in the order, for comparisons inside a database.
    #[must_use]
    pub const fn rank(self) -> i16 {
        match self {
            Self::Never => 0,
            Self::WithConsent => 1,
            Self::Always => 2,
        }
    }

    /// The choice at a place in the order.
    #[must_use]
    pub fn from_rank(rank: i16) -> Option<Self> {
        Self::VARIANTS.iter().copied().find(|choice| choice.rank() == rank)
    }
}

/// Who a message is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Recipient {
    /// The person with this identity number.
    Person(NationalId),
    /// The owner of this mailbox.
    Mailbox(MailboxId),
}

/// A message as a service hands it in, every part of it checked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Draft {
    /// Who it is for.
    pub recipient: Recipient,
    /// What it is.
    pub kind: MessageKind,
    /// The line shown.
    pub subject: Subject,
    /// What it says.
    pub body: Body,
    /// How the body is written.
    pub body_format: BodyFormat,
    /// The sender's own name for it.
    pub sender_reference: Option<SenderReference>,
    /// The files, in the order in which they are shown.
    pub uploads: Vec<UploadId>,
    /// Until when parents may see it; as the service allows where left out.
    pub parents: Option<ParentVisibility>,
    /// Whether holders of a power of attorney may see it; as the service allows where left out.
    pub power_of_attorney: Option<bool>,
    /// Until when the sender hopes that it is read.
    pub open_by: Option<DateTime<Utc>>,
}

/// Where a message stands on its way, as its sender sees it.
// The words below are stored for years. Rename the variants as you like; never change a word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "camelCase")]
pub enum Status {
    /// Stored safely; the recipient cannot see it yet (BX-1).
    Accepted,
    /// On its way over another channel than the one it was accepted for, or out of this house.
    Routed,
    /// In the recipient's inbox.
    Delivered,
    /// The recipient has read it. A representative's reading does not count (KRR-10).
    Opened,
    /// Handed to whoever prints and posts it.
    Printed,
    /// Its sender has taken it back.
    Withdrawn,
    /// It came to nobody, and is the sender's again.
    Returned,
}

impl Status {
    /// The stored and sent word.
    #[must_use]
    pub fn as_word(self) -> &'static str {
        self.into()
    }
}

/// A step of the timeline.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// What was reached.
    pub status: Status,
    /// When.
    pub at: DateTime<Utc>,
    /// The rule by which.
    pub rule: Rule,
}

/// A step at which routing was asked again and said something else, or carried it out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RouteStep {
    /// What was reached.
    pub status: Status,
    /// When.
    pub at: DateTime<Utc>,
    /// What routing said.
    pub routed: Routed,
}

/// A message as its sender follows it: no content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sending {
    /// The message.
    pub id: MessageId,
    /// Who sent it.
    pub service: ServiceId,
    /// What it is.
    pub kind: MessageKind,
    /// The sender's own name for it.
    pub sender_reference: Option<SenderReference>,
    /// What routing said when it was accepted.
    pub accepted: Routed,
    /// What routing said since, in order.
    pub steps: Vec<RouteStep>,
    /// Until when the sender hopes that it is read.
    pub open_by: Option<DateTime<Utc>>,
    /// When it was stored safely.
    pub accepted_at: DateTime<Utc>,
    /// When it came into the recipient's inbox.
    pub delivered_at: Option<DateTime<Utc>>,
    /// When the recipient first read it.
    pub opened_at: Option<DateTime<Utc>>,
}

impl Sending {
    /// What has happened so far, in order, each with its time and rule.
    #[must_use]
    pub fn timeline(&self) -> Vec<Step> {
        // What happened in one moment is told in this order: to the inbox, into it, out of the house, opened.
        let accepted = (0, Step { status: Status::Accepted, at: self.accepted_at, rule: self.accepted.rule });
        let steps = self.steps.iter().map(|RouteStep { status, at, routed }| {
            let to_inbox = *status == Status::Routed && routed.channel == Some(Channel::Inbox);
            (if to_inbox { 0 } else { 2 }, Step { status: *status, at: *at, rule: routed.rule })
        });
        let delivered = self.delivered_at.map(|at| (1, Step { status: Status::Delivered, at, rule: Rule::Hn4 }));
        let opened = self.opened_at.map(|at| (3, Step { status: Status::Opened, at, rule: Rule::Hk8 }));
        let mut timeline: Vec<(u8, Step)> =
            std::iter::once(accepted).chain(steps).chain(delivered).chain(opened).collect();
        timeline.sort_by_key(|(place, step)| (step.at, *place));
        timeline.into_iter().map(|(_, step)| step).collect()
    }

    /// Where it stands: the last step of the timeline.
    #[must_use]
    pub fn status(&self) -> Status {
        self.timeline().last().map_or(Status::Accepted, |step| step.status)
    }

    /// Whether its sender can take it back (BX-4): as long as nobody has read it and no carrier can have it. What can be
    /// answered belongs to its conversation.
    #[must_use]
    pub fn can_be_withdrawn(&self, may_have_left: bool) -> bool {
        let is_open = match self.status() {
            Status::Accepted | Status::Routed | Status::Delivered => true,
            Status::Opened | Status::Printed | Status::Withdrawn | Status::Returned => false,
        };
        is_open && !may_have_left && self.kind != MessageKind::Dialogue
    }

    /// What routing said last. That it was carried out, or that the sender took it back, says nothing new.
    #[must_use]
    pub fn routed(&self) -> &Routed {
        let said = self.steps.iter().rev().find(|step| step.routed.reason.is_some());
        said.map_or(&self.accepted, |step| &step.routed)
    }

    /// As it stood when it was accepted: the answer that the sender got, and gets again for the same key.
    #[must_use]
    pub fn as_accepted(self) -> Self {
        Self { steps: Vec::new(), delivered_at: None, opened_at: None, ..self }
    }
}

/// The sender as the recipient sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sender {
    /// The service.
    pub service: ServiceId,
    /// Its name.
    pub service_name: Name,
    /// The controller's number (PP-3).
    pub organisation_number: OrganisationNumber,
    /// The controller's name.
    pub organisation_name: Name,
}

/// A message in the overview: everything but body and files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Overview {
    /// Its id.
    pub id: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// What it is.
    pub kind: MessageKind,
    /// The line shown.
    pub subject: Subject,
    /// Who sent it.
    pub sender: Sender,
    /// Whether its recipient has marked it, or opened it, as read.
    pub read: bool,
    /// When its recipient first opened it.
    pub opened_at: Option<DateTime<Utc>>,
    /// When it came into the inbox.
    pub received_at: DateTime<Utc>,
    /// How many files it carries.
    pub attachment_count: u16,
    /// The conversation that it is part of.
    pub conversation: Option<ConversationId>,
    /// Whether the caller can answer it.
    pub can_reply: bool,
    /// Who wrote it.
    pub author: Author,
}

/// A message with all its content.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Message {
    /// The mailbox that it is in.
    pub mailbox: MailboxId,
    /// What the overview shows.
    pub overview: Overview,
    /// What it says.
    pub body: Body,
    /// How the body is written.
    pub body_format: BodyFormat,
    /// Its files.
    pub attachments: Vec<Attachment>,
    /// The form that was filled in, where it carries one (TK-9).
    pub form_answers: Option<FormAnswers>,
    /// Whether the owner withholds it from holders of a power of attorney (FUL-18).
    pub withheld_from_holders: bool,
    /// Whether health personnel withhold it from parents (CHI-6).
    pub withheld_from_parents: bool,
}
