//! The program, started as it is shipped.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use api::app::Application;
use api::settings::{Environment, Settings};
use chrono::{DateTime, Utc};
use reqwest::Method;
use serde_json::json;

use crate::{Database, Organisation, Person, Place, Request, world};

/// The program on a database of its own. A clone is the same program; it stops when the last one is dropped.
#[derive(Clone)]
pub struct TestApp {
    running: Arc<Running>,
}

struct Running {
    base: String,
    client: reqwest::Client,
    persons: Vec<Person>,
    organisations: Vec<Organisation>,
    count: AtomicU32,
    stop: Box<dyn Fn() + Send + Sync>,
    place: Arc<Place>,
}

impl Drop for Running {
    fn drop(&mut self) {
        (self.stop)();
    }
}

impl TestApp {
    /// Starts it on a new database.
    pub async fn start(database: Database) -> Self {
        Self::start_with(database, &[]).await
    }

    /// Starts it on a new database, with settings of its own: variables of the environment.
    pub async fn start_with(database: Database, settings: &[(&str, &str)]) -> Self {
        Self::start_at(Place::new(database), settings, None).await
    }

    /// Starts it in some place, with settings of its own: variables of the environment, and a settings file.
    ///
    /// # Panics
    /// When it does not start.
    pub async fn start_at(place: Place, settings: &[(&str, &str)], file: Option<&str>) -> Self {
        Self::start_beside(Arc::new(place), settings, file).await
    }

    /// Starts another one at the same place, with settings of its own.
    pub async fn again(&self, settings: &[(&str, &str)]) -> Self {
        Self::start_beside(Arc::clone(&self.running.place), settings, None).await
    }

    /// Starts another one at the same place, with settings of its own: variables of the environment, and a settings file.
    pub async fn again_with(&self, settings: &[(&str, &str)], file: &str) -> Self {
        Self::start_beside(Arc::clone(&self.running.place), settings, Some(file)).await
    }

    async fn start_beside(place: Arc<Place>, settings: &[(&str, &str)], file: Option<&str>) -> Self {
        let mut environment: BTreeMap<String, String> = place.environment();
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        let environment: Environment = environment.into_iter().collect();
        let settings = Settings::read(file, &environment).expect("the settings are right");
        let application = Application::build(settings).await.expect("the program starts");
        let base = format!("http://{}", application.address());
        let handle = application.handle();
        tokio::spawn(application.run());
        let client = reqwest::Client::builder().no_proxy().build().expect("a client can be made");
        let list = |path: &str| Request::new(&client, Method::GET, &base, path, None);
        let persons = world::persons(&list("/sandbox/persons").await.expect(200).body);
        let organisations = world::organisations(&list("/sandbox/organisations").await.expect(200).body);
        let stop = Box::new(move || drop(handle.stop(false)));
        let count = AtomicU32::new(0);
        Self { running: Arc::new(Running { base, client, persons, organisations, count, stop, place }) }
    }

    /// Where it runs: its address, without a slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.running.base
    }

    /// Its database and data folder.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.running.place
    }

    /// The persons of the sandbox.
    #[must_use]
    pub fn persons(&self) -> &[Person] {
        &self.running.persons
    }

    /// The organisations of the sandbox.
    #[must_use]
    pub fn organisations(&self) -> &[Organisation] {
        &self.running.organisations
    }

    /// A text that this story has not seen.
    #[must_use]
    pub fn unique(&self, prefix: &str) -> String {
        format!("{prefix}{}", self.running.count.fetch_add(1, Ordering::Relaxed))
    }

    pub(crate) fn request(&self, method: Method, path: &str, token: Option<&str>) -> Request {
        Request::new(&self.running.client, method, &self.running.base, path, token)
    }

    /// Has everything done that is due, and returns when it is: also what another worker has taken on.
    ///
    /// # Panics
    /// When that does not come to an end.
    pub async fn deliver_all(&self) {
        for _ in 0..1000 {
            let _ = self.nobody().put("/sandbox/clock", &json!({"advance": "PT0S"})).await.expect(200);
            // Some jobs are for later: at the end of a power of attorney, or when a register answers again.
            let now = self.place().time(self.now().await);
            let due = format!("SELECT count(*) AS number FROM job WHERE given_up_at IS NULL AND run_at <= {now}");
            if tokio::task::block_in_place(|| self.place().number(&due)) == 0 {
                return;
            }
        }
        panic!("there are jobs that nobody finishes");
    }

    /// Moves the program's time on, as in `P7D`.
    pub async fn advance(&self, duration: &str) {
        let _ = self.nobody().put("/sandbox/clock", &json!({"advance": duration})).await.expect(200);
    }

    /// Moves the program's time to one, as in `2026-12-30T23:00:00Z`.
    pub async fn set_time(&self, now: &str) {
        let _ = self.nobody().put("/sandbox/clock", &json!({"now": now})).await.expect(200);
    }

    /// The program's time.
    ///
    /// # Panics
    /// When it does not tell.
    pub async fn now(&self) -> DateTime<Utc> {
        let answer = self.nobody().get("/sandbox/clock").await.expect(200);
        answer.text("now").parse().expect("a time")
    }
}
