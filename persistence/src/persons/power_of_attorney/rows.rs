//! Powers of attorney as they are stored, and as one of the two sees them.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use diesel::dsl::{count_star, min};
use diesel::pg::PgConnection;
use diesel::prelude::*;
use domain::consent::ConsentLevel;
use domain::id::{MailboxId, PersonId, PowerOfAttorneyId};
use domain::person::{PersonName, day_of, start_of};
use domain::power_of_attorney::{
    CaseNumber, EndedBy, HolderName, HolderSeen, HolderWords, Period, PowerKind, PowerOfAttorney, PowerRole,
    ServiceArea, status,
};

use super::{CORRUPT, areas_from, areas_to};
use crate::Inner;
use crate::access::facts::Owner;
use crate::access::quota::{Limited, QuotaReached};
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::persons::person as persons;
use crate::persons::register::stored_number;
use crate::schema::{mailbox, person_lookup, power_of_attorney};
use crate::vault::{Field, MailboxKey};

/// One of the two of a power of attorney, who asks.
#[derive(Clone)]
pub(super) struct Party {
    pub(super) mailbox: MailboxId,
    pub(super) person: PersonId,
    /// Of their number.
    pub(super) hash: Vec<u8>,
}

impl From<&Owner> for Party {
    fn from(owner: &Owner) -> Self {
        Self { mailbox: owner.record.mailbox, person: owner.record.person, hash: owner.lookup_hash().to_vec() }
    }
}

/// Who holds one, known here or not.
#[derive(Clone)]
pub(super) struct Holder {
    /// Of their number.
    pub(super) hash: Vec<u8>,
    /// What the giver wrote, sealed under the key of the giver's mailbox.
    number: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
}

impl Holder {
    pub(super) fn seal(inner: &Inner, key: &MailboxKey, id: PowerOfAttorneyId, words: &HolderWords) -> Self {
        let seal = |field, text: &str| key.seal(id.as_uuid(), field, text.as_bytes());
        Self {
            hash: inner.vault.lookup_hash(&words.number).to_vec(),
            number: Some(seal(Field::HolderNumber, words.number.expose())),
            name: words.name.as_ref().map(|name| seal(Field::HolderName, name.expose())),
        }
    }
}

/// What stands on record of one that an operator put there.
#[derive(Clone)]
pub(super) struct Registration {
    /// Who did, as the token issuer knows them.
    pub(super) by: String,
    /// Before this it has no effect: the giver, who has been told, can object.
    pub(super) earliest_at: DateTime<Utc>,
    /// What the giver consents to on the form, and the version of the terms.
    pub(super) consent: Option<(ConsentLevel, String)>,
    /// Who has confirmed it, and from when on it has effect.
    pub(super) confirmed: Option<(String, DateTime<Utc>)>,
}

impl Registration {
    /// From when on it has effect, once it is confirmed.
    pub(super) fn effective_at(&self) -> DateTime<Utc> {
        self.confirmed.as_ref().map_or(self.earliest_at, |(_, at)| *at)
    }
}

/// A power of attorney as it is stored.
#[derive(Clone)]
pub(super) struct Stored {
    pub(super) id: PowerOfAttorneyId,
    /// The giver's.
    pub(super) mailbox: MailboxId,
    pub(super) giver: PersonId,
    pub(super) holder: Holder,
    pub(super) kind: PowerKind,
    pub(super) areas: Vec<ServiceArea>,
    pub(super) period: Period,
    pub(super) given_at: DateTime<Utc>,
    pub(super) case_number: Option<CaseNumber>,
    /// Of one that an operator put on record.
    pub(super) registration: Option<Registration>,
    pub(super) ended: Option<(DateTime<Utc>, EndedBy)>,
    pub(super) replaced_by: Option<PowerOfAttorneyId>,
}

impl Stored {
    /// When it is over, or will be: before its time where somebody has ended it.
    pub(super) fn end(&self) -> Option<DateTime<Utc>> {
        self.ended.map(|(at, _)| at).or_else(|| self.period.end())
    }

    /// Whether it waits for a second operator.
    pub(super) fn is_waiting(&self) -> bool {
        self.registration.as_ref().is_some_and(|registration| registration.confirmed.is_none())
    }

    /// Whether it has effect at a time, as far as operators go.
    pub(super) fn has_effect(&self, now: DateTime<Utc>) -> bool {
        !self.is_waiting() && self.registration.as_ref().is_none_or(|registration| registration.effective_at() <= now)
    }

