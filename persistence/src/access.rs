//! Reads the facts, asks the rules, hands the grant on, writes the audit entry. The one door to a mailbox.

pub(crate) mod audit;
mod done;
pub(crate) mod explanation;
pub(crate) mod facts;
pub(crate) mod lawful;
pub(crate) mod operator_act;
mod organisation;
pub(crate) mod proof;
pub(crate) mod quota;
pub(crate) mod representatives;
mod service;

use domain::access::{
    Action, Caller, Grant, MailboxAct, OtherAct, PlatformAct, PlatformGrant, Record, Refusal, RelationRecord,
    VisibleScope, decide, decide_platform,
};
use domain::audit::{Entry, Object, Outcome, Subject, Tally};
use domain::id::MailboxId;
use domain::identity::NationalId;
use domain::person::HEALTH_MAJORITY_YEARS;

use self::facts::{Known, Owner, assurance_of};
use self::lawful::Taken;
use crate::context::Context;
use crate::database::Connection;
use crate::error::{Failure, StoreError};
use crate::persons::register::{Refreshed, Whom};
use crate::vault::{Identity, MailboxKey};
use crate::{Inner, Store};

pub(crate) use self::done::Done;
pub(crate) use self::service::{refused_service_entry, service_facts};

/// Which mailbox is meant.
#[derive(Clone, Copy)]
pub(crate) enum MailboxRef {
    /// The caller's own.
    Own,
    /// The one of this id, whoever asks.
    Id(MailboxId),
}

/// A mailbox that a caller may do something in.
pub(crate) struct Opened {
    pub(crate) grant: Grant,
    /// None where it does not open and is not needed: a service's record goes on when the owner's copies have ended.
    key: Option<MailboxKey>,
    /// What is known of the owner and the caller, with its dates.
    pub(crate) record: Record,
    /// Whether what the register says of the owner is fresh.
    pub(crate) is_fresh: bool,
}

impl Opened {
    /// The keys of the mailbox.
    ///
    /// # Errors
    /// They have ended, or are damaged.
    pub(crate) fn key(&self) -> Result<&MailboxKey, StoreError> {
        self.key.as_ref().ok_or(CORRUPT)
    }
}

/// Not allowed, and the entry that says so.
pub(crate) struct Refused {
    refusal: Refusal,
    entry: Box<Entry>,
}

pub(crate) enum Denied {
    Refused(Refused),
    /// What the register says of these has to be asked again before it decides.
    Stale(Vec<Whom>),
    /// The door opened, and what was wanted behind it is not there for the caller, or a rule stands against it. It is on
    /// record as an attempt.
    Attempt(Box<Entry>, Failure),
    Failed(Failure),
}

impl<E: Into<Failure>> From<E> for Denied {
    fn from(failure: E) -> Self {
        Self::Failed(failure.into())
    }
}

/// Something read, which nobody gets to see before its audit entries are durable.
pub(crate) struct Unrecorded<T> {
    value: T,
    entries: Vec<Entry>,
}

impl<T> Unrecorded<T> {
    /// What of the value decides how to go on.
    pub(crate) fn ask<R>(&self, question: impl Fn(&T) -> R) -> R {
        question(&self.value)
    }

    /// The value, of which the caller sees nothing: there is nothing to put on record.
    pub(crate) fn unshown(self) -> T {
        self.value
    }

    pub(crate) async fn record(self, store: &Store) -> Result<T, Failure> {
        store.inner.audit.record_all(self.entries).await?;
        Ok(self.value)
    }
}

/// What somebody wants at the door.
#[derive(Clone)]
struct Wish {
    context: Context,
    which: MailboxRef,
    act: MailboxAct,
    object: Option<Object>,
    /// A conversation that a health worker takes by this.
    takes: Option<Taken>,
}

/// How far what is known is trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Trust {
    /// What is stale is asked again first.
    OnlyFresh,
    /// It has been asked. What is still stale decides as it is, which for a representative is a refusal.
    AsItIs,
    /// The register is away, so that nobody can say of a caller who is not known here that there is no such person.
    RegisterAway,
}

/// How a wish is carried out. The work is taken only when the door opens.
type Pass<T, W> = fn(&Inner, &mut Connection, &Wish, Trust, &mut Option<W>) -> Result<T, Denied>;

