//! Powers of attorney: given, changed, ended, listed. Whether one holds is computed from its row and what the register
//! says, at each request; nothing turns one on or off.

mod ending;
mod proposal;
mod registered;
mod rows;
mod telling;

use domain::access::{Caller, MailboxAct, PowerRecord, Refusal};
use domain::audit::{self as log, Object, ObjectKind, Subject};
use domain::id::{MailboxId, PowerOfAttorneyId};
use domain::power_of_attorney::{EndedBy, HolderWords, PowerKind, PowerOfAttorney, PowerRole, ServiceArea};
use domain::rule::Rule;

use self::ending::Ending;
use self::proposal::{Asked, Wanted, earliest, trusted};
use self::rows::{AsOf, Party, Registration, Stored};
use crate::access::audit;
use crate::access::facts::{owner_by_hash, owner_of};
use crate::access::{MailboxRef, Opened};
use crate::context::{Context, new_id};
use crate::database::{Connection, Id, Key};
use crate::error::{Failure, StoreError};
use crate::idempotency::{self, Created, RequestKey};
use crate::page::{Page, Slice};
use crate::persons::register::Whom;
use crate::vault::MailboxKey;
use crate::{Inner, Store};

pub(crate) use self::ending::{end_given, end_profile, expire_power};
pub use self::proposal::PowerTerms;
pub use self::registered::{NewRegisteredPower, PowerOnForm};
pub(crate) use self::telling::tell_newcomer;

const CORRUPT: StoreError = StoreError::Corrupt { what: "power of attorney" };

/// A power of attorney that somebody wants to give.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPower {
    /// Who is to hold it, in the giver's words.
    pub holder: HolderWords,
    /// What it covers, and when.
    pub terms: PowerTerms,
}

/// The areas as they are stored: their codes, with spaces between.
pub(crate) fn areas_from(text: &str) -> Result<Vec<ServiceArea>, StoreError> {
    text.split_whitespace().map(|code| code.parse().map(ServiceArea).map_err(|_| CORRUPT)).collect()
}

fn areas_to(areas: &[ServiceArea]) -> String {
    areas.iter().map(|area| area.0.to_string()).collect::<Vec<_>>().join(" ")
}

impl Store {
    /// Gives a power of attorney over the caller's own mailbox. With it go, in one transaction, the entry, the messages
    /// to both and the job for its end.
    ///
    /// # Errors
    /// Refused, what the rules have against it, the register away, or the store away: nothing is stored then.
    pub async fn power_give(
        &self,
        context: &Context,
        new: NewPower,
        key: Option<RequestKey>,
    ) -> Result<Created<PowerOfAttorney>, Failure> {
        if let Some(given) = self.power_given_before(context, key.as_ref()).await? {
            return Ok(Created::Replayed(given));
        }
        let answer = match self.give_once(context, &new, key.clone(), Asked::NotYet).await {
            Err(Failure::Refused(Refusal::RegisterUnavailable)) => {
                let asked = self.ask_about_caller(context).await?;
                self.give_once(context, &new, key, asked).await
            }
            answer => answer,
        };
        self.record_refusal(context, MailboxAct::GIVE_POWER, None, &answer).await?;
        answer.map(Created::New)
    }

    /// Changes one that the caller has given: the old one ends, and a new one takes its place (FUL-7).
    ///
    /// # Errors
    /// Refused, not there, over, assigned, what the rules have against the new one, the register away, or the store
    /// away: nothing changes then.
    pub async fn power_change(
        &self,
        context: &Context,
        id: PowerOfAttorneyId,
        terms: PowerTerms,
    ) -> Result<PowerOfAttorney, Failure> {
        let answer = match self.change_once(context, id, &terms, Asked::NotYet).await {
            Err(Failure::Refused(Refusal::RegisterUnavailable)) => {
                let asked = self.ask_about_caller(context).await?;
                self.change_once(context, id, &terms, asked).await
            }
            answer => answer,
        };
        self.record_refusal(context, MailboxAct::CHANGE_POWER, Some(id), &answer).await?;
        answer
    }

