//! What is wrong with a field of a request. No message repeats what was sent.

use domain::consent::{DocumentVersion, DocumentVersionError};
use domain::contact_details::{EmailAddressError, MobileNumberError};
use domain::dialogue::PageAddressError;
use domain::form::{FormName, FormNameError};
use domain::identity::{NationalIdError, OrganisationNumberError};
use domain::text::TextError;
use strum::{EnumIter, IntoStaticStr};

use crate::text::{File, Message, Value};

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Violation {
    /// A JSON pointer into the body (RFC 6901), or `?name` for a parameter of the query.
    pub(crate) pointer: String,
    /// What is wrong.
    pub(crate) code: ViolationCode,
}

/// What can be wrong with a field.
// The words are part of the contract. Rename the variants as you like; never change what a word means.
#[derive(Clone, PartialEq, Eq, Debug, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub(crate) enum ViolationCode {
    /// It must be there.
    Required,
    /// It must not be there.
    UnknownField,
    /// Another JSON type is expected.
    WrongType,
    /// Nothing, or nothing but white space.
    Empty,
    /// A text over its limit, in characters.
    TooLong {
        /// The limit.
        max: usize,
    },
    /// A list over its limit.
    TooMany {
        /// The limit.
        max: usize,
    },
    /// Control characters where there may be none.
    ControlCharacters,
    /// Not an identity number.
    NotElevenDigits,
    /// A control digit that does not fit.
    ControlDigit,
    /// An identity number without a date.
    NoDate,
    /// An identity number of a series that this installation does not take.
    WrongSeries,
    /// Not an organisation number.
    NotNineDigits,
    /// Not one of a few words.
    NotAChoice {
        /// The words.
        choices: Vec<&'static str>,
    },
    /// Not a time.
    NotATime,
    /// A time that is not later than now, where only what is to come makes sense.
    InThePast,
    /// Not a date.
    NotADate,
    /// Not an id.
    NotAUuid,
    /// Not the version of a document.
    NotAVersion,
    /// Not a number between two limits, which are allowed themselves.
    OutOfRange {
        /// The least.
        min: i64,
        /// The greatest.
        max: i64,
    },
    /// A period that ends before it starts.
    EndsBeforeStart,
    /// None, or more than one, of several fields.
    ExactlyOneOf {
        /// The fields.
        fields: &'static [&'static str],
    },
    /// Given before.
    Duplicate,
    /// There is no such upload, or it is another sender's.
    UnknownUpload,
    /// In no register.
    NotRegistered,
    /// A message that would be shown to more than its service allows.
    WiderThanService,
    /// Shown to children without asking anybody, and to parents at the same time (CHI-10).
    NeverToParents,
    /// On paper, by a service that does not send on paper (CHI-14).
    TakesPaper,
    /// Not the address of a page over HTTPS.
    NotAPageAddress,
    /// Not an address that may be sent to.
    NotAReceiver,
    /// There is no such message here.
    UnknownMessage,
    /// The service has no such form in use.
    UnknownForm,
    /// The form has changed since it was filled in.
    FormChanged {
        /// The version in use.
        version: i32,
    },
    /// An answer breaks a rule of the form.
    AgainstForm {
        /// The rule, as a JSON pointer into the form's schema.
        rule: String,
    },
    /// Not a JSON Schema for an object.
    NotASchema,
    /// A reference of a schema that leads elsewhere, or back to itself.
    SchemaReference,
    /// A schema by which judging answers may take too long.
    SchemaTooCostly,
    /// Answers that, with this form, take too long to judge.
    AnswersTooCostly,
    /// More answers than a form takes.
    TooManyAnswers {
        /// The limit.
        max: usize,
    },
    /// Not the name of a form.
    NotAFormName,
    /// Not JSON.
    NotJson,
    /// Not the version of the document that is in force.
    NotInForce {
        /// The one that is.
        version: String,
    },
    /// Not a member of the service.
    NotAMember,
    /// The token lacks the scope that this takes.
    ScopeMissing {
        /// The scope's word in the token.
        scope: &'static str,
    },
    /// The thing is another citizen's.
    AnotherCitizens,
    /// The organisation has no such service.
    UnknownService,
    /// What the population register corrects (PP-9).
    AskPopulationRegister,
    /// What the service corrects that it came from (PP-9).
    AskService,
    /// Not an e-mail address.
    NotAnEmailAddress,
    /// Not the number of a mobile telephone.
    NotAMobileNumber,
    /// A mobile number of a country whose numbers are not taken.
    CountryNotTaken,
    /// Part of the API to come.
    NotSupportedYet,
}

