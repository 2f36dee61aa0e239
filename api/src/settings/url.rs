//! The URLs among the settings. What is wrong with one is said without repeating it: it may hold a password.

use std::fmt;
use std::net::IpAddr;
use std::path::Path;

use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};

/// Where the database is: `sqlite:<path>` or `postgres://…`. Prints without user, password and unknown parameters.
#[derive(Clone)]
pub struct DatabaseUrl {
    url: SecretString,
    shown: String,
}

/// Parameters of a PostgreSQL URL whose values tell nothing secret.
const SHOWN_PARAMETERS: [&str; 8] = [
    "application_name",
    "connect_timeout",
    "host",
    "hostaddr",
    "port",
    "sslmode",
    "sslrootcert",
    "target_session_attrs",
];

impl DatabaseUrl {
    /// Checks the form. Nothing is opened.
    ///
    /// # Errors
    /// What must be there instead.
    pub fn parse(input: &str) -> Result<Self, &'static str> {
        let shown = if let Some(path) = input.strip_prefix("sqlite:") {
            check_sqlite(path)?;
            input.to_owned()
        } else if let Some((scheme @ ("postgres" | "postgresql"), rest)) = input.split_once("://") {
            format!("{scheme}://{}", check_postgres(rest)?)
        } else {
            return Err("must be sqlite:<path> or postgres://<user>:<password>@<host>/<database>");
        };
        Ok(Self { url: input.into(), shown })
    }

    /// The file of the sandbox.
    pub(super) fn in_folder(data_folder: &Path) -> Self {
        let url = format!("sqlite:{}", data_folder.join("brevdue.sqlite").display());
        Self { url: url.as_str().into(), shown: url }
    }

    /// The URL with its secrets, for connecting only.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.expose_secret()
    }
}

impl fmt::Display for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.shown, f)
    }
}

fn check_sqlite(path: &str) -> Result<(), &'static str> {
    match path {
        "" => Err("must name the file, such as sqlite:data/brevdue.sqlite"),
        // Each connection of the pool would have a database of its own.
        ":memory:" => Err("must be a file: a database in memory is not shared by connections"),
        // Other programs mean a relative path by this, the file system an absolute one.
        _ if path.starts_with("//") => Err("must be sqlite:<path>, without // before the path"),
        _ if path.chars().any(char::is_control) => Err("must not have control characters"),
        _ => Ok(()),
    }
}

/// Checks what follows `postgres://` and gives it without secrets. `@` is allowed once only, before the host, so that
/// it is certain what the password is. Several hosts, or none (a Unix socket), are as libpq takes them.
fn check_postgres(rest: &str) -> Result<String, &'static str> {
    if rest.chars().any(|character| character.is_whitespace() || character.is_control()) {
        return Err("must not have white space");
    }
    let (address, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = address.split_once('/').unwrap_or((address, ""));
    if authority.matches('@').count() > 1 || database.contains('@') || query.contains('@') {
        return Err("must have @ / ? in user, password and parameters written as %40 %2F %3F");
    }
    if database.is_empty() || database.contains('/') {
        return Err("must name the database after the host: postgres://<user>:<password>@<host>/<database>");
    }
    let (user, hosts) = match authority.split_once('@') {
        Some((_, hosts)) => ("***@", hosts),
        None => ("", authority),
    };
    if !hosts.is_empty() && !hosts.split(',').all(is_host) {
        return Err("must have a host, with or without a port from 1 to 65535");
    }
    let mut shown = format!("{user}{hosts}/{database}");
    for (index, parameter) in query.split('&').filter(|parameter| !parameter.is_empty()).enumerate() {
        let Some((name, value)) = parameter.split_once('=') else {
            return Err("must have parameters of the form <name>=<value>");
        };
        let value = if SHOWN_PARAMETERS.contains(&name) { value } else { "***" };
        let separator = if index == 0 { '?' } else { '&' };
        shown.push_str(&format!("{separator}{name}={value}"));
    }
    Ok(shown)
}

fn is_host(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let host_is_fine = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => !host.is_empty() && !host.contains([':', '[', ']']),
    };
    host_is_fine && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

/// The address under which others reach this server, without a slash at the end.
pub(super) fn public_url(input: &str) -> Result<String, &'static str> {
    let url = web_url(input)?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err("must be https, unless it is this machine");
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// The address of an object store.
pub(super) fn store_endpoint(input: &str) -> Result<String, &'static str> {
    web_url(input).map(|url| url.as_str().trim_end_matches('/').to_owned())
}

/// The address of another organisation's system.
pub(super) fn outbound(input: &str) -> Result<String, &'static str> {
    let url = web_url(input)?;
    if url.scheme() != "https" && !is_loopback(&url) {
        return Err("must be https, unless it is this machine");
    }
    Ok(input.to_owned())
}

/// Where an issuer of tokens has its keys.
pub(super) fn of_keys(input: &str) -> Result<String, &'static str> {
    let url = Url::parse(input).map_err(|_| "must be a URL such as https://example.no/jwks")?;
    match url.scheme() {
        "https" => Ok(input.to_owned()),
        "http" if is_loopback(&url) => Ok(input.to_owned()),
        _ => Err("must be https, unless it is this machine"),
    }
}

