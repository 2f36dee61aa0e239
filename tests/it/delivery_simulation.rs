//! BX-4: letters over sixty days, to people who change, over systems of others that break, by a program that is killed and
//! started again. Each comes to one end, none goes where it must not, none goes twice, and whoever waits in vain is told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use domain::access::{Assurance, Caller, Scope};
use domain::consent::ConsentLevel;
use domain::event::EventKind;
use domain::id::{MailboxId, MessageId, ServiceId, TraceId};
use domain::identity::OrganisationNumber;
use domain::message::{Body, BodyFormat, Draft, MessageKind, Recipient, Subject};
use domain::organisation::ExternalClientId;
use domain::routing::{Channel, MailboxProvider};
use futures_util::future::join_all;
use persistence::{Context, Created, Failure, Notice, Outlets, Page, RequestKey, Store};
use reqwest::Method;
use serde_json::json;
use tests::kill::{count_statements, killed_before_statement};
use tests::{Database, Place, ServerProcess, is_heavy, stories};
use uuid::Uuid;

use crate::outside::{Outside, Registers, lock, start};
use crate::stores;

const DAYS: u64 = 60;
/// How many letters, people and moments of a day there are, and how many with `BREVDUE_TEST_HEAVY=1`.
const NORMAL: Size = Size { letters: 400, people: 40, moments: 3 };
const HEAVY: Size = Size { letters: 100_000, people: 1000, moments: 24 };

#[derive(Clone, Copy)]
struct Size {
    letters: u64,
    people: usize,
    moments: u64,
}

/// What a worker does with what is due.
async fn work(store: &Store, outside: &Outside, now: DateTime<Utc>) -> Result<(), Failure> {
    for _ in 0..2 {
        while store.deliver_due(now).await? > 0 {}
        while store.jobs_due(now).await? > 0 {}
        for channel in [Channel::DigitalMailbox, Channel::Paper] {
            while store.hand_over_due(channel, outside, now).await? > 0 {}
        }
    }
    loop {
        let batch = store.notices_take(now).await?;
        if batch.is_empty() {
            break;
        }
        let tell = |notice: &Notice| (notice.id, outside.notify(notice.id.as_uuid(), notice.address.expose()));
        let outcomes = batch.notices.iter().map(tell).collect();
        store.notices_done(batch, outcomes, now).await?;
    }
    while store.relay_due(now).await? > 0 {}
    Ok(())
}

fn context(caller: Caller, now: DateTime<Utc>) -> Context {
    Context { caller, now, trace: TraceId::from(Uuid::now_v7()) }
}

/// A letter that was accepted.
#[derive(Clone, Copy)]
struct Sent {
    id: MessageId,
    to: usize,
}

struct Simulation<'p> {
    place: &'p Place,
    outside: Arc<Outside>,
    store: Store,
    service: ServiceId,
    organisation: OrganisationNumber,
    mailboxes: Vec<MailboxId>,
    sent: Vec<Sent>,
    /// Of each letter the recipient and the subject.
    of: HashMap<MessageId, (usize, String)>,
    read_up_to: i64,
    kills: usize,
}

impl<'p> Simulation<'p> {
    async fn new(place: &'p Place, size: Size) -> Self {
        let server = ServerProcess::start(place);
        let operator = server.token(json!({"kind": "operator"})).await;
        let clinic = server.get("/sandbox/organisations", None).await["items"][0].clone();
        let channels = json!({"mailboxProviders": ["984661185", "922020175"], "paper": true, "paperIfUnopened": true});
        let service = json!({"name": "Brev", "kind": "specialist", "externalChannels": channels});
        let path = server.url(&format!("/v1/organisations/{}/services", clinic["id"].as_str().expect("an id")));
        let request =
            server.client().request(Method::POST, path).bearer_auth(operator).header("Idempotency-Key", "one");
        let answer = request.json(&service).send().await.expect("an answer");
        let service: serde_json::Value = answer.json().await.expect("a service");
        server.kill();
        count_statements();
        let outside = Arc::new(Outside::new(size.people));
        let store = open(place, &outside).await;
        let people = lock(&outside.people).clone();
        let told = people.iter().enumerate().map(|(place, person)| person.in_population_register(place)).collect();
        let kept = store.register_keep(told, start()).await.expect("they are kept");
        let number = clinic["organisationNumber"].as_str().expect("a number");
        Self {
            place,
            store,
            service: service["id"].as_str().expect("an id").parse::<Uuid>().expect("an id").into(),
            organisation: OrganisationNumber::parse(number).expect("a number"),
            mailboxes: kept.into_iter().map(|(_, mailbox)| mailbox).collect(),
            outside,
            sent: vec![],
            of: HashMap::new(),
            read_up_to: 0,
            kills: 0,
        }
    }

