//! The contact and reservation register (KRR), asked at each step of a letter.
//!
//! It belongs to somebody else and is asked through a port. Nothing that it says is kept: it is held in memory for one
//! decision, so that each decision knows the world as it is then (BX-4). Questions that come at the same time are asked
//! together, one call at a time. Where the register does not answer, nothing is known; nobody guesses (KRR-15).

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::contact_register::Entry;
use domain::identity::NationalId;
use domain::routing::Contact;
use futures_util::future::BoxFuture;
use tokio::sync::{mpsc, oneshot};

use crate::Store;
use crate::chain::Chain;
use crate::persons::register::RegisterAway;

/// The most persons that one call asks about.
const MOST: usize = 1000;
/// The most questions that wait. Past that nothing is known, as if the register were away.
const MOST_WAITING: usize = 4096;
/// How long a call may take. Somebody waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The contact and reservation register, as another organisation runs it.
pub trait ContactRegister: Send + Sync {
    /// The entries of the persons with these numbers, of whom there are 1 to 1,000. Who is left out is unknown. Answers or
    /// fails within three seconds, and fails at once while it is known to be away: people wait.
    fn contacts<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>>;
}

/// What the register said; nothing where it is away.
#[derive(Clone, Default)]
pub(crate) struct Contacts {
    /// By number: several calls where there were many numbers.
    told: Vec<Arc<HashMap<NationalId, Entry>>>,
    is_away: bool,
}

impl Contacts {
    /// What it says of a person.
    pub(crate) fn entry(&self, number: &NationalId) -> Option<&Entry> {
        self.told.iter().find_map(|told| told.get(number))
    }

    /// What routing asks of it.
    pub(crate) fn contact(&self, number: &NationalId, now: DateTime<Utc>) -> Contact {
        self.entry(number).map_or(Contact::Unknown, |entry| entry.contact(now))
    }

    /// Whether it did not answer, about some of them at least.
    pub(crate) fn is_away(&self) -> bool {
        self.is_away
    }
}

type Told = Option<Arc<HashMap<NationalId, Entry>>>;
type Question = (Vec<NationalId>, oneshot::Sender<Told>);

/// The way to whoever asks.
pub(crate) struct ContactDesk {
    register: Arc<dyn ContactRegister>,
    /// From the first question on.
    queue: OnceLock<mpsc::Sender<Question>>,
}

impl ContactDesk {
    /// A desk at which nobody has asked yet.
    pub(crate) const fn new(register: Arc<dyn ContactRegister>) -> Self {
        Self { register, queue: OnceLock::new() }
    }

    /// The way to whoever asks, who ends when the desk is dropped.
    fn queue(&self) -> &mpsc::Sender<Question> {
        self.queue.get_or_init(|| {
            let (queue, waiting) = mpsc::channel(MOST_WAITING);
            drop(tokio::spawn(ask_in_turn(Arc::clone(&self.register), waiting)));
            queue
        })
    }

    async fn ask(&self, numbers: Vec<NationalId>) -> Told {
        let (answer, answered) = oneshot::channel();
        self.queue().try_send((numbers, answer)).ok()?;
        answered.await.ok().flatten()
    }
}

impl Store {
    /// Asks the register about these persons. Where it is away, nothing is known of them.
    pub(crate) async fn contacts(&self, mut numbers: Vec<NationalId>) -> Contacts {
        let mut seen = HashSet::with_capacity(numbers.len());
        numbers.retain(|number| seen.insert(number.clone()));
        let mut contacts = Contacts::default();
        for part in numbers.chunks(MOST) {
            match self.contact_desk.ask(part.to_vec()).await {
                Some(told) => contacts.told.push(told),
                None => contacts.is_away = true,
            }
        }
        contacts
    }
}

/// Asks what is waiting together, as far as one call takes it.
async fn ask_in_turn(register: Arc<dyn ContactRegister>, mut waiting: mpsc::Receiver<Question>) {
    let mut left_over = None;
    loop {
        let first = match left_over.take() {
            Some(question) => question,
            None => match waiting.recv().await {
                Some(question) => question,
                None => return,
            },
        };
        let (mut numbers, mut answers): (HashSet<NationalId>, _) = (first.0.into_iter().collect(), vec![first.1]);
        while let Ok((more, answer)) = waiting.try_recv() {
            if numbers.len() + more.len() > MOST {
                left_over = Some((more, answer));
                break;
            }
            numbers.extend(more);
            answers.push(answer);
        }
        let told = ask(&*register, numbers.into_iter().collect(), PATIENCE).await;
        for answer in answers {
            // Whoever asked may have gone.
            let _ = answer.send(told.clone());
        }
    }
}

async fn ask(register: &dyn ContactRegister, numbers: Vec<NationalId>, patience: Duration) -> Told {
    let asked = tokio::time::timeout(patience, register.contacts(&numbers)).await;
    let told =
        asked.unwrap_or_else(|late| Err(RegisterAway(late.into()))).and_then(|entries| trusted(&numbers, entries));
    match told {
        Ok(told) => Some(Arc::new(told)),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "the contact register was not asked");
            None
        }
    }
}

