//! The variables of the environment that are for this program: those named `BREVDUE_…`.

use std::collections::BTreeMap;
use std::ffi::OsString;

const PREFIX: &str = "BREVDUE_";
/// The settings file, which is read before there are settings.
pub(super) const SETTINGS_FILE: &str = "BREVDUE_CONFIG";
/// What the tests of the program go by. Their environment is that of the programs which they start.
const OF_TESTS: &str = "BREVDUE_TEST_";

/// Variables by name, as they were when this was made.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, Value>);

#[derive(Clone)]
enum Value {
    Text(String),
    NoText,
}

impl Environment {
    /// The value of a variable; an empty one counts as not set.
    pub fn get(&self, name: &str) -> Option<&str> {
        match self.0.get(name)? {
            Value::Text(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
            Value::NoText => None,
        }
    }

    /// The file of the settings, when one is named.
    #[must_use]
    pub fn settings_file(&self) -> Option<&str> {
        self.get(SETTINGS_FILE)
    }

    /// The names of variables whose value is not text.
    pub(super) fn without_text(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|(_, value)| matches!(value, Value::NoText)).map(|(name, _)| name.as_str())
    }

    /// The names that somebody has given a value so that the program reads it. Not those of its tests, nor those that
    /// Kubernetes makes for a service called `brevdue`.
    pub(super) fn meant_for_settings(&self) -> impl Iterator<Item = &str> {
        let names = self.0.keys().map(String::as_str);
        names.filter(|name| {
            let is_meant = *name != SETTINGS_FILE && !name.starts_with(OF_TESTS);
            is_meant && self.get(name).is_some_and(|value| !is_of_kubernetes(name, value))
        })
    }
}

impl<N: Into<OsString>, V: Into<OsString>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        let ours = variables.into_iter().filter_map(|(name, value)| {
            let name = name.into().to_string_lossy().into_owned();
            let is_ours = name.get(..PREFIX.len()).is_some_and(|prefix| prefix.eq_ignore_ascii_case(PREFIX));
            is_ours.then(|| (name, value.into().into_string().map_or(Value::NoText, Value::Text)))
        });
        Self(ours.collect())
    }
}

/// Whether Kubernetes tells by this where a service is, as it does every container beside one: `BREVDUE_SERVICE_HOST`,
/// `BREVDUE_SERVICE_PORT_HTTP`, `BREVDUE_PORT` with a value such as `tcp://10.0.0.1:80`, `BREVDUE_PORT_80_TCP_ADDR`.
fn is_of_kubernetes(name: &str, value: &str) -> bool {
    let is_link = ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme));
    let of_port = || {
        let (_, rest) = name.split_once("_PORT_")?;
        let mut words = rest.split('_');
        let is_port = words.next()?.parse::<u16>().is_ok();
        Some(is_port && matches!(words.next()?, "TCP" | "UDP" | "SCTP"))
    };
    name.ends_with("_SERVICE_HOST")
        || name.ends_with("_SERVICE_PORT")
        || name.contains("_SERVICE_PORT_")
        || (name.ends_with("_PORT") && is_link)
        || of_port().unwrap_or(false)
}
