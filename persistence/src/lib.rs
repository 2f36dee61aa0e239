//! What Brevdue keeps: two databases from one source, encrypted content, attachment bytes, the one way in.
//!
//! [`Store`] is the only public door. Everything on a mailbox's content starts from a grant that only the rules make,
//! and nothing read is handed out before its audit entry is durable.

mod access;
mod appointment;
mod attachment;
mod audit;
mod batch;
mod batcher;
pub mod blob;
mod consent;
mod contact_details;
mod contact_register;
mod context;
mod conversation;
mod database;
mod deadline;
mod delivery;
mod draft;
mod error;
mod event;
mod explanation;
mod feed;
pub mod file_inspection;
mod form;
mod handover;
mod health_contact;
mod idempotency;
mod intake;
mod job;
mod mailbox;
mod message;
mod migration;
mod notification;
mod organisation;
mod page;
mod person;
mod platform;
mod power_of_attorney;
mod privacy_notice;
mod recipient;
mod register;
mod relationship;
mod routing;
mod rows;
#[expect(missing_docs, reason = "the tables are described in migrations/ and classified in docs/data-classes.toml")]
pub mod schema;
mod sending;
mod service;
mod service_area;
mod staff;
mod store;
mod surroundings;
mod upload;
pub mod vault;

pub use attachment::Fetched;
pub use batch::{BatchReport, BatchTerms, LineFault};
pub use contact_register::ContactRegister;
pub use context::Context;
pub use conversation::{AssigneeFilter, Marked, QueueFilter, Relevance};
pub use database::DatabaseUrl;
pub use error::{Failure, StoreError, Widened};
pub use explanation::{AccessExplained, OtherAccess};
pub use feed::FeedPage;
pub use form::{NewForm, schema_faults};
pub use handover::{Destination, HandoverJob, HandoverOutcome, Letter, Outlets};
pub use health_contact::{HealthContactLine, HealthContactReport};
pub use idempotency::{Created, RequestKey, RequestKeyError};
pub use job::JobInTrouble;
pub use mailbox::Mailboxes;
pub use message::MessageFilter;
pub use migration::{MigrationError, migrate, revert_all};
pub use notification::{Notice, NoticeBatch, NoticeOutcome};
pub use organisation::NewAgreement;
pub use page::{Page, Slice};
pub use power_of_attorney::{NewPower, NewRegisteredPower, PowerTerms};
pub use privacy_notice::{NewPrivacyNotice, WantedVersion};
pub use recipient::ServiceRecipient;
pub use register::{PopulationRegister, RegisterAway};
pub use relationship::{RelationshipEntry, RelationshipLine};
pub use routing::Preview;
pub use service::NewService;
pub use store::{OpenError, Readiness, Store, StoreSettings};
pub use upload::FillError;

pub(crate) use store::Inner;
