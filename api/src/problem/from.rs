//! What the layers below report → what the caller hears. Each match is exhaustive: a new reason asks for its answer.

use domain::access::Refusal;
use domain::appointment::NotCancellable;
use domain::attachment::FileFault;
use domain::conversation::NoReply;
use domain::dialogue::{NotWritable, RefusedSubject};
use domain::draft::{Lack, MAX_DRAFTS};
use domain::form::{AnswerFault, AnswerFaultReason, MAX_FORMS};
use domain::id::ServiceId;
use domain::power_of_attorney::{ConfirmationFault, PowerFault};
use domain::routing::Rejection;
use domain::rule::Rule;
use domain::webhook::{MAX_KEYS, MAX_WEBHOOKS};

use persistence::{Failure, QuotaReached, StoreError, Widened};

use super::violations::Violations;
use super::{ApiError, More, Problem, ProblemKind, ViolationCode};
use crate::auth::AuthError;

impl From<Refusal> for Problem {
    /// What is hidden has no rule either: it is the answer for an unknown id, byte for byte.
    fn from(refusal: Refusal) -> Self {
        let kind = match refusal {
            Refusal::NotThere
            | Refusal::OwnerIsDead
            | Refusal::NotRelated
            | Refusal::OperatorSeesNoContent
            | Refusal::PowerNotInForce
            | Refusal::PowerLacksArea
            | Refusal::AgeOutsidePower
            | Refusal::ChildIsSixteen
            | Refusal::NobodyResponsibleAtAddress
            | Refusal::GuardiansNotAdmitted
            | Refusal::ProtectedAddress
            | Refusal::CloseToOwner
            | Refusal::NotFollowedUp
            | Refusal::GradeNotCleared => ProblemKind::NotFound,
            // To others a locked mailbox looks like one that was never opened, rule and all.
            Refusal::LockedByOwner => return Refusal::ConsentRequired.into(),
            Refusal::RegisterUnavailable => ProblemKind::RegisterUnavailable,
            Refusal::EmergencyLocked => ProblemKind::EmergencyLocked,
            Refusal::OnlyTheOwner | Refusal::ChildIsTwelve => ProblemKind::OnlyTheOwner,
            Refusal::OnlyHealthPersonnel => ProblemKind::OnlyHealthPersonnel,
            Refusal::OnlyParents => ProblemKind::OnlyParents,
            Refusal::NoPowersAtProtectedAddress => ProblemKind::PowerOfAttorneyUnavailable,
            Refusal::AssuranceTooLow => ProblemKind::AssuranceTooLow,
            Refusal::WrongKindOfCaller => ProblemKind::WrongCaller,
            Refusal::PersonUnknown => ProblemKind::PersonUnknown,
            Refusal::OwnerTooYoung => ProblemKind::TooYoung,
            Refusal::ConsentRequired => ProblemKind::ConsentRequired,
            Refusal::HprNumberMissing => ProblemKind::HprNumberMissing,
            Refusal::ScopeMissing => ProblemKind::ScopeMissing,
            Refusal::ClientNotRegistered => ProblemKind::ClientNotRegistered,
            Refusal::NoAgreementInForce => ProblemKind::AgreementMissing,
            Refusal::OrganisationEnded => ProblemKind::OrganisationEnded,
        };
        let problem = Self::new(kind);
        if refusal.is_hidden() { problem } else { problem.rule(refusal.rule()) }
    }
}

