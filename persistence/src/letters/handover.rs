//! Letters that leave the house: on paper, or to a mailbox at a provider. Read whole, with the destination as the registers
//! have it at this moment, and handed to whoever carries them.
//!
//! That a letter leaves is a row with an id before it is handed over, one for each letter and channel for ever: who is killed
//! in between hands it over again under the same id, by which the carrier drops the second. A letter that routing would
//! send another way by now goes that way, as long as no carrier can have it; where one may, somebody has to look.

mod destination;
mod outcome;
mod settlement;

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Nullable, Text};
use domain::id::{HandoverId, MailboxId, MessageId};
use domain::identity::NationalId;
use domain::job::Trouble;
use domain::message::{Body, Sender, Subject};
use domain::routing::{Channel, ExternalChannels, MailboxProvider};
use futures_util::future::{BoxFuture, join_all};

pub use self::destination::Destination;
use self::destination::Found;
pub use self::outcome::HandoverOutcome;
use self::outcome::{give_back, reroute};
pub(crate) use self::settlement::references;
use crate::context::new_id;
use crate::database::rows::rows;
use crate::database::{Connection, Id, Key, SqlTime, SqlUuid, Time, locked, on};
use crate::error::{Failure, StoreError};
use crate::mailboxes::attachment;
use crate::mailboxes::message_key::MessageKeyRow;
use crate::persons::register::open_number;
use crate::schema::{handover, mailbox, message, message_body};
use crate::services::key::service_key;
use crate::services::service;
use crate::vault::Field;
use crate::work::job::{self, JobKind, Lease};
use crate::{Fetched, Inner, Store};

const CORRUPT: StoreError = StoreError::Corrupt { what: "letter" };

/// How many letters of a channel a process hands over side by side.
const AT_A_TIME: i64 = 8;

/// The ways out of the house that this installation has. What it has not, routing does not choose.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outlets {
    /// Somebody prints.
    pub paper: bool,
    /// The providers of mailboxes to whom somebody carries letters.
    pub mailboxes: Vec<MailboxProvider>,
}

impl Outlets {
    /// What of the channels that a service uses this installation has.
    pub(crate) fn narrow(&self, external: &ExternalChannels) -> ExternalChannels {
        let mut narrowed = external.clone();
        narrowed.mailbox_providers.retain(|provider| self.mailboxes.contains(provider));
        if !self.paper {
            narrowed.paper = false;
        }
        narrowed
    }
}

rows! {
    /// That a letter leaves over a channel.
    HandoverRow, HandoverColumns => handover {
        mailbox_id: Id as SqlUuid,
        message_id: Id as SqlUuid,
        channel: &'static str as Text,
        id: Id as SqlUuid,
        decided_at: Time as SqlTime,
        may_be_taken: bool as Bool,
        provider: Option<String> as Nullable<Text>,
    }
}

/// A letter that leaves.
pub struct Letter {
    /// What the carrier knows it by, however often it is handed over.
    pub id: HandoverId,
    /// Where it goes.
    pub destination: Destination,
    /// Who sends it.
    pub sender: Sender,
    /// What it is called.
    pub subject: Subject,
    /// What it says.
    pub body: Body,
    /// When it was accepted: the date of the letter.
    pub accepted_at: DateTime<Utc>,
    /// Its files, in their order, with what it takes to read them.
    pub files: Vec<Arc<Fetched>>,
}

/// Whoever gives letters to those who carry them.
pub trait HandOver: Sync {
    /// Gives a letter to its carrier, and says what came of it. It may be called again with the same letter.
    fn hand_over<'a>(&'a self, letter: &'a Letter) -> BoxFuture<'a, HandoverOutcome>;
}

/// A letter that this process has taken on.
struct HandoverJob {
    lease: Lease,
    until: DateTime<Utc>,
    channel: Channel,
    /// Whether the carrier may have had it before this time.
    may_be_taken: bool,
    letter: Letter,
}

/// A letter as it is stored, before anybody has been asked where it goes.
struct Stored {
    service: Id,
    accepted_at: DateTime<Utc>,
    subject: Subject,
    body: Body,
    number: NationalId,
    files: Vec<Fetched>,
    sender: Sender,
    /// Whether a carrier may have had it before.
    may_be_taken: bool,
}

impl Store {
    /// Hands over letters that are due over a channel, a few side by side, for carriers take their time. Says how many letters
    /// were tried; none means that there is nothing to do. While a register is away, letters wait: nothing leaves on what is
    /// not known.
    ///
    /// # Errors
    /// The store away. What was not noted is handed over again, under the same ids.
    pub async fn hand_over_due(
        &self,
        channel: Channel,
        carriers: &impl HandOver,
        now: DateTime<Utc>,
    ) -> Result<usize, Failure> {
        let kind = match channel {
            Channel::Inbox => return Ok(0),
            Channel::DigitalMailbox => JobKind::DigitalMailbox,
            Channel::Paper => JobKind::Print,
        };
        let (leases, until) = self.run(move |_, connection| Ok(job::lease(connection, kind, now, AT_A_TIME)?)).await?;
        let one = async |lease: Lease| match self.handover_open(channel, lease, until, now).await? {
            Some(job) => {
                let outcome = carriers.hand_over(&job.letter).await;
                self.handover_done(job, outcome, now).await
            }
            None => Ok(()),
        };
        // Each comes to its end, whatever becomes of the others: what a carrier has taken is noted.
        let ended = join_all(leases.iter().map(|lease| one(*lease))).await;
        ended.into_iter().collect::<Result<(), _>>()?;
        Ok(leases.len())
    }

