//! Words that are stored for years. Renaming a variant must not change one; a new one gets its place here.

use std::fmt::Debug;
use std::str::FromStr;

use domain::access::{LawfulWay, Refusal, Scope, Word, words};
use domain::audit::ActorKind;
use domain::event::EventKind;
use domain::job::Trouble;
use domain::message::Status;
use domain::notification::NoticeChannel;
use domain::person::{PersonName, Protection};
use domain::power_of_attorney::{EndedBy, PowerKind, PowerRole, PowerStatus};
use domain::routing::Channel;
use domain::staff::FollowUpSource;
use domain::webhook::{EndReason, Fault, WebhookState};
use strum::VariantArray;

/// The words of a type, in its order; each is read back as what it was written for.
fn stored<T: VariantArray + Copy + PartialEq + Debug + FromStr>(as_word: fn(T) -> &'static str) -> Vec<&'static str> {
    for variant in T::VARIANTS {
        assert_eq!(as_word(*variant).parse().ok(), Some(*variant));
    }
    told(T::VARIANTS, as_word)
}

fn told<T: Copy>(variants: &[T], as_word: fn(T) -> &'static str) -> Vec<&'static str> {
    variants.iter().copied().map(as_word).collect()
}

/// Every word that a log can have.
const ACTS: &str = "acceptDocument addNote addWebhookKey answerMessage assignConversation beginFollowUp beginUpload \
    cancelAppointment changeContactDetails changeNotificationSettings changePowerOfAttorney changeService \
    changeWebhook checkReachability closeConversation confirmArchiving confirmPowerOfAttorney createWebhook deleteMessage deleteWebhook \
    discardDraft endAgreement endClient endFollowUp endOrganisation endPowerOfAttorney explainAccess fetchAttachment fetchJournalDocument fillUpload \
    findRecipients followEvents giveConsent givePowerOfAttorney giveYouthAccess listAgreements listAppointments \
    listClients listConsents listConversations listDrafts listFollowUps listForms listHealthContacts listJobs \
    listMembers listMessages listOperatorActs listOrganisations listPatients listPowersOfAttorney listQueue listRelationships \
    listSendings listServices listWebhookDeliveries listWebhooks lockMailbox markForJournal markMessage \
    nameServiceArea previewRouting putMember readAccessLog readConversation readMessage readNotes readStaffLog \
    recordAccess redeliverEvents registerAgreement registerClient registerForm registerOrganisation \
    registerPowerOfAttorney registerPrivacyNotice registerService removeMember reopenConversation restartJob \
    retireForm saveDraft seeAppointment seeContactDetails seeConversation seeDraft seeMailbox \
    seeNotificationSettings seeOrganisation seePowerOfAttorney seeProfile seeSending seeService seeUpload \
    seeWebhook seekAccess sendDraft sendMessage settleHandover showToHolders showToParents takeYouthAccess \
    tellAppointment tellHealthContacts tellRelationships testWebhook unlockMailbox withdrawConsent withdrawMessage \
    withholdFromHolders withholdFromParents writeMessage writeReply";

#[test]
fn stored_words_are_what_they_were() {
    let table = [
        (told(&words(), Word::as_str), ACTS),
        (stored(ActorKind::as_word), "citizen healthWorker system operator worker"),
        (
            stored(EventKind::as_word),
            "message.accepted message.routed message.returned message.printed message.withdrawn message.notOpened message.delivered message.notified message.notNotified \
             message.undelivered message.opened inquiry.received journal.relevant journal.notArchived \
             journal.rejected appointment.cancelled feed.heartbeat",
        ),
        (
            stored(Scope::as_word),
            "brevdue:messages.write brevdue:messages.read brevdue:staff.write brevdue:services.write brevdue:webhooks.write brevdue:staff-log.read",
        ),
        (stored(WebhookState::as_word), "unconfirmed active paused ended"),
        (stored(EndReason::as_word), "gone challengeFailed eventsExpired organisationEnded"),
        (stored(Fault::as_word), "status redirect timeout connection addressNotPublic wrongChallenge"),
        (stored(Protection::as_word), "ungraded confidential strictlyConfidential strictlyConfidentialAbroad"),
        (stored(PowerKind::as_word), "powerOfAttorney assignedPowerOfAttorney"),
        (stored(EndedBy::as_word), "giver holder operator replacement"),
        (stored(Channel::as_word), "inbox digitalMailbox paper"),
        (stored(NoticeChannel::as_word), "sms email"),
        (stored(Trouble::as_word), "away unknown refused uncertain broken"),
        (stored(Status::as_word), "accepted routed delivered opened printed withdrawn returned"),
        (stored(LawfulWay::as_word), "followUp responsibility recordedAccess assignment"),
        (stored(FollowUpSource::as_word), "hand exchange"),
        (told(PowerStatus::VARIANTS, PowerStatus::as_word), "pending active suspended expired ended replaced"),
        (told(&[PowerRole::Giver, PowerRole::Holder], PowerRole::as_word), "giver holder"),
    ];
    for (words, expected) in table {
        assert_eq!(words, expected.split_whitespace().collect::<Vec<_>>());
    }
}

#[test]
fn a_name_is_given_out_only_where_it_is_asked_for() {
    let name = PersonName::from_register("Ærlig Øverland".to_owned());
    assert_eq!(name.expose(), "Ærlig Øverland");
    assert_eq!(format!("{name:?}"), "PersonName(***)");
}

/// What each refusal is by, and whether the caller hears of it.
const REFUSALS: &str = "
assuranceTooLow             HK-8    told
wrongKindOfCaller           PP-5    told
personUnknown               PP-5    told
notThere                    PP-5    hidden
ownerIsDead                 KRR-8   hidden
notRelated                  PP-5    hidden
operatorSeesNoContent       PJL-22  hidden
ownerTooYoung               CHI-8   told
powerNotInForce             FUL-7   hidden
powerLacksArea              FUL-4   hidden
ageOutsidePower             FUL-2   hidden
childIsSixteen              CHI-4   hidden
nobodyResponsibleAtAddress  CHI-2   hidden
guardiansNotAdmitted        FUL-19  hidden
protectedAddress            ADR-5   hidden
registerUnavailable         ADR-11  told
closeToOwner                ADR-7   hidden
notFollowedUp               DH-7    hidden
gradeNotCleared             ADR-7   hidden
hprNumberMissing            RET-11  told
emergencyLocked             CON-14  told
lockedByOwner               HN-5    told
onlyTheOwner                FUL-9   told
onlyHealthPersonnel         CHI-6   told
onlyParents                 CHI-8   told
childIsTwelve               CHI-5   told
noPowersAtProtectedAddress  FUL-13  told
consentRequired             HN-5    told
scopeMissing                PP-5    told
clientNotRegistered         PP-5    told
noAgreementInForce          PP-3    told
organisationEnded           PP-3    told
";

#[test]
fn each_refusal_names_its_rule_and_is_hidden_or_told() {
    let lines: Vec<Vec<&str>> = REFUSALS.trim().lines().map(|line| line.split_whitespace().collect()).collect();
    let is = |refusal: &Refusal| if refusal.is_hidden() { "hidden" } else { "told" };
    let refusals: Vec<Vec<&str>> =
        Refusal::VARIANTS.iter().map(|of| vec![of.as_word(), of.rule().id(), is(of)]).collect();
    assert_eq!(lines, refusals);
}
