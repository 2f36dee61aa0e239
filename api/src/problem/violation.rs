//! What is wrong with a field of a request. No message repeats what was sent.

use domain::consent::{DocumentVersion, DocumentVersionError};
use domain::contact_details::{EmailAddressError, MobileNumberError};
use domain::dialogue::PageAddressError;
use domain::form::{FormName, FormNameError};
use domain::identity::{NationalIdError, OrganisationNumberError};
use domain::text::TextError;
use strum::{EnumIter, IntoStaticStr};

use crate::language::Language;

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

    /// The sentence that people read.
    #[must_use]
    pub(crate) fn message(&self, language: Language) -> String {
        let choose = |nb, nn, en| match language {
            Language::Bokmal => nb,
            Language::Nynorsk => nn,
            Language::English => en,
        };
        let fixed = |nb: &str, nn: &str, en: &str| match language {
            Language::Bokmal => nb.to_owned(),
            Language::Nynorsk => nn.to_owned(),
            Language::English => en.to_owned(),
        };
        match self {
            Self::Required => fixed("Feltet mangler.", "Feltet manglar.", "The field is missing."),
            Self::UnknownField => fixed("Feltet er ukjent.", "Feltet er ukjent.", "The field is not known."),
            Self::WrongType => {
                fixed("Verdien har feil type.", "Verdien har feil type.", "The value is of the wrong type.")
            }
            Self::Empty => fixed("Verdien er tom.", "Verdien er tom.", "The value is empty."),
            Self::TooLong { max } => choose(
                format!("Teksten er lengre enn {max} tegn."),
                format!("Teksten er lengre enn {max} teikn."),
                format!("The text is longer than {max} characters."),
            ),
            Self::TooMany { max } => choose(
                format!("Listen har flere enn {max}."),
                format!("Lista har fleire enn {max}."),
                format!("The list has more than {max}."),
            ),
            Self::ControlCharacters => {
                fixed("Teksten har kontrolltegn.", "Teksten har kontrollteikn.", "The text has control characters.")
            }
            Self::NotElevenDigits => fixed(
                "Et identitetsnummer har nøyaktig 11 sifre.",
                "Eit identitetsnummer har nøyaktig 11 siffer.",
                "An identity number has exactly 11 digits.",
            ),
            Self::ControlDigit => {
                fixed("Et kontrollsiffer er feil.", "Eit kontrollsiffer er feil.", "A control digit is wrong.")
            }
            Self::NoDate => fixed(
                "Identitetsnummeret begynner ikke med en dato.",
                "Identitetsnummeret byrjar ikkje med ein dato.",
                "The identity number does not start with a date.",
            ),
            Self::WrongSeries => fixed(
                "Denne installasjonen tar ikke imot identitetsnumre av denne serien.",
                "Denne installasjonen tek ikkje imot identitetsnummer av denne serien.",
                "This installation does not take identity numbers of this series.",
            ),
            Self::NotNineDigits => fixed(
                "Et organisasjonsnummer har nøyaktig 9 sifre.",
                "Eit organisasjonsnummer har nøyaktig 9 siffer.",
                "An organisation number has exactly 9 digits.",
            ),
            Self::NotAChoice { choices } => {
                let choices = choices.join(", ");
                choose(
                    format!("Verdien må være en av: {choices}."),
                    format!("Verdien må vere ein av: {choices}."),
                    format!("The value must be one of: {choices}."),
                )
            }
            Self::NotATime => fixed(
                "Et tidspunkt skrives slik: 2026-12-06T00:00:00Z.",
                "Eit tidspunkt blir skrive slik: 2026-12-06T00:00:00Z.",
                "A time is written like this: 2026-12-06T00:00:00Z.",
            ),
            Self::InThePast => {
                fixed("Tidspunktet er passert.", "Tidspunktet er passert.", "The time has passed already.")
            }
            Self::NotAPageAddress => fixed(
                "En adresse skrives slik: https://kommune.example/skjema.",
                "Ei adresse blir skriven slik: https://kommune.example/skjema.",
                "An address is written like this: https://kommune.example/skjema.",
            ),
            Self::NotAReceiver => fixed(
                "Adressen må være https på en port som tas imot (443), uten bruker og fragment, og åpen mot verden.",
                "Adressa må vere https på ein port som blir teken imot (443), utan brukar og fragment, og open mot verda.",
                "The address must be https at a port that is taken (443), without user and fragment, and open to the world.",
            ),
            Self::UnknownMessage => fixed(
                "Meldingen finnes ikke i samtalen.",
                "Meldinga finst ikkje i samtalen.",
                "There is no such message in the conversation.",
            ),
            Self::UnknownForm => fixed(
                "Tjenesten har ikke et slikt skjema i bruk.",
                "Tenesta har ikkje eit slikt skjema i bruk.",
                "The service has no such form in use.",
            ),
            Self::FormChanged { version } => choose(
                format!("Skjemaet er endret. Hent versjon {version}, og fyll ut den."),
                format!("Skjemaet er endra. Hent versjon {version}, og fyll ut den."),
                format!("The form has changed. Fetch version {version}, and fill in that."),
            ),
            Self::AgainstForm { rule } => choose(
                format!("Svaret bryter skjemaets regel {rule}."),
                format!("Svaret bryt skjemaet sin regel {rule}."),
                format!("The answer breaks the form's rule {rule}."),
            ),
            Self::NotASchema => fixed(
                "Dette er ikke JSON Schema 2020-12 for et objekt.",
                "Dette er ikkje JSON Schema 2020-12 for eit objekt.",
                "This is not JSON Schema 2020-12 for an object.",
            ),
            Self::SchemaReference => fixed(
                "En henvisning må føre til et sted i samme skjema (#/$defs/navn), og ikke tilbake til seg selv.",
                "Ei tilvising må føre til ein stad i same skjema (#/$defs/namn), og ikkje tilbake til seg sjølv.",
                "A reference must lead to a place of the same schema (#/$defs/name), and not back to itself.",
            ),
            Self::SchemaTooCostly => fixed(
                "Det tar for lang tid å kontrollere svar mot skjemaet. Bruk færre alternativer (anyOf, oneOf, not, if), færre \
                 og kortere mønstre, eller færre felt i lister.",
                "Det tek for lang tid å kontrollere svar mot skjemaet. Bruk færre alternativ (anyOf, oneOf, not, if), færre \
                 og kortare mønster, eller færre felt i lister.",
                "Judging answers by this schema takes too long. Use fewer alternatives (anyOf, oneOf, not, if), fewer and \
                 shorter patterns, or fewer fields in lists.",
            ),
            Self::AnswersTooCostly => fixed(
                "Svarene tar for lang tid å kontrollere. Skriv kortere svar. Hjelper ikke det, må tjenesten forenkle skjemaet.",
                "Svara tek for lang tid å kontrollere. Skriv kortare svar. Hjelper ikkje det, må tenesta forenkle skjemaet.",
                "The answers take too long to judge. Write shorter ones. If that does not help, the service has to simplify \
                 its form.",
            ),
            Self::TooManyAnswers { max } => choose(
                format!("Skjemaet har flere enn {max} svar."),
                format!("Skjemaet har fleire enn {max} svar."),
                format!("The form has more than {max} answers."),
            ),
            Self::NotAFormName => {
                let max = FormName::MAX_CHARS;
                choose(
                    format!("Et skjemanavn har 1 til {max} tegn: bokstaver fra a til z, sifre og «-»."),
                    format!("Eit skjemanamn har 1 til {max} teikn: bokstavar frå a til z, siffer og «-»."),
                    format!("A form's name has 1 to {max} characters: letters from a to z, digits and “-”."),
                )
            }
            Self::NotJson => fixed("Linjen er ikke JSON.", "Linja er ikkje JSON.", "The line is not JSON."),
            Self::NotInForce { version } => choose(
                format!("Versjonen som gjelder nå, er «{version}»."),
                format!("Versjonen som gjeld no, er «{version}»."),
                format!("The version in force is “{version}”."),
            ),
            Self::NotAMember => fixed(
                "Personen er ikke ansatt i tjenesten.",
                "Personen er ikkje tilsett i tenesta.",
                "The person is not a member of the service.",
            ),
            Self::ScopeMissing { scope } => choose(
                format!("Dette krever et token med scopet {scope}."),
                format!("Dette krev eit token med scopet {scope}."),
                format!("This takes a token with the scope {scope}."),
            ),
            Self::AnotherCitizens => fixed(
                "Dette gjelder en annen innbygger.",
                "Dette gjeld ein annan innbyggjar.",
                "This is another citizen's.",
            ),
            Self::UnknownService => fixed(
                "Virksomheten har ingen slik tjeneste.",
                "Verksemda har inga slik teneste.",
                "The organisation has no such service.",
            ),
            Self::AskPopulationRegister => fixed(
                "Dette rettes av Folkeregisteret. Meld fra til Skatteetaten.",
                "Dette blir retta av Folkeregisteret. Meld frå til Skatteetaten.",
                "The population register corrects this. Tell the tax administration, which keeps it.",
            ),
            Self::AskService => fixed(
                "Dette rettes av tjenesten som opplysningen kommer fra. Skriv til den.",
                "Dette blir retta av tenesta som opplysninga kjem frå. Skriv til ho.",
                "The service that this came from corrects it. Write to it.",
            ),
            Self::NotAnEmailAddress => fixed(
                "En e-postadresse skrives slik: kari@example.no.",
                "Ei e-postadresse blir skriven slik: kari@example.no.",
                "An e-mail address is written like this: kari@example.no.",
            ),
            Self::NotAMobileNumber => fixed(
                "Et mobilnummer skrives slik: +47 912 34 567.",
                "Eit mobilnummer blir skrive slik: +47 912 34 567.",
                "A mobile number is written like this: +47 912 34 567.",
            ),
            Self::CountryNotTaken => fixed(
                "Mobilnumre fra dette landet tas ikke imot her. Oppgi et norsk nummer, eller bare en e-postadresse.",
                "Mobilnummer frå dette landet blir ikkje tekne imot her. Oppgi eit norsk nummer, eller berre ei e-postadresse.",
                "Mobile numbers of this country are not taken here. Give a Norwegian one, or an e-mail address alone.",
            ),
            Self::NotADate => fixed(
                "En dato skrives slik: 2026-12-06.",
                "Ein dato blir skriven slik: 2026-12-06.",
                "A date is written like this: 2026-12-06.",
            ),
            Self::NotAUuid => fixed(
                "Verdien er ikke en id (UUID).",
                "Verdien er ikkje ein id (UUID).",
                "The value is not an id (UUID).",
            ),
            Self::NotAVersion => {
                let max = DocumentVersion::MAX_CHARS;
                choose(
                    format!("En versjon har 1 til {max} tegn: bokstaver fra a til z, sifre, «.», «-» og «_»."),
                    format!("Ein versjon har 1 til {max} teikn: bokstavar frå a til z, siffer, «.», «-» og «_»."),
                    format!("A version has 1 to {max} characters: letters from a to z, digits, “.”, “-” and “_”."),
                )
            }
            Self::OutOfRange { min, max } => choose(
                format!("Verdien må være et helt tall fra {min} til {max}."),
                format!("Verdien må vere eit heilt tal frå {min} til {max}."),
                format!("The value must be a whole number from {min} to {max}."),
            ),
            Self::EndsBeforeStart => {
                fixed("Slutten ligger før begynnelsen.", "Slutten ligg før byrjinga.", "The end lies before the start.")
            }
            Self::ExactlyOneOf { fields } => {
                let fields = fields.join(", ");
                choose(
                    format!("Oppgi nøyaktig ett av feltene: {fields}."),
                    format!("Oppgi nøyaktig eitt av felta: {fields}."),
                    format!("Give exactly one of the fields: {fields}."),
                )
            }
            Self::Duplicate => {
                fixed("Verdien er oppgitt før.", "Verdien er oppgitt før.", "The value has been given before.")
            }
            Self::UnknownUpload => fixed(
                "Det finnes ingen slik opplasting.",
                "Det finst inga slik opplasting.",
                "There is no such upload.",
            ),
            Self::NotRegistered => fixed(
                "Personen finnes ikke i registeret.",
                "Personen finst ikkje i registeret.",
                "The person is in no register.",
            ),
            Self::WiderThanService => fixed(
                "Synligheten er videre enn tjenesten tillater.",
                "Synlegheita er vidare enn tenesta tillèt.",
                "The visibility is wider than the service allows.",
            ),
            Self::NeverToParents => fixed(
                "Det barn ordner alene, vises aldri til foreldre.",
                "Det barn ordnar åleine, blir aldri vist til foreldre.",
                "What children arrange alone is never shown to parents.",
            ),
            Self::TakesPaper => fixed(
                "Innkallinger på papir krever at tjenesten sender på papir.",
                "Innkallingar på papir krev at tenesta sender på papir.",
                "Appointment letters on paper take that the service sends on paper.",
            ),
            Self::NotSupportedYet => {
                fixed("Dette støttes ikke ennå.", "Dette er ikkje støtta enno.", "This is not supported yet.")
            }
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