impl Store {
    /// Reads in a mailbox. The result is handed out when its audit entry is durable.
    pub(crate) async fn read_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        act: MailboxAct,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.look_into_mailbox(context, which, act, object, work).await?.record(self).await
    }

    /// The first half of [`Store::read_mailbox`].
    pub(crate) async fn look_into_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        act: MailboxAct,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<Unrecorded<T>, Failure> {
        self.enter(Wish { context: context.clone(), which, act, object, takes: None }, work, pass_reading).await
    }

    /// Writes in a mailbox: the effect and its audit entry are one transaction.
    pub(crate) async fn write_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        act: MailboxAct,
        object: Option<Object>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.enter(Wish { context: context.clone(), which, act, object, takes: None }, work, pass_writing).await
    }

    /// Writes in a patient's mailbox for a service: like [`Store::write_mailbox`]. `takes`: a conversation that the health
    /// worker takes by this, which makes it lawful (DH-7).
    pub(crate) async fn write_for_patient<T: Send + 'static>(
        &self,
        context: &Context,
        (mailbox, act): (MailboxId, MailboxAct),
        object: Option<Object>,
        takes: Option<Taken>,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let which = MailboxRef::Id(mailbox);
        self.enter(Wish { context: context.clone(), which, act, object, takes }, work, pass_writing).await
    }

    /// Makes something in a mailbox: like [`Store::write_mailbox`], and what was made is known only afterwards.
    pub(crate) async fn create_in_mailbox<T: Send + 'static>(
        &self,
        context: &Context,
        which: MailboxRef,
        act: MailboxAct,
        work: impl FnOnce(&Inner, &mut Connection, &Opened) -> Result<(T, Object), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        self.enter(Wish { context: context.clone(), which, act, object: None, takes: None }, work, pass_creating).await
    }

    /// Tries the door; where the register has to be asked first, asks it and tries once more.
    async fn enter<T: Send + 'static, W: Send + 'static>(
        &self,
        wish: Wish,
        work: W,
        pass: Pass<T, W>,
    ) -> Result<T, Failure> {
        let now = wish.context.now;
        let attempt = |trust, mut work: Option<W>| {
            let wish = wish.clone();
            self.run(move |inner, connection| Ok((pass(inner, connection, &wish, trust, &mut work), work)))
        };
        let (passed, work) = attempt(Trust::OnlyFresh, Some(work)).await?;
        let passed = match passed {
            Err(Denied::Stale(whom)) => {
                let trust = match self.refresh(whom, now).await? {
                    Refreshed::Told => Trust::AsItIs,
                    Refreshed::Away => Trust::RegisterAway,
                };
                attempt(trust, work).await?.0
            }
            passed => passed,
        };
        self.settle(passed).await
    }

    /// A refusal is on record before the caller hears of it.
    async fn settle<T>(&self, attempt: Result<T, Denied>) -> Result<T, Failure> {
        match attempt {
            Ok(value) => Ok(value),
            Err(Denied::Failed(failure)) => {
                self.inner.note(&failure);
                Err(failure)
            }
            Err(Denied::Attempt(entry, failure)) => {
                self.inner.audit.record(*entry).await?;
                Err(failure)
            }
            Err(Denied::Stale(_)) => Err(Failure::Refused(Refusal::RegisterUnavailable)),
            Err(Denied::Refused(Refused { refusal, entry })) => {
                self.inner.audit.record(*entry).await?;
                Err(Failure::Refused(refusal))
            }
        }
    }

    /// Does something with the platform's registrations, in one transaction with its entry.
    pub(crate) async fn for_platform<T: Send + 'static>(
        &self,
        context: &Context,
        act: PlatformAct,
        subject: Subject,
        work: impl FnOnce(&Inner, &mut Connection, &PlatformGrant) -> Result<(T, Option<Object>), Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let context = context.clone();
        let attempt = self
            .run(move |inner, connection| {
                Ok(connection.write(|connection| {
                    let grant = decide_platform(act.takes(), &context.caller).map_err(|refusal| {
                        let entry = audit::refused(&context, None, subject, act.word(), None, refusal);
                        Denied::Refused(Refused { refusal, entry: Box::new(entry) })
                    })?;
                    let (value, object) = work(inner, connection, &grant)?;
                    let entry = audit::granted(&context, None, subject, act.word(), object, grant.rule());
                    audit::insert(connection, vec![entry])?;
                    Ok(value)
                }))
            })
            .await?;
        self.settle(attempt).await
    }
}

fn pass_reading<T, W: FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure>>(
    inner: &Inner,
    connection: &mut Connection,
    wish: &Wish,
    trust: Trust,
    work: &mut Option<W>,
) -> Result<Unrecorded<T>, Denied> {
    let (opened, entry) = open(inner, connection, wish, trust)?;
    match take(work)?(inner, connection, &opened) {
        Ok(value) => Ok(Unrecorded { value, entries: vec![entry] }),
        Err(failure) => Err(not_done(failure, entry)),
    }
}