impl From<FileFault> for Problem {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Empty => Self::new(ProblemKind::FileEmpty),
            FileFault::TooLarge => Self::new(ProblemKind::FileTooLarge),
            FileFault::UnacceptedType => Self::new(ProblemKind::FileTypeNotAccepted).rule(Rule::Hk4),
            FileFault::Damaged => Self::new(ProblemKind::FileDamaged).rule(Rule::Hk4),
            FileFault::Macros => Self::new(ProblemKind::FileHasMacros).rule(Rule::Hk4),
            FileFault::Encrypted => Self::new(ProblemKind::FileEncrypted).rule(Rule::Hk4),
            FileFault::Scripts => Self::new(ProblemKind::FileHasScripts).rule(Rule::Hk4),
            FileFault::StartsPrograms => Self::new(ProblemKind::FileStartsPrograms).rule(Rule::Hk4),
            FileFault::Programs => Self::new(ProblemKind::FileHasPrograms).rule(Rule::Hk4),
            FileFault::CarriedFiles => Self::new(ProblemKind::FileCarriesFiles).rule(Rule::Hk4),
            FileFault::Player => Self::new(ProblemKind::FileHasPlayer).rule(Rule::Hk4),
            FileFault::DynamicForm => Self::new(ProblemKind::FileHasDynamicForm).rule(Rule::Hk4),
            FileFault::EmbeddedObjects => Self::new(ProblemKind::FileHasObjects).rule(Rule::Hk4),
            FileFault::Controls => Self::new(ProblemKind::FileHasControls).rule(Rule::Hk4),
            FileFault::DataLinks => Self::new(ProblemKind::FileHasDataLinks).rule(Rule::Hk4),
            FileFault::OutsideContent => Self::new(ProblemKind::FileFetchesContent).rule(Rule::Hk4),
            FileFault::Uncheckable => Self::new(ProblemKind::FileNotCheckable).rule(Rule::Hk4),
            FileFault::Malware => Self::new(ProblemKind::FileHasMalware).rule(Rule::Hk4),
        }
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        let kind = match rejection {
            Rejection::RecipientCannotReceive => ProblemKind::RecipientCannotReceive,
            Rejection::InboxNotOpen => ProblemKind::InboxNotOpen,
            Rejection::RecipientReserved => ProblemKind::RecipientReserved,
        };
        Self::new(kind).rule(rejection.rule())
    }
}

impl From<Refusal> for ApiError {
    fn from(refusal: Refusal) -> Self {
        Problem::from(refusal).into()
    }
}

impl From<FileFault> for ApiError {
    fn from(fault: FileFault) -> Self {
        Problem::from(fault).into()
    }
}

impl From<Rejection> for ApiError {
    fn from(rejection: Rejection) -> Self {
        Problem::from(rejection).into()
    }
}

impl From<AuthError> for ApiError {
    fn from(error: AuthError) -> Self {
        let kind = match error {
            AuthError::Missing => ProblemKind::TokenMissing,
            AuthError::Expired => ProblemKind::TokenExpired,
            AuthError::DpopMissing | AuthError::DpopInvalid(_) => ProblemKind::DpopInvalid,
            AuthError::DpopNonce => ProblemKind::DpopNonceRequired,
            AuthError::ProofsUnavailable => ProblemKind::Unavailable,
            AuthError::KeysUnavailable => ProblemKind::KeysUnavailable,
            AuthError::MalformedHeader
            | AuthError::MalformedToken
            | AuthError::TooLarge
            | AuthError::UnknownIssuer
            | AuthError::AlgorithmNotAllowed
            | AuthError::UnknownKey
            | AuthError::BadSignature
            | AuthError::WrongAudience
            | AuthError::WrongTokenType
            | AuthError::NotYetValid
            | AuthError::ClaimMissing(_)
            | AuthError::ClaimInvalid(_) => ProblemKind::TokenInvalid,
        };
        Self::caused_by(Problem::new(kind), error)
    }
}

