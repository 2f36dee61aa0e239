//! The population register of the sandbox: persons who do not exist, in memory. It can be changed, and it can be away.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::NaiveDate;
use domain::identity::NationalId;
use domain::person::{PersonName, Protection};
use domain::postal_address::PostalAddress;
use domain::register::{RegisteredPerson, Responsible};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use persistence::{PopulationRegister, RegisterAway};

use super::fault::FaultSwitch;

/// By identity number, so that everything it tells is always in the same order.
type Persons = BTreeMap<String, RegisteredPerson>;

/// The register. It begins as the table of test persons has it, each time the sandbox starts.
pub(crate) struct SandboxRegister {
    /// Who somebody's children are is not written down: it follows from who is responsible for whom.
    persons: Mutex<Persons>,
    pub(crate) fault: FaultSwitch,
}

/// What is to be changed of a person. What is not there stays.
#[derive(Default)]
pub(crate) struct Change {
    pub(crate) name: Option<PersonName>,
    pub(crate) birth_date: Option<NaiveDate>,
    pub(crate) death_date: Option<Option<NaiveDate>>,
    pub(crate) protection: Option<Protection>,
    pub(crate) protection_until: Option<Option<NaiveDate>>,
    pub(crate) responsible: Option<Vec<Responsible>>,
    pub(crate) guardians: Option<Vec<NationalId>>,
    pub(crate) family: Option<Vec<NationalId>>,
    pub(crate) residence: Option<Option<PostalAddress>>,
    pub(crate) postal: Option<Option<PostalAddress>>,
}

impl SandboxRegister {
    pub(crate) fn new(persons: impl IntoIterator<Item = RegisteredPerson>) -> Self {
        let by_number = |person: RegisteredPerson| (person.national_id.expose().to_owned(), person);
        Self { persons: Mutex::new(persons.into_iter().map(by_number).collect()), fault: FaultSwitch::default() }
    }

    fn all(&self) -> MutexGuard<'_, Persons> {
        // Nothing that is done under this lock can break off half way.
        self.persons.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A person, where the register has them.
    pub(crate) fn person(&self, number: &NationalId) -> Option<RegisteredPerson> {
        let persons = self.all();
        let is_child = |other: &&RegisteredPerson| {
            other.responsible.iter().any(|one| one.kind.counts() && one.national_id == *number)
        };
        let children = persons.values().filter(is_child).map(|child| child.national_id.clone()).collect();
        Some(RegisteredPerson { children, ..persons.get(number.expose())?.clone() })
    }

    /// Changes what the register has of a person, and of whom else that concerns. Says who they all are: nobody, where
    /// it has nobody of this number.
    pub(crate) fn change(&self, number: &NationalId, change: Change) -> Vec<NationalId> {
        let mut persons = self.all();
        let Some(person) = persons.get_mut(number.expose()) else { return vec![] };
        let Change {
            name,
            birth_date,
            death_date,
            protection,
            protection_until,
            responsible,
            guardians,
            family,
            residence,
            postal,
        } = change;
        set(&mut person.addresses.residence, residence);
        set(&mut person.addresses.postal, postal);
        set(&mut person.name, name);
        set(&mut person.birth_date, birth_date);
        set(&mut person.death_date, death_date);
        set(&mut person.protection.grade, protection);
        set(&mut person.protection.until, protection_until);
        set(&mut person.guardians, guardians);
        let mut concerned = vec![number.clone()];
        if let Some(responsible) = responsible {
            let before = std::mem::replace(&mut person.responsible, responsible);
            concerned.extend(before.iter().chain(&person.responsible).map(|one| one.national_id.clone()));
        }
        if let Some(family) = family {
            let before = std::mem::replace(&mut person.family, family.clone());
            for relative in before.iter().chain(&family) {
                if let Some(relative) = persons.get_mut(relative.expose()) {
                    relative.family.retain(|other| other != number);
                    if family.contains(&relative.national_id) {
                        relative.family.push(number.clone());
                    }
                }
            }
            concerned.extend(before.into_iter().chain(family));
        }
        concerned.sort_by(|one, other| one.expose().cmp(other.expose()));
        concerned.dedup();
        concerned
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}

impl PopulationRegister for SandboxRegister {
    fn persons<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        async { self.fault.rows(|| numbers.iter().filter_map(|number| self.person(number)).collect()).await }.boxed()
    }
}
