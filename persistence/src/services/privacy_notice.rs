//! Privacy notices of organisations: put in by operators, read by everybody (PP-11).

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use domain::access::PlatformAct;
use domain::audit::{Object, ObjectKind, Subject};
use domain::id::{OrganisationId, PrivacyNoticeId};
use domain::identity::OrganisationNumber;
use domain::organisation::Name;
use domain::person::day_of;
use domain::privacy_notice::{ListedNotice, NoticeText, NoticeTexts, NoticeVersion, PrivacyNotice, current, upcoming};

use crate::Store;
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::page::{Page, Slice};
use crate::schema::{organisation, privacy_notice};

const CORRUPT: StoreError = StoreError::Corrupt { what: "privacy notice" };

/// A version as it is put on record.
#[derive(Clone, Debug)]
pub struct NewPrivacyNotice {
    /// The first day on which it holds.
    pub valid_from: NaiveDate,
    /// What it says.
    pub texts: NoticeTexts,
}

/// Which version of a notice is wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WantedVersion {
    /// The one that holds now.
    Current,
    /// The one with this number, also where it does not hold yet or any more.
    Number(u32),
}

/// A version with its id, which only idempotency keys know it by.
type Made = (Id, PrivacyNotice);

type NoticeRow = ((Id, NaiveDate), (String, Option<String>, Option<String>));

impl Store {
    /// Puts a new version of an organisation's notice on record. It gets the next number.
    ///
    /// # Errors
    /// Refused, no such organisation, a key used before, or the store away.
    pub async fn privacy_notice_register(
        &self,
        context: &Context,
        owner: OrganisationId,
        new: NewPrivacyNotice,
        key: Option<RequestKey>,
    ) -> Result<Created<PrivacyNotice>, Failure> {
        let (now, scope) = (context.now, self.idempotency_scope(context));
        let (action, subject) = (PlatformAct::REGISTER_PRIVACY_NOTICE, Subject::Organisation(owner));
        self.for_platform(context, action, subject, move |_, connection, _| {
            lock(connection, owner)?;
            let made = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| insert(connection, owner, &new, now),
                |connection, id| {
                    let number = number_of(connection, owner, id)?;
                    fetch(connection, owner, number, now)
                },
                |made: &Made| made.0,
            )?;
            let object = Object { kind: ObjectKind::PrivacyNotice, id: made.value().0.0 };
            let made = match made {
                Created::New((_, notice)) => Created::New(notice),
                Created::Replayed((_, notice)) => Created::Replayed(notice),
            };
            Ok((made, Some(object)))
        })
        .await
    }

    /// The notices that hold now, in the order in which their organisations were registered. For everybody.
    ///
    /// # Errors
    /// A cursor of another list, or the store away.
    pub async fn privacy_notice_list(&self, page: Page, now: DateTime<Utc>) -> Result<Slice<ListedNotice>, Failure> {
        self.run(move |inner, connection| {
            let after: Option<Id> = page.position(&inner.vault, "privacy-notices")?;
            let today = day_of(now);
            let has_one = privacy_notice::table
                .filter(privacy_notice::organisation_id.eq(organisation::id))
                .filter(privacy_notice::valid_from.le(today));
            let rows = on!(&mut *connection, c => organisation::table
                .filter(organisation::id.gt(after.unwrap_or(Id::MIN)))
                .filter(diesel::dsl::exists(has_one))
                .order(organisation::id)
                .limit(page.fetch_limit())
                .select((organisation::id, organisation::number, organisation::name))
                .load::<(Id, String, String)>(c))?;
            let slice = Slice::cut(rows, &page, &inner.vault, "privacy-notices", |row| row.0);
            let owners: Vec<Id> = slice.items.iter().map(|row| row.0).collect();
            let versions = versions_of(connection, &owners)?;
            slice.try_map(|(id, number, name)| {
                let versions = versions.get(&id).map(Vec::as_slice).unwrap_or_default();
                Ok(ListedNotice {
                    organisation_number: OrganisationNumber::parse(&number).map_err(|_| CORRUPT)?,
                    organisation_name: Name::parse(&name).map_err(|_| CORRUPT)?,
                    version: current(versions, today).ok_or(CORRUPT)?,
                    upcoming: upcoming(versions, today),
                })
            })
        })
        .await
    }

    /// A version of an organisation's notice. For everybody.
    ///
    /// # Errors
    /// No such organisation or version, none that holds yet, or the store away.
    pub async fn privacy_notice_fetch(
        &self,
        number: OrganisationNumber,
        wanted: WantedVersion,
        now: DateTime<Utc>,
    ) -> Result<PrivacyNotice, Failure> {
        self.run(move |_, connection| {
            let owner = on!(&mut *connection, c => organisation::table
                .filter(organisation::number.eq(number.as_str()))
                // Of several with the number the one that has not ended, or else the newest.
                .order((organisation::ended_at.is_not_null(), organisation::id.desc()))
                .select(organisation::id)
                .first::<Id>(c)
                .optional())?
            .ok_or(Failure::NotFound)?;
            let version = match wanted {
                WantedVersion::Number(version) => version,
                WantedVersion::Current => {
                    let versions = versions_of(connection, &[owner])?.remove(&owner).unwrap_or_default();
                    current(&versions, day_of(now)).ok_or(Failure::NotFound)?.number
                }
            };
            // A number that no row can have is that of no version.
            let version = i32::try_from(version).map_err(|_| Failure::NotFound)?;
            Ok(fetch(connection, owner.into(), version, now)?.1)
        })
        .await
    }
}

