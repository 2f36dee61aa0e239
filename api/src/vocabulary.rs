//! Words with a meaning, as the contract has them.

use std::borrow::Cow;

use domain::{
    access, appointment, attachment, audit, consent, contact_register, conversation, dialogue, health_contact, journal,
    message, person, power_of_attorney, register, routing, service, staff, webhook,
};
use strum::VariantArray;
use utoipa::openapi::RefOr;
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Room for words that will come.
const LONGEST: usize = 100;

/// The words of a vocabulary to which more will come, each with its meaning. It is open in the contract: a generated client takes
/// a word that it does not know.
pub(crate) fn growing<M: AsRef<str>>(about: &str, words: impl IntoIterator<Item = (&'static str, M)>) -> RefOr<Schema> {
    let (mut names, mut text) =
        (vec![], format!("{about} More words will come: pass over those that you do not know.\n"));
    for (word, meaning) in words {
        text += &format!("\n- `{word}`: {}", meaning.as_ref());
        names.push(word);
    }
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(LONGEST))
        .description(Some(text))
        .extensions(Some(Extensions::builder().add("x-extensible-enum", names).build()))
        .into()
}

/// The words of a closed vocabulary.
fn closed(words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).into()
}

/// The words of a vocabulary to which more will come, and whose meaning stands where it is used.
fn open(words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    let words: Vec<&str> = words.into_iter().collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .max_length(Some(LONGEST))
        .extensions(Some(Extensions::builder().add("x-extensible-enum", words).build()))
        .into()
}

fn all<T: VariantArray + Copy + Into<&'static str>>() -> impl Iterator<Item = &'static str> {
    T::VARIANTS.iter().map(|variant| (*variant).into())
}

/// Makes a schema of its own of each vocabulary, so that generated clients have one type for it.
macro_rules! vocabularies {
    ($($name:ident = $form:ident($words:expr);)+) => {$(
        pub(crate) struct $name;

        impl ToSchema for $name {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed(stringify!($name))
            }
        }

        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $form($words)
            }
        }
    )+};
}

vocabularies! {
    ActorKind = closed(all::<audit::ActorKind>());
    AppointmentKind = closed(all::<appointment::AppointmentKind>());
    AppointmentStatus = closed(["planned", "cancelled"]);
    BatchScope = closed(["full", "partial"]);
    BodyFormat = closed(all::<message::BodyFormat>());
    CancelledBy = closed(all::<appointment::CancelledBy>());
    Channel = open(all::<routing::Channel>());
    ConsentGiven = closed(all::<consent::ConsentLevel>().filter(|word| *word != "none"));
    ConsentLevel = closed(all::<consent::ConsentLevel>());
    ContactKind = closed(all::<health_contact::ContactKind>());
    ContactLanguage = closed(all::<contact_register::ContactLanguage>());
    ContactState = closed(all::<health_contact::ContactState>());
    ConversationState = closed(all::<conversation::ConversationState>());
    DeliveryState = closed(["waiting", "undelivered"]);
    Direction = closed(all::<message::Direction>());
    EndedBy = open(all::<power_of_attorney::EndedBy>());
    FileType = open(all::<attachment::FileType>());
    FollowUpSource = closed(all::<staff::FollowUpSource>());
    InquiryKind = closed(all::<dialogue::Inquiry>());
    JournalState = closed(all::<journal::JournalState>());
    LawfulWay = open(all::<access::LawfulWay>());
    MessageKind = closed(all::<message::MessageKind>());
    NoticeLanguage = closed(["nb", "nn", "en"]);
    OpenOrClosed = closed(["open", "closed"]);
    Outcome = closed(all::<audit::Outcome>());
    ParentVisibility = closed(all::<message::ParentVisibility>());
    PowerKind = closed(all::<power_of_attorney::PowerKind>());
    PowerRole = closed(["giver", "holder"]);
    PowerStatus = open(all::<power_of_attorney::PowerStatus>());
    Protection = closed(all::<person::Protection>());
    RelationshipState = closed(all::<dialogue::RelationshipState>());
    RelationshipTold = closed(["active", "closed"]);
    ResponsibilityKind = closed(all::<register::ResponsibilityKind>());
    SendingStatus = open(all::<message::Status>());
    ServiceKind = closed(all::<service::ServiceKind>().filter(|word| *word != "platform"));
    StaffActorKind = closed(["healthWorker", "system"]);
    TermsDocument = closed(all::<consent::Document>());
    TokenKind = closed(["citizen", "healthWorker", "system", "operator"]);
    UnregisteredRecipients = closed(all::<service::UnregisteredRecipients>());
    WebhookState = closed(all::<webhook::WebhookState>());
    YouthVisibility = closed(all::<message::YouthVisibility>());
}