fn pass_writing<T, W: FnOnce(&Inner, &mut Connection, &Opened) -> Result<T, Failure>>(
    inner: &Inner,
    connection: &mut Connection,
    wish: &Wish,
    trust: Trust,
    work: &mut Option<W>,
) -> Result<T, Denied> {
    connection.write(|connection| {
        let (opened, entry) = open(inner, connection, wish, trust)?;
        match take(work)?(inner, connection, &opened) {
            Ok(value) => {
                audit::insert(connection, vec![entry])?;
                Ok(value)
            }
            Err(failure) => Err(not_done(failure, entry)),
        }
    })
}

fn pass_creating<T, W: FnOnce(&Inner, &mut Connection, &Opened) -> Result<(T, Object), Failure>>(
    inner: &Inner,
    connection: &mut Connection,
    wish: &Wish,
    trust: Trust,
    work: &mut Option<W>,
) -> Result<T, Denied> {
    connection.write(|connection| {
        let (opened, entry) = open(inner, connection, wish, trust)?;
        match take(work)?(inner, connection, &opened) {
            Ok((value, object)) => {
                audit::insert(connection, vec![Entry { object: Some(object), ..entry }])?;
                Ok(value)
            }
            Err(failure) => Err(not_done(failure, entry)),
        }
    })
}

/// Why the work behind an open door was not done. What is not there for the caller is an attempt like a refused one.
fn not_done(failure: Failure, granted: Entry) -> Denied {
    match failure.rule() {
        Some(rule) => Denied::Attempt(Box::new(Entry { outcome: Outcome::Refused, rule, ..granted }), failure),
        None => Denied::Failed(failure),
    }
}

/// The work of a wish, which is done once.
fn take<W>(work: &mut Option<W>) -> Result<W, StoreError> {
    work.take().ok_or(StoreError::Corrupt { what: "request" })
}

/// The identity number by which a caller is found among persons.
pub(crate) fn number_of(caller: &Caller) -> Option<&NationalId> {
    match caller {
        Caller::Citizen { national_id, .. } | Caller::HealthWorker { national_id, .. } => Some(national_id),
        Caller::System { .. } | Caller::Operator { .. } => None,
    }
}

fn open(inner: &Inner, connection: &mut Connection, wish: &Wish, trust: Trust) -> Result<(Opened, Entry), Denied> {
    let Wish { context, which, act, object, takes } = wish;
    let hash = number_of(&context.caller).map(|number| inner.vault.lookup_hash(number));
    let owner = match (which, &context.caller, &hash) {
        (MailboxRef::Id(mailbox), ..) => facts::owner_of(connection, *mailbox, context.now)?,
        (MailboxRef::Own, Caller::Citizen { .. }, Some(hash)) => facts::owner_by_hash(connection, hash, context.now)?,
        (MailboxRef::Own, ..) => None,
    };
    let known = known(inner, connection, context, hash.as_ref(), owner.as_ref(), *takes)?;
    if trust == Trust::OnlyFresh {
        let stale = stale(inner, context, *which, owner.as_ref(), &known);
        if !stale.is_empty() {
            return Err(Denied::Stale(stale));
        }
    }
    let decision = decide(act.takes(), &known.record.at(context.now), inner.policy);
    // The entry stands in the mailbox's log where there is a mailbox, so that its owner sees who tried.
    let subject = owner.as_ref().map_or(Subject::Platform, |owner| Subject::Mailbox(owner.record.mailbox));
    match (decision, owner) {
        (Ok(grant), Some(owner)) => {
            let entry = Entry {
                relation: Some(grant.standing().as_word()),
                ..audit::granted(context, known.person, subject, act.word(), *object, grant.rule())
            };
            let key = match (key_of(inner, &owner, &known, context), grant.visibility().scope()) {
                (Err(_), VisibleScope::Record(_)) => None,
                (key, _) => Some(key?),
            };
            let is_fresh = owner.is_fresh(context.now, inner.register_max_age);
            Ok((Opened { grant, key, record: known.record, is_fresh }, entry))
        }
        (decision, _) => {
            let refusal = match (which, decision, &context.caller) {
                (MailboxRef::Own, Err(Refusal::NotThere), Caller::Citizen { .. }) if trust == Trust::RegisterAway => {
                    Refusal::RegisterUnavailable
                }
                (MailboxRef::Own, Err(Refusal::NotThere), Caller::Citizen { .. }) => Refusal::PersonUnknown,
                (MailboxRef::Own, Err(Refusal::NotThere), _) => Refusal::WrongKindOfCaller,
                (MailboxRef::Own | MailboxRef::Id(_), Err(refusal), _) => refusal,
                (MailboxRef::Own | MailboxRef::Id(_), Ok(_), _) => Refusal::NotThere,
            };
            let entry = if is_stranger(inner, context, &known) {
                let word = OtherAct::SEEK_ACCESS.word();
                let entry = audit::refused(context, known.person, subject, word, None, refusal);
                Entry { tally: Tally::Daily, ..entry }
            } else {
                audit::refused(context, known.person, subject, act.word(), *object, refusal)
            };
            Err(Denied::Refused(Refused { refusal, entry: Box::new(entry) }))
        }
    }
}

