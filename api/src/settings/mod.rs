//! What the operator of this server decides: one TOML file, and environment variables that win over it.
//!
//! Read once, by a function of its arguments; every problem is reported at once, and no secret is ever printed. What
//! each setting means to its operator is in `brevdue.example.toml`. Deliberately not here: opening what the settings
//! name.

mod environment;
mod issuers;
mod limits;
mod notifications;
mod outbound;
mod print;
mod reader;
mod scanner;
mod summary;
mod terms;
#[cfg(test)]
mod tests;
mod url;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Datelike as _, Utc};
use domain::identity::OrganisationNumber;
use domain::organisation::Name;
use ipnet::IpNet;
use secrecy::SecretString;
use strum::{EnumString, IntoStaticStr, VariantNames};

pub use self::environment::Environment;
pub use self::issuers::{IssuerConfig, Preset};
pub use self::limits::{BodyPace, LimitSettings};
pub use self::notifications::{EmailEncryption, EmailSettings, NotificationSettings, SmsSettings, SmsShape};
pub use self::outbound::{
    AuthenticationLevel, ContactRegisterSettings, DigipostSettings, DpiSettings, MaskinportenSettings,
    PopulationRegisterSettings, RegisterSettings,
};
pub use self::print::PrintSettings;
use self::reader::Reader;
pub use self::reader::SettingsProblems;
pub use self::scanner::{ScannerAddress, ScannerSettings};
pub use self::terms::TermsSettings;
pub use self::url::DatabaseUrl;
use crate::clock::CLOCK_YEARS;

/// What the server runs for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Mode {
    /// Synthetic persons, an own issuer of tokens, a clock that can be moved.
    Sandbox,
    /// Real persons.
    Production,
}

/// How lines of the log look.
#[derive(Clone, Copy, PartialEq, Eq, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object a line, for machines.
    Json,
    /// For people.
    Text,
}

/// All settings, checked.
#[derive(Clone)]
pub struct Settings {
    /// What the server runs for.
    pub mode: Mode,
    /// The time at which the sandbox's clock starts; that of this machine when not set. Never in production.
    pub sandbox_now: Option<DateTime<Utc>>,
    /// The address that it listens on.
    pub listen: SocketAddr,
    /// The address under which others reach it, without a slash at the end; `https` unless it is this machine. Always there in
    /// production.
    pub public_url: Option<String>,
    /// Threads that serve requests; one for each core when not set.
    pub workers: Option<usize>,
    /// The most threads of each worker for what blocks: the database's work and steps on files. None: as many as these take
    /// together.
    pub blocking_threads: Option<usize>,
    /// How long the program serves on after it was told to end, while it is not ready any more.
    pub shutdown_delay: Duration,
    /// Where the rows are.
    pub database: DatabaseSettings,
    /// Where the server keeps its own files.
    pub data_folder: PathBuf,
    /// The master key as it was given, from the environment only. Wins over the key file.
    pub master_key: Option<SecretString>,
    /// The file of the master key. Always there when `master_key` is not.
    pub master_key_file: Option<PathBuf>,
    /// Where the bytes of attachments are.
    pub blobs: BlobLocation,
    /// Who may issue tokens; at least one in production.
    pub issuers: Vec<IssuerConfig>,
    /// The portals that may call from a browser: origins exactly as browsers send them.
    pub cors_origins: Vec<String>,
    /// How many requests each caller may make.
    pub rate_limit: RateLimitSettings,
    /// How much is taken in.
    pub limits: LimitSettings,
    /// The proxies that are believed.
    pub proxies: ProxySettings,
    /// Whether proofs of possession need a nonce of ours.
    pub dpop_nonce: bool,
    /// What is logged, and how.
    pub log: LogSettings,
    /// What citizens accept.
    pub terms: TermsSettings,
    /// How long a power of attorney that an operator put on record has no effect after its giver has been told.
    pub registered_powers_wait: Duration,
    /// What the rules of access leave open.
    pub access: AccessSettings,
    /// How events are sent to webhooks.
    pub webhooks: WebhookSettings,
    /// Who runs this installation: the sender of its own messages. Always there in production.
    pub platform: Option<PlatformSettings>,
    /// How notices are sent.
    pub notifications: NotificationSettings,
    /// Who prints letters. Without anybody, nothing goes on paper.
    pub print: Option<PrintSettings>,
    /// Who looks for malware in files.
    pub scanner: ScannerSettings,
    /// Who brings letters to mailboxes at Digipost. Without it, nothing goes there.
    pub digipost: Option<DigipostSettings>,
    /// Who brings letters to mailboxes at every other provider, and at Digipost where `digipost` is not set.
    pub dpi: Option<DpiSettings>,
    /// The registers that are connected. Not used in the sandbox, which has its own.
    pub registers: RegisterSettings,
}

