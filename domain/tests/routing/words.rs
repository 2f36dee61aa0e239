//! Words that are stored for years, and the rule of each reason.

use domain::contact_register::{ContactLanguage, Status};
use domain::identity::OrganisationNumber;
use domain::routing::{MailboxProvider, Reason, Rejection, Size};
use strum::VariantArray as _;

use crate::oracle::REJECTIONS;

/// The reasons, each with its rule.
const REASONS: &str = "
inboxOpen            HN-4
inboxFirst           HN-4
inboxNotOpen         CON-7
held                 PP-6
onlyInbox            CON-7
dead                 KRR-8
contactUnknown       KRR-15
registerStale        ADR-11
reserved             KRR-4
neverRegistered      HK-9
cannotBeNotified     KRR-7
youthAppointment     CHI-14
mailboxChosen        KRR-6
mailboxFirst         KRR-6
minor                KRR-8
noMailbox            HK-7
providerNotSupported HK-5
certificateInvalid   KRR-8
notAtProvider        KRR-6
tooLarge             KRR-8
tooManyDocuments     KRR-8
notOffered           HK-5
nothingDigital       HN-4
notOpened            KRR-14
noPost               KRR-6
";

#[test]
fn each_reason_has_its_word_its_rule_and_a_source() {
    let lines: Vec<Vec<&str>> = REASONS.trim().lines().map(|line| line.split_whitespace().collect()).collect();
    let reasons: Vec<Vec<&str>> = Reason::VARIANTS.iter().map(|of| vec![of.as_word(), of.rule().id()]).collect();

    assert_eq!(lines, reasons);
    for reason in Reason::VARIANTS {
        assert_eq!(reason.as_word().parse(), Ok(*reason));
        assert!(!reason.source().is_empty());
    }
}

#[test]
fn a_rejection_names_its_rule() {
    for (rejection, rule) in REJECTIONS {
        assert_eq!(rejection.rule().id(), rule);
    }
    assert_eq!(Rejection::VARIANTS.len(), REJECTIONS.len());
}

#[test]
fn providers_are_known_by_their_organisation_numbers() {
    let number = |text: &str| OrganisationNumber::parse(text).expect("a number");
    let words: Vec<&str> = MailboxProvider::VARIANTS.iter().map(|of| of.as_word()).collect();

    assert_eq!(words, ["984661185", "922020175"]);
    assert_eq!(MailboxProvider::of(&number("984661185")), Some(MailboxProvider::Digipost));
    assert_eq!(MailboxProvider::of(&number("310000019")), None);
}

#[test]
fn words_of_the_contact_register_are_what_they_were() {
    let languages: Vec<&str> = ContactLanguage::VARIANTS.iter().map(|of| of.as_word()).collect();
    let statuses: Vec<&str> = Status::VARIANTS.iter().map(|of| of.as_word()).collect();

    assert_eq!(languages, ["nb", "nn", "en", "se"]);
    assert_eq!(statuses, ["active", "deleted", "notRegistered"]);
}

#[test]
fn krr_8_the_letter_itself_counts_as_a_document() {
    assert_eq!(Size::of_files([]), Size { bytes: 1_000_000, documents: 1 });
    assert_eq!(Size::of_files([5, 7]), Size { bytes: 1_000_012, documents: 3 });
    assert_eq!(Size::of_files([u64::MAX, 7]).bytes, u64::MAX);
}