    fn system(&self, now: DateTime<Utc>) -> Context {
        let scopes = vec![Scope::MessagesWrite, Scope::MessagesRead];
        let client = ExternalClientId::parse("simulation").expect("a client");
        context(Caller::System { organisation: self.organisation.clone(), supplier: None, client, scopes }, now)
    }

    fn citizen(&self, place: usize, now: DateTime<Utc>) -> Context {
        let national_id = self.outside.person(place).number;
        context(Caller::Citizen { national_id, assurance: Assurance::High }, now)
    }

    fn somebody(&self) -> usize {
        usize::try_from(self.outside.roll(self.mailboxes.len() as u64)).expect("a place")
    }

    /// Somebody reserves themselves, chooses a mailbox, moves, is protected, or dies.
    async fn change_registers(&self, now: DateTime<Utc>) {
        let outside = &self.outside;
        // Above all those whose letters are between here and there: that is when it matters.
        let unsettled = lock(&outside.unsettled).pop();
        let (place, kinds) = unsettled.map_or_else(|| (self.somebody(), 10), |place| (place, 3));
        let person = {
            let kind = outside.roll(kinds);
            let mut people = lock(&outside.people);
            let person = &mut people[place];
            match kind {
                0 => person.is_reserved = !person.is_reserved,
                1 => person.provider = None,
                2 => {
                    person.provider = Some(match person.provider {
                        Some(MailboxProvider::Digipost) => MailboxProvider::EBoks,
                        Some(MailboxProvider::EBoks) | None => MailboxProvider::Digipost,
                    });
                }
                3 => person.can_be_notified = !person.can_be_notified,
                4 => person.is_protected = !person.is_protected,
                5 if outside.roll(10) == 0 => person.is_dead = true,
                _ => person.house += 1,
            }
            person.in_population_register(place)
        };
        // As the feed of the register tells it.
        let _ = self.store.register_keep(vec![person], now).await.expect("it is kept");
    }

    /// Somebody joins, or leaves. Who is too young or dead cannot; that is nothing to look at here.
    async fn change_consent(&self, now: DateTime<Utc>) {
        let citizen = self.citizen(self.somebody(), now);
        if self.outside.roll(10) == 0 {
            drop(self.store.consent_withdraw(&citizen, None, "1".to_owned()).await);
        } else {
            drop(self.store.consent_set(&citizen, None, ConsentLevel::Basis, "1".to_owned()).await);
        }
    }

    /// The service sends letters, some of them once more with the same key.
    async fn send(&mut self, count: u64, now: DateTime<Utc>) {
        let sending = (0..count).map(|_| {
            let to = self.somebody();
            let n = self.outside.roll(u64::MAX);
            let kind = if n.is_multiple_of(3) { MessageKind::AppointmentLetter } else { MessageKind::Letter };
            let hours = 24 + i64::try_from(n % 200).expect("hours");
            let draft = Draft {
                recipient: Recipient::Person(self.outside.person(to).number),
                kind,
                subject: Subject::parse(&format!("Brev {n}")).expect("a subject"),
                body: Body::parse("Du får time i mars.").expect("a body"),
                body_format: BodyFormat::Text,
                sender_reference: None,
                uploads: vec![],
                parents: None,
                power_of_attorney: None,
                open_by: Some(now + TimeDelta::hours(hours)),
            };
            let key = RequestKey::parse(&format!("letter-{n}"), [0; 32]).expect("a key");
            let (store, system, service) = (&self.store, self.system(now), self.service);
            async move {
                let sent = store.message_send(&system, service, draft.clone(), key.clone()).await;
                if let (true, Ok(first)) = (n.is_multiple_of(20), &sent) {
                    let again = store.message_send(&system, service, draft, key).await.expect("the same answer");
                    let Created::Replayed(again) = again else { panic!("sent twice") };
                    assert_eq!(first.value().id, again.id);
                }
                (to, format!("Brev {n}"), sent)
            }
        });
        for (to, subject, sent) in join_all(sending).await {
            match sent {
                Ok(sent) => {
                    let id = sent.value().id;
                    self.of.insert(id, (to, subject));
                    self.sent.push(Sent { id, to });
                }
                Err(Failure::Rejected(_)) => assert!(self.outside.person(to).is_dead, "only the dead get nothing"),
                Err(failure) => panic!("{failure}"),
            }
        }
    }

    /// Does what is due; sometimes it is killed on the way, and goes on when the leases have run out.
    async fn work(&mut self, now: DateTime<Utc>) {
        if self.outside.roll(3) == 0 {
            let statement = 1 + i64::try_from(self.outside.roll(150)).expect("a number");
            let (store, outside) = (&self.store, &self.outside);
            let (_, lived) = tokio::task::block_in_place(|| {
                std::thread::scope(|scope| {
                    let killed = || killed_before_statement(statement, work(store, outside, now));
                    scope.spawn(killed).join().expect("it ends")
                })
            });
            self.kills += usize::from(!lived);
            self.store = open(self.place, &self.outside).await;
        }
        work(&self.store, &self.outside, now + TimeDelta::minutes(2)).await.expect("the store is there");
    }