impl From<Failure> for ApiError {
    fn from(failure: Failure) -> Self {
        let kind = match failure {
            Failure::Refused(refusal) => return refusal.into(),
            Failure::Rejected(rejection) => return rejection.into(),
            Failure::ContactRegisterAway => {
                return Problem::new(ProblemKind::ContactRegisterUnavailable).rule(Rule::Krr15).into();
            }
            Failure::File(fault) => return fault.into(),
            Failure::ScannerAway(error) => {
                return Self::caused_by(Problem::new(ProblemKind::ScannerUnavailable), error);
            }
            Failure::Store(error) => return error.into(),
            Failure::UnknownUploads(places) => return unknown_uploads(&places),
            Failure::Power(fault) => return fault.into(),
            Failure::NotRegistered(pointer) => return violation(pointer, ViolationCode::NotRegistered),
            Failure::VisibilityWidened(widened) => return self::widened(&widened),
            Failure::TermsNotAccepted(_) => {
                return Problem::new(ProblemKind::TermsNotAccepted).rule(Rule::Dh5).into();
            }
            Failure::Confirmation(fault) => {
                let kind = match fault {
                    ConfirmationFault::SameOperator => ProblemKind::ConfirmationBySameOperator,
                    ConfirmationFault::Over => ProblemKind::PowerOfAttorneyEnded,
                    ConfirmationFault::Confirmed => ProblemKind::PowerOfAttorneyConfirmed,
                    ConfirmationFault::Differs => ProblemKind::ConfirmationDiffers,
                };
                return Problem::new(kind).rule(Rule::Pjl22).into();
            }
            Failure::PowerEnded => ProblemKind::PowerOfAttorneyEnded,
            Failure::FollowUpByExchange => {
                return Problem::new(ProblemKind::FollowUpByExchange).rule(Rule::Dh6).into();
            }
            Failure::PowerAssigned => {
                return Problem::new(ProblemKind::PowerOfAttorneyAssigned).rule(Rule::Ful14).into();
            }
            Failure::OpenByPassed => return violation("/openBy", ViolationCode::InThePast),
            Failure::NotFound => ProblemKind::NotFound,
            Failure::NotWithdrawable => return Problem::new(ProblemKind::NotWithdrawable).rule(Rule::Bx4).into(),
            Failure::NotWritable(reason) => return reason.into(),
            Failure::SubjectRefused(refused) => return subject_refused(&refused),
            Failure::UnknownForm => return violation("/formAnswers/form", ViolationCode::UnknownForm),
            Failure::FormChanged { version } => {
                return violation("/formAnswers/version", ViolationCode::FormChanged { version });
            }
            Failure::FormTooCostly => return violation("/formAnswers/answers", ViolationCode::AnswersTooCostly),
            Failure::AnswersDoNotFit(faults) => return answers_do_not_fit(faults),
            Failure::TooManyForms => return violation("/form", ViolationCode::TooMany { max: MAX_FORMS }),
            Failure::DraftIncomplete(lacks) => return draft_incomplete(&lacks),
            Failure::QuotaReached(reached) => return reached.into(),
            Failure::TooManyDrafts => return violation("", ViolationCode::TooMany { max: MAX_DRAFTS }),
            Failure::NoReply(reason, service) => return no_reply(reason, service),
            Failure::UnknownMessages(places) => return unknown_messages(&places),
            Failure::AlreadyArchived => return Problem::new(ProblemKind::AlreadyArchived).rule(Rule::Tk3).into(),
            Failure::NotCancellable(reason) => return reason.into(),
            Failure::AppointmentOfAnother => return violation("/recipient", ViolationCode::AnotherCitizens),
            Failure::EmptyBatch => return violation("", ViolationCode::Empty),
            Failure::EventsExpired => return Problem::new(ProblemKind::EventsExpired).rule(Rule::Bx8).into(),
            Failure::AheadOfFeed { last } => {
                return violation("?after", ViolationCode::OutOfRange { min: 0, max: last });
            }
            Failure::TooManyWebhooks => return violation("", ViolationCode::TooMany { max: MAX_WEBHOOKS }),
            Failure::TooManyWebhookKeys => return violation("", ViolationCode::TooMany { max: MAX_KEYS }),
            Failure::VersionChanged => ProblemKind::VersionChanged,
            Failure::RecipientUnknown => ProblemKind::RecipientUnknown,
            Failure::UploadNotReady => ProblemKind::UploadNotReady,
            Failure::IdempotencyKeyReused => ProblemKind::IdempotencyKeyReused,
            Failure::InProgress => ProblemKind::RequestInProgress,
            Failure::SenderReferenceTaken => ProblemKind::SenderReferenceTaken,
            Failure::CursorInvalid => ProblemKind::CursorInvalid,
            Failure::OrganisationExists => ProblemKind::OrganisationExists,
            Failure::OrganisationIsOurs => ProblemKind::OrganisationIsPlatform,
            Failure::ClientExists => ProblemKind::ClientExists,
            Failure::UploadFilled => ProblemKind::UploadFilled,
            Failure::AgreementOverlaps => ProblemKind::AgreementOverlaps,
        };
        kind.into()
    }
}

impl From<QuotaReached> for ApiError {
    fn from(QuotaReached { limited, most, retry_after_seconds }: QuotaReached) -> Self {
        let more = More { limit: Some((limited.as_word(), most)), ..More::default() };
        Problem::new(ProblemKind::QuotaExceeded).retry_after_seconds(retry_after_seconds).more(more).into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        let kind = match error {
            StoreError::Unavailable(_) => ProblemKind::Unavailable,
            StoreError::OutcomeUnknown(_) => ProblemKind::OutcomeUnknown,
            StoreError::Corrupt { .. } | StoreError::Database(_) | StoreError::Conflict(_) => {
                ProblemKind::InternalError
            }
        };
        Self::caused_by(Problem::new(kind), error)
    }
}