/// What the rules of access leave open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct AccessSettings {
    /// The age from which a child can have access of its own (CHI-8).
    pub youth_from_years: u32,
    /// Whether guardians act online (FUL-19).
    pub guardians: bool,
    /// How long what the population register said is trusted (ADR-11).
    pub register_max_age: Duration,
}

/// The proxies in front of the server, and how they say from whom a request is.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ProxySettings {
    /// Their addresses. From anybody else the header is not read.
    pub trusted: Vec<IpNet>,
    /// The header that they write.
    pub header: ForwardedHeader,
}

/// A header that says from whom a request is. A proxy writes one of them and may pass the other on as it came.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, EnumString, IntoStaticStr, VariantNames)]
#[strum(serialize_all = "kebab-case")]
pub enum ForwardedHeader {
    /// The one that most proxies write.
    #[default]
    XForwardedFor,
    /// That of RFC 7239.
    Forwarded,
}

/// How events are sent to webhooks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WebhookSettings {
    /// Whether receivers may run on this machine, and without TLS. Never in production.
    pub loopback: bool,
    /// The ports of receivers elsewhere.
    pub ports: Vec<u16>,
    /// How long a receiver has to answer.
    pub timeout: Duration,
}

/// Who runs this installation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PlatformSettings {
    /// The number in the register of legal entities.
    pub organisation_number: OrganisationNumber,
    /// The name that recipients see.
    pub name: Name,
}

/// Where the rows are, and how many connections go there.
#[derive(Clone, Debug)]
pub struct DatabaseSettings {
    /// SQLite file or PostgreSQL server.
    pub url: DatabaseUrl,
    /// Most connections at a time.
    pub connections: u32,
    /// How long a request waits for a connection before it is answered with `503`.
    pub acquire_timeout: Duration,
    /// How long a request waits for the database in all before it is answered with `503`.
    pub answer_timeout: Duration,
}

/// Where the bytes of attachments are.
#[derive(Clone, Debug)]
pub enum BlobLocation {
    /// A folder of this machine.
    Folder(PathBuf),
    /// A bucket of an S3 store.
    S3(S3Settings),
}

/// A bucket of an S3 store.
#[derive(Clone, Debug)]
pub struct S3Settings {
    /// Its name.
    pub bucket: String,
    /// Its region.
    pub region: String,
    /// The store's address, when it is not Amazon's.
    pub endpoint: Option<String>,
    /// Who we are there; the machine's own role when not set.
    pub credentials: Option<S3Credentials>,
    /// Whether the store may be reached without TLS.
    pub allow_http: bool,
}

/// Who we are at an S3 store.
#[derive(Clone, Debug)]
pub struct S3Credentials {
    /// The id of the key.
    pub access_key_id: SecretString,
    /// The key.
    pub secret_access_key: SecretString,
}

/// How many requests each caller may make.
#[derive(Clone, Debug)]
pub struct RateLimitSettings {
    /// Each citizen, and everybody who is no system.
    pub citizen: RateLimit,
    /// Each sender's system.
    pub system: RateLimit,
}

