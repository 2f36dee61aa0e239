//! What the mailbox itself writes to people, in its own name or a service's: in Bokmål, whoever reads it.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use domain::appointment::{AppointmentKind, AppointmentTitle};
use domain::health_contact::ContactNames;
use domain::identity::NationalIdKind;
use domain::person::in_oslo;
use domain::power_of_attorney::{HolderWords, Period, PowerKind, PowerRole};
use domain::service_area::AreaNames;
use persistence::{MailboxWords, OtherSide, PowerNews, PowerTold, Written};

use crate::language::Language;
use crate::text::{File, Message, Value, text};

/// The language of the mailbox's own messages. They are written when something happens, and nobody knows then in which
/// language they will be read.
const LANGUAGE: Language = Language::Bokmal;

/// The words of the mailbox, for the store.
#[must_use]
pub fn words() -> Arc<dyn MailboxWords> {
    Arc::new(Words)
}

struct Words;

/// A text of the mailbox's own messages.
#[derive(Clone)]
struct MailboxText {
    id: &'static str,
    is_subject: bool,
    values: Vec<(&'static str, String)>,
}

impl Message for MailboxText {
    const FILE: File = File::Mailbox;

    fn id(&self) -> &'static str {
        self.id
    }

    fn attribute(&self) -> Option<&'static str> {
        self.is_subject.then_some("subject")
    }

    fn values(&self) -> Vec<(&'static str, Value<'static>)> {
        self.values.iter().map(|(name, value)| (*name, value.clone().into())).collect()
    }
}

/// A text with its values.
fn with(id: &'static str, values: &[(&'static str, &str)]) -> MailboxText {
    let values = values.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
    MailboxText { id, is_subject: false, values }
}

/// The subject of a message.
fn subject_of(id: &'static str, values: &[(&'static str, &str)]) -> MailboxText {
    MailboxText { is_subject: true, ..with(id, values) }
}

fn say(message: &MailboxText) -> Cow<'static, str> {
    text(message, LANGUAGE)
}

impl MailboxWords for Words {
    fn power_of_attorney(&self, told: &PowerTold<'_>) -> Written {
        let PowerTold { news, kind, role, other, period, areas, earliest_at } = told;
        // What is no text has no place in a message.
        let name: String = other_side(*other).chars().filter(|character| !character.is_control()).collect();
        let Written { subject, mut body } = written(&power(*news, *kind, *role, &name));
        if *news == PowerNews::Registered {
            if let Some(at) = earliest_at {
                body.push(' ');
                body.push_str(&say(&effect(*at)));
            }
            body.push_str("\n\n");
            body.push_str(&say(&objection()));
        }
        let body = format!("{body}\n\n{}\n{}", say(&days(*period)), say(&covered(areas)));
        Written { subject, body }
    }

    fn appointment_cancelled(
        &self,
        kind: AppointmentKind,
        title: &AppointmentTitle,
        starts_at: DateTime<Utc>,
    ) -> Written {
        written(&cancelled(kind, title, starts_at))
    }

    fn practitioner_changed(&self, new: &ContactNames, from: NaiveDate) -> Written {
        written(&practitioner(new, from))
    }
}

fn written([subject, body]: &[MailboxText; 2]) -> Written {
    Written { subject: say(subject).into_owned(), body: say(body).into_owned() }
}

fn cancelled(kind: AppointmentKind, title: &AppointmentTitle, starts_at: DateTime<Utc>) -> [MailboxText; 2] {
    let id = match kind {
        AppointmentKind::HomeVisit => "visit-cancelled",
        AppointmentKind::Appointment | AppointmentKind::Video | AppointmentKind::Phone => "appointment-cancelled",
    };
    let starts_at = in_oslo(starts_at);
    let (day, time) = (starts_at.format("%d.%m.%Y").to_string(), starts_at.format("%H.%M").to_string());
    [subject_of(id, &[("title", title.expose())]), with(id, &[("day", &day), ("time", &time)])]
}

fn practitioner(new: &ContactNames, from: NaiveDate) -> [MailboxText; 2] {
    let id = "practitioner-changed";
    [subject_of(id, &[]), with(id, &[("day", &written_day(from)), ("names", &new.in_one_line())])]
}