impl From<PowerFault> for ApiError {
    fn from(fault: PowerFault) -> Self {
        let kind = match fault {
            PowerFault::GiverUnavailable => ProblemKind::GiverUnavailable,
            PowerFault::GiverTooYoung => ProblemKind::GiverTooYoung,
            PowerFault::GiverWithoutConsent => ProblemKind::GiverWithoutConsent,
            PowerFault::HolderIsGiver => ProblemKind::HolderIsGiver,
            PowerFault::HolderTooYoung => ProblemKind::HolderTooYoung,
            PowerFault::AreaUnknown => ProblemKind::AreaUnknown,
            PowerFault::EndsBeforeStart => ProblemKind::PeriodEndsBeforeStart,
            PowerFault::Over => ProblemKind::PeriodOver,
            PowerFault::TooLong => ProblemKind::PeriodTooLong,
            PowerFault::Overlaps => ProblemKind::PowerOfAttorneyOverlaps,
        };
        Problem::new(kind).rule(fault.rule()).into()
    }
}

impl From<NotWritable> for ApiError {
    fn from(reason: NotWritable) -> Self {
        let (kind, active_from) = match reason {
            NotWritable::NotOpen => (ProblemKind::ServiceNotOpen, None),
            NotWritable::NotForCaller => (ProblemKind::ServiceNotAvailable, None),
            NotWritable::NotReceived | NotWritable::NoLongerReceived => (ProblemKind::ServiceNotReceived, None),
            NotWritable::Pending { active_from } => (ProblemKind::LinkPending, Some(active_from)),
        };
        Problem::new(kind).rule(reason.rule()).more(More { active_from, ..More::default() }).into()
    }
}

impl From<NotCancellable> for ApiError {
    fn from(reason: NotCancellable) -> Self {
        let kind = match reason {
            NotCancellable::AlreadyCancelled => ProblemKind::AppointmentCancelled,
            NotCancellable::Over | NotCancellable::TooLate => ProblemKind::CancellationTooLate,
            NotCancellable::NotOffered => ProblemKind::AppointmentNotCancellable,
        };
        Problem::new(kind).rule(Rule::Dh2).into()
    }
}

fn subject_refused(refused: &RefusedSubject) -> ApiError {
    let form = Some(refused.form.as_str().to_owned());
    Problem::new(ProblemKind::SubjectRefused).rule(Rule::Tk2).more(More { form, ..More::default() }).into()
}

fn no_reply(reason: NoReply, service: ServiceId) -> ApiError {
    let problem = match reason {
        NoReply::Letter => Problem::new(ProblemKind::LetterHasNoReply).rule(Rule::Hk3),
        NoReply::Closed => Problem::new(ProblemKind::ConversationClosed),
        NoReply::NotTaken => Problem::new(ProblemKind::RepliesNotTaken),
    };
    problem.more(More { service: Some(service), ..More::default() }).into()
}

fn widened(widened: &[Widened]) -> ApiError {
    let mut violations = Violations::new();
    for part in widened {
        let pointer = match part {
            Widened::Parents => "/visibility/parents",
            Widened::PowerOfAttorney => "/visibility/powerOfAttorney",
        };
        violations.add(pointer, ViolationCode::WiderThanService);
    }
    violations.into_error()
}

fn violation(pointer: &str, code: ViolationCode) -> ApiError {
    let mut violations = Violations::new();
    violations.add(pointer, code);
    violations.into_error()
}

fn draft_incomplete(lacks: &[Lack]) -> ApiError {
    let mut violations = Violations::new();
    for lack in lacks {
        let pointer = match lack {
            Lack::Recipient => "/recipient",
            Lack::Inquiry => "/kind",
            Lack::Subject => "/subject",
            Lack::Body => "/body",
        };
        violations.add(pointer, ViolationCode::Required);
    }
    violations.into_error()
}

fn answers_do_not_fit(faults: Vec<AnswerFault>) -> ApiError {
    let mut violations = Violations::new();
    for AnswerFault { pointer, reason } in faults {
        let code = match reason {
            AnswerFaultReason::Missing => ViolationCode::Required,
            AnswerFaultReason::NotAsked => ViolationCode::UnknownField,
            AnswerFaultReason::Breaks { rule } => ViolationCode::AgainstForm { rule },
        };
        violations.add(format!("/formAnswers/answers{pointer}"), code);
    }
    violations.into_error()
}

fn unknown_messages(places: &[usize]) -> ApiError {
    let mut violations = Violations::new();
    for place in places {
        violations.add(format!("/messageIds/{place}"), ViolationCode::UnknownMessage);
    }
    violations.into_error()
}

fn unknown_uploads(places: &[usize]) -> ApiError {
    let mut violations = Violations::new();
    for place in places {
        violations.add(format!("/attachments/{place}/uploadId"), ViolationCode::UnknownUpload);
    }
    violations.into_error()
}
