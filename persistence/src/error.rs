//! What can go wrong in the store. Precise inside; what of it a caller hears is decided in the API.

use domain::access::Refusal;
use domain::appointment::NotCancellable;
use domain::attachment::FileFault;
use domain::consent::Document;
use domain::conversation::NoReply;
use domain::dialogue::{NotWritable, RefusedSubject};
use domain::draft::Lack;
use domain::form::AnswerFault;
use domain::id::ServiceId;
use domain::power_of_attorney::{ConfirmationFault, PowerFault};
use domain::routing::Rejection;
use domain::rule::Rule;

use crate::access::quota::QuotaReached;
use crate::blob::BlobError;

/// Trouble that is not the caller's doing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database or the object store is away, busy or full. Nothing was done; the same request may be sent again.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database was lost while it committed, so that nobody here can say whether it was done (BX-1).
    #[error("whether it was done is not known")]
    OutcomeUnknown(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A row that breaks a rule, or content that does not open. It is never shown.
    #[error("a stored {what} is corrupt")]
    Corrupt {
        /// What it is a row of. Never its content.
        what: &'static str,
    },
    /// Two writers met. The transaction was rolled back.
    #[error("a unique constraint was violated")]
    Conflict(#[source] diesel::result::Error),
    /// A statement that the database refused: our own fault.
    #[error("the database refused a statement")]
    Database(#[source] diesel::result::Error),
}

impl StoreError {
    /// Trouble of a kind that passes.
    pub(crate) fn unavailable(text: &'static str) -> Self {
        Self::Unavailable(text.into())
    }

    /// Trouble that leaves open whether something was done.
    pub(crate) fn outcome_unknown(text: &'static str) -> Self {
        Self::OutcomeUnknown(text.into())
    }

    /// What it means that a commit failed, or a statement that is a transaction by itself. A server that answers has rolled
    /// back; where the connection was lost, the commit may be on the disk.
    pub(crate) fn of_commit(error: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind::{ClosedConnection, UnableToSendCommand};
        use diesel::result::Error;
        match error {
            Error::RollbackErrorOnCommit { commit_error, rollback_error: _ } => Self::of_commit(*commit_error),
            Error::DatabaseError(ClosedConnection | UnableToSendCommand, _) => Self::OutcomeUnknown(Box::new(error)),
            error => error.into(),
        }
    }

    /// Whether the database was lost under it, or went away: connections from before are not to be trusted.
    pub(crate) const fn ends_connections(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::OutcomeUnknown(_))
    }
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> Self {
        use diesel::result::DatabaseErrorKind as Kind;
        use diesel::result::Error;
        match error {
            Error::DatabaseError(Kind::UniqueViolation, _) => Self::Conflict(error),
            Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, _) => {
                Self::Unavailable(Box::new(error))
            }
            Error::DatabaseError(Kind::SerializationFailure | Kind::ReadOnlyTransaction, _)
            | Error::BrokenTransactionManager => Self::Unavailable(Box::new(error)),
            Error::DatabaseError(_, ref information) if passes(information.message()) => {
                Self::Unavailable(Box::new(error))
            }
            _ => Self::Database(error),
        }
    }
}

/// Diesel has no kind for these: SQLite that is locked or whose disk is full or away, PostgreSQL that is starting,
/// stopping, out of disk, or has run into a time limit of ours.
fn passes(message: &str) -> bool {
    const PASSING: [&str; 14] = [
        "database is locked",
        "database table is locked",
        "database or disk is full",
        "disk I/O error",
        "unable to open database file",
        "attempt to write a readonly database",
        "No space left on device",
        "could not extend file",
        "terminating connection",
        "the database system is",
        "server closed the connection",
        "statement timeout",
        "lock timeout",
        "deadlock detected",
    ];
    PASSING.iter().any(|passing| message.contains(passing)) || message.contains("no connection to the server")
}