    /// Reads a letter and finds out where it goes. None where it does not leave now, or not this way.
    async fn handover_open(
        &self,
        channel: Channel,
        lease: Lease,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<HandoverJob>, Failure> {
        let stored = match self.run(move |inner, connection| stored(inner, connection, lease)).await {
            Err(failure) if !job::passes(&failure) => {
                self.run(move |_, connection| job::rest_broken(connection, lease, until, &failure, now)).await?;
                return Ok(None);
            }
            stored => stored?,
        };
        let Some(stored) = stored else {
            self.run(move |_, connection| let_be(connection, lease, until)).await?;
            return Ok(None);
        };
        let found = self.destination(channel, lease, &stored.number, now).await?;
        let may_be_taken = stored.may_be_taken;
        match found {
            // The carrier that may have it cannot be asked. Neither is it sent again, nor another way.
            Found::Nowhere(_) | Found::OtherWay if may_be_taken => {
                self.handover_put_off(lease, until, Trouble::Uncertain, now).await?;
            }
            Found::Unknown => {
                let (job, mailbox, message) = (lease.job.0, lease.mailbox.0, lease.object.0);
                let channel = channel.as_word();
                tracing::warn!(job.id = %job, mailbox.id = %mailbox, message.id = %message, channel, "a letter waits for a register");
                self.handover_put_off(lease, until, Trouble::Unknown, now).await?;
            }
            Found::Nowhere(reason) => {
                let service = stored.service;
                let give_back =
                    move |connection: &mut Connection| give_back(connection, lease, until, service, reason, now);
                self.run(move |_, connection| connection.write(give_back)).await?;
            }
            Found::OtherWay => {
                let reroute = move |connection: &mut Connection| reroute(connection, lease, until, now);
                self.run(move |_, connection| Ok(connection.write(reroute)?)).await?;
                self.inner.work.notify_one();
            }
            Found::At(destination) => {
                let provider = destination.provider().map(|provider| provider.as_str().to_owned());
                let key = (lease.mailbox, lease.object);
                let order =
                    move |connection: &mut Connection| order(connection, key, channel, provider, may_be_taken, now);
                match self.run(move |_, connection| Ok(connection.write(order)?)).await? {
                    Order::Leaves(id) => {
                        let Stored { accepted_at, subject, body, files, sender, .. } = stored;
                        let files = files.into_iter().map(Arc::new).collect();
                        let letter = Letter { id, destination, sender, subject, body, accepted_at, files };
                        return Ok(Some(HandoverJob { lease, until, channel, may_be_taken, letter }));
                    }
                    Order::NoMore => self.run(move |_, connection| let_be(connection, lease, until)).await?,
                    Order::Elsewhere => self.handover_put_off(lease, until, Trouble::Uncertain, now).await?,
                }
            }
        }
        Ok(None)
    }

    async fn handover_put_off(
        &self,
        lease: Lease,
        until: DateTime<Utc>,
        trouble: Trouble,
        now: DateTime<Utc>,
    ) -> Result<(), Failure> {
        let put_off =
            move |connection: &mut Connection| Ok(job::put_off(connection, lease, until, trouble, now).map(drop)?);
        self.run(move |_, connection| connection.write(put_off)).await
    }
}

/// A letter, unless it need not leave any more: opened in the inbox meanwhile, or taken back. What a carrier may have goes on
/// until it is known whether it has it.
fn stored(inner: &Inner, connection: &mut Connection, lease: Lease) -> Result<Option<Stored>, Failure> {
    type Row = (MessageKeyRow, Vec<u8>, Vec<u8>, Time, bool);
    let (mailbox, id): (MailboxId, MessageId) = (lease.mailbox.into(), lease.object.into());
    let may_be_taken = may_be_taken(connection, (lease.mailbox, lease.object))?;
    let row: Option<Row> = on!(&mut *connection, c => message::table
        .inner_join(message_body::table.on(
            message_body::mailbox_id.eq(message::mailbox_id).and(message_body::message_id.eq(message::id)),
        ))
        .filter(message::mailbox_id.eq(lease.mailbox))
        .filter(message::id.eq(lease.object))
        .filter(message::withdrawn_at.is_null())
        .select((
            MessageKeyRow::as_select(),
            message::subject,
            message_body::body,
            message::accepted_at,
            message::opened_at.is_not_null(),
        ))
        .first(c)
        .optional())?;
    let Some((key_row, subject, body, accepted_at, is_opened)) = row else { return Ok(None) };
    if is_opened && !may_be_taken {
        return Ok(None);
    }
    let service = key_row.service();
    let key = key_row.open_as_service(&*service_key(inner, connection, service)?)?;
    let number = on!(&mut *connection, c => mailbox::table
        .find(lease.mailbox)
        .select(mailbox::national_id)
        .first::<Vec<u8>>(c))?;
    let text = |field, sealed: &[u8]| key.open_text(id.as_uuid(), field, sealed).map_err(|_| CORRUPT);
    Ok(Some(Stored {
        service: service.key(),
        accepted_at: accepted_at.0,
        subject: Subject::parse(&text(Field::Subject, &subject)?).map_err(|_| CORRUPT)?,
        body: Body::parse(&text(Field::Body, &body)?).map_err(|_| CORRUPT)?,
        number: open_number(&inner.vault, mailbox, &number)?,
        sender: Sender::clone(&*service::sender(inner, connection, service)?),
        files: attachment::fetch_all(inner, connection, mailbox, &HashMap::from([(id, key)]), &[id])?,
        may_be_taken,
    }))
}

/// Takes the job of a letter off the list that need not leave any more.
fn let_be(connection: &mut Connection, lease: Lease, until: DateTime<Utc>) -> Result<(), Failure> {
    connection.write(|connection| Ok::<_, Failure>(job::still_leased(connection, &[lease], until)?))?;
    Ok(())
}

/// What there is of a letter's leaving.
enum Order {
    /// It leaves, under this id.
    Leaves(HandoverId),
    /// It was opened or taken back meanwhile.
    NoMore,
    /// Another provider may have it than the one to whom it would go now.
    Elsewhere,
}

/// Keeps that a letter leaves, under an id that is the same however often it is tried. From here on it cannot be taken back.
fn order(
    connection: &mut Connection,
    key: (Id, Id),
    channel: Channel,
    provider: Option<String>,
    may_be_taken: bool,
    now: DateTime<Utc>,
) -> Result<Order, StoreError> {
    type Before = (Id, bool, Option<String>);
    let waiting =
        message::table.find(key).filter(message::withdrawn_at.is_null()).select(message::opened_at.is_not_null());
    let is_opened: Option<bool> = locked!(&mut *connection, waiting, first).optional()?;
    if is_opened.is_none_or(|is_opened| is_opened && !may_be_taken) {
        return Ok(Order::NoMore);
    }
    // From here on it may be taken, whatever becomes of this process.
    let order = handover::table.find((key.0, key.1, channel.as_word()));
    let before = on!(&mut *connection, c => order
        .select((handover::id, handover::may_be_taken, handover::provider))
        .first::<Before>(c)
        .optional())?;
    match before {
        Some((_, true, before)) if before != provider => Ok(Order::Elsewhere),
        Some((id, ..)) => {
            on!(connection, c => diesel::update(order)
                .set((handover::may_be_taken.eq(true), handover::provider.eq(provider)))
                .execute(c))?;
            Ok(Order::Leaves(id.into()))
        }
        None => {
            let id: HandoverId = new_id();
            let row = HandoverRow {
                mailbox_id: key.0,
                message_id: key.1,
                channel: channel.as_word(),
                id: id.key(),
                decided_at: Time(now),
                may_be_taken: true,
                provider,
            };
            HandoverRow::insert_all(connection, vec![row])?;
            Ok(Order::Leaves(id))
        }
    }
}

/// Whether a carrier has a letter, or may have it.
pub(crate) fn may_be_taken(connection: &mut Connection, key: (Id, Id)) -> Result<bool, StoreError> {
    let taken = handover::table
        .filter(handover::mailbox_id.eq(key.0))
        .filter(handover::message_id.eq(key.1))
        .filter(handover::may_be_taken);
    Ok(on!(connection, c => diesel::select(exists(taken)).get_result(c))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_this_installation_has_not_no_service_uses() {
        use MailboxProvider::{Digipost, EBoks};
        for (paper, mailboxes, wanted, left) in [
            (false, vec![], vec![Digipost, EBoks], vec![]),
            (true, vec![Digipost], vec![EBoks, Digipost], vec![Digipost]),
            (false, vec![EBoks, Digipost], vec![Digipost], vec![Digipost]),
            (true, vec![EBoks], vec![Digipost], vec![]),
        ] {
            let external = ExternalChannels { mailbox_providers: wanted, paper: true, ..ExternalChannels::NONE };
            let outlets = Outlets { paper, mailboxes };
            let narrowed = outlets.narrow(&external);
            assert_eq!((narrowed.paper, narrowed.mailbox_providers), (paper, left));
            let none = outlets.narrow(&ExternalChannels::NONE);
            assert_eq!(none, ExternalChannels::NONE, "nor anything that it does not want");
        }
    }
}
