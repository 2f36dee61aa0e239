//! The program put together: what tests start is what is shipped.

mod parts;

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_cors::Cors;
use actix_web::dev::{Server, ServerHandle};
use actix_web::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, ETAG, HeaderName, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE,
};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpServer};
use chrono::{DateTime, TimeDelta, Utc};
use domain::access::Policy;
use persistence::{InstallationKind, MasterKey, Outlets, Store, StoreSettings};
use tracing_actix_web::TracingLogger;
use utoipa_actix_web::AppExt as _;
use utoipa_swagger_ui::SwaggerUi;

pub(crate) use self::parts::master_key_kept;
use self::parts::{MadeUp, Parts};
use crate::at_once::AtOnce;
use crate::auth::{Authenticator, Nonces, Possession};
use crate::clock::Clock;
use crate::connect::{ConnectError, Registers, scanning};
use crate::document::Workshop;
use crate::http;
use crate::http::request::span::RequestSpan;
use crate::rate_limit::{PerMinute, RateLimiter};
use crate::sandbox::{self, Sandbox};
use crate::settings::{BlobLocation, Mode, PlatformSettings, Settings};
use crate::shutdown::{Ending, Signals, end_when_told};
use crate::state::AppState;
use crate::worker::Worker;
use crate::worker::webhooks::Post;
use crate::{mailbox_text, openapi, operations, problem, telemetry};

/// How long requests that run may take to finish when the program is told to stop.
const SHUTDOWN_SECONDS: u64 = 30;
/// How long a client may take to send the head of a request.
const REQUEST_HEAD_TIMEOUT: Duration = Duration::from_secs(10);
/// Where the documentation in the browser finds the contract.
const CONTRACT_PATH: &str = "/docs/openapi.json";
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The most connections that each thread holds open.
const MOST_CONNECTIONS: usize = 10_000;

