//! Notices by SMS and e-mail that something has come (DH-9, KRR-10).
//!
//! What is to be told is a job, written where a message comes into the inbox, and once more a week later. Taking it on
//! decides who is told where, by what holds then, and keeps that as rows with ids before anything is sent: who is killed
//! between sending and noting sends again under the same id, by which the other side drops the second.

mod audience;
mod quiet;
mod settings;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Nullable, SmallInt, Text};
use domain::contact_register::ContactLanguage;
use domain::event::{About, EventKind};
use domain::id::{MailboxId, MessageId, NoticeId};
use domain::job::Trouble;
use domain::notification::{NoticeAddress, again_at, send_at};
use strum::IntoStaticStr;

use self::audience::Audience;
pub(crate) use self::settings::forget;
use crate::Store;
use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, Pairs, SqlTime, SqlUuid, Time, on};
use crate::error::{Failure, StoreError};
use crate::feeds::event;
use crate::persons::register::{Refreshed, Whom};
use crate::schema::{job as jobs, message, notice};
use crate::work::job::{self, JobKind, JobRow, Lease};

/// The most messages that are told of at a time.
const MOST: i64 = 200;

rows! {
    /// That somebody is told of a message.
    NoticeRow, NoticeColumns => notice {
        mailbox_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        person_id: Id as SqlUuid,
        round: i16 as SmallInt,
        channel: &'static str as Text,
        id: Id as SqlUuid,
        decided_at: Time as SqlTime,
        sent_at: Option<Time> as Nullable<SqlTime>,
        refused_at: Option<Time> as Nullable<SqlTime>,
    }
}

/// A notice that is to be sent.
#[derive(Clone, Debug)]
pub struct Notice {
    /// What the other side knows it by, however often it is sent.
    pub id: NoticeId,
    /// Where it goes.
    pub address: NoticeAddress,
    /// In which language, where the register says.
    pub language: Option<ContactLanguage>,
    /// The organisation that the message is from.
    pub organisation: String,
    /// Whether the message is another's, for whom the addressee acts.
    pub is_for_another: bool,
}

/// What came of a notice that was tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug, IntoStaticStr)]
#[strum(serialize_all = "camelCase")]
pub enum NoticeOutcome {
    /// The other side has it.
    Sent,
    /// The other side does not take it, and will not.
    Refused,
    /// The other side did not answer, or not as it should.
    Away,
}

/// Notices that this process has taken on.
pub struct NoticeBatch {
    until: DateTime<Utc>,
    jobs: Vec<(Lease, JobKind)>,
    /// What is to be sent.
    pub notices: Vec<Notice>,
    /// Of which job each notice is.
    of: HashMap<NoticeId, Id>,
}

impl NoticeBatch {
    fn new(until: DateTime<Utc>) -> Self {
        Self { until, jobs: vec![], notices: vec![], of: HashMap::new() }
    }

    fn add(&mut self, lease: Lease, kind: JobKind, notices: Vec<Notice>) {
        self.jobs.push((lease, kind));
        self.of.extend(notices.iter().map(|notice| (notice.id, lease.job)));
        self.notices.extend(notices);
    }

    fn extend(&mut self, other: Self) {
        let Self { until: _, jobs, notices, of } = other;
        self.jobs.extend(jobs);
        self.notices.extend(notices);
        self.of.extend(of);
    }

    /// Whether there is nothing to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    /// How many messages it is about.
    #[must_use]
    pub fn len(&self) -> usize {
        self.jobs.len()
    }
}

impl Store {
    /// Takes on what is to be told now. Nothing is told as long as one of the registers is away.
    ///
    /// # Errors
    /// The store away. The jobs wait.
    pub async fn notices_take(&self, now: DateTime<Utc>) -> Result<NoticeBatch, Failure> {
        let (jobs, until) = self.run(move |_, connection| lease(connection, now)).await?;
        match self.decide_notices(&jobs, until, now).await {
            // One of them cannot be told of. It must not hold up the others.
            Err(failure) if !job::passes(&failure) => {
                let mut all = NoticeBatch::new(until);
                for (lease, kind) in jobs {
                    match self.decide_notices(&[(lease, kind)], until, now).await {
                        Err(failure) if !job::passes(&failure) => {
                            self.run(move |_, connection| job::rest_broken(connection, lease, until, &failure, now))
                                .await?;
                        }
                        decided => all.extend(decided?),
                    }
                }
                Ok(all)
            }
            decided => decided,
        }
    }