impl From<BlobError> for StoreError {
    fn from(error: BlobError) -> Self {
        match error {
            BlobError::Unavailable(_) | BlobError::Foreign(_) | BlobError::Unmarked | BlobError::Emptied => {
                Self::Unavailable(Box::new(error))
            }
            // Bytes that a row names and that are not there, or not as they were written.
            BlobError::Corrupt | BlobError::NotFound => Self::Corrupt { what: "attachment" },
        }
    }
}

/// What a sender wants to show to more than the service allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Widened {
    /// Parents.
    Parents,
    /// Holders of a power of attorney.
    PowerOfAttorney,
}

/// Why a request to the store did not do what it asked for.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// Not allowed. It is in the audit log.
    #[error("refused: {0:?}")]
    Refused(Refusal),
    /// It has been opened, has left the house, or is part of a conversation: it cannot be taken back.
    #[error("it cannot be taken back any more")]
    NotWithdrawable,
    /// Allowed, but there is no such thing, or none that the caller may see.
    #[error("not found")]
    NotFound,
    /// The contact register did not answer where an answer has to be told at once.
    #[error("the contact register is away")]
    ContactRegisterAway,
    /// Routing found no way to the recipient.
    #[error("rejected: {0:?}")]
    Rejected(Rejection),
    /// Nobody in the register has the recipient's identity number, or no mailbox the id.
    #[error("the recipient is not known")]
    RecipientUnknown,
    /// The file is not one that can be taken.
    #[error("the file was refused")]
    File(FileFault),
    /// The scanner of files did not answer, and no file is taken without it.
    #[error("the scanner of files is away")]
    ScannerAway(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The time until which the sender hopes that the message is read has passed.
    #[error("the time to open the message by has passed")]
    OpenByPassed,
    /// The upload has no bytes yet.
    #[error("an upload has no bytes yet")]
    UploadNotReady,
    /// The uploads at these places of the list do not exist, have expired, or belong to another service.
    #[error("unknown uploads")]
    UnknownUploads(Vec<usize>),
    /// The same idempotency key came with another request.
    #[error("the idempotency key was used for another request")]
    IdempotencyKeyReused,
    /// A request with the same idempotency key is being worked on.
    #[error("a request with the same idempotency key is in progress")]
    InProgress,
    /// The service has used the sender reference before.
    #[error("the sender reference is taken")]
    SenderReferenceTaken,
    /// The cursor is not one that this list gave out.
    #[error("the cursor does not belong to this list")]
    CursorInvalid,
    /// The organisation is registered already.
    #[error("the organisation is registered already")]
    OrganisationExists,
    /// The organisation is the mailbox's own, which does not end.
    #[error("the organisation is the mailbox's own")]
    OrganisationIsOurs,
    /// The system is registered already.
    #[error("the client is registered already")]
    ClientExists,
    /// The upload has other bytes already.
    #[error("the upload has other bytes already")]
    UploadFilled,
    /// An agreement whose period overlaps one on record.
    #[error("the agreement overlaps another")]
    AgreementOverlaps,
    /// The sender wants to show a message to more than the service allows.
    #[error("the visibility is wider than the service allows")]
    VisibilityWidened(Vec<Widened>),
    /// A power of attorney that cannot be given.
    #[error("the power of attorney cannot be given: {0:?}")]
    Power(PowerFault),
    /// The person whom a field of the request names is in no register.
    #[error("the person is in no register")]
    NotRegistered(&'static str),
    /// The nightly exchange says who is responsible, and only it changes that.
    #[error("the exchange says who is responsible")]
    FollowUpByExchange,
    /// The owner has not accepted the versions in force of these documents.
    #[error("documents are not accepted")]
    TermsNotAccepted(Vec<Document>),
    /// The power of attorney cannot be confirmed by this operator, or not any more.
    #[error("the power of attorney cannot be confirmed: {0:?}")]
    Confirmation(ConfirmationFault),
    /// The power of attorney is over.
    #[error("the power of attorney is over")]
    PowerEnded,
    /// The power of attorney was assigned, and changes only by what it was assigned on.
    #[error("the power of attorney was assigned")]
    PowerAssigned,
    /// The service cannot be written to from this mailbox.
    #[error("the service cannot be written to: {0:?}")]
    NotWritable(NotWritable),
    /// The service takes the subject on a form.
    #[error("the subject is taken on a form")]
    SubjectRefused(RefusedSubject),
    /// The service has no such form in use.
    #[error("the form is not in use")]
    UnknownForm,
    /// The form has changed since it was filled in.
    #[error("the form has changed")]
    FormChanged {
        /// The version in use.
        version: i32,
    },
    /// The form, as it is stored, takes more to judge answers by than may be spent on it. Its service has to replace it.
    #[error("the form takes too much to judge")]
    FormTooCostly,
    /// What was filled in does not fit the form.
    #[error("the answers do not fit the form")]
    AnswersDoNotFit(Vec<AnswerFault>),
    /// The service has as many forms as a service can have.
    #[error("too many forms")]
    TooManyForms,
    /// A draft lacks what a message needs.
    #[error("the draft is not complete")]
    DraftIncomplete(Vec<Lack>),
    /// A limit of the caller's has been reached.
    #[error("a limit has been reached: {0:?}")]
    QuotaReached(QuotaReached),
    /// Somebody has as many drafts in a mailbox as one can have.
    #[error("too many drafts")]
    TooManyDrafts,
    /// There is no answering this: why not, and the service.
    #[error("no reply: {0:?}")]
    NoReply(NoReply, ServiceId),
    /// The messages at these places of the list are none of the conversation.
    #[error("unknown messages")]
    UnknownMessages(Vec<usize>),
    /// The journal has archived it, under another name.
    #[error("it is archived already")]
    AlreadyArchived,
    /// The appointment cannot be cancelled, or was.
    #[error("the appointment cannot be cancelled: {0:?}")]
    NotCancellable(NotCancellable),
    /// The service's name for the appointment is that of another citizen's.
    #[error("the appointment is another citizen's")]
    AppointmentOfAnother,
    /// A full list that names nobody would close everybody: more likely a mistake.
    #[error("a full list names nobody")]
    EmptyBatch,
    /// Somebody has changed the thing since the caller saw it.
    #[error("the thing has changed")]
    VersionChanged,
    /// Events behind the place in the feed that the caller named have been removed.
    #[error("the events are no longer kept")]
    EventsExpired,
    /// The feed has not come as far as the place that the caller named.
    #[error("the feed has not come as far")]
    AheadOfFeed {
        /// The last place that there is.
        last: i64,
    },
    /// The organisation has as many webhooks as one can have.
    #[error("too many webhooks")]
    TooManyWebhooks,
    /// As many keys of a webhook sign as can at a time.
    #[error("too many keys")]
    TooManyWebhookKeys,
    /// Trouble on our side.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Failure {
    /// The rule that stands against what was wanted, for the log; none where it is the request that is wrong.
    pub(crate) const fn rule(&self) -> Option<Rule> {
        match self {
            Self::NotFound => Some(Rule::Pp5),
            Self::FollowUpByExchange => Some(Rule::Dh6),
            Self::NotWritable(reason) => Some(reason.rule()),
            Self::Rejected(rejection) => Some(rejection.rule()),
            Self::SubjectRefused(_) => Some(Rule::Tk2),
            Self::TermsNotAccepted(_) => Some(Rule::Dh5),
            Self::NoReply(NoReply::Letter, _) => Some(Rule::Hk3),
            Self::NoReply(NoReply::Closed | NoReply::NotTaken, _) => Some(Rule::Dh1),
            _ => None,
        }
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<NotWritable> for Failure {
    fn from(reason: NotWritable) -> Self {
        Self::NotWritable(reason)
    }
}

impl From<NotCancellable> for Failure {
    fn from(reason: NotCancellable) -> Self {
        Self::NotCancellable(reason)
    }
}

impl From<diesel::result::Error> for Failure {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}