impl ViolationCode {
    /// The word that programs read.
    #[must_use]
    pub(crate) fn as_word(&self) -> &'static str {
        self.into()
    }
}

/// The sentence that people read.
impl Message for ViolationCode {
    const FILE: File = File::Violations;

    fn id(&self) -> &'static str {
        self.as_word()
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        match self {
            Self::TooLong { max } | Self::TooMany { max } | Self::TooManyAnswers { max } => {
                vec![("max", (*max).into())]
            }
            Self::NotAFormName => vec![("max", FormName::MAX_CHARS.into())],
            Self::NotAVersion => vec![("max", DocumentVersion::MAX_CHARS.into())],
            Self::NotAChoice { choices } => vec![("choices", choices.join(", ").into())],
            // As words: a number of Fluent is exact to 2^53 alone.
            Self::OutOfRange { min, max } => vec![("min", min.to_string().into()), ("max", max.to_string().into())],
            Self::ExactlyOneOf { fields } => vec![("fields", fields.join(", ").into())],
            Self::FormChanged { version } => vec![("version", (*version).into())],
            Self::AgainstForm { rule } => vec![("rule", rule.clone().into())],
            Self::NotInForce { version } => vec![("version", version.clone().into())],
            Self::ScopeMissing { scope } => vec![("scope", (*scope).into())],
            Self::Required
            | Self::UnknownField
            | Self::WrongType
            | Self::Empty
            | Self::ControlCharacters
            | Self::NotElevenDigits
            | Self::ControlDigit
            | Self::NoDate
            | Self::WrongSeries
            | Self::NotNineDigits
            | Self::NotATime
            | Self::InThePast
            | Self::NotADate
            | Self::NotAUuid
            | Self::EndsBeforeStart
            | Self::Duplicate
            | Self::UnknownUpload
            | Self::NotRegistered
            | Self::WiderThanService
            | Self::NeverToParents
            | Self::TakesPaper
            | Self::NotAPageAddress
            | Self::NotAReceiver
            | Self::UnknownMessage
            | Self::UnknownForm
            | Self::NotASchema
            | Self::SchemaReference
            | Self::SchemaTooCostly
            | Self::AnswersTooCostly
            | Self::NotJson
            | Self::NotAMember
            | Self::AnotherCitizens
            | Self::UnknownService
            | Self::AskPopulationRegister
            | Self::AskService
            | Self::NotAnEmailAddress
            | Self::NotAMobileNumber
            | Self::CountryNotTaken
            | Self::NotSupportedYet => vec![],
        }
    }
}

impl From<PageAddressError> for ViolationCode {
    fn from(error: PageAddressError) -> Self {
        match error {
            PageAddressError::Text(error) => error.into(),
            PageAddressError::NotHttps => Self::NotAPageAddress,
        }
    }
}

impl From<FormNameError> for ViolationCode {
    fn from(FormNameError: FormNameError) -> Self {
        Self::NotAFormName
    }
}

impl From<EmailAddressError> for ViolationCode {
    fn from(error: EmailAddressError) -> Self {
        match error {
            EmailAddressError::Text(error) => error.into(),
            EmailAddressError::NotAnAddress => Self::NotAnEmailAddress,
        }
    }
}

impl From<MobileNumberError> for ViolationCode {
    fn from(error: MobileNumberError) -> Self {
        match error {
            MobileNumberError::NotANumber => Self::NotAMobileNumber,
            MobileNumberError::Country => Self::CountryNotTaken,
        }
    }
}

impl From<TextError> for ViolationCode {
    fn from(error: TextError) -> Self {
        match error {
            TextError::Empty => Self::Empty,
            TextError::TooLong { max_chars } => Self::TooLong { max: max_chars },
            TextError::ControlCharacters => Self::ControlCharacters,
        }
    }
}

impl From<NationalIdError> for ViolationCode {
    fn from(error: NationalIdError) -> Self {
        match error {
            NationalIdError::NotElevenDigits => Self::NotElevenDigits,
            NationalIdError::ControlDigit => Self::ControlDigit,
            NationalIdError::NoDate => Self::NoDate,
            NationalIdError::WrongSeries => Self::WrongSeries,
        }
    }
}

impl From<OrganisationNumberError> for ViolationCode {
    fn from(error: OrganisationNumberError) -> Self {
        match error {
            // A number with another register's prefix is not nine digits either.
            OrganisationNumberError::NotNineDigits | OrganisationNumberError::OtherRegister => Self::NotNineDigits,
            OrganisationNumberError::ControlDigit => Self::ControlDigit,
        }
    }
}

impl From<DocumentVersionError> for ViolationCode {
    fn from(DocumentVersionError: DocumentVersionError) -> Self {
        Self::NotAVersion
    }
}