    /// Decides who is told of messages where, and keeps that. What cannot be decided yet rests.
    async fn decide_notices(
        &self,
        jobs: &[(Lease, JobKind)],
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<NoticeBatch, Failure> {
        let mut batch = NoticeBatch::new(until);
        if jobs.is_empty() {
            return Ok(batch);
        }
        let leases: Vec<Lease> = jobs.iter().map(|(lease, _)| *lease).collect();
        let Some(audience) = self.audience_of(&leases, now).await? else {
            self.notices_put_off(leases, until, now).await?;
            return Ok(batch);
        };
        let contacts = self.contacts(audience.numbers()).await;
        let jobs = jobs.to_vec();
        let decided = self
            .run(move |inner, connection| {
                connection.write(|connection| {
                    // Once more, and with what is kept: meanwhile somebody may have opened it.
                    let audience = Audience::gather(inner, connection, &leases, now)?;
                    // A register that is away, or has no row of somebody: nobody guesses (KRR-15).
                    let told = jobs.into_iter().map(|(lease, kind)| Told {
                        lease,
                        kind,
                        notices: audience.told(lease, &contacts, now),
                    });
                    Ok::<_, Failure>(keep(connection, told.collect(), now)?)
                })
            })
            .await?;
        let mut unknown = vec![];
        for Told { lease, kind, notices } in decided {
            let notices = notices.map(|notices| notices.into_iter().map(|(_, notice)| notice).collect());
            match notices {
                Some(notices) => batch.add(lease, kind, notices),
                None => unknown.push(lease),
            }
        }
        if !unknown.is_empty() {
            self.notices_put_off(unknown, until, now).await?;
        }
        Ok(batch)
    }

    /// Who is told of these messages, by facts that are fresh; none where the population register is away.
    async fn audience_of(&self, leases: &[Lease], now: DateTime<Utc>) -> Result<Option<Audience>, Failure> {
        let gather = || {
            let jobs = leases.to_vec();
            self.run(move |inner, connection| Ok(Audience::gather(inner, connection, &jobs, now)?))
        };
        let audience = gather().await?;
        if audience.stale().is_empty() {
            return Ok(Some(audience));
        }
        let whom = audience.stale().iter().cloned().map(Whom::Number).collect();
        match self.refresh(whom, now).await? {
            Refreshed::Told => gather().await.map(Some),
            Refreshed::Away => Ok(None),
        }
    }

    /// Notes what came of each notice of a batch, in the transaction that ends the jobs or lets them rest. What is not
    /// named was not tried.
    ///
    /// # Errors
    /// The store away. The jobs are done again when their leases run out.
    pub async fn notices_done(
        &self,
        batch: NoticeBatch,
        outcomes: HashMap<NoticeId, NoticeOutcome>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        self.run(move |_, connection| {
            connection.write(|connection| {
                let with = |wanted: NoticeOutcome| {
                    outcomes.iter().filter(move |(_, outcome)| **outcome == wanted).map(|(id, _)| id.key())
                };
                note_sent(connection, &with(NoticeOutcome::Sent).collect::<Vec<_>>(), now)?;
                note_refused(connection, &with(NoticeOutcome::Refused).collect::<Vec<_>>(), now)?;
                let is_settled = |notice: &&Notice| {
                    matches!(outcomes.get(&notice.id), Some(NoticeOutcome::Sent | NoticeOutcome::Refused))
                };
                let open: HashSet<Id> = batch
                    .notices
                    .iter()
                    .filter(|notice| !is_settled(notice))
                    .filter_map(|notice| batch.of.get(&notice.id).copied())
                    .collect();
                let (open, done): (Vec<_>, Vec<_>) =
                    batch.jobs.iter().copied().partition(|(lease, _)| open.contains(&lease.job));
                for (lease, _) in open {
                    job::put_off(connection, lease, batch.until, Trouble::Away, now)?;
                }
                finish(connection, &done, batch.until, now)
            })
        })
        .await
    }

    async fn notices_put_off(
        &self,
        leases: Vec<Lease>,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        self.run(move |_, connection| {
            connection.write(|connection| {
                for lease in leases {
                    job::put_off(connection, lease, until, Trouble::Unknown, now)?;
                }
                Ok::<_, Failure>(())
            })
        })
        .await
    }
}

/// The jobs by which a message that has come into the inbox is told of.
pub(crate) fn tell_of(messages: impl Iterator<Item = (MailboxId, MessageId)>, now: DateTime<Utc>) -> Vec<JobRow> {
    let at = send_at(now);
    messages.map(|(mailbox, message)| JobRow::new(JobKind::Notify, mailbox, message.key(), at)).collect()
}

/// Jobs that this process has until a time.
type Leased = (Vec<(Lease, JobKind)>, DateTime<Utc>);

fn lease(connection: &mut Connection, now: DateTime<Utc>) -> Result<Leased, Failure> {
    let morning = send_at(now);
    if morning != now {
        // What was to be sent before the night, or rests, does not wake anybody.
        on!(connection, c => diesel::update(jobs::table)
            .filter(jobs::kind.eq_any([JobKind::Notify.as_word(), JobKind::NotifyAgain.as_word()]))
            .filter(jobs::run_at.le(Time(now)))
            .filter(jobs::given_up_at.is_null())
            .set(jobs::run_at.eq(Time(morning)))
            .execute(c))?;
        return Ok((vec![], now));
    }
    for kind in [JobKind::Notify, JobKind::NotifyAgain] {
        let (leases, until) = job::lease(connection, kind, now, MOST)?;
        if !leases.is_empty() {
            return Ok((leases.into_iter().map(|lease| (lease, kind)).collect(), until));
        }
    }
    Ok((vec![], now))
}

/// Who is told of a message; nothing as long as nobody knows.
struct Told {
    lease: Lease,
    kind: JobKind,
    /// Each with the person.
    notices: Option<Vec<(Id, Notice)>>,
}

impl Told {
    const fn round(&self) -> i16 {
        match self.kind {
            JobKind::Notify => 1,
            _ => 2,
        }
    }
}

/// Keeps who is told where, and leaves of it what has not been settled yet, under the id that it had.
fn keep(connection: &mut Connection, mut told: Vec<Told>, now: DateTime<Utc>) -> Result<Vec<Told>, StoreError> {
    type Row = ((Id, Id, i16, Id, String), Id, (Option<Time>, Option<Time>));
    let messages: Pairs = told.iter().map(|one| (one.lease.mailbox, one.lease.object)).collect();
    let before: Vec<Row> = on!(&mut *connection, c => notice::table
        .filter(messages.among(notice::mailbox_id, notice::message_id))
        .select((
            (notice::mailbox_id, notice::message_id, notice::round, notice::person_id, notice::channel),
            notice::id,
            (notice::sent_at, notice::refused_at),
        ))
        .load(c))?;
    let before: HashMap<_, _> = before.into_iter().map(|(key, id, settled)| (key, (id, settled))).collect();
    let mut rows = vec![];
    for one in &mut told {
        let (mailbox_id, message_id, round) = (one.lease.mailbox, one.lease.object, one.round());
        let Some(notices) = &mut one.notices else { continue };
        notices.retain_mut(|(person_id, notice)| {
            let channel = notice.address.channel.as_word();
            match before.get(&(mailbox_id, message_id, round, *person_id, channel.to_owned())) {
                Some((id, (None, None))) => {
                    notice.id = (*id).into();
                    true
                }
                Some(_) => false,
                None => {
                    rows.push(NoticeRow {
                        mailbox_id,
                        message_id,
                        person_id: *person_id,
                        round,
                        channel,
                        id: notice.id.key(),
                        decided_at: Time(now),
                        sent_at: None,
                        refused_at: None,
                    });
                    true
                }
            }
        });
    }
    NoticeRow::insert_all(connection, rows)?;
    Ok(told)
}

fn note_sent(connection: &mut Connection, notices: &[Id], now: DateTime<Utc>) -> Result<(), StoreError> {
    if !notices.is_empty() {
        on!(connection, c => diesel::update(notice::table.filter(notice::id.eq_any(notices)))
            .set(notice::sent_at.eq(Time(now)))
            .execute(c))?;
    }
    Ok(())
}

fn note_refused(connection: &mut Connection, notices: &[Id], now: DateTime<Utc>) -> Result<(), StoreError> {
    if !notices.is_empty() {
        on!(connection, c => diesel::update(notice::table.filter(notice::id.eq_any(notices)))
            .set(notice::refused_at.eq(Time(now)))
            .execute(c))?;
    }
    Ok(())
}

/// Ends jobs of which every notice is settled. After the first round the second is planned, and the sender is told whether
/// anybody has been notified.
fn finish(
    connection: &mut Connection,
    jobs: &[(Lease, JobKind)],
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let leases: Vec<Lease> = jobs.iter().map(|(lease, _)| *lease).collect();
    let mine = job::still_leased(connection, &leases, until)?;
    let is_first = |lease: &&Lease| jobs.iter().any(|(one, kind)| one.job == lease.job && *kind == JobKind::Notify);
    let first: Vec<&Lease> = mine.iter().filter(is_first).collect();
    let again = |lease: &&Lease| JobRow::new(JobKind::NotifyAgain, lease.mailbox.into(), lease.object, again_at(now));
    JobRow::insert_all(connection, first.iter().map(again).collect())?;
    let messages: Pairs = first.iter().map(|lease| (lease.mailbox, lease.object)).collect();
    let notified: HashSet<Id> = on!(&mut *connection, c => notice::table
        .filter(messages.among(notice::mailbox_id, notice::message_id))
        .filter(notice::sent_at.is_not_null())
        .select(notice::message_id)
        .load::<Id>(c))?
    .into_iter()
    .collect();
    let about: Vec<(Id, Id, Id)> = on!(&mut *connection, c => message::table
        .filter(messages.among(message::mailbox_id, message::id))
        .select((message::mailbox_id, message::service_id, message::id))
        .load(c))?;
    let (told, untold): (Vec<_>, Vec<_>) = about
        .into_iter()
        .map(|(mailbox, service, id)| About { mailbox: mailbox.into(), service: service.into(), message: id.into() })
        .partition(|about| notified.contains(&about.message.key()));
    event::record(connection, EventKind::MessageNotified, &told, now)?;
    Ok(event::record(connection, EventKind::MessageNotNotified, &untold, now)?)
}

/// A notice before it has been decided upon anew.
fn new_notice(
    address: NoticeAddress,
    language: Option<ContactLanguage>,
    organisation: String,
    is_for_another: bool,
) -> Notice {
    Notice { id: new_id(), address, language, organisation, is_for_another }
}
