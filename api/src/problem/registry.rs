//! The closed list of the kinds of problems (BX-11), with what holds for each kind in every language.

use actix_web::http::StatusCode;
use strum::{EnumString, IntoStaticStr, VariantArray};

/// What can go wrong, seen from outside. The slug is the last part of a problem's `type`.
// The slugs are part of the contract. Rename the variants as you like; never change what a slug means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, EnumString, IntoStaticStr, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum ProblemKind {
    /// The body is not JSON.
    MalformedJson,
    /// The request can be read, and some of its fields are wrong. `errors` has all of them.
    InvalidRequest,
    /// The request cannot be read, for a reason that no other kind tells.
    MalformedRequest,
    /// The body is of a media type that the operation does not take.
    UnsupportedMediaType,
    /// The body is over the operation's limit.
    PayloadTooLarge,
    /// The query is not made of percent-encoded UTF-8.
    MalformedQuery,
    /// No access token.
    TokenMissing,
    /// An access token that does not hold.
    TokenInvalid,
    /// An access token whose time is over.
    TokenExpired,
    /// A proof of possession that does not hold.
    DpopInvalid,
    /// The login is below level high (HK-8).
    AssuranceTooLow,
    /// The operation is for another kind of caller.
    WrongCaller,
    /// The token's identity number is in no register.
    PersonUnknown,
    /// There is no such thing, or none that the caller may know of.
    NotFound,
    /// The path exists, the method does not.
    MethodNotAllowed,
    /// The owner has not consented to the inbox (HN-5).
    ConsentRequired,
    /// A child reads only by youth access (CHI-8).
    TooYoung,
    /// The token lacks the scope.
    ScopeMissing,
    /// The organisation has registered the systems that may act for it, and this is none of them.
    ClientNotRegistered,
    /// The service needs a health worker's HPR number, and the token has none (RET-11).
    HprNumberMissing,
    /// The organisation has no data-processing agreement in force (PP-3).
    AgreementMissing,
    /// The organisation has stopped using the mailbox.
    OrganisationEnded,
    /// The recipient is in no register.
    RecipientUnknown,
    /// The recipient can get no digital mail (KRR-8).
    RecipientCannotReceive,
    /// The recipient's inbox is not open to the service (CON-7).
    InboxNotOpen,
    /// The recipient is reserved against digital communication, and the service does not send on paper (KRR-4).
    RecipientReserved,
    /// The recipient is a named employee (HK-2).
    RecipientIsEmployee,
    /// The file's bytes are of a type that is not accepted (HK-4).
    FileTypeNotAccepted,
    /// The file starts as it should, and is cut off or damaged.
    FileDamaged,
    /// The file carries macros.
    FileHasMacros,
    /// The file is locked with a password.
    FileEncrypted,
    /// The file is a PDF with scripts.
    FileHasScripts,
    /// The file is a PDF that starts a program.
    FileStartsPrograms,
    /// The file carries a program.
    FileHasPrograms,
    /// The file is a PDF that carries files of other kinds than documents.
    FileCarriesFiles,
    /// The file is a PDF with a player for film or sound.
    FileHasPlayer,
    /// The file is a PDF whose form is of the kind XFA.
    FileHasDynamicForm,
    /// The file carries objects of other programs.
    FileHasObjects,
    /// The file carries controls.
    FileHasControls,
    /// The file is linked to other programs.
    FileHasDataLinks,
    /// The file fetches content from elsewhere when it is opened.
    FileFetchesContent,
    /// The file is made so that nobody can tell what is in it.
    FileNotCheckable,
    /// A scanner recognised malware in the file.
    FileHasMalware,
    /// The file has no bytes.
    FileEmpty,
    /// The file is over the limit.
    FileTooLarge,
    /// The message has more files than the limit.
    TooManyFiles,
    /// The multipart body cannot be read.
    MalformedMultipart,
    /// The upload has no bytes yet.
    UploadNotReady,
    /// The upload has other bytes.
    UploadFilled,
    /// The operation takes an idempotency key.
    IdempotencyKeyMissing,
    /// The idempotency key has another form than 1–255 visible characters.
    IdempotencyKeyInvalid,
    /// The idempotency key was used with another body.
    IdempotencyKeyReused,
    /// The first request with the idempotency key is still running.
    RequestInProgress,
    /// The service has used the sender reference before.
    SenderReferenceTaken,
    /// The cursor is not one that this list gave out.
    CursorInvalid,
    /// The range lies outside the file.
    RangeNotSatisfiable,
    /// Too many requests.
    RateLimited,
    /// A limit of the caller's has been reached, which `limit` names.
    QuotaExceeded,
    /// A proof of possession without a nonce of ours, or with an old one.
    DpopNonceRequired,
    /// The token issuer's keys cannot be fetched.
    KeysUnavailable,
    /// The database or the store of files is away. Nothing was done.
    Unavailable,
    /// The request came too slowly.
    RequestTimeout,
    /// The scanner of files is away, and no file is taken without it.
    ScannerUnavailable,
    /// A fault of the program.
    InternalError,
    /// The organisation has another agreement for some of the time.
    AgreementOverlaps,
    /// The organisation is registered.
    OrganisationExists,
    /// Ending the organisation that the mailbox itself sends as.
    OrganisationIsPlatform,
    /// The client is registered.
    ClientExists,
    /// The population register is away, and what is known is out of date (ADR-11).
    RegisterUnavailable,
    /// The contact and reservation register does not answer (KRR-15).
    ContactRegisterUnavailable,
    /// The owner has locked the mailbox (CON-14).
    EmergencyLocked,
    /// What nobody does in the owner's place (FUL-9).
    OnlyTheOwner,
    /// Confirming what one has put on record oneself.
    ConfirmationBySameOperator,
    /// Confirming what is confirmed.
    PowerOfAttorneyConfirmed,
    /// Confirming what is not what stands on the form.
    ConfirmationDiffers,
    /// What the owner writes before they have accepted what is in force (DH-5).
    TermsNotAccepted,
    /// What only health personnel of the service do (CHI-6).
    OnlyHealthPersonnel,
    /// What only parents do, for a child of 12 to 15 (CHI-8).
    OnlyParents,
    /// At a protected address no power of attorney is given or received (FUL-13).
    PowerOfAttorneyUnavailable,
    /// The giver cannot give a power of attorney; nobody learns why.
    GiverUnavailable,
    /// The giver is too young (FUL-2).
    GiverTooYoung,
    /// The giver has not consented to the service (FUL-15).
    GiverWithoutConsent,
    /// The holder cannot receive a power of attorney; nobody learns why.
    /// Giver and holder are the same person.
    HolderIsGiver,
    /// The holder is below 18 (FUL-2).
    HolderTooYoung,
    /// A power of attorney over an area that there is not (FUL-3).
    AreaUnknown,
    /// A power of attorney that ends before it begins (FUL-7).
    PeriodEndsBeforeStart,
    /// A power of attorney whose time would be over already (FUL-7).
    PeriodOver,
    /// An assigned power of attorney holds for five years at most (FUL-14).
    PeriodTooLong,
    /// The two have a power of attorney that holds on some of the days (FUL-7).
    PowerOfAttorneyOverlaps,
    /// A power of attorney that is over is not changed.
    PowerOfAttorneyEnded,
    /// An assigned power of attorney changes only by the form that it was assigned on (FUL-14).
    PowerOfAttorneyAssigned,
    /// The nightly exchange says who is responsible for the patient, and only it changes that (DH-6).
    FollowUpByExchange,
    /// A change that does not say which version it starts from.
    PreconditionRequired,
    /// Somebody has changed the thing since the caller saw it.
    VersionChanged,
    /// The service has not opened for what is written (CON-17).
    ServiceNotOpen,
    /// The citizen does not receive the service (DH-8).
    ServiceNotReceived,
    /// The service is not there for who writes: for their consent, their address or their age.
    ServiceNotAvailable,
    /// The citizen can write to the service from the next day on (CON-15).
    LinkPending,
    /// The service takes the subject on a form (TK-2).
    SubjectRefused,
    /// A letter has no reply (HK-3).
    LetterHasNoReply,
    /// The service has ended the conversation.
    ConversationClosed,
    /// The service takes no replies.
    RepliesNotTaken,
    /// The journal has archived it (TK-3).
    AlreadyArchived,
    /// The message cannot be taken back any more (BX-4).
    NotWithdrawable,
    /// The appointment was cancelled before (DH-2).
    AppointmentCancelled,
    /// The last moment for cancelling the appointment has passed (DH-2).
    CancellationTooLate,
    /// The service does not let citizens cancel the appointment here (DH-2).
    AppointmentNotCancellable,
    /// The operation answers in none of the media types of `Accept`.
    NotAcceptable,
    /// The conversation is too long to become a PDF.
    TooLongForPages,
    /// The body is not XML, or not of the simple sort that is taken.
    MalformedXml,
    /// Events after the place in the feed have been removed (BX-8).
    EventsExpired,
    /// The database was lost while it committed: it may have been done, or not (BX-1).
    OutcomeUnknown,
}