    /// People read what came lately, and the service takes something back; both as far as they can.
    async fn touch(&self, count: u64, now: DateTime<Utc>) {
        let lately = &self.sent[self.sent.len().saturating_sub(usize::try_from(count * 6).unwrap_or(usize::MAX))..];
        let touching = (0..count).filter(|_| !lately.is_empty()).map(|_| {
            let letter = *lock(&self.outside.dice).of(lately);
            let takes_back = self.outside.roll(20) == 0;
            async move {
                // It may be nowhere to be seen, or opened: neither is for this story.
                if takes_back {
                    drop(self.store.message_withdraw(&self.system(now), self.service, letter.id).await);
                } else {
                    let citizen = self.citizen(letter.to, now);
                    drop(self.store.message_read(&citizen, self.mailboxes[letter.to], letter.id).await);
                }
            }
        });
        join_all(touching).await;
    }

    /// The service reads on in its feed. What is said to have come into an inbox came to somebody who could have it.
    async fn read_feed(&mut self, now: DateTime<Utc>) {
        loop {
            let after = Some(self.read_up_to);
            let page =
                self.store.event_list(&self.system(now), after, 200, Duration::ZERO, || now).await.expect("events");
            if page.items.is_empty() {
                return;
            }
            for event in page.items {
                self.read_up_to += 1;
                assert_eq!(event.number, self.read_up_to, "without gaps");
                let (EventKind::MessageDelivered, Some(about)) = (event.kind, event.about) else { continue };
                let Some((to, subject)) = self.of.get(&about.message) else { continue };
                // What a provider has was looked at when it came there.
                if !lock(&self.outside.at_providers).contains(subject) {
                    let person = self.outside.person(*to);
                    assert!(!person.is_dead && !person.is_reserved, "nothing digital to the dead and the reserved");
                }
            }
        }
    }

    /// An operator lets everything go on that was given up, having asked the carriers about what they may have.
    async fn settle(&self, now: DateTime<Utc>) {
        let operator = context(Caller::Operator { subject: "night watch".to_owned(), roles: vec![] }, now);
        let page = Page { limit: Page::MAX_LIMIT, cursor: None };
        loop {
            let jobs = self.store.job_list(&operator, page.clone()).await.expect("jobs").items;
            let waiting: Vec<_> = jobs.into_iter().filter(|job| job.given_up_at.is_some()).collect();
            if waiting.is_empty() {
                return;
            }
            for job in waiting {
                match job.handover {
                    Some(reference) => {
                        let is_there = lock(&self.outside.taken).contains_key(&reference.as_uuid());
                        self.store.handover_settle(&operator, job.id, is_there).await.expect("it is settled");
                    }
                    None => self.store.job_restart(&operator, job.id).await.expect("it goes on"),
                }
            }
        }
    }

    /// Everything works again, and so much time goes by that nothing is left on its way.
    async fn end(&mut self, mut now: DateTime<Utc>) {
        *lock(&self.outside.is_faulty) = false;
        *lock(&self.outside.away) = [false; 3];
        for _ in 0..60 {
            now += TimeDelta::hours(7);
            self.settle(now).await;
            work(&self.store, &self.outside, now).await.expect("the store is there");
            self.read_feed(now).await;
        }
    }

    /// The letters that are in such a state. `ends`, `printed_unopened` and `told` say how often each came to an end, was put on
    /// paper for nobody had opened it, and was told of as not opened.
    fn letters(how: &str) -> String {
        let step = "SELECT message_id, count(*) AS times FROM sending_step WHERE";
        format!(
            "message \
             LEFT JOIN ({step} (status IN ('printed', 'returned', 'withdrawn') OR status = 'delivered' AND channel = 'digitalMailbox') GROUP BY message_id) AS ends \
             ON ends.message_id = message.id \
             LEFT JOIN ({step} rule = 'KRR-14' AND status = 'routed' GROUP BY message_id) AS printed_unopened \
             ON printed_unopened.message_id = message.id \
             LEFT JOIN (SELECT message_id, count(*) AS times FROM event WHERE kind = 'message.notOpened' GROUP BY message_id) AS told \
             ON told.message_id = message.id \
             WHERE direction = 'received' AND ({how})"
        )
    }