/// A bucket of requests that fills at an even rate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RateLimit {
    /// How many requests a second come back.
    pub per_second: NonZeroU32,
    /// How many requests a full bucket holds.
    pub burst: NonZeroU32,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct LogSettings {
    /// How lines look.
    pub format: LogFormat,
    /// Which lines there are, in the language of `tracing`'s filters: `info,api=debug`.
    pub filter: String,
}

const MOST_PER_SECOND: u32 = 1_000_000;
const MASTER_KEY_ADVICE: &str = "set BREVDUE_MASTER_KEY or master_key_file";

impl Settings {
    /// Reads the settings from the text of the file, if there is one, and from the environment.
    ///
    /// # Errors
    /// Everything that is wrong, at once.
    pub fn read(file_text: Option<&str>, environment: &Environment) -> Result<Self, SettingsProblems> {
        let mut reader = Reader::new(file_text, environment);
        let settings = Self::from_reader(&mut reader);
        reader.finish(settings)
    }

    fn from_reader(reader: &mut Reader<'_>) -> Self {
        let mode = reader.word("mode").unwrap_or(Mode::Sandbox);
        let sandbox_now = sandbox_now(reader, mode);
        let listen = reader
            .parsed("listen", |text| text.parse().map_err(|_| "must be an IP address and a port: 127.0.0.1:8080"))
            .unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)));
        let public_url = reader.parsed("public_url", url::public_url);
        if mode == Mode::Production && public_url.is_none() {
            reader.missing(
                "public_url",
                "must be set in production: proofs of possession (DPoP) name the address that callers use",
            );
        }
        let workers = reader.number("workers", 1..=512).map(|number| number as usize);
        let blocking_threads = reader.number("blocking_threads", 1..=512).map(|number| number as usize);
        let shutdown_delay = shutdown_delay(reader, mode);
        let data_folder = reader.text("data_folder").map_or_else(|| PathBuf::from("data"), PathBuf::from);
        let database = database(reader, mode, &data_folder);
        let master_key = reader.secret_from_variable("master_key", MASTER_KEY_ADVICE);
        let mut master_key_file = reader.text("master_key_file").map(PathBuf::from);
        if master_key.is_none() && master_key_file.is_none() {
            match mode {
                Mode::Sandbox => master_key_file = Some(data_folder.join("master.key")),
                Mode::Production => reader.missing("master_key", MASTER_KEY_ADVICE),
            }
        }
        let blobs = blobs(reader).unwrap_or_else(|| BlobLocation::Folder(data_folder.join("blobs")));
        let issuers = issuers::issuers(reader, mode);
        let (registers, dpi) = outbound::through_maskinporten(reader);
        Self {
            mode,
            sandbox_now,
            listen,
            public_url,
            workers,
            blocking_threads,
            shutdown_delay,
            database,
            data_folder,
            master_key,
            master_key_file,
            blobs,
            issuers,
            cors_origins: reader.list("cors.origins", url::origin).unwrap_or_default(),
            rate_limit: RateLimitSettings {
                citizen: rate_limit(reader, ["rate_limit.citizen_per_second", "rate_limit.citizen_burst"], [20, 100]),
                system: rate_limit(reader, ["rate_limit.system_per_second", "rate_limit.system_burst"], [2000, 4000]),
            },
            limits: limits::limits(reader),
            proxies: proxies(reader),
            dpop_nonce: reader.flag("dpop.nonce").unwrap_or(false),
            log: log(reader, mode),
            terms: terms::terms(reader),
            registered_powers_wait: hours(reader.number("registered_powers.wait_hours", 0..=720).unwrap_or(72)),
            access: access(reader),
            webhooks: webhooks(reader, mode, listen),
            platform: platform(reader, mode),
            notifications: notifications::notifications(reader),
            print: print::print(reader),
            scanner: scanner::scanner(reader),
            digipost: outbound::digipost(reader),
            registers,
            dpi,
        }
    }
}