    /// Whether it is over at a time.
    pub(super) fn is_over(&self, now: DateTime<Utc>) -> bool {
        self.end().is_some_and(|end| end <= now)
    }

    /// Whether it ended before it had effect.
    pub(super) fn never_held(&self) -> bool {
        let effective_at = self.registration.as_ref().map(Registration::effective_at);
        let first = effective_at.into_iter().chain([start_of(self.period.from)]).max();
        self.end().is_some_and(|end| self.is_waiting() || first.is_some_and(|first| end <= first))
    }

    /// What the giver wrote of the holder; none where it was not kept. `key` is that of the giver's mailbox.
    pub(super) fn words(&self, key: &MailboxKey) -> Result<Option<HolderWords>, StoreError> {
        let open = |field, sealed: &[u8]| key.open_text(self.id.as_uuid(), field, sealed).map_err(|_| CORRUPT);
        let Some(number) = &self.holder.number else { return Ok(None) };
        let number = stored_number(&open(Field::HolderNumber, number)?)?;
        let name = self.holder.name.as_deref().map(|name| open(Field::HolderName, name)).transpose()?;
        let name = name.map(|name| HolderName::parse(&name)).transpose().map_err(|_| CORRUPT)?;
        Ok(Some(HolderWords { number, name }))
    }

    /// Which of the two somebody is.
    pub(super) fn role_of(&self, person: PersonId) -> PowerRole {
        if self.giver == person { PowerRole::Giver } else { PowerRole::Holder }
    }
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = power_of_attorney)]
struct PowerRow {
    giver_mailbox_id: Id,
    id: Id,
    kind: String,
    areas: String,
    valid_from: NaiveDate,
    valid_to: Option<NaiveDate>,
    given_at: Time,
    holder_hash: Vec<u8>,
    holder_number: Option<Vec<u8>>,
    holder_name: Option<Vec<u8>>,
    case_number: Option<String>,
    #[diesel(embed)]
    registration: RegistrationRow,
    ended_at: Option<Time>,
    ended_by: Option<String>,
    replaced_by: Option<Id>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = power_of_attorney)]
struct RegistrationRow {
    registered_by: Option<String>,
    earliest_at: Option<Time>,
    consent_level: Option<i16>,
    consent_terms: Option<String>,
    confirmed_by: Option<String>,
    effective_at: Option<Time>,
}

/// That its holder may know of it: what waits for a second operator would tell whoever put it on record the giver's name.
macro_rules! is_no_secret {
    () => {
        power_of_attorney::registered_by.is_null().or(power_of_attorney::confirmed_by.is_not_null())
    };
}

fn stored_from(row: PowerRow) -> Result<Stored, StoreError> {
    let ended_by: Option<EndedBy> = row.ended_by.map(|word| word.parse()).transpose().map_err(|_| CORRUPT)?;
    Ok(Stored {
        id: row.id.into(),
        mailbox: row.giver_mailbox_id.into(),
        giver: row.giver_mailbox_id.into(),
        holder: Holder { hash: row.holder_hash, number: row.holder_number, name: row.holder_name },
        kind: row.kind.parse().map_err(|_| CORRUPT)?,
        areas: areas_from(&row.areas)?,
        period: Period { from: row.valid_from, to: row.valid_to },
        given_at: row.given_at.0,
        case_number: row.case_number.map(|text| CaseNumber::parse(&text)).transpose().map_err(|_| CORRUPT)?,
        registration: registration_from(row.registration)?,
        ended: row.ended_at.map(|at| at.0).zip(ended_by),
        replaced_by: row.replaced_by.map(PowerOfAttorneyId::from),
    })
}

fn registration_from(row: RegistrationRow) -> Result<Option<Registration>, StoreError> {
    let (Some(by), Some(earliest_at)) = (row.registered_by, row.earliest_at) else { return Ok(None) };
    let level = row.consent_level.map(|level| ConsentLevel::from_rank(level).ok_or(CORRUPT)).transpose()?;
    Ok(Some(Registration {
        by,
        earliest_at: earliest_at.0,
        consent: level.zip(row.consent_terms),
        confirmed: row.confirmed_by.zip(row.effective_at.map(|at| at.0)),
    }))
}