    /// That no letter is so; if one is, says what became of it.
    fn none(&self, how: &str, what: &str) {
        let letters = Self::letters(how);
        let count = self.place.number(&format!("SELECT count(*) AS number FROM {letters}"));
        let one = format!("(SELECT id FROM {letters} ORDER BY id LIMIT 1)");
        let steps = self.place.texts(&format!(
            "SELECT at || ' ' || status || ' ' || channel || ' ' || rule || ' ' || reasons AS text FROM sending_step \
             WHERE message_id = {one} ORDER BY id"
        ));
        let state = self.place.texts(&format!(
            "SELECT 'received ' || coalesce(received_at || '', '-') || ', open by ' || coalesce(open_by || '', '-') || \
             ', gone ' || coalesce(gone_at || '', '-') AS text FROM message WHERE id = {one}"
        ));
        assert_eq!(count, 0, "{what}; one: {state:?}, {steps:#?}");
    }

    fn check(&self) {
        let count = |query: &str| self.place.number(&format!("SELECT count(*) AS number FROM {query}"));
        let sent = i64::try_from(self.sent.len()).expect("a count");
        assert_eq!(count("message WHERE direction = 'received'"), sent, "each is there once");

        self.none("ends.times > 1", "letters with two ends");
        self.none("ends.times IS NULL AND opened_at IS NULL", "letters without an end");
        let left = self.place.texts("SELECT kind AS text FROM job WHERE kind <> 'notifyAgain'");
        assert!(left.is_empty(), "{} jobs are left: {left:?}", left.len());

        let taken = lock(&self.outside.taken);
        let letters: HashSet<&String> = taken.values().map(|(subject, _)| subject).collect();
        assert_eq!(letters.len(), taken.len(), "what was carried was carried once");
        assert_eq!(count("handover WHERE may_be_taken"), i64::try_from(taken.len()).expect("a count"), "and is known");
        // Who is killed after telling somebody tells them again, but for those who have opened it meanwhile: then nobody knows.
        let (told, known) = (lock(&self.outside.notices).len(), count("notice WHERE sent_at IS NOT NULL"));
        assert!(known > 0 && known <= i64::try_from(told).expect("a count"), "{told} were told, {known} are known");

        // Whoever waits in vain is told once, in time; nobody else is.
        let in_vain = "received_at <= open_by AND (opened_at IS NULL OR opened_at > open_by) \
                       AND removed_at IS NULL AND withdrawn_at IS NULL";
        assert!(count(&Self::letters(in_vain)) > 0, "somebody waited in vain");
        self.none(&format!("{in_vain} AND told.times IS NULL"), "deadlines that nobody was told of");
        self.none("opened_at <= open_by AND told.times > 0", "opened in time, and told of");
        let differ = "coalesce(told.times, 0) <> coalesce(printed_unopened.times, 0) OR told.times > 1";
        self.none(differ, "told once, and then on paper");
        for (kind, many) in
            [("message.accepted", sent), ("message.printed", count("sending_step WHERE status = 'printed'"))]
        {
            assert_eq!(count(&format!("event WHERE kind = '{kind}'")), many, "{kind}");
        }
    }
}

async fn open(place: &Place, outside: &Arc<Outside>) -> Store {
    let outlets = Outlets { paper: true, mailboxes: vec![MailboxProvider::Digipost, MailboxProvider::EBoks] };
    stores::open(place, Registers(Arc::clone(outside)), outlets).await
}

stories! {
    async fn bx_4_sixty_days_of_letters_end_well_whatever_breaks(database: Database) {
        let (place, size) = (Place::new(database), if is_heavy() { HEAVY } else { NORMAL });
        let mut simulation = Simulation::new(&place, size).await;
        let (moments, mut now) = (DAYS * size.moments, start());
        for place in 0..size.people / 2 {
            // Who is too young cannot.
            let citizen = simulation.citizen(place, now);
            drop(simulation.store.consent_set(&citizen, None, ConsentLevel::Basis, "1".to_owned()).await);
        }
        for moment in 0..moments {
            now += TimeDelta::hours(24 / i64::try_from(size.moments).expect("a number"));
            for which in 0..3 {
                let is_away = lock(&simulation.outside.away)[which];
                // Away for a few moments, now and then.
                lock(&simulation.outside.away)[which] = simulation.outside.roll(40) < if is_away { 30 } else { 1 };
            }
            // First the registers: a consent delivers what was held for want of it.
            for _ in 0..=size.people / 400 {
                simulation.change_registers(now).await;
            }
            for _ in 0..=size.people / 400 {
                simulation.change_consent(now).await;
            }
            let count = size.letters * (moment + 1) / moments - size.letters * moment / moments;
            simulation.send(count, now).await;
            simulation.work(now).await;
            simulation.touch(count * 2, now + TimeDelta::minutes(30)).await;
            simulation.read_feed(now + TimeDelta::minutes(30)).await;
        }
        simulation.end(now).await;
        assert!(simulation.kills > 0, "nothing was killed");
        simulation.check();
    }
}