/// Waits for whoever puts a version on record, and keeps others waiting until the transaction ends: numbers have no gaps.
fn lock(connection: &mut Connection, id: OrganisationId) -> Result<(), Failure> {
    let found = organisation::table.find(id.key()).select(organisation::id);
    let found = locked!(connection, found, first::<Id>).optional()?;
    found.map(|_| ()).ok_or(Failure::NotFound)
}

fn insert(
    connection: &mut Connection,
    owner: OrganisationId,
    new: &NewPrivacyNotice,
    now: DateTime<Utc>,
) -> Result<Made, Failure> {
    let last = on!(&mut *connection, c => privacy_notice::table
        .filter(privacy_notice::organisation_id.eq(owner.key()))
        .select(diesel::dsl::max(privacy_notice::version))
        .first::<Option<i32>>(c))?;
    let version = last.unwrap_or(0).saturating_add(1);
    let NewPrivacyNotice { valid_from, texts: NoticeTexts { bokmal, nynorsk, english } } = new;
    let text = |text: &Option<NoticeText>| text.as_ref().map(|text| text.as_str().to_owned());
    let id = new_id::<PrivacyNoticeId>().key();
    on!(&mut *connection, c => diesel::insert_into(privacy_notice::table)
        .values((
            privacy_notice::organisation_id.eq(owner.key()),
            privacy_notice::version.eq(version),
            privacy_notice::id.eq(id),
            privacy_notice::valid_from.eq(valid_from),
            privacy_notice::text_nb.eq(bokmal.as_str()),
            privacy_notice::text_nn.eq(text(nynorsk)),
            privacy_notice::text_en.eq(text(english)),
            privacy_notice::created_at.eq(Time(now)),
        ))
        .execute(c))?;
    fetch(connection, owner, version, now)
}

/// The number of the version with an id.
fn number_of(connection: &mut Connection, owner: OrganisationId, id: Id) -> Result<i32, Failure> {
    let number = on!(connection, c => privacy_notice::table
        .filter(privacy_notice::organisation_id.eq(owner.key()))
        .filter(privacy_notice::id.eq(id))
        .select(privacy_notice::version)
        .first::<i32>(c)
        .optional())?;
    number.ok_or(Failure::NotFound)
}

/// The versions of notices, without their texts.
fn versions_of(connection: &mut Connection, owners: &[Id]) -> Result<HashMap<Id, Vec<NoticeVersion>>, StoreError> {
    let rows = on!(connection, c => privacy_notice::table
        .filter(privacy_notice::organisation_id.eq_any(owners))
        .select((privacy_notice::organisation_id, privacy_notice::version, privacy_notice::valid_from))
        .load::<(Id, i32, NaiveDate)>(c))?;
    let mut versions: HashMap<Id, Vec<NoticeVersion>> = HashMap::new();
    for (owner, number, valid_from) in rows {
        versions.entry(owner).or_default().push(version_from(number, valid_from)?);
    }
    Ok(versions)
}

fn version_from(number: i32, valid_from: NaiveDate) -> Result<NoticeVersion, StoreError> {
    Ok(NoticeVersion { number: u32::try_from(number).map_err(|_| CORRUPT)?, valid_from })
}

/// One version with its texts.
fn fetch(connection: &mut Connection, owner: OrganisationId, number: i32, now: DateTime<Utc>) -> Result<Made, Failure> {
    let versions = versions_of(connection, &[owner.key()])?.remove(&owner.key()).unwrap_or_default();
    let row = on!(&mut *connection, c => privacy_notice::table
        .find((owner.key(), number))
        .select((
            (privacy_notice::id, privacy_notice::valid_from),
            (privacy_notice::text_nb, privacy_notice::text_nn, privacy_notice::text_en),
        ))
        .first::<NoticeRow>(c)
        .optional())?;
    let ((id, valid_from), (nb, nn, en)) = row.ok_or(Failure::NotFound)?;
    let (organisation_number, name) = on!(connection, c => organisation::table
        .find(owner.key())
        .select((organisation::number, organisation::name))
        .first::<(String, String)>(c))?;
    let text = |text: &str| NoticeText::parse(text).map_err(|_| CORRUPT);
    let notice = PrivacyNotice {
        organisation_number: OrganisationNumber::parse(&organisation_number).map_err(|_| CORRUPT)?,
        organisation_name: Name::parse(&name).map_err(|_| CORRUPT)?,
        version: version_from(number, valid_from)?,
        texts: NoticeTexts {
            bokmal: text(&nb)?,
            nynorsk: nn.as_deref().map(text).transpose()?,
            english: en.as_deref().map(text).transpose()?,
        },
        upcoming: upcoming(&versions, day_of(now)),
    };
    Ok((id, notice))
}