/// The key of a mailbox. To its owner it opens only where the number that is sealed in it is the caller's too.
fn key_of(inner: &Inner, owner: &Owner, known: &Known, context: &Context) -> Result<MailboxKey, StoreError> {
    if let (RelationRecord::Own(_), Some(number)) = (&known.record.relation, number_of(&context.caller)) {
        let mailbox = owner.record.mailbox;
        let sealed = inner.vault.open_identity(mailbox, Identity::Number, &owner.national_id);
        if sealed.ok().as_deref() != Some(number.expose()) {
            tracing::error!(mailbox.id = %mailbox, "a mailbox is not that of the number that leads to it: it is damaged");
            return Err(CORRUPT);
        }
    }
    owner.key(&inner.vault)
}

/// Whether a caller has nothing to do with a mailbox: not even that it is there is for them. What strangers try is counted
/// by the day, so that nobody can bury in it what the owner of the mailbox should see.
fn is_stranger(inner: &Inner, context: &Context, known: &Known) -> bool {
    let is_owner = matches!(known.record.relation, RelationRecord::Own(_));
    let seen = decide(Action::SeeMailbox, &known.record.at(context.now), inner.policy);
    known.record.owner.is_some() && !is_owner && matches!(seen, Err(refusal) if refusal != Refusal::RegisterUnavailable)
}

const CORRUPT: StoreError = StoreError::Corrupt { what: "mailbox" };

/// What is known of the owner and the caller. Nothing more is asked where the caller is the owner.
fn known(
    inner: &Inner,
    connection: &mut Connection,
    context: &Context,
    hash: Option<&[u8; 32]>,
    owner: Option<&Owner>,
    takes: Option<Taken>,
) -> Result<Known, StoreError> {
    let simple = |relation, person| Known {
        record: Record { assurance: assurance_of(&context.caller), owner: owner.map(|owner| owner.record), relation },
        person,
        caller_is_fresh: true,
    };
    match (&context.caller, hash, owner) {
        (Caller::Citizen { .. }, Some(hash), Some(owner)) if owner.lookup_hash() == hash => {
            Ok(simple(RelationRecord::Own(owner.record.person), Some(owner.record.person)))
        }
        (Caller::Citizen { .. }, Some(hash), Some(owner)) => {
            facts::representative(connection, &context.caller, hash, owner, context.now, inner.register_max_age)
        }
        (Caller::HealthWorker { organisation, .. }, Some(hash), Some(owner)) => {
            lawful::staff(connection, &context.caller, organisation, hash, owner, takes, context.now)
        }
        (Caller::System { .. }, ..) => Ok(simple(RelationRecord::System, None)),
        (Caller::Operator { .. }, ..) => Ok(simple(RelationRecord::Operator, None)),
        (Caller::Citizen { .. } | Caller::HealthWorker { .. }, ..) => Ok(simple(RelationRecord::Nobody, None)),
    }
}

/// Whom the register has to be asked about before it decides: those of whom it told long ago, as far as that can make
/// a difference. A stranger to an adult stays one, whatever the register says.
fn stale(inner: &Inner, context: &Context, which: MailboxRef, owner: Option<&Owner>, known: &Known) -> Vec<Whom> {
    let caller = || number_of(&context.caller).cloned().map(Whom::Number);
    let Some(owner) = owner else {
        return match which {
            MailboxRef::Own => caller().into_iter().collect(),
            MailboxRef::Id(_) => vec![],
        };
    };
    let stale_owner =
        || (!owner.is_fresh(context.now, inner.register_max_age)).then_some(Whom::Person(owner.record.person));
    match &known.record.relation {
        RelationRecord::Own(_) | RelationRecord::Staff { .. } => stale_owner().into_iter().collect(),
        RelationRecord::Other(other) => {
            let is_related = other.has_responsibility || other.is_guardian || !other.powers.is_empty();
            let can_become = owner.facts.age_years < HEALTH_MAJORITY_YEARS || inner.policy.admits_guardians;
            if !is_related && !can_become {
                return vec![];
            }
            let stale_caller = (!known.caller_is_fresh).then_some(Whom::Person(other.person));
            stale_owner().into_iter().chain(stale_caller).collect()
        }
        RelationRecord::Nobody if owner.facts.age_years < HEALTH_MAJORITY_YEARS => {
            stale_owner().into_iter().chain(caller()).collect()
        }
        RelationRecord::Nobody | RelationRecord::System | RelationRecord::Operator => vec![],
    }
}
