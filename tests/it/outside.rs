//! The world around a simulation: people as the registers have them, and those who carry letters and send notices, with the
//! mistakes that they make. It looks at everything that leaves the house at the moment when it comes there.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard};

use chrono::{DateTime, Datelike as _, Days, NaiveDate, TimeDelta, Utc};
use domain::contact_register::{Certificate, ContactPoint, DigitalMailbox, Entry, Status};
use domain::identity::{NationalId, OrganisationNumber};
use domain::person::{PersonName, Protected, Protection};
use domain::postal_address::{Addresses, PostalAddress};
use domain::register::RegisteredPerson;
use domain::routing::MailboxProvider;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, ready};
use persistence::{
    ContactRegister, Destination, HandOver, HandoverOutcome, Letter, NoticeOutcome, PopulationRegister, RegisterAway,
};
use tests::synthetic_number;
use uuid::Uuid;

use crate::worlds::Dice;

/// A person as the registers have them.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) number: NationalId,
    born: NaiveDate,
    pub(crate) is_dead: bool,
    pub(crate) is_protected: bool,
    pub(crate) house: u64,
    pub(crate) is_reserved: bool,
    is_registered: bool,
    pub(crate) can_be_notified: bool,
    pub(crate) provider: Option<MailboxProvider>,
}

impl Person {
    fn name(place: usize) -> String {
        format!("Testesen {place}")
    }

    /// Where paper goes: the open address of who is protected.
    fn address(&self) -> PostalAddress {
        let line = if self.is_protected { "Postboks 7".to_owned() } else { format!("Testveien {}", self.house) };
        PostalAddress::from_register(vec![line, "0001 Oslo".to_owned()]).expect("an address")
    }

    pub(crate) fn in_population_register(&self, place: usize) -> RegisteredPerson {
        let (residence, postal) =
            if self.is_protected { (None, Some(self.address())) } else { (Some(self.address()), None) };
        let grade = if self.is_protected { Protection::Confidential } else { Protection::Ungraded };
        RegisteredPerson {
            national_id: self.number.clone(),
            name: PersonName::from_register(Self::name(place)),
            birth_date: self.born,
            death_date: self.is_dead.then(|| start().date_naive()),
            protection: Protected { grade, until: None },
            responsible: vec![],
            guardians: vec![],
            family: vec![],
            addresses: Addresses { residence, postal },
            children: vec![],
        }
    }

    fn in_contact_register(&self, place: usize) -> Entry {
        let mobile = ContactPoint::new(format!("+47990{place:05}"), Some(start()), Some(start()));
        let mailbox = self.provider.map(|of| {
            let (valid_from, valid_until) = (start() - TimeDelta::days(1), start() + TimeDelta::days(1000));
            DigitalMailbox::new(
                number_of(of),
                format!("{place}"),
                Some(Certificate { der: vec![], valid_from, valid_until }),
            )
        });
        let status = if self.is_registered { Status::Active } else { Status::NotRegistered };
        Entry {
            national_id: self.number.clone(),
            is_reserved: self.is_reserved,
            status,
            can_be_notified: self.is_registered && self.can_be_notified && !self.is_reserved,
            language: None,
            email: None,
            mobile: self.is_registered.then_some(mobile),
            mailbox,
        }
    }
}

/// A Monday at noon in Oslo.
pub(crate) fn start() -> DateTime<Utc> {
    "2026-11-23T11:00:00Z".parse().expect("a time")
}

/// All that is not ours: the registers, those who print and carry, those who send notices. It outlives each of our processes.
pub(crate) struct Outside {
    pub(crate) people: Mutex<Vec<Person>>,
    places: HashMap<NationalId, usize>,
    pub(crate) dice: Mutex<Dice>,
    /// Which systems are away: the population register, the contact register, everybody who carries.
    pub(crate) away: Mutex<[bool; 3]>,
    /// Whether the others make mistakes.
    pub(crate) is_faulty: Mutex<bool>,
    /// What carriers have, by the id that they know it by: the subject of the letter, and whose mailbox it is in, where in one.
    pub(crate) taken: Mutex<HashMap<Uuid, (String, Option<OrganisationNumber>)>>,
    /// The subjects of those that a provider of mailboxes has.
    pub(crate) at_providers: Mutex<HashSet<String>>,
    pub(crate) notices: Mutex<HashSet<Uuid>>,
    /// To whom letters are on their way of which carriers have not said that they have them.
    pub(crate) unsettled: Mutex<Vec<usize>>,
}

pub(crate) fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().expect("nobody breaks off with it")
}

impl Outside {
    pub(crate) fn new(how_many: usize) -> Self {
        let mut dice = Dice(20_261_123);
        // Of all ages: born on days that are evenly spread over 85 years, one each.
        let first = NaiveDate::from_ymd_opt(1930, 1, 1).expect("a date");
        let people: Vec<Person> = (0..how_many)
            .map(|place| {
                let born = first + Days::new((31_000 * place / how_many) as u64);
                // The serial number tells the century.
                let mut serials = if born.year() < 2000 { 100..200 } else { 500..600 };
                Person {
                    number: serials.find_map(|serial| synthetic_number(born, serial)).expect("a number"),
                    born,
                    is_dead: false,
                    is_protected: dice.roll(30) == 0,
                    house: dice.roll(1000),
                    is_reserved: dice.roll(40) == 0,
                    is_registered: dice.roll(40) > 0,
                    can_be_notified: dice.roll(40) > 0,
                    provider: (dice.roll(3) > 0)
                        .then(|| *dice.of(&[MailboxProvider::Digipost, MailboxProvider::EBoks])),
                }
            })
            .collect();
        let places = people.iter().enumerate().map(|(place, person)| (person.number.clone(), place)).collect();
        Self {
            people: Mutex::new(people),
            places,
            dice: Mutex::new(dice),
            away: Mutex::default(),
            is_faulty: Mutex::new(true),
            taken: Mutex::default(),
            at_providers: Mutex::default(),
            notices: Mutex::default(),
            unsettled: Mutex::default(),
        }
    }

