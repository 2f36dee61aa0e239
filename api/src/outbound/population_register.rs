//! The population register as the tax administration runs it (Folkeregisteret, version 1 of its look-ups in bulk), with
//! what the package of rights "public with legal basis" (`offentlig-med-hjemmel`) tells.
//!
//! Only current values are asked for, and only the fields that are used. A row that cannot be understood is left out,
//! and so unknown, and so is one of somebody who was not asked about. Whether somebody lives with a child is not in its
//! row: the register is asked for the addresses of those who are responsible for it, and these are compared with the
//! child's own. Not here: the feed of changes.

mod address;
mod row;
#[cfg(test)]
mod test_rows;

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::identity::{NationalId, NationalIdKind};
use domain::register::RegisteredPerson;
use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, try_join_all};
use persistence::{PopulationRegister, RegisterAway};
use serde::Deserialize;
use serde_json::{Value, json};

use self::address::Dwelling;
use self::row::{Found, NotUnderstood};
use super::http::CallError;
use super::maskinporten::Maskinporten;
use super::register_client::{AskError, RegisterClient};
use crate::clock::Clock;

/// How long an answer may take, with everything that it takes: people wait.
const TIMEOUT: Duration = Duration::from_secs(2);
/// How many persons are asked about in one call. The register takes 1,000 but then answers in ten seconds; its time
/// grows with their number. Calls are made at the same time.
const MOST_PERSONS: usize = 100;
/// Far more than a hundred rows without history.
const MOST_BYTES: usize = 8 * 1024 * 1024;
/// The fields of a person that are read. The identity number always comes along.
const PERSON: &str = "?part=status&part=navn&part=foedsel&part=doedsfall&part=adressebeskyttelse&part=bostedsadresse\
    &part=deltBosted&part=oppholdsadresse&part=postadresse&part=postadresseIUtlandet&part=foreldreansvar\
    &part=familierelasjon&part=vergemaalEllerFremtidsfullmakt";
/// What is asked of those who are responsible for a child, beside.
const HOME: &str = "?part=bostedsadresse";

/// The register.
pub(crate) struct SkatteetatenPopulationRegister {
    client: RegisterClient,
    clock: Clock,
}

impl SkatteetatenPopulationRegister {
    /// A client of the register: the address of its look-ups in bulk, and the scope that its package of rights has.
    ///
    /// # Errors
    /// When no TLS client can be made.
    pub(crate) fn new(
        url: String,
        scope: String,
        maskinporten: Maskinporten,
        clock: Clock,
    ) -> Result<Self, reqwest::Error> {
        Ok(Self { client: RegisterClient::new(url, scope, maskinporten, TIMEOUT, MOST_BYTES)?, clock })
    }

    async fn ask(&self, numbers: &[NationalId]) -> Result<Vec<RegisteredPerson>, AskError> {
        let question = async {
            let answer = tokio::time::timeout(TIMEOUT, self.persons_now(numbers)).await;
            answer.unwrap_or(Err(AskError::TooLate))
        };
        self.client.unless_away(question).await
    }

    async fn persons_now(&self, numbers: &[NationalId]) -> Result<Vec<RegisteredPerson>, AskError> {
        let rows = self.rows(sorted(numbers.to_vec()), PERSON).await?;
        let now = self.clock.now();
        let mut found: Vec<Found> = rows.into_iter().filter_map(|(number, row)| understood(number, row, now)).collect();
        let homes = self.homes_of_responsible(&found).await?;
        for child in &mut found {
            let mut responsible = std::mem::take(&mut child.person.responsible);
            for one in &mut responsible {
                one.shares_address = homes.get(&one.national_id).is_some_and(|home| child.lives_at(home));
            }
            child.person.responsible = responsible;
        }
        Ok(found.into_iter().map(|found| found.person).collect())
    }

    /// Where those live who are responsible for somebody. Nobody is asked about who is responsible for somebody without
    /// a known address: nobody can share that.
    async fn homes_of_responsible(&self, found: &[Found]) -> Result<HashMap<NationalId, Dwelling>, AskError> {
        let has_home = |found: &&Found| found.home.is_some() || found.shared_home.is_some();
        let responsible = found.iter().filter(has_home).flat_map(|found| &found.person.responsible);
        let numbers = responsible.filter(|one| one.kind.counts()).map(|one| one.national_id.clone()).collect();
        let rows = self.rows(sorted(numbers), HOME).await?;
        Ok(rows.into_iter().filter_map(|(number, row)| row::home(&number, row).map(|home| (number, home))).collect())
    }

    /// The rows of these persons, in as many calls as it takes. Nobody is asked about by a common help number, which is
    /// the health sector's own: a number that the register does not take would spoil the call for the others.
    async fn rows(&self, mut numbers: Vec<NationalId>, parts: &str) -> Result<Vec<(NationalId, Value)>, AskError> {
        numbers.retain(|number| number.kind() != NationalIdKind::CommonHelpNumber);
        let calls = numbers.chunks(MOST_PERSONS).map(async |numbers| {
            let exposed: Vec<&str> = numbers.iter().map(NationalId::expose).collect();
            let body = self.client.post(parts, &json!({"foedselsEllerDNummer": exposed})).await?;
            rows_of(numbers, &body)
        });
        Ok(try_join_all(calls).await?.into_iter().flatten().collect())
    }
}

impl PopulationRegister for SkatteetatenPopulationRegister {
    fn persons<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<RegisteredPerson>, RegisterAway>> {
        self.ask(numbers).map(|answer| answer.map_err(|error| RegisterAway(Box::new(error)))).boxed()
    }
}

/// The answer, its rows one by one.
#[derive(Deserialize)]
struct Answer {
    oppslag: Vec<Value>,
}

/// The rows of an answer, each with the number by which it was asked for. A row of nobody who was asked about is
/// dropped, not the answer with it: the register may give somebody's newer number for an older one.
fn rows_of(asked: &[NationalId], body: &[u8]) -> Result<Vec<(NationalId, Value)>, AskError> {
    let answer: Answer = serde_json::from_slice(body).map_err(|_| CallError::Unreadable)?;
    let mut asked: HashMap<&str, &NationalId> = asked.iter().map(|number| (number.expose(), number)).collect();
    let mut rows = Vec::with_capacity(answer.oppslag.len());
    for mut row in answer.oppslag {
        // A second row of the same person has nobody to be of any more.
        match row["foedselsEllerDNummer"].as_str().and_then(|number| asked.remove(number)) {
            None => tracing::warn!("a row of the population register is of nobody who was asked about"),
            Some(number) => {
                // Without a person the register has nobody with the number.
                let person = row.get_mut("folkeregisterperson").map(Value::take).filter(|person| !person.is_null());
                rows.extend(person.map(|person| (number.clone(), person)));
            }
        }
    }
    Ok(rows)
}

fn understood(number: NationalId, row: Value, now: DateTime<Utc>) -> Option<Found> {
    match row::read(number, row, now) {
        Ok(found) => Some(found),
        Err(NotUnderstood(field)) => {
            tracing::warn!(field, "a row of the population register is not understood");
            None
        }
    }
}

/// Each number once.
fn sorted(mut numbers: Vec<NationalId>) -> Vec<NationalId> {
    numbers.sort_by(|one, other| one.expose().cmp(other.expose()));
    numbers.dedup();
    numbers
}

#[cfg(test)]
#[path = "population_register_tests.rs"]
mod tests;