fn sandbox_now(reader: &mut Reader<'_>, mode: Mode) -> Option<DateTime<Utc>> {
    let now = reader.parsed("sandbox.now", |text| {
        let time = text.parse().ok().filter(|time: &DateTime<Utc>| CLOCK_YEARS.contains(&time.year()));
        time.ok_or("must be a time between the years 1970 and 9999: 2026-11-24T11:00:00Z")
    });
    if mode == Mode::Production && now.is_some() {
        reader.problem("sandbox.now", "must not be set in production: the time there is that of this machine");
    }
    now
}

/// In production as long as a balancer needs to notice with a check each two seconds.
fn shutdown_delay(reader: &mut Reader<'_>, mode: Mode) -> Duration {
    let default = match mode {
        Mode::Sandbox => 0,
        Mode::Production => 5,
    };
    Duration::from_secs(reader.number("shutdown.delay_seconds", 0..=300).unwrap_or(default).into())
}

fn database(reader: &mut Reader<'_>, mode: Mode, data_folder: &Path) -> DatabaseSettings {
    let url = reader.parsed("database.url", DatabaseUrl::parse);
    if mode == Mode::Production && url.is_none() {
        reader.missing("database.url", "must be set in production: postgres://<user>:<password>@<host>/<database>");
    }
    let url = url.unwrap_or_else(|| DatabaseUrl::in_folder(data_folder));
    let connections = reader.number("database.connections", 1..=100).unwrap_or_else(|| {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get().min(50));
        u32::try_from(cores * 2).map_or(4, |connections| connections.max(4))
    });
    let timeout_ms = reader.number("database.acquire_timeout_ms", 1..=60_000).unwrap_or(2000);
    let answer_ms = reader.number("database.answer_timeout_ms", 100..=120_000).unwrap_or(15_000);
    let [acquire_timeout, answer_timeout] = [timeout_ms, answer_ms].map(|ms| Duration::from_millis(ms.into()));
    DatabaseSettings { url, connections, acquire_timeout, answer_timeout }
}

/// Where attachments are, when it is said; the folder or the bucket, never both.
fn blobs(reader: &mut Reader<'_>) -> Option<BlobLocation> {
    let folder = reader.text("blobs.folder").map(PathBuf::from);
    let bucket = reader.text("blobs.s3.bucket");
    let region = reader.text("blobs.s3.region");
    let endpoint = reader.parsed("blobs.s3.endpoint", url::store_endpoint);
    let access_key_id = reader.secret("blobs.s3.access_key_id");
    let secret_access_key = reader.secret("blobs.s3.secret_access_key");
    let allow_http = reader.flag("blobs.s3.allow_http");

    let is_s3 = [bucket.is_some(), region.is_some(), endpoint.is_some(), allow_http.is_some()].contains(&true)
        || access_key_id.is_some()
        || secret_access_key.is_some();
    if !is_s3 {
        return folder.map(BlobLocation::Folder);
    }
    if folder.is_some() {
        reader.problem("blobs", "must be a folder or an S3 bucket, not both");
    }
    if bucket.is_none() {
        reader.missing("blobs.s3.bucket", "must name the bucket");
    }
    if region.is_none() {
        reader.missing("blobs.s3.region", "must name the region of the bucket");
    }
    let allow_http = allow_http.unwrap_or(false);
    if !allow_http && endpoint.as_ref().is_some_and(|endpoint| endpoint.starts_with("http://")) {
        reader.problem("blobs.s3.endpoint", "must be https, unless blobs.s3.allow_http is true");
    }
    let credentials = match (access_key_id, secret_access_key) {
        (Some(access_key_id), Some(secret_access_key)) => Some(S3Credentials { access_key_id, secret_access_key }),
        (None, None) => None,
        (_, secret) => {
            let place = if secret.is_some() { "blobs.s3.access_key_id" } else { "blobs.s3.secret_access_key" };
            reader.missing(place, "must be set: access_key_id and secret_access_key come together or not at all");
            None
        }
    };
    Some(BlobLocation::S3(S3Settings { bucket: bucket?, region: region?, endpoint, credentials, allow_http }))
}