    /// Ends one that the caller has given or received, at once (FUL-8). Ending one that is over changes nothing.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn power_end(&self, context: &Context, id: PowerOfAttorneyId) -> Result<(), Failure> {
        let (owned, action) = (context.clone(), MailboxAct::END_POWER);
        self.write_mailbox(context, MailboxRef::Own, action, Some(object(id)), move |inner, connection, opened| {
            let me = me(inner, &owned, opened)?;
            let power = rows::of_party(connection, &me, id)?.ok_or(Failure::NotFound)?;
            let (by, relation) = match power.role_of(me.person) {
                PowerRole::Giver => (EndedBy::Giver, "self"),
                PowerRole::Holder => (EndedBy::Holder, power.kind.as_word()),
            };
            // Who ends one that was given to them does it in their own mailbox: the giver's log has it too.
            let entry = (by == EndedBy::Holder).then(|| {
                let (subject, word) = (Subject::Mailbox(power.mailbox), MailboxAct::END_POWER.word());
                let entry = audit::granted(&owned, Some(me.person), subject, word, Some(object(id)), Rule::Ful8);
                log::Entry { relation: Some(relation), ..entry }
            });
            let ending = Ending { by, trace: owned.trace, entry };
            ending::end_now(inner, connection, &power, ending, owned.now)
        })
        .await
    }

    /// One that the caller has given or received.
    ///
    /// # Errors
    /// Refused, not there, or the store away.
    pub async fn power_fetch(&self, context: &Context, id: PowerOfAttorneyId) -> Result<PowerOfAttorney, Failure> {
        self.power_seen(context, id, AsOf::Now(context.now)).await
    }

    /// Those that the caller has given and received, also what is over, newest first.
    ///
    /// # Errors
    /// Refused, a cursor of another list, or the store away.
    pub async fn power_list(&self, context: &Context, page: Page) -> Result<Slice<PowerOfAttorney>, Failure> {
        let owned = context.clone();
        self.read_mailbox(context, MailboxRef::Own, MailboxAct::LIST_POWERS, None, move |inner, connection, opened| {
            let me = me(inner, &owned, opened)?;
            let list = format!("powers-of-attorney:{}", me.person);
            let before: Option<Id> = page.position(&inner.vault, &list)?;
            let rows = rows::before(connection, &me, before.unwrap_or(Id::MAX), page.fetch_limit())?;
            let Slice { items, next_cursor, damaged } =
                Slice::cut(rows, &page, &inner.vault, &list, |power| power.id.key());
            let as_of = AsOf::Now(owned.now);
            let items = rows::seen(inner, connection, items, (&me, opened.key()?), as_of)?;
            Ok(Slice { items, next_cursor, damaged })
        })
        .await
    }

    async fn power_seen(
        &self,
        context: &Context,
        id: PowerOfAttorneyId,
        as_of: AsOf,
    ) -> Result<PowerOfAttorney, Failure> {
        let (owned, action, object) = (context.clone(), MailboxAct::SEE_POWER, Some(object(id)));
        self.read_mailbox(context, MailboxRef::Own, action, object, move |inner, connection, opened| {
            let me = me(inner, &owned, opened)?;
            let power = rows::of_party(connection, &me, id)?.ok_or(Failure::NotFound)?;
            seen_one(inner, connection, power, (&me, opened.key()?), as_of)
        })
        .await
    }

    /// The one that an earlier request with the same key has given.
    async fn power_given_before(
        &self,
        context: &Context,
        key: Option<&RequestKey>,
    ) -> Result<Option<PowerOfAttorney>, Failure> {
        let Some(key) = key.cloned() else { return Ok(None) };
        let (scope, text) = (self.idempotency_scope(context), key.key().to_owned());
        let name = scope.name().to_owned();
        let used = self.run(move |_, connection| Ok(idempotency::used(connection, &[&name], &[&text])?.pop())).await?;
        let Some((_, _, digest, id)) = used else { return Ok(None) };
        if !scope.is_same_request(&key, &digest) {
            return Err(Failure::IdempotencyKeyReused);
        }
        self.power_seen(context, id.into(), AsOf::Given(context.now)).await.map(Some)
    }

    async fn give_once(
        &self,
        context: &Context,
        new: &NewPower,
        key: Option<RequestKey>,
        asked: Asked,
    ) -> Result<PowerOfAttorney, Failure> {
        let (owned, new, scope) = (context.clone(), new.clone(), self.idempotency_scope(context));
        let (id, now): (PowerOfAttorneyId, _) = (new_id(), context.now);
        let (action, object) = (MailboxAct::GIVE_POWER, Some(object(id)));
        self.write_mailbox(context, MailboxRef::Own, action, object, move |inner, connection, opened| {
            let me = me(inner, &owned, opened)?;
            let wanted = Wanted {
                id,
                kind: PowerKind::Given,
                holder: new.holder,
                areas: new.terms.ordered_areas(),
                period: new.terms.period(earliest(None, now)),
                case_number: None,
                registration: None,
                replaces: None,
            };
            wanted.check_terms(connection, now)?;
            lock_both(connection, me.mailbox, &inner.vault.lookup_hash(&wanted.holder.number))?;
            let given = idempotency::create(
                connection,
                &scope,
                key.as_ref(),
                now,
                |connection| give(inner, connection, wanted, me.mailbox, asked, &owned),
                // The same request has just come to its end beside this one.
                |_, _| Err(Failure::InProgress),
                |power: &Stored| power.id.key(),
            )?;
            let (given, _) = given.into_parts();
            seen_one(inner, connection, given, (&me, opened.key()?), AsOf::Now(now))
        })
        .await
    }

    async fn change_once(
        &self,
        context: &Context,
        id: PowerOfAttorneyId,
        terms: &PowerTerms,
        asked: Asked,
    ) -> Result<PowerOfAttorney, Failure> {
        let (owned, terms, now) = (context.clone(), terms.clone(), context.now);
        let (action, object) = (MailboxAct::CHANGE_POWER, Some(object(id)));
        self.write_mailbox(context, MailboxRef::Own, action, object, move |inner, connection, opened| {
            let me = me(inner, &owned, opened)?;
            let found = rows::of_party(connection, &me, id)?.ok_or(Failure::NotFound)?;
            // Whoever holds it may know of it, and decides nothing (FUL-9).
            if found.role_of(me.person) == PowerRole::Holder {
                return Err(Failure::Refused(Refusal::OnlyTheOwner));
            }
            lock_both(connection, me.mailbox, &found.holder.hash)?;
            let replaced = rows::given(connection, me.mailbox, id)?.ok_or(Failure::NotFound)?;
            if replaced.is_over(now) {
                return Err(Failure::PowerEnded);
            }
            if replaced.kind == PowerKind::Assigned {
                return Err(Failure::PowerAssigned);
            }
            let wanted = Wanted {
                id: new_id(),
                kind: replaced.kind,
                holder: replaced.words(opened.key()?)?.ok_or(CORRUPT)?,
                areas: terms.ordered_areas(),
                period: terms.period(earliest(Some(&replaced), now)),
                case_number: None,
                registration: None,
                replaces: Some(replaced),
            };
            wanted.check_terms(connection, now)?;
            let changed = give(inner, connection, wanted, me.mailbox, asked, &owned)?;
            seen_one(inner, connection, changed, (&me, opened.key()?), AsOf::Now(now))
        })
        .await
    }

    /// Asks the register about the caller.
    async fn ask_about_caller(&self, context: &Context) -> Result<Asked, Failure> {
        let number = crate::access::number_of(&context.caller).cloned();
        Ok(self.refresh(number.map(Whom::Number).into_iter().collect(), context.now).await?.into())
    }

    /// Puts on record that something was refused after the door had opened. The door records what it refuses itself.
    async fn record_refusal<T>(
        &self,
        context: &Context,
        act: MailboxAct,
        id: Option<PowerOfAttorneyId>,
        answer: &Result<T, Failure>,
    ) -> Result<(), Failure> {
        let Err(failure) = answer else { return Ok(()) };
        let Some(rule) = rule_against(failure) else { return Ok(()) };
        let Caller::Citizen { national_id, .. } = context.caller.clone() else { return Ok(()) };
        let now = context.now;
        let (me, log) = self
            .run(move |inner, connection| {
                let Some(me) = owner_by_hash(connection, &inner.vault.lookup_hash(&national_id), now)? else {
                    return Ok((None, Subject::Platform));
                };
                let power = match id {
                    Some(id) => rows::of_party(connection, &Party::from(&me), id)?,
                    None => None,
                };
                let mailbox = power.map_or(me.record.mailbox, |power| power.mailbox);
                Ok((Some(me.record.person), Subject::Mailbox(mailbox)))
            })
            .await?;
        let outcome = log::Outcome::Refused;
        let entry = audit::entry(context, me, log, act.word(), id.map(object), outcome, rule);
        Ok(self.inner.audit.record(entry).await?)
    }
}

