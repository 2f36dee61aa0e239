//! The contact register of the sandbox: an entry for each test person, in memory. It can be changed, and it can be away.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use domain::contact_register::{Certificate, ContactLanguage, ContactPoint, DigitalMailbox, Entry, Status};
use domain::identity::{NationalId, OrganisationNumber};
use domain::routing::MailboxProvider;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use persistence::{ContactRegister, RegisterAway};

use super::fault::FaultSwitch;
use crate::clock::Clock;

/// A certificate that belongs to nobody. Until when it is taken to hold is up to each line.
const CERTIFICATE: &[u8] = include_bytes!("mailbox.der");
/// What is freshly confirmed was so this long ago, however far the clock is moved.
const A_WHILE: TimeDelta = TimeDelta::days(30);

/// What the register has of a person. What follows from it is worked out when it is asked.
#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) is_reserved: bool,
    pub(crate) status: Status,
    pub(crate) language: Option<ContactLanguage>,
    pub(crate) email: Option<Point>,
    pub(crate) mobile: Option<Point>,
    pub(crate) mailbox: Option<Mailbox>,
}

/// An address of a person.
#[derive(Clone)]
pub(crate) struct Point {
    pub(crate) address: String,
    /// When the person last confirmed it; none for somebody who does so all the time.
    pub(crate) verified_at: Option<DateTime<Utc>>,
}

/// A mailbox at a provider.
#[derive(Clone)]
pub(crate) struct Mailbox {
    pub(crate) provider: OrganisationNumber,
    pub(crate) certificate_until: DateTime<Utc>,
}

/// What is to be changed of a person. What is not there stays.
#[derive(Default)]
pub(crate) struct LineChange {
    pub(crate) is_reserved: Option<bool>,
    pub(crate) status: Option<Status>,
    pub(crate) language: Option<Option<ContactLanguage>>,
    pub(crate) email: Option<Option<Point>>,
    pub(crate) mobile: Option<Option<Point>>,
    pub(crate) mailbox: Option<Option<Mailbox>>,
}

/// The register. It begins as the table of test persons has it, each time the sandbox starts.
pub(crate) struct SandboxContactRegister {
    clock: Clock,
    lines: Mutex<BTreeMap<String, Line>>,
    pub(crate) fault: FaultSwitch,
}

/// Those who differ from what most have.
enum Special {
    Reserved,
    Expired,
    NeverRegistered,
    At(MailboxProvider),
}

const SPECIAL: [(&str, Special); 5] = [
    ("11836600020", Special::Reserved),
    ("23897400006", Special::Expired),
    ("05815800100", Special::NeverRegistered),
    ("18868300058", Special::At(MailboxProvider::Digipost)),
    ("27917900065", Special::At(MailboxProvider::EBoks)),
];