/// What one's calendar shows of an appointment: nothing of health.
#[must_use]
pub(crate) fn calendar_summary(service: &str) -> Cow<'static, str> {
    say(&summary(service))
}

fn summary(service: &str) -> MailboxText {
    with("calendar-summary", &[("service", service)])
}

const fn id_of_power(news: PowerNews, kind: PowerKind, role: PowerRole) -> &'static str {
    match (news, kind, role) {
        (PowerNews::Registered, PowerKind::Given, _) => "power-registered",
        (PowerNews::Registered, PowerKind::Assigned, _) => "power-registered-assigned",
        (PowerNews::Given, PowerKind::Given, PowerRole::Giver) => "power-given-by-you",
        (PowerNews::Given, PowerKind::Given, PowerRole::Holder) => "power-given-to-you",
        (PowerNews::Given, PowerKind::Assigned, PowerRole::Giver) => "power-assigned-for-you",
        (PowerNews::Given, PowerKind::Assigned, PowerRole::Holder) => "power-assigned-to-you",
        (PowerNews::Changed, _, PowerRole::Giver) => "power-from-you-changed",
        (PowerNews::Changed, _, PowerRole::Holder) => "power-to-you-changed",
        (PowerNews::Ended, _, PowerRole::Giver) => "power-from-you-ended",
        (PowerNews::Ended, _, PowerRole::Holder) => "power-to-you-ended",
        (PowerNews::Expired, _, PowerRole::Giver) => "power-from-you-expired",
        (PowerNews::Expired, _, PowerRole::Holder) => "power-to-you-expired",
    }
}

fn power(news: PowerNews, kind: PowerKind, role: PowerRole, name: &str) -> [MailboxText; 2] {
    let id = id_of_power(news, kind, role);
    [subject_of(id, &[]), with(id, &[("name", name)])]
}

/// What to do where one that was registered is wrong.
fn objection() -> MailboxText {
    with("power-objection", &[])
}

fn covered(areas: &[&AreaNames]) -> MailboxText {
    let areas: Vec<&str> = areas.iter().map(|names| names.bokmal.as_str()).collect();
    with("power-areas", &[("areas", &areas.join(", "))])
}

fn nobody() -> MailboxText {
    with("nobody-named", &[])
}

/// From when on one that was registered can have effect.
fn effect(at: DateTime<Utc>) -> MailboxText {
    let at = in_oslo(at);
    let (day, time) = (at.format("%d.%m.%Y").to_string(), at.format("%H:%M").to_string());
    with("power-effect", &[("day", &day), ("time", &time)])
}

fn days(period: Period) -> MailboxText {
    let from = written_day(period.from);
    match period.to {
        Some(last) => with("power-period", &[("from", &from), ("to", &written_day(last))]),
        None => with("power-period-open", &[("from", &from)]),
    }
}

fn other_side(other: OtherSide<'_>) -> Cow<'_, str> {
    match other {
        OtherSide::Giver(name) => Cow::Borrowed(name),
        OtherSide::Holder(words) => say(&holder(words)),
        OtherSide::Unnamed => say(&nobody()),
    }
}

/// The holder as the giver wrote them.
fn holder(HolderWords { number, name }: &HolderWords) -> MailboxText {
    let digits = number.expose();
    let digits = format!("{} {}", &digits[..6], &digits[6..]);
    let kind = say(&number_kind(number.kind()));
    match name {
        Some(name) => with("holder-named", &[("name", name.expose()), ("kind", &kind), ("number", &digits)]),
        None => with("holder-by-number", &[("kind", &kind), ("number", &digits)]),
    }
}

fn number_kind(kind: NationalIdKind) -> MailboxText {
    let id = match kind {
        NationalIdKind::BirthNumber => "birth-number",
        NationalIdKind::DNumber => "d-number",
        NationalIdKind::CommonHelpNumber => "common-help-number",
    };
    with(id, &[])
}

fn written_day(date: NaiveDate) -> String {
    date.format("%d.%m.%Y").to_string()
}

/// Each text of the mailbox's own messages, with values as they may be.
#[cfg(test)]
pub(crate) fn every_mailbox_text() -> Vec<impl Message> {
    tests::every_text()
}

#[cfg(test)]
mod tests;