/// Why the program did not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The token check could not be set up.
    #[error("tokens cannot be checked")]
    Tokens(#[from] crate::auth::SetupError),
    /// What leads to other organisations could not be set up.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The client for webhooks could not be set up.
    #[error("webhooks cannot be sent")]
    Webhooks(#[source] reqwest::Error),
    /// The master key cannot be had.
    #[error("the master key cannot be read")]
    MasterKey(#[from] persistence::MasterKeyError),
    /// The migrations failed.
    #[error("the database cannot be migrated")]
    Migration(#[from] persistence::MigrationError),
    /// The store did not open.
    #[error("the store did not open")]
    Store(#[from] persistence::OpenError),
    /// The sandbox could not be filled.
    #[error("the sandbox cannot be filled")]
    Sandbox(#[from] persistence::Failure),
    /// The mailbox's own service could not be opened.
    #[error("the mailbox's own service cannot be opened")]
    Platform(#[source] persistence::Failure),
    /// The data folder cannot be made, or the address is taken.
    #[error("{what}")]
    Io {
        /// What was tried.
        what: String,
        /// Why not.
        source: std::io::Error,
    },
}

/// The program, ready to run.
pub struct Application {
    server: Server,
    address: SocketAddr,
    state: Data<AppState>,
    worker: Worker,
    shutdown_delay: Duration,
}

impl Application {
    /// Opens the store, listens, and fills the sandbox where there is one. Port 0 takes a free one.
    ///
    /// # Errors
    /// When a part of it cannot be used.
    pub async fn build(settings: Settings) -> Result<Self, StartError> {
        let parts = Parts::of(&settings)?;
        let listener = TcpListener::bind(settings.listen)
            .and_then(|listener| listener.local_addr().map(|address| (listener, address)))
            .map_err(|source| StartError::Io { what: format!("cannot listen on {}", settings.listen), source });
        let (listener, address) = listener?;
        let Parts { clock, mut issuers, series, registers, outside, courier, master_key, made_up } = parts;
        let store = open_store(&settings, master_key, registers, outside.carriers.outlets(), clock.now()).await?;
        let sandbox = match made_up {
            Some(MadeUp { register, contacts, partners }) => {
                let sandbox = Sandbox::fill(&store, &clock, register, contacts, partners).await?;
                issuers.push(sandbox.issuer.issuer_settings());
                Some(sandbox)
            }
            None => None,
        };
        if let Some(PlatformSettings { organisation_number, name }) =
            settings.platform.clone().or_else(sandbox::platform)
        {
            let opened = store.platform_service_open(organisation_number, name, clock.now()).await;
            opened.map_err(StartError::Platform)?;
        }
        let possession = possession(&settings, &store, address);
        let authenticator = Authenticator::new(issuers, series, clock.clone(), possession)?;
        let limiter = Arc::new(RateLimiter::new(&settings.rate_limit));
        let post = Arc::new(Post::new(store.clone(), clock.clone(), courier));
        let worker =
            Worker::start(store.clone(), outside.clone(), clock.clone(), Arc::clone(&limiter), Arc::clone(&post));
        let state = Data::new(AppState {
            store,
            outside,
            clock,
            authenticator: Arc::new(authenticator),
            limiter,
            series,
            at_once: AtOnce::new(
                settings.limits.requests_at_once_of_person,
                settings.limits.requests_at_once_of_system,
            ),
            webhook_tests: PerMinute::new(settings.limits.webhook_tests_a_minute),
            limits: settings.limits.clone(),
            proxies: settings.proxies.clone(),
            terms: settings.terms.clone(),
            workshop: Workshop::new(),
            post,
            sandbox,
            answer_timeout: settings.database.answer_timeout,
            ending: Ending::default(),
        });
        let server = serve(listener, &settings, state.clone())
            .map_err(|source| StartError::Io { what: format!("cannot serve on {address}"), source })?;
        Ok(Self { server, address, state, worker, shutdown_delay: settings.shutdown_delay })
    }

    /// The address that it listens on.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// A copy-paste walk through the main job, where this is a sandbox.
    #[must_use]
    pub fn walk(&self) -> Option<String> {
        self.state.sandbox.as_ref().map(|sandbox| sandbox.walk(self.address))
    }

    /// Stops it from outside.
    #[must_use]
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until the system tells the program to end, see [`crate::shutdown`].
    ///
    /// # Errors
    /// When serving fails, or signals cannot be heard.
    pub async fn run_until_told(self) -> std::io::Result<()> {
        let (signals, handle) = (Signals::listen()?, self.handle());
        let (state, delay) = (self.state.clone(), self.shutdown_delay);
        let ending = async {
            end_when_told(signals, &state.ending, &state.store, handle, delay).await;
            // What runs is finished by who serves it.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            served = self.run() => served,
            () = ending => Ok(()),
        }
    }

    /// Serves until it is stopped by its handle: then it accepts no more, and finishes what runs.
    ///
    /// # Errors
    /// When serving fails.
    pub async fn run(self) -> std::io::Result<()> {
        let served = self.server.await;
        self.worker.stop().await;
        served
    }
}

/// Opens everything that the settings name, as serving does, but for the database, the store of attachments and the address to
/// listen on.
///
/// # Errors
/// What serving would refuse, too.
pub(crate) fn check(settings: &Settings) -> Result<(), StartError> {
    Parts::of(settings).map(drop)
}

/// The time that the program goes by: its own in a sandbox.
pub(crate) fn clock(settings: &Settings) -> Clock {
    match settings.mode {
        Mode::Sandbox => Clock::movable(settings.sandbox_now),
        Mode::Production => Clock::system(),
    }
}

/// What proofs of possession are held against. A sandbox that is not told its address is reached at that which it listens on.
fn possession(settings: &Settings, store: &Store, address: SocketAddr) -> Possession {
    let own = || {
        let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { address.ip().to_string() };
        let host = if host.contains(':') { format!("[{host}]") } else { host };
        format!("http://{host}:{}", address.port())
    };
    let public_url = match settings.mode {
        Mode::Sandbox => Some(settings.public_url.clone().unwrap_or_else(own)),
        Mode::Production => settings.public_url.clone(),
    };
    let nonces = settings.dpop_nonce.then(|| Nonces::new(&store.nonce_key()));
    Possession { public_url, nonces, store: Some(store.clone()) }
}

/// The address of the database, in the store's terms.
pub(crate) fn database_url(settings: &Settings) -> persistence::DatabaseUrl {
    let url = settings.database.url.expose();
    match url.strip_prefix("sqlite:") {
        Some(path) => persistence::DatabaseUrl::Sqlite(path.into()),
        None => persistence::DatabaseUrl::Postgres(url.to_owned()),
    }
}

/// Makes the folder that a SQLite file lies in.
fn make_database_folder(url: &persistence::DatabaseUrl) -> Result<(), StartError> {
    if let persistence::DatabaseUrl::Sqlite(path) = url
        && let Some(folder) = path.parent()
    {
        persistence::private_folder(folder)
            .map_err(|source| StartError::Io { what: format!("cannot make {}", folder.display()), source })?;
    }
    Ok(())
}

/// Brings a database up to date, if it is one of this kind of installation.
pub(crate) fn migrate(settings: &Settings, database: &persistence::DatabaseUrl) -> Result<usize, StartError> {
    make_database_folder(database)?;
    persistence::check_installation(database, kind(settings))?;
    Ok(persistence::migrate(database)?)
}

fn kind(settings: &Settings) -> InstallationKind {
    match settings.mode {
        Mode::Sandbox => InstallationKind::Sandbox,
        Mode::Production => InstallationKind::Production,
    }
}

async fn open_store(
    settings: &Settings,
    master_key: Option<MasterKey>,
    registers: Registers,
    outlets: Outlets,
    now: DateTime<Utc>,
) -> Result<Store, StartError> {
    let database = database_url(settings);
    persistence::private_folder(&settings.data_folder)
        .map_err(|source| StartError::Io { what: format!("cannot make {}", settings.data_folder.display()), source })?;
    if settings.mode == Mode::Sandbox {
        migrate(settings, &database)?;
    }
    let master_key = match (master_key, &settings.master_key_file) {
        (None, Some(path)) => MasterKey::read_or_create_file(path)?,
        (Some(key), _) => key,
        (None, None) => master_key_kept(settings)?,
    };
    let access = settings.access;
    Ok(Store::open(StoreSettings {
        database,
        kind: kind(settings),
        connections: settings.database.connections,
        acquire_timeout: settings.database.acquire_timeout,
        master_key,
        blobs: blob_settings(&settings.blobs),
        policy: Policy {
            youth_from_years: i32::try_from(access.youth_from_years).unwrap_or(i32::MAX),
            admits_guardians: access.guardians,
            registered_power_wait: TimeDelta::from_std(settings.registered_powers_wait).unwrap_or(TimeDelta::MAX),
        },
        terms: settings.terms.in_force.clone(),
        register: registers.population,
        contact_register: registers.contact,
        register_max_age: TimeDelta::from_std(access.register_max_age).unwrap_or(TimeDelta::MAX),
        outlets,
        scanning: scanning(&settings.scanner),
        quotas: settings.limits.quotas,
        words: mailbox_text::words(),
        now,
    })
    .await?)
}

pub(crate) fn blob_settings(location: &BlobLocation) -> persistence::BlobSettings {
    match location {
        BlobLocation::Folder(folder) => persistence::BlobSettings::Folder(folder.clone()),
        BlobLocation::S3(s3) => persistence::BlobSettings::S3 {
            bucket: s3.bucket.clone(),
            region: Some(s3.region.clone()),
            endpoint: s3.endpoint.clone(),
            credentials: s3
                .credentials
                .as_ref()
                .map(|keys| (keys.access_key_id.clone(), keys.secret_access_key.clone())),
            allow_http: s3.allow_http,
        },
    }
}

fn serve(listener: TcpListener, settings: &Settings, state: Data<AppState>) -> std::io::Result<Server> {
    let with_sandbox = settings.mode == Mode::Sandbox;
    let json_bytes = settings.limits.json_bytes;
    let origins = settings.cors_origins.clone();
    // Made once: the figures are counted from the first request on.
    telemetry::metrics_handle();
    let contract = Data::new(openapi::contract(with_sandbox)?);
    let server = HttpServer::new(move || {
        // Each worker makes the routes anew. The contract that they add themselves to is there already.
        let (app, _) = App::new().into_utoipa_app().configure(operations::all(with_sandbox)).split_for_parts();
        app.app_data(state.clone())
            .app_data(contract.clone())
            .configure(|config| problem::configure(config, json_bytes))
            .route(CONTRACT_PATH, web::get().to(http::open::health::contract_show))
            .service(SwaggerUi::new("/docs/{_:.*}").config(utoipa_swagger_ui::Config::new([CONTRACT_PATH])))
            .service(web::redirect("/docs", "/docs/"))
            .default_service(web::to(http::not_found))
            .wrap(from_fn(http::request::patience::middleware))
            .wrap(from_fn(problem::middleware))
            .wrap(from_fn(http::request::headers::middleware))
            .wrap(cors(&origins))
            .wrap(from_fn(http::request::figures::middleware))
            .wrap(TracingLogger::<RequestSpan>::new())
    })
    .client_request_timeout(REQUEST_HEAD_TIMEOUT)
    .keep_alive(KEEP_ALIVE)
    .max_connections(MOST_CONNECTIONS)
    .worker_max_blocking_threads(blocking_threads(settings))
    .disable_signals()
    .shutdown_timeout(SHUTDOWN_SECONDS);
    let server = match settings.workers {
        Some(workers) => server.workers(workers),
        None => server,
    };
    Ok(server.listen(listener)?.run())
}

/// How many threads of a worker may block. As many as the database's connections and the steps on files take together, so that
/// neither waits for the other, whatever the number of cores; and a few for what is seldom. They are made when they are needed.
fn blocking_threads(settings: &Settings) -> usize {
    const SELDOM: usize = 4;
    let connections = usize::try_from(settings.database.connections).unwrap_or(usize::MAX);
    let needed = connections.saturating_add(persistence::steps_at_a_time()).saturating_add(SELDOM);
    settings.blocking_threads.unwrap_or(needed)
}

/// Portals that are configured may call from a browser (DH-11); no others.
fn cors(origins: &[String]) -> Cors {
    let exposed = [
        ETAG,
        LOCATION,
        RETRY_AFTER,
        HeaderName::from_static("ratelimit"),
        HeaderName::from_static("ratelimit-policy"),
        HeaderName::from_static("dpop-nonce"),
        WWW_AUTHENTICATE,
        HeaderName::from_static("idempotent-replayed"),
        HeaderName::from_static("repr-digest"),
        CONTENT_DISPOSITION,
        CONTENT_RANGE,
        ACCEPT_RANGES,
    ];
    let cors = Cors::default()
        .allowed_methods(["GET", "POST", "PUT", "PATCH", "DELETE"])
        .allow_any_header()
        .expose_headers(exposed)
        .max_age(3600);
    origins.iter().fold(cors, |cors, origin| cors.allowed_origin(origin))
}