/// Whether somebody may give one more: so many in 24 hours, also those that have ended since. Whoever is given one is told, so
/// that giving and ending would be a way to pester people.
pub(super) fn has_room(
    connection: &mut Connection,
    giver: MailboxId,
    most: u32,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let window = TimeDelta::hours(24);
    let (given, first) = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::giver_mailbox_id.eq(giver.key()))
        .filter(power_of_attorney::kind.eq(PowerKind::Given.as_word()))
        .filter(power_of_attorney::given_at.gt(Time(now - window)))
        .select((count_star(), min(power_of_attorney::given_at)))
        .first::<(i64, Option<Time>)>(c))?;
    if given < i64::from(most) {
        return Ok(());
    }
    let seconds = first.map_or(1, |first| (first.0 + window - now).num_seconds().max(1));
    let retry_after_seconds = u32::try_from(seconds).unwrap_or(u32::MAX);
    Err(Failure::QuotaReached(QuotaReached { limited: Limited::PowersADay, most: most.into(), retry_after_seconds }))
}

/// Keeps a new one.
pub(super) fn insert(connection: &mut Connection, power: &Stored) -> Result<(), StoreError> {
    let row = (
        power_of_attorney::giver_mailbox_id.eq(power.mailbox.key()),
        power_of_attorney::id.eq(power.id.key()),
        power_of_attorney::holder_hash.eq(power.holder.hash.clone()),
        power_of_attorney::holder_number.eq(power.holder.number.clone()),
        power_of_attorney::holder_name.eq(power.holder.name.clone()),
        power_of_attorney::kind.eq(power.kind.as_word()),
        power_of_attorney::areas.eq(areas_to(&power.areas)),
        power_of_attorney::valid_from.eq(power.period.from),
        power_of_attorney::valid_to.eq(power.period.to),
        power_of_attorney::given_at.eq(Time(power.given_at)),
        power_of_attorney::case_number.eq(power.case_number.as_ref().map(|number| number.as_str().to_owned())),
    );
    let registration = power.registration.as_ref();
    let consent = registration.and_then(|registration| registration.consent.as_ref());
    let registration = (
        power_of_attorney::registered_by.eq(registration.map(|registration| registration.by.clone())),
        power_of_attorney::earliest_at.eq(registration.map(|registration| Time(registration.earliest_at))),
        power_of_attorney::consent_level.eq(consent.map(|(level, _)| level.rank())),
        power_of_attorney::consent_terms.eq(consent.map(|(_, terms)| terms.clone())),
    );
    on!(connection, c => diesel::insert_into(power_of_attorney::table).values((row, registration)).execute(c))?;
    Ok(())
}

/// Confirms one that an operator put on record.
pub(super) fn confirm(
    connection: &mut Connection,
    power: &Stored,
    by: &str,
    effective_at: DateTime<Utc>,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(power_of_attorney::table)
        .filter(power_of_attorney::giver_mailbox_id.eq(power.mailbox.key()))
        .filter(power_of_attorney::id.eq(power.id.key()))
        .set((
            power_of_attorney::confirmed_by.eq(Some(by)),
            power_of_attorney::effective_at.eq(Some(Time(effective_at))),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends one.
pub(super) fn end(
    connection: &mut Connection,
    power: &Stored,
    at: DateTime<Utc>,
    by: EndedBy,
    replaced_by: Option<PowerOfAttorneyId>,
) -> Result<(), StoreError> {
    on!(connection, c => diesel::update(power_of_attorney::table)
        .filter(power_of_attorney::giver_mailbox_id.eq(power.mailbox.key()))
        .filter(power_of_attorney::id.eq(power.id.key()))
        .set((
            power_of_attorney::ended_at.eq(Some(Time(at))),
            power_of_attorney::ended_by.eq(Some(by.as_word())),
            power_of_attorney::replaced_by.eq(replaced_by.map(Key::key)),
        ))
        .execute(c))?;
    Ok(())
}

/// Lets one writer at a time change the powers of these owners, and how their inboxes stand, until the transaction ends:
/// what is read after this holds. So of two that are given at once the second sees the first, and nobody misses a
/// message for opening their inbox while it was written. On SQLite there is one writer at a time anyway.
pub(super) fn lock(connection: &mut Connection, mailboxes: &[Id]) -> Result<(), StoreError> {
    if let Connection::Postgres(link) = connection {
        mailbox::table
            .filter(mailbox::id.eq_any(mailboxes))
            // Always in the same order, so that no two wait for each other.
            .order(mailbox::id)
            .select(mailbox::id)
            .for_no_key_update()
            .load::<Id>(&mut **link as &mut PgConnection)?;
    }
    Ok(())
}

/// The mailboxes of the two, as far as they are known here.
pub(super) fn mailboxes_of(connection: &mut Connection, power: &Stored) -> Result<Vec<Id>, StoreError> {
    let holder = mailbox_of(connection, &power.holder.hash)?;
    Ok([Some(power.mailbox.key()), holder].into_iter().flatten().collect())
}

/// One of the powers that an owner has given.
pub(super) fn given(
    connection: &mut Connection,
    giver: MailboxId,
    id: PowerOfAttorneyId,
) -> Result<Option<Stored>, StoreError> {
    let row = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::giver_mailbox_id.eq(giver.key()))
        .filter(power_of_attorney::id.eq(id.key()))
        .select(PowerRow::as_select())
        .first::<PowerRow>(c)
        .optional())?;
    row.map(stored_from).transpose()
}

/// One that somebody has given or received; for everybody else it is not there (FUL-11).
pub(super) fn of_party(
    connection: &mut Connection,
    me: &Party,
    id: PowerOfAttorneyId,
) -> Result<Option<Stored>, StoreError> {
    let of_me = power_of_attorney::giver_mailbox_id
        .eq(me.mailbox.key())
        .or(power_of_attorney::holder_hash.eq(&me.hash).and(is_no_secret!()));
    let row = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::id.eq(id.key()))
        .filter(of_me)
        .select(PowerRow::as_select())
        .first::<PowerRow>(c)
        .optional())?;
    row.map(stored_from).transpose()
}

