//! What each kind of problem is called and how it is mended, in English.

use super::Text;
use crate::problem::ProblemKind as Kind;

pub(super) const fn text(kind: Kind) -> Text {
    let (title, fix) = match kind {
        Kind::MalformedJson => ("The body is not valid JSON", "Correct the JSON and send the request again."),
        Kind::InvalidRequest => (
            "Some fields are wrong",
            "Correct everything listed in “errors” and send the request again. Nothing was stored.",
        ),
        Kind::MalformedRequest => (
            "The request cannot be read",
            "Check method, headers and body against the API description and send the request again.",
        ),
        Kind::UnsupportedMediaType => (
            "The body is of a type that is not accepted",
            "Set “Content-Type” to a type that the API description names for the operation, and send the body uncompressed.",
        ),
        Kind::PayloadTooLarge => {
            ("The body is too large", "Send less at a time. The limits are in the API description.")
        }
        Kind::MalformedQuery => ("The query cannot be read", "Encode names and values as percent-encoded UTF-8."),
        Kind::TokenMissing => ("The access token is missing", "Send an access token in the “Authorization” header."),
        Kind::TokenInvalid => (
            "The access token is not valid",
            "Get a new token from an issuer that this service accepts, with the right audience.",
        ),
        Kind::TokenExpired => ("The access token has expired", "Get a new token and send the request again."),
        Kind::DpopInvalid => (
            "The DPoP proof is not valid",
            "Make a new DPoP proof for exactly this request, with the key that the token is bound to.",
        ),
        Kind::AssuranceTooLow => ("The login is not strong enough", "Log in at assurance level high."),
        Kind::WrongCaller => (
            "The operation is for another kind of caller",
            "Use a token of the kind that the API description names for the operation.",
        ),
        Kind::PersonUnknown => ("The person is in no register", "Check that the person is in the population register."),
        Kind::NotFound => ("Not found", "Check the path and the ids in it."),
        Kind::MethodNotAllowed => ("The method cannot be used here", "Use one of the methods in the “Allow” header."),
        Kind::ConsentRequired => (
            "The inbox has not been opened",
            "Consent to the service at level Basis or higher. Only the owner can do this.",
        ),
        Kind::TooYoung => {
            ("The owner is too young to use the inbox alone", "The inbox opens to a young person at the age of 16.")
        }
        Kind::ScopeMissing => (
            "The token lacks a scope",
            "Ask for a token with the scope that the API description names for the operation.",
        ),
        Kind::HprNumberMissing => (
            "The token has no HPR number",
            "Log in in a way that gives your HPR number, or ask for the service to be set up for staff without one.",
        ),
        Kind::ClientNotRegistered => (
            "The system is not registered for the organisation",
            "Ask the organisation to have the system's client id registered with the operator.",
        ),
        Kind::OrganisationEnded => {
            ("The organisation no longer uses the mailbox", "Contact whoever runs the mailbox if that is wrong.")
        }
        Kind::OrganisationIsPlatform => {
            ("The mailbox's own organisation cannot be ended", "Choose another organisation.")
        }
        Kind::AgreementMissing => (
            "The organisation has no data-processing agreement in force",
            "Conclude a data-processing agreement and ask the operator to register it.",
        ),
        Kind::RecipientUnknown => {
            ("The recipient is unknown", "Check the identity number or mailbox id, or send in another way.")
        }
        Kind::RecipientCannotReceive => (
            "The recipient cannot receive digital mail",
            "Do not send to this recipient digitally. Check the population register.",
        ),
        Kind::InboxNotOpen => {
            ("The recipient has not opened the inbox to this service", "Send the message in another way.")
        }
        Kind::RecipientReserved => (
            "The recipient is reserved against digital communication",
            "Send on paper, or let the service send on paper from here.",
        ),
        Kind::RecipientIsEmployee => {
            ("The recipient is a named employee", "Send to a service or a citizen, never to a named employee.")
        }
        Kind::FileTypeNotAccepted => (
            "The type of the file is not accepted",
            "Save the document as a type that the service takes, such as PDF. The content of the file decides, not its name.",
        ),
        Kind::FileDamaged => ("The file is damaged", "Open the document, save it again and send the new file."),
        Kind::FileHasMacros => ("The file has macros", "Save the document without macros, or as PDF."),
        Kind::FileEncrypted => (
            "The file is locked with a password",
            "Remove the password and send the file again. Messages are encrypted without it.",
        ),
        Kind::FileHasScripts => (
            "The PDF has scripts (JavaScript)",
            "Print the document to a new PDF and send that. The scripts do not come along.",
        ),
        Kind::FileStartsPrograms => {
            ("The PDF starts a program when it is opened or clicked", "Print the document to a new PDF and send that.")
        }
        Kind::FileHasPrograms => (
            "The file has a program inside",
            "Remove the program from the document, or print the document to a new PDF, and send that.",
        ),
        Kind::FileCarriesFiles => (
            "The PDF has attachments that are not accepted",
            "Take the attachments out of the PDF and send them as files of their own. PDF and Word files, pictures and plain text may be inside a PDF.",
        ),
        Kind::FileHasPlayer => (
            "The PDF has film, sound or something else that is played",
            "Print the document to a new PDF and send that.",
        ),
        Kind::FileHasDynamicForm => {
            ("The PDF is a dynamic form (XFA)", "Fill in the form, print it to a new PDF and send that.")
        }
        Kind::FileHasObjects => (
            "The document has objects of other programs",
            "Insert the objects as pictures, or save the document as PDF, and send that.",
        ),
        Kind::FileHasControls => {
            ("The document has controls (ActiveX)", "Remove the controls, or save the document as PDF, and send that.")
        }
        Kind::FileHasDataLinks => (
            "The document fetches data from other programs",
            "Turn the fields into plain text, or save the document as PDF, and send that.",
        ),
        Kind::FileFetchesContent => (
            "The document fetches content from elsewhere when it is opened",
            "Put pictures and other content into the document itself, detach the template, or save the document as PDF, and send that.",
        ),
        Kind::FileNotCheckable => {
            ("The file is made so that its content cannot be checked", "Print the document to a new PDF and send that.")
        }
        Kind::FileHasMalware => (
            "The file has malware",
            "Do not send the file. Check the computer it comes from, and ask whoever made the file for a new one.",
        ),
        Kind::ScannerUnavailable => (
            "Files cannot be checked for malware right now",
            "Send the file again in a while. Nothing has been stored.",
        ),
        Kind::FileEmpty => ("The file is empty", "Send the file with its content, or leave it out."),
        Kind::FileTooLarge => ("The file is too large", "A file has at most 30 MB. Make it smaller or split it."),
        Kind::TooManyFiles => {
            ("The message has too many files", "A message has at most 20 files. Join files or send several messages.")
        }
        Kind::MalformedMultipart => (
            "The body is not valid multipart",
            "Send a part named “message” with JSON and then a part for each file, separated as the “Content-Type” header says.",
        ),
        Kind::UploadNotReady => {
            ("The file has not been uploaded yet", "Upload the bytes of the file first, then send the request again.")
        }
        Kind::IdempotencyKeyMissing => (
            "The “Idempotency-Key” header is missing",
            "Send a key of its own for each message, such as a UUID, and the same one when you try again.",
        ),
        Kind::IdempotencyKeyInvalid => {
            ("“Idempotency-Key” has the wrong form", "Use 1 to 255 visible ASCII characters, such as a UUID.")
        }
        Kind::IdempotencyKeyReused => (
            "“Idempotency-Key” was used with another body",
            "Use a new key for a new body, or send exactly the same body again.",
        ),
        Kind::RequestInProgress => (
            "The same request is already running",
            "Wait as long as the “Retry-After” header says and send the same request again to get the answer.",
        ),
        Kind::SenderReferenceTaken => (
            "The service has used the sender reference before",
            "Look up the message that has the reference, or use a new one.",
        ),
        Kind::CursorInvalid => (
            "The cursor does not belong to this list",
            "Use “nextCursor” unchanged and with the same filters, or start again without a cursor.",
        ),
        Kind::RangeNotSatisfiable => (
            "The range lies outside the file",
            "Ask for a range within the size in the “Content-Range” header, or for the whole file.",
        ),
        Kind::RateLimited => {
            ("Too many requests", "Wait as long as the “Retry-After” header says, then send more slowly.")
        }
        Kind::KeysUnavailable => (
            "The token cannot be checked right now",
            "The keys of the token's issuer cannot be fetched. Wait and send the same request again.",
        ),
        Kind::Unavailable => (
            "The service is unavailable for the moment",
            "Nothing was done. Wait as long as the “Retry-After” header says and send the same request again.",
        ),
        Kind::OutcomeUnknown => (
            "It is not known whether this was done",
            "The database was lost while it was being stored. Wait as long as the “Retry-After” header says and send exactly the same again with the same “Idempotency-Key”: it is not done twice. Without a key, look first whether it was done.",
        ),
        Kind::RequestTimeout => (
            "The request came too slowly",
            "Send the same request again, over a faster connection or in smaller parts.",
        ),
        Kind::InternalError => (
            "Something went wrong on our side",
            "The fault has been logged. Give the value of “instance” when you report it.",
        ),
        Kind::AgreementOverlaps => (
            "The organisation has another agreement in the same period",
            "End the other agreement first, or choose a period that does not overlap.",
        ),
        Kind::UploadFilled => ("The upload has other content already", "Open another upload for the other file."),
        Kind::OrganisationExists => {
            ("The organisation is already registered", "Use the organisation that is registered under the number.")
        }
        Kind::ClientExists => {
            ("The client is already registered", "Use the registered client, or register another client id.")
        }
        Kind::RegisterUnavailable => (
            "The population register does not answer",
            "Wait as long as the “Retry-After” header says and send the same request again. Owners use their own mailboxes meanwhile.",
        ),
        Kind::ContactRegisterUnavailable => (
            "The contact and reservation register does not answer",
            "Wait as long as the “Retry-After” header says and send the same request again.",
        ),
        Kind::EmergencyLocked => ("You have locked your mailbox", "Open the lock first."),
        Kind::OnlyTheOwner => ("Only the owner can do this", "Ask the owner of the mailbox to do it."),
        Kind::ConfirmationBySameOperator => (
            "You have registered the power of attorney yourself",
            "Somebody else than who registered it has to confirm it.",
        ),
        Kind::PowerOfAttorneyConfirmed => {
            ("The power of attorney is confirmed already", "There is nothing more to do.")
        }
        Kind::ConfirmationDiffers => (
            "The form does not agree with what is registered",
            "Check the giver, the holder and the case number. Where the registration is wrong, end it and register anew.",
        ),
        Kind::TermsNotAccepted => (
            "The terms have not been accepted",
            "The owner of the mailbox must first accept the documents that “missing” in “GET /v1/me” names. “GET /v1/terms” tells which version is in force.",
        ),
        Kind::OnlyHealthPersonnel => ("Only health personnel can do this", "Ask the service that sent the message."),
        Kind::OnlyParents => {
            ("Only parents of a child of 12 to 15 can do this", "Ask somebody with parental responsibility to do it.")
        }
        Kind::PowerOfAttorneyUnavailable => {
            ("Powers of attorney are not available to you", "Contact the service directly instead.")
        }
        Kind::GiverUnavailable => {
            ("The giver cannot give a power of attorney", "Check the identity number. No reason is given.")
        }
        Kind::GiverTooYoung => {
            ("The giver is too young", "A giver is 16 or older; 12 or older where the power of attorney is assigned.")
        }
        Kind::GiverWithoutConsent => (
            "The giver has not consented to the service",
            "Register the consent with the form, or let the giver consent first.",
        ),
        Kind::HolderIsGiver => ("The power of attorney is to yourself", "Choose somebody else than the giver."),
        Kind::HolderTooYoung => {
            ("The person is too young to receive a power of attorney", "Choose somebody who is 18 or older.")
        }
        Kind::AreaUnknown => {
            ("There is no such service area", "Choose at least one of the areas that “GET /v1/service-areas” lists.")
        }
        Kind::PeriodEndsBeforeStart => {
            ("The period ends before it starts", "Let “validTo” be the same day as “validFrom” or a later one.")
        }
        Kind::PeriodOver => ("The period is over already", "Choose a last day that has not passed."),
        Kind::PeriodTooLong => (
            "The period is longer than five years",
            "Choose a last day within five years. It can be renewed before it ends.",
        ),
        Kind::PowerOfAttorneyOverlaps => {
            ("There is a power of attorney between the two already", "Change the one that there is, or end it first.")
        }
        Kind::FollowUpByExchange => (
            "The nightly exchange says who is responsible for the patient",
            "Name somebody else, or nobody, in the next exchange (PUT …/relationships).",
        ),
        Kind::PowerOfAttorneyAssigned => {
            ("The power of attorney was assigned, and cannot be changed here", "Apply for a new one by form.")
        }
        Kind::PowerOfAttorneyEnded => ("The power of attorney is over", "Give a new one."),
        Kind::PreconditionRequired => (
            "The change does not say which version it starts from",
            "Fetch what is to be changed, and send its “ETag” in the header “If-Match”.",
        ),
        Kind::VersionChanged => (
            "Somebody has changed this meanwhile",
            "Fetch it again, make the change there, and send it with the new “ETag”.",
        ),
        Kind::ServiceNotOpen => (
            "The service does not take this",
            "Write to a service that is open for it. The list of recipients shows which.",
        ),
        Kind::ServiceNotReceived => (
            "You do not receive this service",
            "Write to a service that you receive. The list of recipients shows which.",
        ),
        Kind::ServiceNotAvailable => (
            "The service cannot be used from here",
            "Contact the service in another way. A higher level of consent may open it.",
        ),
        Kind::LinkPending => {
            ("The link to the service is not ready yet", "Write again after the time in “activeFrom”.")
        }
        Kind::SubjectRefused => ("The service takes this on a form", "Use the form at the address in “form”."),
        Kind::LetterHasNoReply => ("A letter has no reply", "Write a new letter to the service in “serviceId”."),
        Kind::ConversationClosed => ("The conversation has ended", "Begin a new one with the service in “serviceId”."),
        Kind::RepliesNotTaken => {
            ("The service takes no replies", "Begin a new conversation with the service in “serviceId”.")
        }
        Kind::AlreadyArchived => ("The journal has archived this", "Correct it in the journal, or mark it anew."),
        Kind::NotWithdrawable => (
            "The message cannot be taken back",
            "It has been opened, has left the mailbox, or belongs to a conversation. Send a new message that corrects it.",
        ),
        Kind::AppointmentCancelled => (
            "The appointment has been cancelled",
            "Fetch it to see when and by whom. A new appointment gets a new “externalId”.",
        ),
        Kind::CancellationTooLate => {
            ("It is too late to cancel here", "Contact the service. The last moment is in “cancelBy”.")
        }
        Kind::AppointmentNotCancellable => {
            ("The appointment cannot be cancelled here", "Contact the service to cancel or move it.")
        }
        Kind::EventsExpired => (
            "Events after this number are no longer there",
            "They are older than events are kept, or the mailbox has been restored from a backup. Leave out “after” to begin \
             with the oldest event that is there, skip those whose id you know, and look up what you have missed.",
        ),
        Kind::MalformedXml => (
            "The body is not valid XML",
            "Correct the XML and send the request again, in UTF-8 and without a DOCTYPE and entities.",
        ),
        Kind::TooLongForPages => (
            "The conversation is too long for a PDF",
            "Ask for “application/json” or “application/xml” in “Accept”, or mark fewer messages at a time.",
        ),
        Kind::QuotaExceeded => (
            "A limit has been reached",
            "“limit” names it. Try again after the time in “Retry-After”, or when some of what counts is done or gone.",
        ),
        Kind::DpopNonceRequired => (
            "The DPoP proof lacks a valid nonce",
            "Make a new proof with the value of the “DPoP-Nonce” header as “nonce”, and send the request again.",
        ),
        Kind::NotAcceptable => (
            "The answer does not come in the form asked for",
            "Ask in “Accept” for one of the media types that the API description names for the operation.",
        ),
    };
    Text { title, fix }
}