impl ProblemKind {
    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::VARIANTS.iter().copied()
    }

    /// The word in `type`.
    #[must_use]
    pub fn slug(self) -> &'static str {
        self.into()
    }

    /// The status of the response.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::MalformedJson
            | Self::MalformedXml
            | Self::MalformedRequest
            | Self::MalformedQuery
            | Self::MalformedMultipart
            | Self::IdempotencyKeyMissing
            | Self::IdempotencyKeyInvalid
            | Self::CursorInvalid => StatusCode::BAD_REQUEST,
            Self::TokenMissing
            | Self::TokenInvalid
            | Self::TokenExpired
            | Self::DpopInvalid
            | Self::DpopNonceRequired => StatusCode::UNAUTHORIZED,
            Self::AssuranceTooLow
            | Self::WrongCaller
            | Self::PersonUnknown
            | Self::ConsentRequired
            | Self::TooYoung
            | Self::ScopeMissing
            | Self::ClientNotRegistered
            | Self::HprNumberMissing
            | Self::AgreementMissing
            | Self::OrganisationEnded
            | Self::EmergencyLocked
            | Self::OnlyTheOwner
            | Self::TermsNotAccepted
            | Self::ConfirmationBySameOperator
            | Self::OnlyHealthPersonnel
            | Self::OnlyParents
            | Self::PowerOfAttorneyUnavailable
            | Self::PowerOfAttorneyAssigned
            | Self::ServiceNotOpen
            | Self::ServiceNotReceived
            | Self::ServiceNotAvailable => StatusCode::FORBIDDEN,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::PreconditionRequired => StatusCode::PRECONDITION_REQUIRED,
            Self::VersionChanged => StatusCode::PRECONDITION_FAILED,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable | Self::TooLongForPages => StatusCode::NOT_ACCEPTABLE,
            Self::EventsExpired => StatusCode::GONE,
            Self::RequestTimeout => StatusCode::REQUEST_TIMEOUT,
            Self::UploadNotReady
            | Self::RequestInProgress
            | Self::SenderReferenceTaken
            | Self::AgreementOverlaps
            | Self::OrganisationExists
            | Self::OrganisationIsPlatform
            | Self::PowerOfAttorneyConfirmed
            | Self::UploadFilled
            | Self::ClientExists
            | Self::PowerOfAttorneyOverlaps
            | Self::PowerOfAttorneyEnded
            | Self::FollowUpByExchange
            | Self::LinkPending
            | Self::LetterHasNoReply
            | Self::ConversationClosed
            | Self::RepliesNotTaken
            | Self::AlreadyArchived
            | Self::NotWithdrawable
            | Self::AppointmentCancelled
            | Self::CancellationTooLate
            | Self::AppointmentNotCancellable => StatusCode::CONFLICT,
            Self::PayloadTooLarge | Self::FileTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RangeNotSatisfiable => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::InvalidRequest
            | Self::RecipientUnknown
            | Self::RecipientCannotReceive
            | Self::InboxNotOpen
            | Self::RecipientReserved
            | Self::RecipientIsEmployee
            | Self::FileTypeNotAccepted
            | Self::FileDamaged
            | Self::FileHasMacros
            | Self::FileEncrypted
            | Self::FileHasScripts
            | Self::FileStartsPrograms
            | Self::FileHasPrograms
            | Self::FileCarriesFiles
            | Self::FileHasPlayer
            | Self::FileHasDynamicForm
            | Self::FileHasObjects
            | Self::FileHasControls
            | Self::FileHasDataLinks
            | Self::FileFetchesContent
            | Self::FileNotCheckable
            | Self::FileHasMalware
            | Self::FileEmpty
            | Self::TooManyFiles
            | Self::IdempotencyKeyReused
            | Self::GiverUnavailable
            | Self::GiverTooYoung
            | Self::ConfirmationDiffers
            | Self::GiverWithoutConsent
            | Self::HolderIsGiver
            | Self::HolderTooYoung
            | Self::AreaUnknown
            | Self::PeriodEndsBeforeStart
            | Self::PeriodOver
            | Self::PeriodTooLong
            | Self::SubjectRefused => StatusCode::UNPROCESSABLE_ENTITY,
            Self::RateLimited | Self::QuotaExceeded => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::KeysUnavailable
            | Self::Unavailable
            | Self::OutcomeUnknown
            | Self::ScannerUnavailable
            | Self::RegisterUnavailable
            | Self::ContactRegisterUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Whether the same request, sent again unchanged, can succeed.
    #[must_use]
    pub const fn is_retryable(self) -> bool {
        matches!(
            self,
            Self::RequestInProgress
                | Self::RateLimited
                | Self::QuotaExceeded
                | Self::KeysUnavailable
                | Self::Unavailable
                | Self::OutcomeUnknown
                | Self::ScannerUnavailable
                | Self::RegisterUnavailable
                | Self::ContactRegisterUnavailable
                | Self::RequestTimeout
        )
    }

    /// How long to wait before sending again, where the one who reports the problem knows nothing better.
    #[must_use]
    pub(crate) const fn retry_after_seconds(self) -> Option<u32> {
        match self {
            Self::RequestInProgress | Self::RateLimited | Self::QuotaExceeded => Some(1),
            Self::Unavailable | Self::OutcomeUnknown => Some(2),
            Self::KeysUnavailable
            | Self::ScannerUnavailable
            | Self::RegisterUnavailable
            | Self::ContactRegisterUnavailable => Some(5),
            _ => None,
        }
    }

    /// The challenge that goes with the status (RFC 6750, RFC 9449).
    #[must_use]
    pub(crate) const fn challenge(self) -> Option<&'static str> {
        match self {
            Self::TokenMissing => Some(r#"Bearer realm="brevdue""#),
            Self::TokenInvalid => Some(r#"Bearer realm="brevdue", error="invalid_token""#),
            Self::TokenExpired => {
                Some(r#"Bearer realm="brevdue", error="invalid_token", error_description="The token has expired""#)
            }
            Self::DpopInvalid => Some(r#"DPoP realm="brevdue", error="invalid_dpop_proof""#),
            Self::DpopNonceRequired => Some(r#"DPoP realm="brevdue", error="use_dpop_nonce""#),
            Self::ScopeMissing => Some(r#"Bearer realm="brevdue", error="insufficient_scope""#),
            _ => None,
        }
    }

    /// The kind for a response that came with a status alone, such as those of the web framework.
    #[must_use]
    pub(crate) fn of_status(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::TokenMissing,
            StatusCode::FORBIDDEN => Self::WrongCaller,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::NOT_ACCEPTABLE => Self::NotAcceptable,
            StatusCode::REQUEST_TIMEOUT => Self::RequestTimeout,
            StatusCode::PAYLOAD_TOO_LARGE => Self::PayloadTooLarge,
            StatusCode::UNSUPPORTED_MEDIA_TYPE => Self::UnsupportedMediaType,
            StatusCode::RANGE_NOT_SATISFIABLE => Self::RangeNotSatisfiable,
            StatusCode::UNPROCESSABLE_ENTITY => Self::InvalidRequest,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT => {
                Self::Unavailable
            }
            other if other.is_server_error() => Self::InternalError,
            _ => Self::MalformedRequest,
        }
    }
}
