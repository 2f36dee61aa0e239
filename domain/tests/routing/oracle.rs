//! The routing rules, written a second time.
//!
//! From `docs/adr/0017-routing.md` and the rules, not from the code, and in another form: a table of text of which the
//! first line that fits holds, and a list of what stands against a mailbox at a provider.

use domain::message::MessageKind;
use domain::routing::{Contact, Decision, Facts, MailboxProvider, Rejection, Route};
use domain::service::UnregisteredRecipients;

/// `.` is anything, `-` nothing, `=` what stands against a mailbox at a provider, `cause` the same where it keeps the
/// recipient from all that is digital.
const ROWS: &str = "
kind              alive contact  youth inbox mailbox paper closed   route                    why              inbox            mailbox          paper
.                 no    .        .     .     .       .     .        recipient_cannot_receive dead             dead             dead             dead
dialogue          .     .        .     open  .       .     .        inbox                    inboxOpen        -                onlyInbox        onlyInbox
service           .     .        .     open  .       .     .        inbox                    inboxOpen        -                onlyInbox        onlyInbox
dialogue          .     .        .     shut  .       .     hold     hold                     held             -                onlyInbox        onlyInbox
service           .     .        .     shut  .       .     hold     hold                     held             -                onlyInbox        onlyInbox
dialogue          .     .        .     shut  .       .     reject   inbox_not_open           inboxNotOpen     inboxNotOpen     onlyInbox        onlyInbox
service           .     .        .     shut  .       .     reject   inbox_not_open           inboxNotOpen     inboxNotOpen     onlyInbox        onlyInbox
.                 .     unknown  .     .     .       .     .        wait                     contactUnknown   -                -                -
.                 .     reserved .     .     .       yes   .        paper                    reserved         reserved         reserved         -
.                 .     reserved .     .     .       no    .        recipient_reserved       reserved         reserved         reserved         notOffered
letter            .     never    .     .     .       yes   .        paper                    neverRegistered  neverRegistered  neverRegistered  -
letter            .     mute     .     .     .       yes   .        paper                    cannotBeNotified cannotBeNotified cannotBeNotified -
appointmentLetter .     .        slip  .     .       yes   .        paper                    youthAppointment youthAppointment youthAppointment -
letter            .     never    .     open  .       no    .        inbox                    inboxOpen        -                neverRegistered  notOffered
letter            .     mute     .     open  .       no    .        inbox                    inboxOpen        -                cannotBeNotified notOffered
.                 .     .        .     open  .       .     .        inbox                    inboxOpen        -                inboxFirst       inboxFirst
.                 .     .        .     shut  takes   .     .        digitalMailbox           mailboxChosen    inboxNotOpen     -                mailboxFirst
.                 .     .        .     shut  not     yes   .        paper                    cause            inboxNotOpen     =                -
.                 .     .        .     shut  not     no    hold     hold                     held             -                =                notOffered
.                 .     .        .     shut  not     no    reject   inbox_not_open           inboxNotOpen     inboxNotOpen     =                notOffered
";

/// Conditions come first, then what holds.
const CONDITIONS: usize = 8;

pub(crate) struct Oracle {
    rows: Vec<Vec<&'static str>>,
}

impl Oracle {
    pub(crate) fn new() -> Self {
        let mut rows: Vec<Vec<&str>> = ROWS.trim().lines().map(|line| line.split_whitespace().collect()).collect();
        let columns = rows.remove(0).len();
        assert!(rows.iter().all(|row| row.len() == columns), "each line has each column");
        Self { rows }
    }