/// A portal's origin, exactly as browsers send it.
pub(super) fn origin(input: &str) -> Result<String, &'static str> {
    const FORM: &str = "must be an origin as browsers send it, such as https://portal.example.no (no *, no path)";
    let url = web_url(input).map_err(|_| FORM)?;
    // A host with * is no wildcard here; it would match nothing.
    if input.contains('*') || url.origin().ascii_serialization() != input { Err(FORM) } else { Ok(input.to_owned()) }
}

/// http or https, a host, perhaps a port and a path; nothing secret in it.
fn web_url(input: &str) -> Result<Url, &'static str> {
    let url = Url::parse(input).map_err(|_| "must be a URL such as https://example.no")?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err("must start with https:// or http://");
    }
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        return Err("must not have a user, a password, ? or #");
    }
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    address.map_or_else(|_| host == "localhost" || host.ends_with(".localhost"), |address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn database_urls_are_checked_and_shown_without_secrets() {
        let table = [
            ("sqlite:data/brevdue.sqlite", Some("sqlite:data/brevdue.sqlite")),
            ("sqlite:/var/lib/brevdue.sqlite", Some("sqlite:/var/lib/brevdue.sqlite")),
            ("sqlite:", None),
            ("sqlite::memory:", None),
            ("sqlite://data/brevdue.sqlite", None),
            ("postgres://kari:hush@db.example.no:5432/brevdue", Some("postgres://***@db.example.no:5432/brevdue")),
            ("postgresql://kari:hush@db/brevdue", Some("postgresql://***@db/brevdue")),
            ("postgres://kari@db/brevdue", Some("postgres://***@db/brevdue")),
            ("postgres://db/brevdue", Some("postgres://db/brevdue")),
            ("postgres:///brevdue?host=/run/pg", Some("postgres:///brevdue?host=/run/pg")),
            ("postgres://u:hush@a:5432,b:5433/brevdue", Some("postgres://***@a:5432,b:5433/brevdue")),
            ("postgres://u:hush@[::1]:5432/brevdue", Some("postgres://***@[::1]:5432/brevdue")),
            ("postgres://[::1]/brevdue", Some("postgres://[::1]/brevdue")),
            (
                "postgres://db/brevdue?user=kari&password=hush&sslmode=require",
                Some("postgres://db/brevdue?user=***&password=***&sslmode=require"),
            ),
            ("postgres://u:hu@sh@db/brevdue", None),
            ("postgres://u:hu/sh@db/brevdue", None),
            ("postgres://u:hu?sh@db/brevdue", None),
            ("postgres://u:hu sh@db/brevdue", None),
            ("postgres://u:hush@db", None),
            ("postgres://u:hush@db/", None),
            ("postgres://u:hush@/brevdue", Some("postgres://***@/brevdue")),
            ("postgres://db:port/brevdue", None),
            ("postgres://db:0/brevdue", None),
            ("postgres://db:65536/brevdue", None),
            ("postgres://[nonsense]/brevdue", None),
            ("postgres://a,,b/brevdue", None),
            ("postgres://db/brevdue?sslmode", None),
            ("mysql://db/brevdue", None),
            ("data/brevdue.sqlite", None),
            ("", None),
        ];
        for (input, shown) in table {
            let parsed = DatabaseUrl::parse(input).ok();
            assert_eq!(parsed.as_ref().map(ToString::to_string).as_deref(), shown, "{input}");
            if let Some(url) = parsed {
                assert_eq!(url.expose(), input);
                assert_eq!(format!("{url:?}"), format!("{:?}", shown.unwrap_or_default()));
            }
        }
    }

    #[test]
    fn the_public_url_is_https_unless_it_is_this_machine() {
        let table = [
            ("https://brevdue.example.no", Some("https://brevdue.example.no")),
            ("https://brevdue.example.no/", Some("https://brevdue.example.no")),
            ("https://example.no/brevdue/", Some("https://example.no/brevdue")),
            ("http://localhost:8080", Some("http://localhost:8080")),
            ("http://127.0.0.1:8080", Some("http://127.0.0.1:8080")),
            ("http://127.8.0.1", Some("http://127.8.0.1")),
            ("http://[::1]:8080", Some("http://[::1]:8080")),
            ("http://brevdue.example.no", None),
            ("http://localhost.example.no", None),
            ("http://10.0.0.1", None),
            ("ftp://brevdue.example.no", None),
            ("https://kari:hush@brevdue.example.no", None),
            ("https://brevdue.example.no/?a=b", None),
            ("brevdue.example.no", None),
        ];
        for (input, expected) in table {
            assert_eq!(public_url(input).ok().as_deref(), expected, "{input}");
        }
    }

    #[test]
    fn origins_are_exactly_what_browsers_send() {
        let fine = ["https://portal.example.no", "https://portal.example.no:8443", "http://localhost:3000"];
        let bad = [
            "*",
            "https://*.example.no",
            "https://portal.example.no/",
            "https://portal.example.no/inbox",
            "https://portal.example.no:443",
            "https://PORTAL.example.no",
            "https://kari@portal.example.no",
            "portal.example.no",
            "file:///inbox",
            "null",
        ];
        for input in fine {
            assert_eq!(origin(input).as_deref(), Ok(input));
        }
        for input in bad {
            assert!(origin(input).is_err(), "{input}");
        }
    }
}