/// The rule by which a wish was refused after the door had opened; none for what is no refusal, and for what the door
/// has put on record itself.
const fn rule_against(failure: &Failure) -> Option<Rule> {
    match failure {
        Failure::Power(fault) => Some(fault.rule()),
        Failure::PowerAssigned => Some(Rule::Ful14),
        Failure::PowerEnded => Some(Rule::Ful7),
        Failure::Refused(refusal @ (Refusal::OnlyTheOwner | Refusal::RegisterUnavailable)) => Some(refusal.rule()),
        _ => None,
    }
}

const fn object(id: PowerOfAttorneyId) -> Object {
    Object { kind: ObjectKind::PowerOfAttorney, id: id.as_uuid() }
}

/// The caller, in the own mailbox.
fn me(inner: &Inner, context: &Context, opened: &Opened) -> Result<Party, StoreError> {
    let number = crate::access::number_of(&context.caller).ok_or(CORRUPT)?;
    let hash = inner.vault.lookup_hash(number).to_vec();
    Ok(Party { mailbox: opened.grant.mailbox(), person: opened.grant.owner(), hash })
}

fn seen_one(
    inner: &Inner,
    connection: &mut Connection,
    power: Stored,
    looks: (&Party, &MailboxKey),
    as_of: AsOf,
) -> Result<PowerOfAttorney, Failure> {
    rows::seen(inner, connection, vec![power], looks, as_of)?.pop().ok_or(Failure::Store(CORRUPT))
}

