//! What Brevdue keeps: two databases from one source, encrypted content, attachment bytes, the one way in.
//!
//! [`Store`] is the only public door. Everything on a mailbox's content starts from a grant that only the rules make,
//! and nothing read is handed out before its audit entry is durable.

mod access;
mod batch;
mod blob;
mod chain;
mod context;
mod database;
mod error;
mod feeds;
mod file_inspection;
mod idempotency;
mod letters;
mod mailboxes;
mod page;
mod persons;
mod private;
mod schema;
mod services;
mod store;
mod upkeep;
mod vault;
mod words;
mod work;

pub use access::explanation::{AccessExplained, OtherAccess};
pub use access::operator_act::{OperatorAct, OperatorActFilter};
pub use access::quota::{Limited, QuotaReached, Quotas, UploadQuota};
pub use batch::{BatchReport, BatchTerms, LineFault};
pub use blob::{BlobSettings, steps_at_a_time};
pub use chain::Chain;
pub use context::Context;
pub use database::DatabaseUrl;
pub use database::migration::{MigrationError, migrate, migrate_folder, revert_all};
pub use error::{Failure, StoreError, Widened};
pub use feeds::feed::FeedPage;
pub use feeds::webhook::{Attempt, Dispatch, Load, Outcome, WebhookChange};
pub use file_inspection::scan::{FileScanner, ScanError, Scanning, Verdict};
pub use idempotency::{Created, RequestKey, RequestKeyError};
pub use letters::handover::{Destination, HandOver, HandoverOutcome, Letter, Outlets};
pub use letters::notification::{Notice, NoticeBatch, NoticeOutcome};
pub use letters::routing::Preview;
pub use mailboxes::attachment::Fetched;
pub use mailboxes::conversation::{AssigneeFilter, Marked, QueueFilter, Relevance};
pub use mailboxes::health_contact::{HealthContactLine, HealthContactReport};
pub use mailboxes::mailbox::Mailboxes;
pub use mailboxes::message::MessageFilter;
pub use mailboxes::recipient::ServiceRecipient;
pub use page::{Page, Slice};
pub use persons::contact_register::ContactRegister;
pub use persons::power_of_attorney::{NewPower, NewRegisteredPower, PowerOnForm, PowerTerms};
pub use persons::register::{PopulationRegister, RegisterAway};
pub use private::private_folder;
pub use services::form::{NewForm, SchemaFault, SchemaFaultReason};
pub use services::organisation::NewAgreement;
pub use services::privacy_notice::{NewPrivacyNotice, WantedVersion};
pub use services::relationship::{RelationshipEntry, RelationshipLine};
pub use services::service::NewService;
pub use services::upload::FillError;
pub use store::{OpenError, Store, StoreSettings};
pub use upkeep::installation::{InstallationKind, OtherKind, check_installation};
pub use upkeep::readiness::Readiness;
pub use upkeep::restore::{Adopted, adopt_attachments, begin_after_restore};
pub use upkeep::verify;
pub use words::{MailboxWords, OtherSide, PowerNews, PowerTold, Written};
pub use work::job::JobInTrouble;
pub use work::patience::within;
pub use work::threads::{BrokenOff, Threads, Turn, cores};

pub use vault::{MasterKey, MasterKeyError, SigningKey};

pub(crate) use store::Inner;