/// Whichever one has this id: for operators, who have it from the paper's case.
pub(super) fn any(connection: &mut Connection, id: PowerOfAttorneyId) -> Result<Option<Stored>, StoreError> {
    let row = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::id.eq(id.key()))
        .select(PowerRow::as_select())
        .first::<PowerRow>(c)
        .optional())?;
    row.map(stored_from).transpose()
}

/// Those that somebody has given or received, newest first.
pub(super) fn before(
    connection: &mut Connection,
    me: &Party,
    before: Id,
    limit: i64,
) -> Result<Vec<Stored>, StoreError> {
    // Each of the two is a range of an index; both in one condition would be read whole and put in order.
    macro_rules! newest {
        ($whose:expr) => {
            on!(&mut *connection, c => power_of_attorney::table
                .filter($whose)
                .filter(power_of_attorney::id.lt(before))
                .order(power_of_attorney::id.desc())
                .limit(limit)
                .select(PowerRow::as_select())
                .load::<PowerRow>(c))?
        };
    }
    let given = newest!(power_of_attorney::giver_mailbox_id.eq(me.mailbox.key()));
    let received = newest!(power_of_attorney::holder_hash.eq(&me.hash).and(is_no_secret!()));
    let mut powers = given.into_iter().chain(received).map(stored_from).collect::<Result<Vec<_>, _>>()?;
    powers.sort_unstable_by_key(|power| std::cmp::Reverse(power.id));
    powers.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(powers)
}

/// The periods of those of a kind between two that nobody has ended, but for one.
pub(super) fn periods(
    connection: &mut Connection,
    giver: MailboxId,
    holder: &[u8],
    kind: PowerKind,
    but: Option<PowerOfAttorneyId>,
) -> Result<Vec<Period>, StoreError> {
    // Nothing has the lowest id there is.
    let but = but.map_or(Id::MIN, Key::key);
    let rows = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::giver_mailbox_id.eq(giver.key()))
        .filter(power_of_attorney::holder_hash.eq(holder))
        .filter(power_of_attorney::kind.eq(kind.as_word()))
        .filter(power_of_attorney::ended_at.is_null())
        .filter(power_of_attorney::id.ne(but))
        .select((power_of_attorney::valid_from, power_of_attorney::valid_to))
        .load::<(NaiveDate, Option<NaiveDate>)>(c))?;
    Ok(rows.into_iter().map(|(from, to)| Period { from, to }).collect())
}

/// Whether an owner has an assigned one that holds or is to come.
pub(super) fn is_assigned(
    connection: &mut Connection,
    giver: MailboxId,
    now: DateTime<Utc>,
) -> Result<bool, StoreError> {
    let rows = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::giver_mailbox_id.eq(giver.key()))
        .filter(power_of_attorney::kind.eq(PowerKind::Assigned.as_word()))
        .filter(power_of_attorney::ended_at.is_null())
        .select(power_of_attorney::valid_to)
        .load::<Option<NaiveDate>>(c))?;
    Ok(rows.into_iter().any(|to| to.is_none_or(|last| last >= day_of(now))))
}