fn lock_both(connection: &mut Connection, giver: MailboxId, holder: &[u8]) -> Result<(), StoreError> {
    let holder = rows::mailbox_of(connection, holder)?;
    let both: Vec<Id> = [Some(giver.key()), holder].into_iter().flatten().collect();
    rows::lock(connection, &both)
}

/// Gives what is wanted, where nothing is against it. The giver is read again, now that nobody else changes how they stand.
fn give(
    inner: &Inner,
    connection: &mut Connection,
    wanted: Wanted,
    giver: MailboxId,
    asked: Asked,
    context: &Context,
) -> Result<Stored, Failure> {
    let now = context.now;
    rows::has_room(connection, giver, inner.quotas.powers_a_day, now)?;
    let giver = trusted(inner, owner_of(connection, giver, now)?, asked, now)?;
    wanted.check(inner, connection, giver.as_ref(), None, now)?;
    let Some(giver) = giver else { return Err(CORRUPT.into()) };
    wanted.keep(inner, connection, &giver, context.trace, now)
}

/// Whom an owner has given powers that nobody has ended: the holder as the owner wrote them, and what was given.
pub(crate) fn given_to(
    connection: &mut Connection,
    giver: MailboxId,
    key: &MailboxKey,
) -> Result<Vec<(Option<HolderWords>, PowerRecord)>, StoreError> {
    let given = rows::given_by(connection, giver)?;
    given
        .into_iter()
        .filter(|power| !power.is_waiting())
        .map(|power| {
            let record = PowerRecord {
                kind: power.kind,
                covers_inbox: power.areas.contains(&ServiceArea::DIGITAL_HEALTH_SERVICES),
                period: power.period,
                is_ended: false,
                effective_at: power.registration.as_ref().map(Registration::effective_at),
            };
            Ok((power.words(key)?, record))
        })
        .collect()
}
