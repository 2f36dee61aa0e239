//! What stands in documents beside what people wrote, in each language.

use domain::conversation::Author;
use domain::journal::JournalDocument;

use crate::language::Language;

/// The words of a journal document.
pub(super) struct Words {
    pub(super) title: &'static str,
    pub(super) kinds: [(&'static str, &'static str); 3],
    pub(super) service: &'static str,
    pub(super) controller: &'static str,
    pub(super) organisation_number: &'static str,
    pub(super) patient: &'static str,
    pub(super) national_id: &'static str,
    pub(super) subject: &'static str,
    pub(super) conversation: &'static str,
    pub(super) kind: &'static str,
    pub(super) marked_at: &'static str,
    pub(super) message_count: &'static str,
    pub(super) times: &'static str,
    pub(super) message: &'static str,
    pub(super) author: &'static str,
    pub(super) behalf: &'static str,
    pub(super) sent_at: &'static str,
    pub(super) opened_at: &'static str,
    pub(super) not_opened: &'static str,
    pub(super) nameless: &'static str,
    pub(super) relations: [(&'static str, &'static str); 7],
    pub(super) form: &'static str,
    pub(super) files: &'static str,
    pub(super) attached: &'static str,
    pub(super) listed: &'static str,
    pub(super) numbered: &'static str,
    pub(super) exact: &'static str,
    pub(super) footer: fn(usize, usize) -> String,
}

impl Words {
    pub(super) const fn of(language: Language) -> &'static Self {
        match language {
            Language::Bokmal => &BOKMAL,
            Language::Nynorsk => &NYNORSK,
            Language::English => &ENGLISH,
        }
    }

    /// Who wrote a message, and on whose behalf, where it was not their own.
    pub(super) fn author(&self, document: &JournalDocument, author: &Author) -> (String, Option<String>) {
        let Author { relation, person: _, name } = author;
        let service = document.service.service_name.as_str();
        let name = match (name, relation.as_str()) {
            (Some(name), _) => name,
            (None, "service") => service,
            (None, _) => self.nameless,
        };
        let behalf = match relation.as_str() {
            "self" => None,
            "staff" | "service" => Some(format!("{service}, {}", document.service.organisation_name.as_str())),
            _ => Some(document.patient_name.expose().to_owned()),
        };
        (format!("{name} ({})", told(&self.relations, relation)), behalf)
    }
}

/// What a word of ours is called; the word itself where it is a new one.
pub(super) fn told<'w>(words: &[(&'static str, &'static str)], word: &'w str) -> &'w str {
    words.iter().find(|(known, _)| *known == word).map_or(word, |(_, told)| told)
}

const BOKMAL: Words = Words {
    title: "Til pasientjournalen",
    kinds: [("dialogue", "Dialog"), ("letter", "Brev"), ("accessRequest", "Krav om innsyn")],
    service: "Tjeneste",
    controller: "Virksomhet",
    organisation_number: "org.nr.",
    patient: "Pasient",
    national_id: "Fødselsnummer",
    subject: "Emne",
    conversation: "Samtale",
    kind: "Slag",
    marked_at: "Merket",
    message_count: "Meldinger",
    times: "Alle klokkeslett er norsk tid.",
    message: "Melding",
    author: "Fra",
    behalf: "På vegne av",
    sent_at: "Sendt",
    opened_at: "Åpnet",
    not_opened: "ikke åpnet av pasienten",
    nameless: "navnet vises ikke",
    relations: [
        ("self", "pasienten selv"),
        ("parent", "forelder"),
        ("powerOfAttorney", "fullmektig"),
        ("assignedPowerOfAttorney", "fullmektig, tildelt fullmakt"),
        ("guardian", "verge"),
        ("staff", "ansatt i tjenesten"),
        ("service", "tjenestens system"),
    ],
    form: "Skjema",
    files: "Filer",
    attached: "Filene ligger ved dette dokumentet, under navnene som står her.",
    listed: "Filene er for store til å ligge ved. De hentes hver for seg og kjennes igjen på SHA-256.",
    numbered: "Tegn som skriften mangler, står med nummeret sitt i Unicode. Teksten slik den ble skrevet, ligger ved som",
    exact: "Teksten slik den ble skrevet",
    footer: |page, of| format!("Side {page} av {of}"),
};

const NYNORSK: Words = Words {
    title: "Til pasientjournalen",
    kinds: [("dialogue", "Dialog"), ("letter", "Brev"), ("accessRequest", "Krav om innsyn")],
    service: "Teneste",
    controller: "Verksemd",
    organisation_number: "org.nr.",
    patient: "Pasient",
    national_id: "Fødselsnummer",
    subject: "Emne",
    conversation: "Samtale",
    kind: "Slag",
    marked_at: "Merkt",
    message_count: "Meldingar",
    times: "Alle klokkeslett er norsk tid.",
    message: "Melding",
    author: "Frå",
    behalf: "På vegner av",
    sent_at: "Send",
    opened_at: "Opna",
    not_opened: "ikkje opna av pasienten",
    nameless: "namnet blir ikkje vist",
    relations: [
        ("self", "pasienten sjølv"),
        ("parent", "forelder"),
        ("powerOfAttorney", "fullmektig"),
        ("assignedPowerOfAttorney", "fullmektig, tildelt fullmakt"),
        ("guardian", "verje"),
        ("staff", "tilsett i tenesta"),
        ("service", "systemet til tenesta"),
    ],
    form: "Skjema",
    files: "Filer",
    attached: "Filene ligg ved dette dokumentet, under namna som står her.",
    listed: "Filene er for store til å liggje ved. Dei blir henta kvar for seg og kjende att på SHA-256.",
    numbered: "Teikn som skrifta manglar, står med nummeret sitt i Unicode. Teksten slik han vart skriven, ligg ved som",
    exact: "Teksten slik han vart skriven",
    footer: |page, of| format!("Side {page} av {of}"),
};

const ENGLISH: Words = Words {
    title: "For the patient's journal",
    kinds: [("dialogue", "Dialogue"), ("letter", "Letter"), ("accessRequest", "Request for access")],
    service: "Service",
    controller: "Organisation",
    organisation_number: "org. no.",
    patient: "Patient",
    national_id: "Identity number",
    subject: "Subject",
    conversation: "Conversation",
    kind: "Kind",
    marked_at: "Marked",
    message_count: "Messages",
    times: "All times are those of Norway.",
    message: "Message",
    author: "From",
    behalf: "On behalf of",
    sent_at: "Sent",
    opened_at: "Opened",
    not_opened: "not opened by the patient",
    nameless: "the name is not shown",
    relations: [
        ("self", "the patient"),
        ("parent", "parent"),
        ("powerOfAttorney", "holder of a power of attorney"),
        ("assignedPowerOfAttorney", "holder of an assigned power of attorney"),
        ("guardian", "guardian"),
        ("staff", "staff of the service"),
        ("service", "the service's system"),
    ],
    form: "Form",
    files: "Files",
    attached: "The files are attached to this document, under the names that stand here.",
    listed: "The files are too large to be attached. They are fetched one by one, and known by their SHA-256.",
    numbered: "Letters that the font lacks stand as their numbers in Unicode. The text as it was written is attached as",
    exact: "The text as it was written",
    footer: |page, of| format!("Page {page} of {of}"),
};