fn rate_limit(reader: &mut Reader<'_>, [rate, burst]: [&'static str; 2], default: [u32; 2]) -> RateLimit {
    let [per_second, burst] = [(rate, default[0]), (burst, default[1])].map(|(key, default)| {
        let number = reader.number(key, 1..=MOST_PER_SECOND).unwrap_or(default);
        NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN)
    });
    RateLimit { per_second, burst }
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(3600 * u64::from(hours))
}

fn access(reader: &mut Reader<'_>) -> AccessSettings {
    let minutes = reader.number("access.register_max_age_minutes", 1..=1440).unwrap_or(60);
    AccessSettings {
        youth_from_years: reader.number("access.youth_from_years", 12..=13).unwrap_or(13),
        guardians: reader.flag("access.guardians").unwrap_or(false),
        register_max_age: Duration::from_secs(60 * u64::from(minutes)),
    }
}

fn webhooks(reader: &mut Reader<'_>, mode: Mode, listen: SocketAddr) -> WebhookSettings {
    let loopback = reader.flag("webhooks.loopback");
    if mode == Mode::Production && loopback == Some(true) {
        reader.problem("webhooks.loopback", "must not be true in production: an organisation could reach this machine");
    }
    // A sandbox that others cannot reach lets its own user try webhooks.
    let is_private_sandbox = mode == Mode::Sandbox && listen.ip().is_loopback();
    let seconds = reader.number("webhooks.timeout_seconds", 1..=15).unwrap_or(15);
    let ports = reader.list("webhooks.ports", |text| match text.parse() {
        Ok(port) if port > 0 => Ok(port),
        _ => Err("must be a port from 1 to 65535, as a text: \"443\""),
    });
    WebhookSettings {
        loopback: loopback.unwrap_or(is_private_sandbox),
        ports: ports.unwrap_or_else(|| vec![443]),
        timeout: Duration::from_secs(seconds.into()),
    }
}

fn proxies(reader: &mut Reader<'_>) -> ProxySettings {
    let net = |text: &str| {
        let address = text.parse::<IpAddr>().map(IpNet::from);
        address.or_else(|_| text.parse()).map_err(|_| "must be an address, or some of them: 10.0.0.7, 10.1.0.0/16")
    };
    ProxySettings {
        trusted: reader.list("http.trusted_proxies", net).unwrap_or_default(),
        header: reader.word("http.forwarded_header").unwrap_or_default(),
    }
}

fn platform(reader: &mut Reader<'_>, mode: Mode) -> Option<PlatformSettings> {
    let number = reader.parsed("platform.organisation_number", organisation_number);
    let name = reader
        .parsed("platform.name", |text| Name::parse(text).map_err(|_| "must be a name of at most 200 characters"));
    let is_asked_for = mode == Mode::Production || number.is_some() || name.is_some();
    for (place, is_there) in [("platform.organisation_number", number.is_some()), ("platform.name", name.is_some())] {
        if is_asked_for && !is_there {
            reader.missing(place, "must be set in production: citizens see who runs the mailbox");
        }
    }
    number.zip(name).map(|(organisation_number, name)| PlatformSettings { organisation_number, name })
}

fn organisation_number(text: &str) -> Result<OrganisationNumber, &'static str> {
    OrganisationNumber::parse(text).map_err(|_| "must be an organisation number: nine digits, the last of them a check")
}

fn log(reader: &mut Reader<'_>, mode: Mode) -> LogSettings {
    let default = match mode {
        Mode::Sandbox => LogFormat::Text,
        Mode::Production => LogFormat::Json,
    };
    let filter = reader.parsed("log.filter", |text| match tracing_subscriber::EnvFilter::try_new(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("must be a filter of log lines, such as info or info,api=debug"),
    });
    LogSettings {
        format: reader.word("log.format").unwrap_or(default),
        filter: filter.unwrap_or_else(|| "info".to_owned()),
    }
}