/// The mailbox of somebody by the hash of their number; none where they are not known here.
pub(super) fn mailbox_of(connection: &mut Connection, hash: &[u8]) -> Result<Option<Id>, StoreError> {
    Ok(on!(connection, c => person_lookup::table
        .filter(person_lookup::lookup_hash.eq(hash))
        .select(person_lookup::mailbox_id)
        .first::<Id>(c)
        .optional())?)
}

/// Those that somebody holds and nobody has ended, oldest first.
pub(super) fn held(connection: &mut Connection, hash: &[u8]) -> Result<Vec<Stored>, StoreError> {
    let rows = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::holder_hash.eq(hash))
        .filter(power_of_attorney::ended_at.is_null())
        .order(power_of_attorney::id)
        .select(PowerRow::as_select())
        .load::<PowerRow>(c))?;
    rows.into_iter().map(stored_from).collect()
}

/// Those that an owner has given and nobody has ended, oldest first.
pub(super) fn given_by(connection: &mut Connection, giver: MailboxId) -> Result<Vec<Stored>, StoreError> {
    let rows = on!(connection, c => power_of_attorney::table
        .filter(power_of_attorney::giver_mailbox_id.eq(giver.key()))
        .filter(power_of_attorney::ended_at.is_null())
        .order(power_of_attorney::id)
        .select(PowerRow::as_select())
        .load::<PowerRow>(c))?;
    rows.into_iter().map(stored_from).collect()
}

/// As of when they are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AsOf {
    /// As they stand.
    Now(DateTime<Utc>),
    /// As each stood when it was given: the answer that its giver got, and gets again for the same key.
    Given(DateTime<Utc>),
}

/// What one of the two sees of them. A giver who is dead or has a protected address now is not named to the holder: the register
/// may have given them another name since (ADR-8, ADR-9). To the giver nothing tells how it stands with the holder. `key` is that of
/// the mailbox of the one who looks.
pub(super) fn seen(
    inner: &Inner,
    connection: &mut Connection,
    powers: Vec<Stored>,
    (me, key): (&Party, &MailboxKey),
    as_of: AsOf,
) -> Result<Vec<PowerOfAttorney>, StoreError> {
    let (AsOf::Now(now) | AsOf::Given(now)) = as_of;
    let known: Vec<PersonId> = powers.iter().map(|power| power.giver).chain([me.person]).collect();
    let unavailable = persons::unavailable(connection, &known, now)?;
    let names = persons::names_of(inner, connection, &known)?;
    powers.into_iter().map(|power| view(power, (me, key), as_of, &unavailable, &names)).collect()
}

fn view(
    power: Stored,
    (me, key): (&Party, &MailboxKey),
    as_of: AsOf,
    unavailable: &HashSet<PersonId>,
    names: &HashMap<PersonId, String>,
) -> Result<PowerOfAttorney, StoreError> {
    let role = power.role_of(me.person);
    let name_of = |person: PersonId| {
        let is_shown = person == me.person || !unavailable.contains(&person);
        names.get(&person).filter(|_| is_shown).cloned().map(PersonName::from_register)
    };
    let giver_name = name_of(power.giver);
    let holder = match role {
        PowerRole::Giver => HolderSeen::Written(power.words(key)?),
        PowerRole::Holder => HolderSeen::Oneself(name_of(me.person)),
    };
    let (AsOf::Now(now) | AsOf::Given(now)) = as_of;
    let has_effect = power.has_effect(now);
    let is_suspended = unavailable.contains(&power.giver) || unavailable.contains(&me.person);
    let Stored { id, mailbox, kind, areas, period, given_at, ended, replaced_by, .. } = power;
    let (status, ended, replaced_by) = match as_of {
        AsOf::Now(now) => (status(period, ended.map(|(_, by)| by), has_effect, is_suspended, now), ended, replaced_by),
        AsOf::Given(_) => (status(period, None, true, false, given_at), None, None),
    };
    Ok(PowerOfAttorney {
        id,
        role,
        kind,
        status,
        areas,
        period,
        mailbox,
        giver_name,
        holder,
        given_at,
        ended,
        replaced_by,
    })
}
