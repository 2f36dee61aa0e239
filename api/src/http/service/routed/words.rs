//! The texts of routing's reasons.

use domain::routing::Reason;

use crate::language::Language;

/// A reason in words, for senders. None tells more than the reason itself.
pub(in crate::http) const fn text(reason: Reason, language: Language) -> &'static str {
    let (bokmal, nynorsk, english) = texts(reason);
    match language {
        Language::Bokmal => bokmal,
        Language::Nynorsk => nynorsk,
        Language::English => english,
    }
}

/// Bokmål, Nynorsk, English.
const fn texts(reason: Reason) -> (&'static str, &'static str, &'static str) {
    match reason {
        Reason::InboxOpen => (
            "Mottakeren har åpnet innboksen for tjenesten.",
            "Mottakaren har opna innboksen for tenesta.",
            "The recipient has opened the inbox to the service.",
        ),
        Reason::InboxFirst => (
            "Innboksen kommer først, og tar imot brevet.",
            "Innboksen kjem først, og tek imot brevet.",
            "The inbox comes first, and takes the letter.",
        ),
        Reason::InboxNotOpen => (
            "Mottakeren har ikke åpnet innboksen for tjenesten.",
            "Mottakaren har ikkje opna innboksen for tenesta.",
            "The recipient has not opened the inbox to the service.",
        ),
        Reason::Held => (
            "Meldingen venter til mottakeren åpner innboksen.",
            "Meldinga ventar til mottakaren opnar innboksen.",
            "The message waits until the recipient opens the inbox.",
        ),
        Reason::OnlyInbox => (
            "Meldinger av dette slaget går bare til innboksen.",
            "Meldingar av dette slaget går berre til innboksen.",
            "Messages of this kind go to the inbox alone.",
        ),
        Reason::Dead => ("Mottakeren er død.", "Mottakaren er død.", "The recipient is dead."),
        Reason::ContactUnknown => (
            "Kontakt- og reservasjonsregisteret har ikke svart om mottakeren. Brevet venter.",
            "Kontakt- og reservasjonsregisteret har ikkje svart om mottakaren. Brevet ventar.",
            "The contact and reservation register has not answered about the recipient. The letter waits.",
        ),
        Reason::RegisterStale => (
            "Folkeregisteret har ikke svart om mottakeren.",
            "Folkeregisteret har ikkje svart om mottakaren.",
            "The population register has not answered about the recipient.",
        ),
        Reason::Reserved => (
            "Mottakeren har reservert seg mot digital kommunikasjon.",
            "Mottakaren har reservert seg mot digital kommunikasjon.",
            "The recipient is reserved against digital communication.",
        ),
        Reason::NeverRegistered => (
            "Mottakeren har aldri brukt en ID-porten-tjeneste.",
            "Mottakaren har aldri brukt ei ID-porten-teneste.",
            "The recipient has never used an ID-porten service.",
        ),
        Reason::CannotBeNotified => (
            "Mottakeren kan ikke varsles: kontaktopplysningene er utgått eller slettet.",
            "Mottakaren kan ikkje varslast: kontaktopplysningane er utgåtte eller sletta.",
            "The recipient cannot be notified: the contact details have expired or were deleted.",
        ),
        Reason::YouthAppointment => (
            "Tjenesten sender innkallinger til unge fra 12 til 15 år på papir.",
            "Tenesta sender innkallingar til unge frå 12 til 15 år på papir.",
            "The service sends appointment letters to those of 12 to 15 on paper.",
        ),
        Reason::MailboxChosen => (
            "Mottakeren har valgt en digital postkasse som tjenesten sender til.",
            "Mottakaren har valt ei digital postkasse som tenesta sender til.",
            "The recipient has chosen a digital mailbox that the service sends to.",
        ),
        Reason::MailboxFirst => (
            "Den digitale postkassen kommer først, og tar imot brevet.",
            "Den digitale postkassa kjem først, og tek imot brevet.",
            "The digital mailbox comes first, and takes the letter.",
        ),
        Reason::Minor => (
            "Mottakeren er under 18 år, for ung for digital postkasse.",
            "Mottakaren er under 18 år, for ung for digital postkasse.",
            "The recipient is below 18, too young for a digital mailbox.",
        ),
        Reason::NoMailbox => (
            "Mottakeren har ikke valgt digital postkasse.",
            "Mottakaren har ikkje valt digital postkasse.",
            "The recipient has chosen no digital mailbox.",
        ),
        Reason::ProviderNotSupported => (
            "Tjenesten sender ikke til leverandøren av den valgte postkassen.",
            "Tenesta sender ikkje til leverandøren av den valde postkassa.",
            "The service does not send to the provider of the chosen mailbox.",
        ),
        Reason::CertificateInvalid => (
            "Sertifikatet til den valgte postkassen gjelder ikke.",
            "Sertifikatet til den valde postkassa gjeld ikkje.",
            "The certificate of the chosen mailbox does not hold.",
        ),
        Reason::NotAtProvider => (
            "Leverandøren av den valgte postkassen kunne ikke levere brevet.",
            "Leverandøren av den valde postkassa kunne ikkje levere brevet.",
            "The provider of the chosen mailbox could not deliver the letter.",
        ),
        Reason::TooLarge => (
            "Brevet er for stort for en digital postkasse.",
            "Brevet er for stort for ei digital postkasse.",
            "The letter is too large for a digital mailbox.",
        ),
        Reason::TooManyDocuments => (
            "Brevet har for mange dokumenter for en digital postkasse.",
            "Brevet har for mange dokument for ei digital postkasse.",
            "The letter has too many documents for a digital mailbox.",
        ),
        Reason::NotOffered => (
            "Tjenesten bruker ikke denne kanalen.",
            "Tenesta bruker ikkje denne kanalen.",
            "The service does not use this channel.",
        ),
        Reason::NothingDigital => (
            "Ingen digital kanal tar imot brevet.",
            "Ingen digital kanal tek imot brevet.",
            "No digital channel takes the letter.",
        ),
        Reason::NotOpened => (
            "Brevet ble ikke åpnet innen fristen.",
            "Brevet vart ikkje opna innan fristen.",
            "The letter was not opened in time.",
        ),
        Reason::NoPost => (
            "Det går ikke post til mottakeren.",
            "Det går ikkje post til mottakaren.",
            "There is no post to the recipient.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use strum::VariantArray as _;

    use super::*;

    #[test]
    fn every_reason_has_a_text_of_its_own_in_every_language() {
        for language in Language::VARIANTS {
            let texts: BTreeSet<&str> = Reason::VARIANTS.iter().map(|reason| text(*reason, *language)).collect();

            assert_eq!(texts.len(), Reason::VARIANTS.len());
            assert!(texts.iter().all(|text| text.ends_with('.') && text.len() > 15));
        }
    }

    #[test]
    fn con_7_no_text_speaks_of_addresses_or_of_what_closes_an_inbox() {
        for language in Language::VARIANTS {
            for reason in Reason::VARIANTS {
                let text = text(*reason, *language).to_lowercase();
                for word in ["adresse", "address", "samtyk", "consent", "sperr", "lock", "fortrolig", "confidential"] {
                    assert!(!text.contains(word), "{text}");
                }
            }
        }
    }
}