    pub(crate) fn roll(&self, sides: u64) -> u64 {
        lock(&self.dice).roll(sides)
    }

    pub(crate) fn person(&self, place: usize) -> Person {
        lock(&self.people)[place].clone()
    }

    fn carry(&self, letter: &Letter, person: &Person) -> HandoverOutcome {
        if lock(&self.away)[2] {
            return HandoverOutcome::Unreached;
        }
        let fault = if *lock(&self.is_faulty) { self.roll(20) } else { 20 };
        match (fault, &letter.destination) {
            (0, _) => return HandoverOutcome::Unreached,
            (1, _) => return HandoverOutcome::Away,
            (2, Destination::Mailbox { .. }) => return HandoverOutcome::Unknown,
            _ => {}
        }
        match &letter.destination {
            Destination::Paper { address, .. } => {
                assert!(!person.is_dead, "no paper to the dead");
                assert_eq!(*address, person.address(), "the address as it is now");
            }
            Destination::Mailbox { provider, .. } => {
                assert!(!person.is_dead && !person.is_reserved, "nothing digital to the dead and the reserved");
                assert_eq!(person.provider.map(number_of).as_ref(), Some(provider), "the mailbox as it is chosen now");
                lock(&self.at_providers).insert(letter.subject.expose().to_owned());
            }
        }
        let subject = letter.subject.expose().to_owned();
        let provider = match &letter.destination {
            Destination::Paper { .. } => None,
            Destination::Mailbox { provider, .. } => Some(provider.clone()),
        };
        let letter_there = (subject, provider);
        let before = lock(&self.taken).insert(letter.id.as_uuid(), letter_there.clone());
        assert!(
            before.as_ref().is_none_or(|before| *before == letter_there),
            "an id is of one letter, at one provider"
        );
        // Of e-Boks one hears later that it has a letter, or that it has failed.
        let is_slow = matches!(&letter.destination, Destination::Mailbox { provider, .. }
            if *provider == number_of(MailboxProvider::EBoks));
        match (fault, before) {
            (3, _) => HandoverOutcome::Away,
            (_, None) if is_slow => HandoverOutcome::Underway,
            (4, Some(_)) if is_slow => {
                lock(&self.taken).remove(&letter.id.as_uuid());
                lock(&self.at_providers).remove(letter.subject.expose());
                HandoverOutcome::Failed
            }
            _ => HandoverOutcome::Taken,
        }
    }

    /// Whoever sends SMS gets a notice.
    pub(crate) fn notify(&self, id: Uuid, address: &str) -> NoticeOutcome {
        let place: usize = address.trim_start_matches("+47990").parse().expect("a number of ours");
        assert!(!self.person(place).is_dead, "the dead are told nothing");
        match if *lock(&self.is_faulty) { self.roll(40) } else { 40 } {
            0 => NoticeOutcome::Away,
            1 => NoticeOutcome::Refused,
            _ => {
                lock(&self.notices).insert(id);
                NoticeOutcome::Sent
            }
        }
    }
}

impl HandOver for Outside {
    /// Whoever carries gets a letter, and does with it what they do.
    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, HandoverOutcome> {
        let place = match &letter.destination {
            Destination::Paper { name, .. } => {
                name.rsplit(' ').next().and_then(|place| place.parse().ok()).expect("ours")
            }
            Destination::Mailbox { national_id, .. } => self.places[national_id],
        };
        let outcome = self.carry(letter, &self.person(place));
        if matches!(outcome, HandoverOutcome::Unreached | HandoverOutcome::Away | HandoverOutcome::Underway) {
            lock(&self.unsettled).push(place);
        }
        ready(outcome).boxed()
    }
}

/// The number of a provider.
fn number_of(provider: MailboxProvider) -> OrganisationNumber {
    OrganisationNumber::parse(provider.as_word()).expect("a number")
}

/// The way to the registers out of one process.
pub(crate) struct Registers(pub(crate) Arc<Outside>);

impl Registers {
    fn answer<T>(
        &self,
        which: usize,
        asked: &[NationalId],
        row: impl Fn(&Person, usize) -> T,
    ) -> Result<Vec<T>, RegisterAway> {
        if lock(&self.0.away)[which] {
            return Err(RegisterAway("it is away".into()));
        }
        let people = lock(&self.0.people);
        let places = asked.iter().filter_map(|number| self.0.places.get(number));
        Ok(places.map(|place| row(&people[*place], *place)).collect())
    }
}

impl PopulationRegister for Registers {
    fn persons<'a>(&'a self, asked: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        ready(self.answer(0, asked, Person::in_population_register)).boxed()
    }
}

impl ContactRegister for Registers {
    fn contacts<'a>(&'a self, asked: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
        ready(self.answer(1, asked, Person::in_contact_register)).boxed()
    }
}
