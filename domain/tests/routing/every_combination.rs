//! The decision compared with the table, over everything that can be.

use std::collections::HashMap;

use domain::consent::ConsentLevel;
use domain::routing::{
    Channel, Contact, ContactFacts, ExternalChannels, Facts, InboxFacts, MailboxFacts, MailboxProvider, Route, Routed,
    Size, decide,
};
use domain::service::UnregisteredRecipients;
use strum::VariantArray as _;

use crate::oracle::{KINDS, Oracle, in_words};

const BOTH: [bool; 2] = [false, true];

const OPEN: InboxFacts = InboxFacts {
    consent: ConsentLevel::Basis,
    recipient_is_protected: false,
    minimum_consent: ConsentLevel::Basis,
    available_at_protected_address: false,
    has_reader: true,
};

/// Inboxes that are open, and one for each way of being shut.
const INBOXES: [(InboxFacts, bool); 8] = [
    (OPEN, true),
    (InboxFacts { recipient_is_protected: true, available_at_protected_address: true, ..OPEN }, true),
    (InboxFacts { consent: ConsentLevel::None, ..OPEN }, false),
    (InboxFacts { minimum_consent: ConsentLevel::Full, ..OPEN }, false),
    (InboxFacts { consent: ConsentLevel::None, minimum_consent: ConsentLevel::None, ..OPEN }, false),
    (InboxFacts { recipient_is_protected: true, ..OPEN }, false),
    (InboxFacts { has_reader: false, ..OPEN }, false),
    (InboxFacts { consent: ConsentLevel::None, recipient_is_protected: true, ..OPEN }, false),
];

fn contacts() -> Vec<Contact> {
    let mut mailboxes = vec![None];
    for provider in [None, Some(MailboxProvider::Digipost), Some(MailboxProvider::EBoks)] {
        mailboxes.extend(BOTH.map(|certificate_is_valid| Some(MailboxFacts { provider, certificate_is_valid })));
    }
    let mut contacts = vec![Contact::Unknown];
    for is_reserved in BOTH {
        for is_registered in BOTH {
            for can_be_notified in BOTH {
                contacts.extend(mailboxes.iter().map(|mailbox| {
                    Contact::Known(ContactFacts { is_reserved, is_registered, can_be_notified, mailbox: *mailbox })
                }));
            }
        }
    }
    contacts
}

fn externals() -> Vec<ExternalChannels> {
    let [digipost, e_boks] = [MailboxProvider::Digipost, MailboxProvider::EBoks];
    let mut all = Vec::new();
    for mailbox_providers in [vec![], vec![digipost], vec![e_boks], vec![digipost, e_boks]] {
        for paper in BOTH {
            for youth_appointments_on_paper in BOTH {
                let mailbox_providers = mailbox_providers.clone();
                all.push(ExternalChannels {
                    mailbox_providers,
                    paper,
                    youth_appointments_on_paper,
                    paper_if_unopened: false,
                });
            }
        }
    }
    all
}

const SIZES: [Size; 5] = [
    Size { bytes: 1_000_000, documents: 1 },
    Size { bytes: 44_999_999, documents: 201 },
    Size { bytes: 45_000_000, documents: 2 },
    Size { bytes: 2_000_000, documents: 202 },
    Size { bytes: 45_000_000, documents: 202 },
];

/// Goes through everything that routing can be asked, inboxes aside.
fn each(mut visit: impl FnMut(&Facts<'_>)) {
    let (contacts, externals) = (contacts(), externals());
    for kind in KINDS {
        for recipient_is_dead in BOTH {
            for age_years in [0, 11, 12, 15, 16, 17, 18, 90] {
                for contact in &contacts {
                    for unregistered_recipients in [UnregisteredRecipients::Hold, UnregisteredRecipients::Reject] {
                        for external in &externals {
                            for (size, not_at_provider) in SIZES.into_iter().flat_map(|of| BOTH.map(|not| (of, not))) {
                                visit(&Facts {
                                    kind,
                                    recipient_is_dead,
                                    age_years,
                                    inbox: OPEN,
                                    contact: *contact,
                                    unregistered_recipients,
                                    external,
                                    size,
                                    not_at_provider,
                                });
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn bx_3_every_decision_is_the_one_of_the_table() {
    let oracle = Oracle::new();
    let mut times = vec![0_u32; oracle.len()];
    let mut differences: HashMap<String, u32> = HashMap::new();
    each(|facts| {
        for (inbox, is_open) in INBOXES {
            let facts = Facts { inbox, ..facts.clone() };
            let (line, expected) = oracle.says(&facts, is_open);
            times[line] += 1;
            let decided = in_words(&decide(&facts));
            if decided != expected {
                *differences.entry(format!("line {line}: {expected:?}, not {decided:?}")).or_default() += 1;
            }
        }
    });

    assert!(differences.is_empty(), "{differences:#?}");
    assert!(times.iter().all(|times| *times > 0), "each line of the table holds somewhere: {times:?}");
}

#[test]
fn con_7_a_sender_cannot_tell_a_protected_address_from_any_other_closed_inbox() {
    let shut: Vec<InboxFacts> = INBOXES.iter().filter(|(_, is_open)| !is_open).map(|(inbox, _)| *inbox).collect();
    let mut compared = 0_u32;

    each(|facts| {
        let shown = |inbox: &InboxFacts| Routed::from(&decide(&Facts { inbox: *inbox, ..facts.clone() }));
        let first = shown(&shut[0]);
        for inbox in &shut[1..] {
            assert_eq!(shown(inbox), first, "{facts:?} {inbox:?}");
            compared += 1;
        }
    });

    assert!(compared > 100_000, "{compared}");
}

#[test]
fn krr_15_and_krr_4_nothing_leaves_on_a_guess_and_nothing_digital_goes_to_the_reserved() {
    each(|facts| {
        let route = decide(facts).route;
        let is_digital = matches!(route, Route::Inbox | Route::DigitalMailbox(_) | Route::Hold);
        if facts.kind.asks_contact_register() {
            match facts.contact {
                Contact::Unknown => assert!(matches!(route, Route::Wait | Route::Reject(_)), "{facts:?}"),
                Contact::Known(of) => assert!(!(of.is_reserved && is_digital), "{facts:?}"),
            }
        } else {
            assert!(!matches!(route, Route::Wait | Route::Paper | Route::DigitalMailbox(_)), "{facts:?}");
        }
        // A channel that the service does not use is never chosen.
        assert!(route != Route::Paper || facts.external.paper, "{facts:?}");
        if let Route::DigitalMailbox(provider) = route {
            assert!(facts.external.mailbox_providers.contains(&provider), "{facts:?}");
        }
    });
}

#[test]
fn bx_3_every_channel_is_chosen_or_passed_over_once_something_is_decided() {
    each(|facts| {
        let decision = decide(facts);
        let routed = Routed::from(&decision);
        let mut named: Vec<Channel> = decision.passed_over.iter().map(|passed| passed.channel).collect();
        named.extend(routed.channel);
        named.sort_by_key(|channel| Channel::VARIANTS.iter().position(|of| of == channel));
        let expected: &[Channel] = if decision.route == Route::Wait { &[] } else { Channel::VARIANTS };
        assert_eq!(named, expected, "{facts:?} {decision:?}");
        assert_eq!(routed.rule, decision.reason.rule());
    });
}
