//! What each kind of problem is called and how it is mended, in Nynorsk.

use super::Text;
use crate::problem::ProblemKind as Kind;

pub(super) const fn text(kind: Kind) -> Text {
    let (title, fix) = match kind {
        Kind::MalformedJson => ("Innhaldet er ikkje gyldig JSON", "Rett feilen i JSON-teksten og send på nytt."),
        Kind::InvalidRequest => {
            ("Nokre felt er feil", "Rett alt som står i «errors», og send på nytt. Ingenting er lagra.")
        }
        Kind::MalformedRequest => (
            "Førespurnaden kan ikkje lesast",
            "Kontroller metode, hovud og innhald mot API-skildringa, og send på nytt.",
        ),
        Kind::UnsupportedMediaType => (
            "Innhaldet har ein type som ikkje blir teken imot",
            "Set «Content-Type» til ein type som API-skildringa nemner for operasjonen, og send innhaldet ukomprimert.",
        ),
        Kind::PayloadTooLarge => ("Innhaldet er for stort", "Send mindre om gongen. Grensene står i API-skildringa."),
        Kind::MalformedQuery => ("Spørjinga i adressa kan ikkje lesast", "Kod namn og verdiar som prosentkoda UTF-8."),
        Kind::TokenMissing => ("Tilgangstoken manglar", "Send eit tilgangstoken i hovudet «Authorization»."),
        Kind::TokenInvalid => (
            "Tilgangstokenet er ikkje gyldig",
            "Hent eit nytt token frå ein utferdar som tenesta godtek, med rett mottakar (audience).",
        ),
        Kind::TokenExpired => ("Tilgangstokenet har gått ut", "Hent eit nytt token og send på nytt."),
        Kind::DpopInvalid => (
            "DPoP-beviset er ikkje gyldig",
            "Lag eit nytt DPoP-bevis for nettopp denne førespurnaden, med nøkkelen som tokenet er bunde til.",
        ),
        Kind::AssuranceTooLow => ("Innlogginga er ikkje sikker nok", "Logg inn på tryggleiksnivå høgt."),
        Kind::WrongCaller => (
            "Operasjonen er for ein annan type brukar",
            "Bruk eit token av den typen som API-skildringa nemner for operasjonen.",
        ),
        Kind::PersonUnknown => {
            ("Personen finst ikkje i registeret", "Kontroller at personen er registrert i Folkeregisteret.")
        }
        Kind::NotFound => ("Finst ikkje", "Kontroller adressa og id-ane i henne."),
        Kind::MethodNotAllowed => ("Metoden kan ikkje brukast her", "Bruk ein av metodane i hovudet «Allow»."),
        Kind::ConsentRequired => (
            "Innboksen er ikkje opna",
            "Gi samtykke til tenesta på nivå Basis eller høgare. Berre eigaren kan gjere det.",
        ),
        Kind::TooYoung => {
            ("Eigaren er for ung til å bruke innboksen sjølv", "Innboksen blir opna for den unge ved 16 år.")
        }
        Kind::ScopeMissing => {
            ("Tokenet manglar eit scope", "Be om eit token med det scopet som API-skildringa nemner for operasjonen.")
        }
        Kind::HprNumberMissing => (
            "Innlogginga manglar HPR-nummer",
            "Logg inn slik at HPR-nummeret følgjer med, eller få tenesta sett opp for tilsette utan HPR-nummer.",
        ),
        Kind::ClientNotRegistered => (
            "Systemet er ikkje registrert for verksemda",
            "Be verksemda få klient-id-en til systemet registrert hos driftsansvarleg.",
        ),
        Kind::OrganisationEnded => {
            ("Verksemda bruker ikkje postkassa lenger", "Kontakt den som driftar postkassa, dersom det er feil.")
        }
        Kind::OrganisationIsPlatform => {
            ("Den eigne verksemda til postkassa kan ikkje avsluttast", "Vel ei anna verksemd.")
        }
        Kind::AgreementMissing => (
            "Verksemda har ingen gjeldande databehandlaravtale",
            "Inngå ein databehandlaravtale, og be driftsansvarleg registrere han.",
        ),
        Kind::RecipientUnknown => (
            "Mottakaren er ukjend",
            "Kontroller identitetsnummeret eller postboks-id-en, eller send på ein annan måte.",
        ),
        Kind::RecipientCannotReceive => (
            "Mottakaren kan ikkje få digital post",
            "Send ikkje digitalt til denne mottakaren. Kontroller opplysningane i Folkeregisteret.",
        ),
        Kind::InboxNotOpen => {
            ("Mottakaren har ikkje opna innboksen for denne tenesta", "Send meldinga på ein annan måte.")
        }
        Kind::RecipientReserved => (
            "Mottakaren har reservert seg mot digital kommunikasjon",
            "Send på papir, eller la tenesta sende på papir herifrå.",
        ),
        Kind::RecipientIsEmployee => (
            "Mottakaren er ein namngitt tilsett",
            "Send til ei teneste eller ein innbyggjar, aldri til ein namngitt tilsett.",
        ),
        Kind::FileTypeNotAccepted => (
            "Filtypen blir ikkje teken imot",
            "Lagre dokumentet som ein av filtypane som tenesta tek imot, til dømes PDF. Innhaldet i fila avgjer, ikkje namnet.",
        ),
        Kind::FileDamaged => ("Fila er skadd", "Opne dokumentet, lagre det på nytt og send den nye fila."),
        Kind::FileHasMacros => ("Fila har makroar", "Lagre dokumentet utan makroar, eller som PDF."),
        Kind::FileEncrypted => {
            ("Fila er låst med passord", "Fjern passordet og send fila på nytt. Meldingar er krypterte utan det.")
        }
        Kind::FileHasScripts => (
            "PDF-en inneheld skript (JavaScript)",
            "Skriv dokumentet ut til ein ny PDF, og send han. Då følgjer ikkje skripta med.",
        ),
        Kind::FileStartsPrograms => (
            "PDF-en startar eit program når han blir opna eller når nokon klikkar i han",
            "Skriv dokumentet ut til ein ny PDF, og send han.",
        ),
        Kind::FileHasPrograms => (
            "Fila har eit program inni seg",
            "Fjern programmet frå dokumentet, eller skriv dokumentet ut til ein ny PDF, og send han.",
        ),
        Kind::FileCarriesFiles => (
            "PDF-en har vedlegg som ikkje blir tekne imot",
            "Ta vedlegga ut av PDF-en, og send dei som eigne filer. PDF- og Word-filer, bilete og rein tekst kan liggje i ein PDF.",
        ),
        Kind::FileHasPlayer => (
            "PDF-en inneheld film, lyd eller anna som blir spela av",
            "Skriv dokumentet ut til ein ny PDF, og send han.",
        ),
        Kind::FileHasDynamicForm => {
            ("PDF-en er eit dynamisk skjema (XFA)", "Fyll ut skjemaet, skriv det ut til ein ny PDF, og send han.")
        }
        Kind::FileHasObjects => (
            "Dokumentet inneheld objekt frå andre program",
            "Set inn objekta som bilete, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileHasControls => (
            "Dokumentet inneheld kontrollar (ActiveX)",
            "Fjern kontrollane, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileHasDataLinks => (
            "Dokumentet hentar data frå andre program",
            "Gjer felta om til vanleg tekst, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileFetchesContent => (
            "Dokumentet hentar innhald frå andre stader når det blir opna",
            "Set bilete og anna innhald inn i sjølve dokumentet, kople frå malen, eller lagre dokumentet som PDF, og send det.",
        ),
        Kind::FileNotCheckable => (
            "Fila er laga slik at innhaldet ikkje kan kontrollerast",
            "Skriv dokumentet ut til ein ny PDF, og send han.",
        ),
        Kind::FileHasMalware => (
            "Fila inneheld skadevare",
            "Ikkje send fila. Kontroller maskina ho kjem frå, og be om ei ny fil frå den som laga ho.",
        ),
        Kind::ScannerUnavailable => {
            ("Filer kan ikkje kontrollerast for skadevare akkurat no", "Send fila på nytt om litt. Ingenting er lagra.")
        }
        Kind::FileEmpty => ("Fila er tom", "Send fila med innhald, eller lat henne vere."),
        Kind::FileTooLarge => ("Fila er for stor", "Ei fil kan vere høgst 30 MB. Gjer henne mindre eller del henne."),
        Kind::TooManyFiles => (
            "Meldinga har for mange filer",
            "Ei melding har høgst 20 filer. Slå saman filer eller send fleire meldingar.",
        ),
        Kind::MalformedMultipart => (
            "Innhaldet er ikkje gyldig multipart",
            "Send ein del «message» med JSON og deretter ein del for kvar fil, skilde slik hovudet «Content-Type» seier.",
        ),
        Kind::UploadNotReady => {
            ("Fila er ikkje lasta opp enno", "Last opp innhaldet i fila først, og send deretter på nytt.")
        }
        Kind::IdempotencyKeyMissing => (
            "Hovudet «Idempotency-Key» manglar",
            "Send ein eigen nøkkel for kvar melding, til dømes ein UUID, og den same når du prøver på nytt.",
        ),
        Kind::IdempotencyKeyInvalid => {
            ("«Idempotency-Key» har feil form", "Bruk 1 til 255 synlege ASCII-teikn, til dømes ein UUID.")
        }
        Kind::IdempotencyKeyReused => (
            "«Idempotency-Key» er brukt med eit anna innhald",
            "Bruk ein ny nøkkel for eit nytt innhald, eller send nøyaktig det same på nytt.",
        ),
        Kind::RequestInProgress => (
            "Den same førespurnaden er alt under behandling",
            "Vent så lenge hovudet «Retry-After» seier, og send det same på nytt for å få svaret.",
        ),
        Kind::SenderReferenceTaken => {
            ("Referansen er alt brukt av tenesta", "Slå opp meldinga som har referansen, eller bruk ein ny referanse.")
        }
        Kind::CursorInvalid => (
            "Markøren høyrer ikkje til denne lista",
            "Bruk «nextCursor» uendra, med dei same filtra, eller byrja på nytt utan markør.",
        ),
        Kind::RangeNotSatisfiable => (
            "Utsnittet ligg utanfor fila",
            "Be om eit utsnitt innanfor storleiken i hovudet «Content-Range», eller om heile fila.",
        ),
        Kind::RateLimited => {
            ("For mange førespurnader", "Vent så lenge hovudet «Retry-After» seier, og send deretter saktare.")
        }
        Kind::KeysUnavailable => (
            "Tokenet kan ikkje kontrollerast akkurat no",
            "Nøklane til den som utferda tokenet, kan ikkje hentast. Vent og send det same på nytt.",
        ),
        Kind::Unavailable => (
            "Tenesta er utilgjengeleg for augneblinken",
            "Ingenting vart utført. Vent så lenge hovudet «Retry-After» seier, og send det same på nytt.",
        ),
        Kind::OutcomeUnknown => (
            "Det er uvisst om dette vart utført",
            "Databasen fall ut medan det vart lagra. Vent så lenge hovudet «Retry-After» seier, og send nøyaktig det same på nytt med same «Idempotency-Key»: det blir ikkje utført to gonger. Utan nøkkel: sjå først etter om det er utført.",
        ),
        Kind::RequestTimeout => {
            ("Førespurnaden kom for sakte", "Send det same på nytt, over eit raskare samband eller i mindre delar.")
        }
        Kind::InternalError => {
            ("Noko gjekk gale hos oss", "Feilen er logga. Oppgi verdien i «instance» når du melder han.")
        }
        Kind::AgreementOverlaps => (
            "Verksemda har ein annan avtale i same tidsrom",
            "Avslutt den andre avtalen først, eller vel eit tidsrom som ikkje overlappar.",
        ),
        Kind::UploadFilled => {
            ("Opplastinga har allereie eit anna innhald", "Opprett ei ny opplasting for den andre fila.")
        }
        Kind::OrganisationExists => {
            ("Verksemda er alt registrert", "Bruk verksemda som er registrert med organisasjonsnummeret.")
        }
        Kind::ClientExists => {
            ("Klienten er alt registrert", "Bruk den registrerte klienten, eller registrer ein annan klient-id.")
        }
        Kind::RegisterUnavailable => (
            "Folkeregisteret svarar ikkje",
            "Vent så lenge som «Retry-After» seier, og send den same førespurnaden på nytt. Eigaren bruker eiga postkasse så lenge.",
        ),
        Kind::ContactRegisterUnavailable => (
            "Kontakt- og reservasjonsregisteret svarar ikkje",
            "Vent så lenge som «Retry-After» seier, og send den same førespurnaden på nytt.",
        ),
        Kind::EmergencyLocked => ("Du har sperra postkassa di", "Opphev sperra først."),
        Kind::OnlyTheOwner => ("Berre eigaren kan gjere dette", "Be eigaren av postkassa om å gjere det."),
        Kind::ConfirmationBySameOperator => {
            ("Du har registrert fullmakta sjølv", "Ein annan enn den som registrerte fullmakta, må stadfeste ho.")
        }
        Kind::PowerOfAttorneyConfirmed => ("Fullmakta er alt stadfesta", "Du treng ikkje gjere noko meir."),
        Kind::ConfirmationDiffers => (
            "Skjemaet stemmer ikkje med det som er registrert",
            "Kontroller fullmaktsgivar, fullmektig og saksnummer. Er registreringa feil, avslutt ho og registrer på nytt.",
        ),
        Kind::TermsNotAccepted => (
            "Vilkåra er ikkje godtekne",
            "Eigaren av postkassa må først godta vilkåra som «missing» i «GET /v1/me» nemner. Kva versjon som gjeld, står i «GET /v1/terms».",
        ),
        Kind::OnlyHealthPersonnel => ("Berre helsepersonell kan gjere dette", "Spør tenesta som sende meldinga."),
        Kind::OnlyParents => (
            "Berre foreldre til barn frå 12 til 15 år kan gjere dette",
            "Be ein som har foreldreansvar, om å gjere det.",
        ),
        Kind::PowerOfAttorneyUnavailable => {
            ("Fullmakt er ikkje tilgjengeleg for deg", "Ta kontakt direkte med tenesta i staden.")
        }
        Kind::GiverUnavailable => {
            ("Fullmaktsgivaren kan ikkje gi fullmakt", "Kontroller fødselsnummeret. Årsaka blir ikkje oppgitt.")
        }
        Kind::GiverTooYoung => (
            "Fullmaktsgivaren er for ung",
            "Den som gir fullmakt, må ha fylt 16 år, eller 12 år når fullmakta blir tildelt.",
        ),
        Kind::GiverWithoutConsent => (
            "Fullmaktsgivaren har ikkje samtykt til tenesta",
            "Registrer samtykket saman med skjemaet, eller la fullmaktsgivaren samtykke først.",
        ),
        Kind::HolderIsGiver => ("Fullmakta er til deg sjølv", "Vel ein annan enn fullmaktsgivaren."),
        Kind::HolderTooYoung => ("Personen er for ung til å få fullmakt", "Vel ein som har fylt 18 år."),
        Kind::AreaUnknown => {
            ("Tenesteområdet finst ikkje", "Vel minst eitt av områda som «GET /v1/service-areas» viser.")
        }
        Kind::PeriodEndsBeforeStart => {
            ("Perioden sluttar før han byrjar", "La «validTo» vere same dag som «validFrom» eller seinare.")
        }
        Kind::PeriodOver => ("Perioden er alt over", "Vel ein siste dag som ikkje er passert."),
        Kind::PeriodTooLong => {
            ("Perioden er lengre enn fem år", "Vel ein siste dag innan fem år. Fullmakta kan fornyast før ho går ut.")
        }
        Kind::PowerOfAttorneyOverlaps => {
            ("Det finst alt ei fullmakt mellom dei to", "Endre den som finst, eller avslutt henne først.")
        }
        Kind::FollowUpByExchange => (
            "Kven som har ansvaret for pasienten, kjem frå den nattlege utvekslinga",
            "Oppgi ein annan, eller ingen, i neste utveksling (PUT …/relationships).",
        ),
        Kind::PowerOfAttorneyAssigned => ("Fullmakta er tildelt, og kan ikkje endrast her", "Søk om ei ny på skjema."),
        Kind::PowerOfAttorneyEnded => ("Fullmakta er avslutta", "Gi ei ny."),
        Kind::PreconditionRequired => (
            "Endringa seier ikkje kva versjon ho byggjer på",
            "Hent det som skal endrast, og send «ETag» derifrå i hovudet «If-Match».",
        ),
        Kind::VersionChanged => (
            "Nokon har endra dette i mellomtida",
            "Hent det på nytt, gjer endringa der, og send igjen med den nye «ETag».",
        ),
        Kind::ServiceNotOpen => (
            "Tenesta tek ikkje imot dette",
            "Skriv til ei teneste som er open for det. Lista over mottakarar viser kva for nokre.",
        ),
        Kind::ServiceNotReceived => (
            "Du får ikkje denne tenesta",
            "Skriv til ei teneste som du får. Lista over mottakarar viser kva for nokre.",
        ),
        Kind::ServiceNotAvailable => (
            "Tenesta kan ikkje brukast herifrå",
            "Ta kontakt med tenesta på ein annan måte. Eit høgare samtykkenivå kan opne ho.",
        ),
        Kind::LinkPending => {
            ("Koplinga til tenesta er ikkje klar enno", "Skriv igjen etter tidspunktet i «activeFrom».")
        }
        Kind::SubjectRefused => ("Tenesta tek dette på skjema", "Bruk skjemaet på adressa i «form»."),
        Kind::LetterHasNoReply => ("Eit brev kan ikkje svarast på", "Skriv eit nytt brev til tenesta i «serviceId»."),
        Kind::ConversationClosed => ("Samtalen er avslutta", "Start ein ny samtale med tenesta i «serviceId»."),
        Kind::RepliesNotTaken => ("Tenesta tek ikkje imot svar", "Start ein ny samtale med tenesta i «serviceId»."),
        Kind::AlreadyArchived => ("Journalen har arkivert dette", "Rett det i journalen, eller merk det på nytt."),
        Kind::NotWithdrawable => (
            "Meldinga kan ikkje trekkjast tilbake",
            "Ho er opna, har forlate postkassa, eller høyrer til ein samtale. Send ei ny melding som rettar henne.",
        ),
        Kind::AppointmentCancelled => {
            ("Avtalen er avlyst", "Hent avtalen for å sjå når og av kven. Ein ny avtale får ein ny «externalId».")
        }
        Kind::CancellationTooLate => {
            ("Det er for seint å avlyse her", "Ta kontakt med tenesta. Fristen står i «cancelBy».")
        }
        Kind::AppointmentNotCancellable => {
            ("Avtalen kan ikkje avlysast her", "Ta kontakt med tenesta for å avlyse eller endre han.")
        }
        Kind::EventsExpired => (
            "Hendingar etter dette nummeret finst ikkje lenger",
            "Dei er eldre enn hendingar blir lagra, eller postkassa er oppretta att frå ein tryggingskopi. La vere å oppgje «after» \
             for å byrje med den eldste hendinga som finst, hopp over dei du kjenner id-en til, og slå opp det du har gått glipp av.",
        ),
        Kind::MalformedXml => {
            ("Innhaldet er ikkje gyldig XML", "Rett XML-en og send på nytt, i UTF-8 og utan DOCTYPE og entitetar.")
        }
        Kind::TooLongForPages => (
            "Samtalen er for lang til å bli ein PDF",
            "Be om «application/json» eller «application/xml» i «Accept», eller merk færre meldingar om gongen.",
        ),
        Kind::QuotaExceeded => (
            "Ei grense er nådd",
            "Grensa står i «limit». Prøv igjen etter tida i «Retry-After», eller når noko av det som tel med, er ferdig eller borte.",
        ),
        Kind::DpopNonceRequired => (
            "DPoP-beviset manglar ein gyldig nonce",
            "Lag eit nytt bevis med verdien frå hovudet «DPoP-Nonce» i «nonce», og send på nytt.",
        ),
        Kind::NotAcceptable => (
            "Svaret finst ikkje i den ønskte forma",
            "Be om ein av medietypane som API-skildringa nemner for operasjonen, i «Accept».",
        ),
    };
    Text { title, fix }
}
