//! What each kind of problem is called and how it is mended, in Bokmål.

use super::Text;
use crate::problem::ProblemKind as Kind;

pub(super) const fn text(kind: Kind) -> Text {
    let (title, fix) = match kind {
        Kind::MalformedJson => ("Innholdet er ikke gyldig JSON", "Rett feilen i JSON-teksten og send på nytt."),
        Kind::InvalidRequest => {
            ("Noen felter er feil", "Rett alt som står i «errors», og send på nytt. Ingenting er lagret.")
        }
        Kind::MalformedRequest => (
            "Forespørselen kan ikke leses",
            "Kontroller metode, hoder og innhold mot API-beskrivelsen, og send på nytt.",
        ),
        Kind::UnsupportedMediaType => (
            "Innholdet har en type som ikke tas imot",
            "Sett «Content-Type» til en type som API-beskrivelsen nevner for operasjonen, og send innholdet ukomprimert.",
        ),
        Kind::PayloadTooLarge => ("Innholdet er for stort", "Send mindre om gangen. Grensene står i API-beskrivelsen."),
        Kind::MalformedQuery => ("Spørringen i adressen kan ikke leses", "Kod navn og verdier som prosentkodet UTF-8."),
        Kind::TokenMissing => ("Tilgangstoken mangler", "Send et tilgangstoken i hodet «Authorization»."),
        Kind::TokenInvalid => (
            "Tilgangstokenet er ikke gyldig",
            "Hent et nytt token fra en utsteder som tjenesten godtar, med riktig mottaker (audience).",
        ),
        Kind::TokenExpired => ("Tilgangstokenet er utløpt", "Hent et nytt token og send på nytt."),
        Kind::DpopInvalid => (
            "DPoP-beviset er ikke gyldig",
            "Lag et nytt DPoP-bevis for nettopp denne forespørselen, med nøkkelen som tokenet er bundet til.",
        ),
        Kind::AssuranceTooLow => ("Innloggingen er ikke sikker nok", "Logg inn på sikkerhetsnivå høyt."),
        Kind::WrongCaller => (
            "Operasjonen er for en annen type bruker",
            "Bruk et token av den typen som API-beskrivelsen nevner for operasjonen.",
        ),
        Kind::PersonUnknown => {
            ("Personen finnes ikke i registeret", "Kontroller at personen er registrert i Folkeregisteret.")
        }
        Kind::NotFound => ("Finnes ikke", "Kontroller adressen og id-ene i den."),
        Kind::MethodNotAllowed => ("Metoden kan ikke brukes her", "Bruk en av metodene i hodet «Allow»."),
        Kind::ConsentRequired => (
            "Innboksen er ikke åpnet",
            "Gi samtykke til tjenesten på nivå Basis eller høyere. Bare eieren kan gjøre det.",
        ),
        Kind::TooYoung => ("Eieren er for ung til å bruke innboksen selv", "Innboksen åpnes for den unge ved 16 år."),
        Kind::ScopeMissing => {
            ("Tokenet mangler et scope", "Be om et token med det scopet som API-beskrivelsen nevner for operasjonen.")
        }
        Kind::HprNumberMissing => (
            "Innloggingen mangler HPR-nummer",
            "Logg inn slik at HPR-nummeret følger med, eller få tjenesten satt opp for ansatte uten HPR-nummer.",
        ),
        Kind::ClientNotRegistered => (
            "Systemet er ikke registrert for virksomheten",
            "Be virksomheten få systemets klient-id registrert hos driftsansvarlig.",
        ),
        Kind::OrganisationEnded => {
            ("Virksomheten bruker ikke postkassen lenger", "Kontakt den som drifter postkassen, hvis det er feil.")
        }
        Kind::OrganisationIsPlatform => ("Postkassens egen virksomhet kan ikke avsluttes", "Velg en annen virksomhet."),
        Kind::AgreementMissing => (
            "Virksomheten har ingen gjeldende databehandleravtale",
            "Inngå en databehandleravtale, og be driftsansvarlig registrere den.",
        ),
        Kind::RecipientUnknown => {
            ("Mottakeren er ukjent", "Kontroller identitetsnummeret eller postboks-id-en, eller send på en annen måte.")
        }
        Kind::RecipientCannotReceive => (
            "Mottakeren kan ikke få digital post",
            "Send ikke digitalt til denne mottakeren. Kontroller opplysningene i Folkeregisteret.",
        ),
        Kind::InboxNotOpen => {
            ("Mottakeren har ikke åpnet innboksen for denne tjenesten", "Send meldingen på en annen måte.")
        }
        Kind::RecipientReserved => (
            "Mottakeren har reservert seg mot digital kommunikasjon",
            "Send på papir, eller la tjenesten sende på papir herfra.",
        ),
        Kind::RecipientIsEmployee => (
            "Mottakeren er en navngitt ansatt",
            "Send til en tjeneste eller en innbygger, aldri til en navngitt ansatt.",
        ),
        Kind::FileTypeNotAccepted => (
            "Filtypen tas ikke imot",
            "Lagre dokumentet som en av filtypene som tjenesten tar imot, for eksempel PDF. Filens innhold avgjør, ikke navnet.",
        ),
        Kind::FileDamaged => ("Filen er skadet", "Åpne dokumentet, lagre det på nytt og send den nye filen."),
        Kind::FileHasMacros => ("Filen har makroer", "Lagre dokumentet uten makroer, eller som PDF."),
        Kind::FileEncrypted => {
            ("Filen er låst med passord", "Fjern passordet og send filen på nytt. Meldinger er kryptert uten det.")
        }
        Kind::FileHasScripts => (
            "PDF-en inneholder skript (JavaScript)",
            "Skriv dokumentet ut til en ny PDF, og send den. Da følger skriptene ikke med.",
        ),
        Kind::FileStartsPrograms => (
            "PDF-en starter et program når den åpnes eller når noen klikker i den",
            "Skriv dokumentet ut til en ny PDF, og send den.",
        ),
        Kind::FileHasPrograms => (
            "Filen har et program inni seg",
            "Fjern programmet fra dokumentet, eller skriv dokumentet ut til en ny PDF, og send den.",
        ),
        Kind::FileCarriesFiles => (
            "PDF-en har vedlegg som ikke tas imot",
            "Ta vedleggene ut av PDF-en, og send dem som egne filer. PDF- og Word-filer, bilder og ren tekst kan ligge i en PDF.",
        ),
        Kind::FileHasPlayer => (
            "PDF-en inneholder film, lyd eller annet som spilles av",
            "Skriv dokumentet ut til en ny PDF, og send den.",
        ),
        Kind::FileHasDynamicForm => {
            ("PDF-en er et dynamisk skjema (XFA)", "Fyll ut skjemaet, skriv det ut til en ny PDF, og send den.")
        }
        Kind::FileHasObjects => (
            "Dokumentet inneholder objekter fra andre programmer",
            "Sett inn objektene som bilder, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileHasControls => (
            "Dokumentet inneholder kontroller (ActiveX)",
            "Fjern kontrollene, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileHasDataLinks => (
            "Dokumentet henter data fra andre programmer",
            "Gjør feltene om til vanlig tekst, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileFetchesContent => (
            "Dokumentet henter innhold fra andre steder når det åpnes",
            "Sett bilder og annet innhold inn i selve dokumentet, koble fra malen, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileNotCheckable => (
            "Filen er laget slik at innholdet ikke kan kontrolleres",
            "Skriv dokumentet ut til en ny PDF, og send den.",
        ),
        Kind::FileHasMalware => (
            "Filen inneholder skadevare",
            "Ikke send filen. Kontroller maskinen den kommer fra, og be om en ny fil fra den som laget den.",
        ),
        Kind::ScannerUnavailable => {
            ("Filer kan ikke kontrolleres for skadevare akkurat nå", "Send filen på nytt om litt. Ingenting er lagret.")
        }
        Kind::FileEmpty => ("Filen er tom", "Send filen med innhold, eller la den være."),
        Kind::FileTooLarge => ("Filen er for stor", "En fil kan være høyst 30 MB. Gjør den mindre eller del den."),
        Kind::TooManyFiles => (
            "Meldingen har for mange filer",
            "En melding har høyst 20 filer. Slå sammen filer eller send flere meldinger.",
        ),
        Kind::MalformedMultipart => (
            "Innholdet er ikke gyldig multipart",
            "Send en del «message» med JSON og deretter en del for hver fil, atskilt slik hodet «Content-Type» sier.",
        ),
        Kind::UploadNotReady => {
            ("Filen er ikke lastet opp ennå", "Last opp filens innhold først, og send deretter på nytt.")
        }
        Kind::IdempotencyKeyMissing => (
            "Hodet «Idempotency-Key» mangler",
            "Send en egen nøkkel for hver melding, for eksempel en UUID, og den samme når du prøver på nytt.",
        ),
        Kind::IdempotencyKeyInvalid => {
            ("«Idempotency-Key» har feil form", "Bruk 1 til 255 synlige ASCII-tegn, for eksempel en UUID.")
        }
        Kind::IdempotencyKeyReused => (
            "«Idempotency-Key» er brukt med et annet innhold",
            "Bruk en ny nøkkel for et nytt innhold, eller send nøyaktig det samme på nytt.",
        ),
        Kind::RequestInProgress => (
            "Den samme forespørselen behandles allerede",
            "Vent så lenge hodet «Retry-After» sier, og send det samme på nytt for å få svaret.",
        ),
        Kind::SenderReferenceTaken => (
            "Referansen er allerede brukt av tjenesten",
            "Slå opp meldingen som har referansen, eller bruk en ny referanse.",
        ),
        Kind::CursorInvalid => (
            "Markøren hører ikke til denne listen",
            "Bruk «nextCursor» uendret, med de samme filtrene, eller begynn forfra uten markør.",
        ),
        Kind::RangeNotSatisfiable => (
            "Utsnittet ligger utenfor filen",
            "Be om et utsnitt innenfor størrelsen i hodet «Content-Range», eller om hele filen.",
        ),
        Kind::RateLimited => {
            ("For mange forespørsler", "Vent så lenge hodet «Retry-After» sier, og send deretter saktere.")
        }
        Kind::KeysUnavailable => (
            "Tokenet kan ikke kontrolleres akkurat nå",
            "Nøklene til den som utstedte tokenet, kan ikke hentes. Vent og send det samme på nytt.",
        ),
        Kind::Unavailable => (
            "Tjenesten er utilgjengelig for øyeblikket",
            "Ingenting ble utført. Vent så lenge hodet «Retry-After» sier, og send det samme på nytt.",
        ),
        Kind::OutcomeUnknown => (
            "Det er uvisst om dette ble utført",
            "Databasen falt ut mens det ble lagret. Vent så lenge hodet «Retry-After» sier, og send nøyaktig det samme på nytt med samme «Idempotency-Key»: det blir ikke utført to ganger. Uten nøkkel: se først etter om det er utført.",
        ),
        Kind::RequestTimeout => (
            "Forespørselen kom for langsomt",
            "Send det samme på nytt, over en raskere forbindelse eller i mindre deler.",
        ),
        Kind::InternalError => {
            ("Noe gikk galt hos oss", "Feilen er logget. Oppgi verdien i «instance» når du melder den.")
        }
        Kind::AgreementOverlaps => (
            "Virksomheten har en annen avtale i samme tidsrom",
            "Avslutt den andre avtalen først, eller velg et tidsrom som ikke overlapper.",
        ),
        Kind::UploadFilled => {
            ("Opplastingen har allerede et annet innhold", "Opprett en ny opplasting for den andre filen.")
        }
        Kind::OrganisationExists => {
            ("Virksomheten er allerede registrert", "Bruk virksomheten som er registrert med organisasjonsnummeret.")
        }
        Kind::ClientExists => {
            ("Klienten er allerede registrert", "Bruk den registrerte klienten, eller registrer en annen klient-id.")
        }
        Kind::RegisterUnavailable => (
            "Folkeregisteret svarer ikke",
            "Vent så lenge som «Retry-After» sier, og send den samme forespørselen igjen. Eieren bruker egen postkasse så lenge.",
        ),
        Kind::ContactRegisterUnavailable => (
            "Kontakt- og reservasjonsregisteret svarer ikke",
            "Vent så lenge som «Retry-After» sier, og send den samme forespørselen igjen.",
        ),
        Kind::EmergencyLocked => ("Du har sperret postkassen din", "Opphev sperren først."),
        Kind::OnlyTheOwner => ("Bare eieren kan gjøre dette", "Be eieren av postkassen om å gjøre det."),
        Kind::ConfirmationBySameOperator => {
            ("Du har registrert fullmakten selv", "En annen enn den som registrerte fullmakten, må bekrefte den.")
        }
        Kind::PowerOfAttorneyConfirmed => ("Fullmakten er allerede bekreftet", "Du trenger ikke å gjøre noe mer."),
        Kind::ConfirmationDiffers => (
            "Skjemaet stemmer ikke med det som er registrert",
            "Kontroller fullmaktsgiver, fullmektig og saksnummer. Er registreringen feil, avslutt den og registrer på nytt.",
        ),
        Kind::TermsNotAccepted => (
            "Vilkårene er ikke godtatt",
            "Eieren av postkassen må først godta vilkårene som «missing» i «GET /v1/me» nevner. Hvilken versjon som gjelder, står i «GET /v1/terms».",
        ),
        Kind::OnlyHealthPersonnel => ("Bare helsepersonell kan gjøre dette", "Spør tjenesten som sendte meldingen."),
        Kind::OnlyParents => {
            ("Bare foreldre til barn fra 12 til 15 år kan gjøre dette", "Be en som har foreldreansvar, om å gjøre det.")
        }
        Kind::PowerOfAttorneyUnavailable => {
            ("Fullmakt er ikke tilgjengelig for deg", "Ta kontakt direkte med tjenesten i stedet.")
        }
        Kind::GiverUnavailable => {
            ("Fullmaktsgiveren kan ikke gi fullmakt", "Kontroller fødselsnummeret. Årsaken oppgis ikke.")
        }
        Kind::GiverTooYoung => (
            "Fullmaktsgiveren er for ung",
            "Den som gir fullmakt, må ha fylt 16 år, eller 12 år når fullmakten tildeles.",
        ),
        Kind::GiverWithoutConsent => (
            "Fullmaktsgiveren har ikke samtykket til tjenesten",
            "Registrer samtykket sammen med skjemaet, eller la fullmaktsgiveren samtykke først.",
        ),
        Kind::HolderIsGiver => ("Fullmakten er til deg selv", "Velg en annen enn fullmaktsgiveren."),
        Kind::HolderTooYoung => ("Personen er for ung til å få fullmakt", "Velg en som har fylt 18 år."),
        Kind::AreaUnknown => {
            ("Tjenesteområdet finnes ikke", "Velg minst ett av områdene som «GET /v1/service-areas» viser.")
        }
        Kind::PeriodEndsBeforeStart => {
            ("Perioden slutter før den begynner", "La «validTo» være samme dag som «validFrom» eller senere.")
        }
        Kind::PeriodOver => ("Perioden er allerede over", "Velg en siste dag som ikke er passert."),
        Kind::PeriodTooLong => (
            "Perioden er lengre enn fem år",
            "Velg en siste dag innen fem år. Fullmakten kan fornyes før den løper ut.",
        ),
        Kind::PowerOfAttorneyOverlaps => {
            ("Det finnes allerede en fullmakt mellom de to", "Endre den som finnes, eller avslutt den først.")
        }
        Kind::FollowUpByExchange => (
            "Hvem som har ansvaret for pasienten, kommer fra den nattlige utvekslingen",
            "Oppgi en annen, eller ingen, i neste utveksling (PUT …/relationships).",
        ),
        Kind::PowerOfAttorneyAssigned => ("Fullmakten er tildelt, og kan ikke endres her", "Søk om en ny på skjema."),
        Kind::PowerOfAttorneyEnded => ("Fullmakten er avsluttet", "Gi en ny."),
        Kind::PreconditionRequired => (
            "Endringen sier ikke hvilken versjon den bygger på",
            "Hent det som skal endres, og send «ETag» derfra i hodet «If-Match».",
        ),
        Kind::VersionChanged => (
            "Noen har endret dette i mellomtiden",
            "Hent det på nytt, gjør endringen der, og send igjen med den nye «ETag».",
        ),
        Kind::ServiceNotOpen => (
            "Tjenesten tar ikke imot dette",
            "Skriv til en tjeneste som er åpen for det. Listen over mottakere viser hvilke.",
        ),
        Kind::ServiceNotReceived => (
            "Du mottar ikke denne tjenesten",
            "Skriv til en tjeneste som du mottar. Listen over mottakere viser hvilke.",
        ),
        Kind::ServiceNotAvailable => (
            "Tjenesten kan ikke brukes herfra",
            "Ta kontakt med tjenesten på en annen måte. Et høyere samtykkenivå kan åpne den.",
        ),
        Kind::LinkPending => {
            ("Koblingen til tjenesten er ikke klar ennå", "Skriv igjen etter tidspunktet i «activeFrom».")
        }
        Kind::SubjectRefused => ("Tjenesten tar dette på skjema", "Bruk skjemaet på adressen i «form»."),
        Kind::LetterHasNoReply => ("Et brev kan ikke besvares", "Skriv et nytt brev til tjenesten i «serviceId»."),
        Kind::ConversationClosed => ("Samtalen er avsluttet", "Begynn en ny samtale med tjenesten i «serviceId»."),
        Kind::RepliesNotTaken => ("Tjenesten tar ikke imot svar", "Begynn en ny samtale med tjenesten i «serviceId»."),
        Kind::AlreadyArchived => ("Journalen har arkivert dette", "Rett det i journalen, eller merk det på nytt."),
        Kind::NotWithdrawable => (
            "Meldingen kan ikke trekkes tilbake",
            "Den er åpnet, har forlatt postkassen, eller hører til en samtale. Send en ny melding som retter den.",
        ),
        Kind::AppointmentCancelled => {
            ("Avtalen er avlyst", "Hent avtalen for å se når og av hvem. En ny avtale får en ny «externalId».")
        }
        Kind::CancellationTooLate => {
            ("Det er for sent å avlyse her", "Ta kontakt med tjenesten. Fristen står i «cancelBy».")
        }
        Kind::AppointmentNotCancellable => {
            ("Avtalen kan ikke avlyses her", "Ta kontakt med tjenesten for å avlyse eller endre den.")
        }
        Kind::EventsExpired => (
            "Hendelser etter dette nummeret finnes ikke lenger",
            "De er eldre enn hendelser blir lagret, eller postkassen er gjenopprettet fra en sikkerhetskopi. Utelat «after» for å \
             begynne med den eldste hendelsen som finnes, hopp over dem du kjenner id-en til, og slå opp det du har gått glipp av.",
        ),
        Kind::MalformedXml => {
            ("Innholdet er ikke gyldig XML", "Rett XML-en og send på nytt, i UTF-8 og uten DOCTYPE og entiteter.")
        }
        Kind::TooLongForPages => (
            "Samtalen er for lang til å bli en PDF",
            "Be om «application/json» eller «application/xml» i «Accept», eller merk færre meldinger om gangen.",
        ),
        Kind::QuotaExceeded => (
            "En grense er nådd",
            "Grensen står i «limit». Prøv igjen etter tiden i «Retry-After», eller når noe av det som teller med, er ferdig eller borte.",
        ),
        Kind::DpopNonceRequired => (
            "DPoP-beviset mangler en gyldig nonce",
            "Lag et nytt bevis med verdien fra hodet «DPoP-Nonce» i «nonce», og send på nytt.",
        ),
        Kind::NotAcceptable => (
            "Svaret finnes ikke i den ønskede formen",
            "Be om en av medietypene som API-beskrivelsen nevner for operasjonen, i «Accept».",
        ),
    };
    Text { title, fix }
}