impl SandboxContactRegister {
    /// A register that has these persons, in this order.
    pub(crate) fn new<'n>(clock: Clock, numbers: impl IntoIterator<Item = &'n NationalId>) -> Self {
        let lines = numbers.into_iter().enumerate().map(|(place, number)| {
            let special = SPECIAL.iter().find(|(of, _)| *of == number.expose()).map(|(_, special)| special);
            (number.expose().to_owned(), line(place, special))
        });
        Self { clock, lines: Mutex::new(lines.collect()), fault: FaultSwitch::default() }
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<String, Line>> {
        // Nothing that is done under this lock can break off half way.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the register has of a person.
    pub(crate) fn line(&self, number: &NationalId) -> Option<Line> {
        self.lines().get(number.expose()).cloned()
    }

    /// What the register says of a person. Whom it has never heard of is not registered.
    pub(crate) fn entry(&self, number: &NationalId) -> Entry {
        match self.line(number) {
            Some(line) => entry(number, line, self.clock.now()),
            None => Entry::not_registered(number.clone()),
        }
    }

    /// Changes what the register has of a person. Nothing happens where it has nobody of this number.
    pub(crate) fn change(&self, number: &NationalId, change: LineChange) {
        let mut lines = self.lines();
        let Some(line) = lines.get_mut(number.expose()) else { return };
        let LineChange { is_reserved, status, language, email, mobile, mailbox } = change;
        line.is_reserved = is_reserved.unwrap_or(line.is_reserved);
        line.status = status.unwrap_or(line.status);
        line.language = language.unwrap_or(line.language);
        line.email = email.unwrap_or_else(|| line.email.take());
        line.mobile = mobile.unwrap_or_else(|| line.mobile.take());
        line.mailbox = mailbox.unwrap_or_else(|| line.mailbox.take());
    }
}

/// When the sandbox's certificate is over, where a line does not say.
pub(crate) fn certificate_end() -> DateTime<Utc> {
    day(2067, 12, 17)
}

fn day(year: i32, month: u32, day: u32) -> DateTime<Utc> {
    let date = NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default();
    date.and_time(chrono::NaiveTime::MIN).and_utc()
}

fn line(place: usize, special: Option<&Special>) -> Line {
    let verified_at = matches!(special, Some(Special::Expired)).then(|| day(2020, 1, 1));
    let point = |address: String| Some(Point { address, verified_at });
    let mailbox = match special {
        Some(Special::At(provider)) => {
            let number = OrganisationNumber::parse(provider.as_word()).ok();
            number.map(|provider| Mailbox { provider, certificate_until: certificate_end() })
        }
        _ => None,
    };
    let usual = Line {
        is_reserved: matches!(special, Some(Special::Reserved)),
        status: Status::Active,
        language: Some(ContactLanguage::Nb),
        email: point(format!("person{place}@example.com")),
        mobile: point(format!("+4799000{place:03}")),
        mailbox,
    };
    match special {
        Some(Special::NeverRegistered) => {
            Line { status: Status::NotRegistered, language: None, email: None, mobile: None, ..usual }
        }
        _ => usual,
    }
}

fn entry(number: &NationalId, line: Line, now: DateTime<Utc>) -> Entry {
    let Line { is_reserved, status, language, email, mobile, mailbox } = line;
    // The same all day long, so that who looks twice sees the same.
    let a_while_ago = now.date_naive().and_time(chrono::NaiveTime::MIN).and_utc() - A_WHILE;
    let point = |Point { address, verified_at }: Point| {
        ContactPoint::new(address, Some(day(2020, 1, 1)), Some(verified_at.unwrap_or(a_while_ago)))
    };
    let (email, mobile) = (email.map(point), mobile.map(point));
    let is_usable = |point: &Option<ContactPoint>| point.as_ref().is_some_and(|point| point.is_usable(now));
    let mailbox = mailbox.map(|Mailbox { provider, certificate_until }| {
        let certificate =
            Certificate { der: CERTIFICATE.to_vec(), valid_from: day(2020, 1, 1), valid_until: certificate_until };
        DigitalMailbox::new(provider, format!("test.person#{}", &number.expose()[7..]), Some(certificate))
    });
    Entry {
        national_id: number.clone(),
        is_reserved,
        status,
        can_be_notified: !is_reserved && status == Status::Active && (is_usable(&email) || is_usable(&mobile)),
        language,
        email,
        mobile,
        mailbox,
    }
}

impl ContactRegister for SandboxContactRegister {
    fn contacts<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        async { self.fault.rows(|| numbers.iter().map(|number| self.entry(number)).collect()).await }.boxed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::persons;

    #[test]
    fn everybody_who_differs_is_in_the_table_of_persons() {
        let persons = persons::all();
        for (number, _) in SPECIAL {
            assert!(persons.iter().any(|one| one.person.national_id.expose() == number), "{number}");
        }
    }

    #[test]
    fn most_can_be_notified_however_far_the_clock_is_moved_and_some_cannot() {
        let persons = persons::all();
        let clock = Clock::standing();
        let register = SandboxContactRegister::new(clock.clone(), persons.iter().map(|one| &one.person.national_id));
        clock.advance(TimeDelta::days(3650));

        let cannot = persons.iter().map(|one| register.entry(&one.person.national_id)).filter(|of| !of.can_be_notified);

        let cannot: Vec<String> = cannot.map(|of| of.national_id.expose().to_owned()).collect();
        assert_eq!(cannot, ["11836600020", "23897400006", "05815800100"]);
    }
}