    /// The number of the line that holds, and what it says: route, why, and what stands against each channel.
    pub(crate) fn says(&self, facts: &Facts<'_>, inbox_is_open: bool) -> (usize, [&'static str; 5]) {
        let against_mailbox = against_mailbox(facts);
        let is_youth = [12, 13, 14, 15].contains(&facts.age_years);
        let case: [&str; CONDITIONS] = [
            facts.kind.as_word(),
            if facts.recipient_is_dead { "no" } else { "yes" },
            contact(facts),
            if is_youth && facts.external.youth_appointments_on_paper { "slip" } else { "none" },
            if inbox_is_open { "open" } else { "shut" },
            if against_mailbox.is_none() { "takes" } else { "not" },
            if facts.external.paper { "yes" } else { "no" },
            match facts.unregistered_recipients {
                UnregisteredRecipients::Hold => "hold",
                UnregisteredRecipients::Reject => "reject",
            },
        ];
        let fits = |row: &&Vec<&str>| row.iter().zip(case).all(|(cell, value)| *cell == "." || *cell == value);
        let (number, row) = self.rows.iter().enumerate().find(|(_, row)| fits(row)).expect("a line for each case");
        let against = against_mailbox.unwrap_or("-");
        let cause = ["minor", "neverRegistered", "cannotBeNotified"].contains(&against);
        let said = |place: usize| match row[CONDITIONS + place] {
            "=" => against,
            "cause" if cause => against,
            "cause" => "nothingDigital",
            word => word,
        };
        (number, std::array::from_fn(said))
    }

    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}

fn contact(facts: &Facts<'_>) -> &'static str {
    match facts.contact {
        Contact::Unknown => "unknown",
        Contact::Known(of) if of.is_reserved => "reserved",
        Contact::Known(of) if !of.is_registered => "never",
        Contact::Known(of) if !of.can_be_notified => "mute",
        Contact::Known(_) => "ok",
    }
}

/// The first that applies of what stands against a mailbox at a provider.
fn against_mailbox(facts: &Facts<'_>) -> Option<&'static str> {
    let Contact::Known(of) = facts.contact else { return Some("contactUnknown") };
    let has = |provider: MailboxProvider| facts.external.mailbox_providers.contains(&provider);
    let list = [
        ("minor", facts.age_years <= 17),
        ("neverRegistered", !of.is_registered),
        ("cannotBeNotified", !of.can_be_notified),
        ("notOffered", ![MailboxProvider::Digipost, MailboxProvider::EBoks].into_iter().any(has)),
        ("noMailbox", of.mailbox.is_none()),
        ("providerNotSupported", !of.mailbox.and_then(|mailbox| mailbox.provider).is_some_and(has)),
        ("certificateInvalid", !of.mailbox.is_some_and(|mailbox| mailbox.certificate_is_valid)),
        ("tooLarge", facts.size.bytes > 44_999_999),
        ("tooManyDocuments", facts.size.documents >= 202),
        ("notAtProvider", facts.not_at_provider),
    ];
    list.into_iter().find(|(_, applies)| *applies).map(|(word, _)| word)
}

/// A decision in the words of the table.
pub(crate) fn in_words(decision: &Decision) -> [&'static str; 5] {
    let route = match decision.route {
        Route::Inbox => "inbox",
        Route::DigitalMailbox(_) => "digitalMailbox",
        Route::Paper => "paper",
        Route::Hold => "hold",
        Route::Wait => "wait",
        Route::Reject(rejection) => <&str>::from(rejection),
    };
    let against = |channel: &str| {
        let of = decision.passed_over.iter().filter(|passed| passed.channel.as_word() == channel);
        let words: Vec<&str> = of.map(|passed| passed.reason.as_word()).collect();
        assert!(words.len() < 2, "a channel is passed over once: {decision:?}");
        words.first().copied().unwrap_or("-")
    };
    [route, decision.reason.as_word(), against("inbox"), against("digitalMailbox"), against("paper")]
}

/// Everything that a message can be.
pub(crate) const KINDS: [MessageKind; 4] =
    [MessageKind::Letter, MessageKind::Dialogue, MessageKind::Service, MessageKind::AppointmentLetter];

/// The rejections, each with its rule.
pub(crate) const REJECTIONS: [(Rejection, &str); 3] = [
    (Rejection::RecipientCannotReceive, "KRR-8"),
    (Rejection::InboxNotOpen, "CON-7"),
    (Rejection::RecipientReserved, "KRR-4"),
];