/// An answer that has a row of somebody who was not asked about, or two of one person, is not trusted in any of its rows.
fn trusted(asked: &[NationalId], entries: Vec<Entry>) -> Result<HashMap<NationalId, Entry>, RegisterAway> {
    let asked: HashSet<&NationalId> = asked.iter().collect();
    let mut told = HashMap::with_capacity(entries.len());
    for entry in entries {
        if !asked.contains(&entry.national_id) {
            return Err(RegisterAway("it answered for another person than asked".into()));
        }
        if told.insert(entry.national_id.clone(), entry).is_some() {
            return Err(RegisterAway("it answered twice for a person".into()));
        }
    }
    Ok(told)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use domain::identity::NumberSeries;
    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    const NUMBERS: [&str; 4] = ["29827200059", "08854500016", "08854590090", "29820050043"];

    fn number(place: usize) -> NationalId {
        NationalId::parse(NUMBERS[place], NumberSeries::Synthetic).expect("a number")
    }

    /// Answers with what it is told to, never before somebody lets it, and keeps how many it was asked about.
    struct Fake {
        answer: fn(&[NationalId]) -> Vec<Entry>,
        calls: Mutex<Vec<usize>>,
        may_answer: tokio::sync::Semaphore,
    }

    impl Fake {
        fn new(answer: fn(&[NationalId]) -> Vec<Entry>, answers: usize) -> Arc<Self> {
            let may_answer = tokio::sync::Semaphore::new(answers);
            Arc::new(Self { answer, calls: Mutex::default(), may_answer })
        }

        fn calls(&self) -> Vec<usize> {
            self.calls.lock().expect("the calls").clone()
        }
    }

    impl ContactRegister for Fake {
        fn contacts<'a>(&'a self, numbers: &'a [NationalId]) -> BoxFuture<'a, Result<Vec<Entry>, RegisterAway>> {
            async {
                self.calls.lock().expect("the calls").push(numbers.len());
                self.may_answer.acquire().await.expect("somebody lets it").forget();
                Ok((self.answer)(numbers))
            }
            .boxed()
        }
    }

    fn entries(numbers: &[NationalId]) -> Vec<Entry> {
        numbers.iter().cloned().map(Entry::not_registered).collect()
    }

    #[tokio::test]
    async fn questions_that_come_during_a_call_are_asked_together_in_the_next() {
        let register = Fake::new(entries, 0);
        let desk = Arc::new(ContactDesk::new(Arc::clone(&register) as _));
        let ask = |place| {
            let desk = Arc::clone(&desk);
            tokio::spawn(async move { desk.ask(vec![number(place)]).await })
        };
        let mut asked = vec![ask(0)];
        while register.calls().is_empty() {
            tokio::task::yield_now().await;
        }
        asked.extend([ask(1), ask(2), ask(2)]);
        while desk.queue().capacity() > MOST_WAITING - 3 {
            tokio::task::yield_now().await;
        }

        register.may_answer.add_permits(2);
        let told = join_all(asked).await;

        assert_eq!(register.calls(), [1, 2]);
        for (place, told) in [0, 1, 2, 2].into_iter().zip(told) {
            assert!(told.expect("a task").is_some_and(|told| told.contains_key(&number(place))));
        }
    }

    #[tokio::test]
    async fn what_one_call_does_not_take_waits_for_the_next() {
        let register = Fake::new(entries, 10);
        let many: Vec<NationalId> = (0..MOST).map(|_| number(0)).collect();
        let (answer, answered) = oneshot::channel();
        let (queue, waiting) = mpsc::channel(10);
        queue.try_send((vec![number(1)], oneshot::channel().0)).expect("room");
        queue.try_send((many, answer)).expect("room");
        drop(queue);

        ask_in_turn(Arc::clone(&register) as _, waiting).await;

        assert_eq!(register.calls(), [1, 1]);
        assert!(answered.await.expect("an answer").is_some_and(|told| told.len() == 1));
    }

    #[tokio::test]
    async fn an_answer_with_another_person_or_one_person_twice_is_not_trusted_at_all() {
        for answer in [(|_: &[NationalId]| entries(&[number(0), number(3)])) as fn(&[NationalId]) -> Vec<Entry>, |_| {
            entries(&[number(0), number(0)])
        }] {
            let told = ask(&*Fake::new(answer, 1), vec![number(0), number(1)], PATIENCE).await;

            assert!(told.is_none());
        }
    }

    #[tokio::test]
    async fn a_missing_row_is_unknown_and_the_others_hold() {
        let told = ask(&*Fake::new(|_| entries(&[number(0)]), 1), vec![number(0), number(1)], PATIENCE).await;

        let contacts = Contacts { told: told.into_iter().collect(), is_away: false };
        assert_eq!(contacts.contact(&number(1), DateTime::UNIX_EPOCH), Contact::Unknown);
        assert!(matches!(contacts.contact(&number(0), DateTime::UNIX_EPOCH), Contact::Known(_)));
    }

    #[tokio::test]
    async fn a_register_that_does_not_answer_is_away() {
        assert!(ask(&*Fake::new(entries, 0), vec![number(0)], Duration::ZERO).await.is_none());
    }
}
