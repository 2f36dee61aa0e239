//! Reads fields from the file and the environment, remembers which keys there are, and collects every problem.
//!
//! No problem repeats a value: a value in the wrong place may be a secret.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use secrecy::SecretString;
use strum::VariantNames;
use toml::{Table, Value};

use super::environment::{Environment, SETTINGS_FILE};

/// One thing that is wrong with the settings: where, and what must be there instead.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Problem {
    place: String,
    message: String,
}

/// Everything that is wrong with the settings. `Display` gives one line for each.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingsProblems(Vec<Problem>);

impl SettingsProblems {
    /// One line for each problem, in the order of the settings.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(|Problem { place, message }| format!("{place}: {message}"))
    }
}

impl fmt::Display for SettingsProblems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().collect::<Vec<_>>().join("\n"))
    }
}

impl std::error::Error for SettingsProblems {}

/// A value as it was found. The environment knows texts only.
enum Found {
    File(Value),
    Variable(String),
}

/// The name of the environment variable for a key: `database.url` is `BREVDUE_DATABASE__URL`.
pub(super) fn variable_name(key: &str) -> String {
    format!("BREVDUE_{}", key.to_uppercase().replace('.', "__"))
}

/// Reads field after field; a field with a problem reads as absent, so that the others are still looked at.
pub(super) struct Reader<'a> {
    file: Table,
    file_is_readable: bool,
    environment: &'a Environment,
    known: BTreeSet<&'static str>,
    problems: Vec<Problem>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(file_text: Option<&str>, environment: &'a Environment) -> Self {
        let mut reader = Self::of_table(Table::new(), environment);
        let text = file_text.unwrap_or_default();
        match text.parse::<Table>() {
            Ok(file) => reader.file = file,
            Err(error) => {
                reader.file_is_readable = false;
                // The error's own `Display` shows the line, and with it what may be a secret.
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                reader.problem("settings file", format!("line {line} is not TOML: {}", error.message()));
            }
        }
        reader
    }

    fn of_table(file: Table, environment: &'a Environment) -> Self {
        Self { file, file_is_readable: true, environment, known: BTreeSet::new(), problems: Vec::new() }
    }

    /// Every key that was asked for so far.
    #[cfg(test)]
    pub(super) fn known(&self) -> &BTreeSet<&'static str> {
        &self.known
    }

    pub(super) fn problem(&mut self, place: impl Into<String>, message: impl Into<String>) {
        self.problems.push(Problem { place: place.into(), message: message.into() });
    }

    /// Says that something must be there; not when it is there and wrong, nor when the file could not be read, since
    /// it may well be there.
    pub(super) fn missing(&mut self, place: &str, message: &str) {
        let variable = variable_name(place);
        let is_wrong = self.problems.iter().any(|problem| {
            // Of a list it may be an item that is wrong.
            let of = problem.place.split_once('[').map_or(&*problem.place, |(list, _)| list);
            of == place || of == variable
        });
        if self.file_is_readable && !is_wrong {
            self.problem(place, message);
        }
    }

    pub(super) fn text(&mut self, key: &'static str) -> Option<String> {
        self.parsed(key, |text| Ok::<_, String>(text.to_owned()))
    }

    pub(super) fn secret(&mut self, key: &'static str) -> Option<SecretString> {
        self.text(key).map(SecretString::from)
    }

    /// A text that means something: an address, a URL, a folder.
    pub(super) fn parsed<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        self.field(key, |found| match found {
            Found::File(Value::String(text)) | Found::Variable(text) if !text.trim().is_empty() => {
                parse(&text).map_err(|reason| reason.to_string())
            }
            _ => Err("must be a text that is not empty".to_owned()),
        })
    }

    /// One word of a closed list.
    pub(super) fn word<T: FromStr + VariantNames>(&mut self, key: &'static str) -> Option<T> {
        self.parsed(key, |text| text.parse().map_err(|_| format!("must be one of: {}", T::VARIANTS.join(", "))))
    }

    pub(super) fn number(&mut self, key: &'static str, range: RangeInclusive<u32>) -> Option<u32> {
        self.field(key, |found| {
            let number = match found {
                Found::File(Value::Integer(number)) => u32::try_from(number).ok(),
                Found::Variable(text) => text.trim().parse().ok(),
                Found::File(_) => None,
            };
            let (least, most) = (range.start(), range.end());
            number
                .filter(|number| range.contains(number))
                .ok_or_else(|| format!("must be a whole number from {least} to {most}"))
        })
    }

    pub(super) fn flag(&mut self, key: &'static str) -> Option<bool> {
        self.field(key, |found| {
            match found {
                Found::File(Value::Boolean(flag)) => Some(flag),
                Found::Variable(text) => text.trim().parse().ok(),
                Found::File(_) => None,
            }
            .ok_or_else(|| "must be true or false".to_owned())
        })
    }

    /// A list of texts that mean something; in a variable, separated by commas. Each bad one is a problem of its own.
    pub(super) fn list<T, E: fmt::Display>(
        &mut self,
        key: &'static str,
        parse: impl Fn(&str) -> Result<T, E>,
    ) -> Option<Vec<T>> {
        let texts = self.field(key, |found| {
            let texts: Option<Vec<String>> = match found {
                Found::File(Value::Array(values)) => {
                    values.into_iter().map(|value| value.as_str().map(str::to_owned)).collect()
                }
                Found::Variable(text) => Some(text.split(',').map(|part| part.trim().to_owned()).collect()),
                Found::File(_) => None,
            };
            texts.ok_or_else(|| "must be a list of texts".to_owned())
        })?;
        let mut list = Vec::with_capacity(texts.len());
        for (index, text) in texts.iter().enumerate() {
            match parse(text) {
                Ok(item) => list.push(item),
                Err(reason) => self.problem(format!("{key}[{index}]"), reason.to_string()),
            }
        }
        Some(list)
    }

    /// Tables written `[[key]]`; only the file can have them.
    pub(super) fn tables(&mut self, key: &'static str) -> Option<Vec<Table>> {
        self.field(key, |found| {
            match found {
                Found::File(Value::Array(values)) => values
                    .into_iter()
                    .map(|value| if let Value::Table(table) = value { Some(table) } else { None })
                    .collect(),
                Found::File(_) | Found::Variable(_) => None,
            }
            .ok_or_else(|| format!("must be tables in the settings file, each headed by [[{key}]]"))
        })
    }

    /// Reads one of several tables, whose fields only the file can have. A problem there is named by its place in the whole.
    pub(super) fn inside<T>(&mut self, place: &str, table: Table, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let nothing = Environment::default();
        let mut inner = Reader::of_table(table, &nothing);
        let value = read(&mut inner);
        inner.report_unknown_keys();
        let problems = inner.problems.into_iter();
        self.problems.extend(
            problems.map(|Problem { place: field, message }| Problem { place: format!("{place}.{field}"), message }),
        );
        value
    }

    /// A secret that has no place in the file.
    pub(super) fn secret_from_variable(&mut self, key: &'static str, instead: &str) -> Option<SecretString> {
        if self.file.remove(key).is_some() {
            self.problem(key, format!("must not be in the settings file: {instead}"));
        }
        self.secret(key)
    }

    /// A key's value: the variable wins, and an empty one counts as not set.
    fn field<T>(&mut self, key: &'static str, convert: impl FnOnce(Found) -> Result<T, String>) -> Option<T> {
        self.known.insert(key);
        let name = variable_name(key);
        let (place, found) = match self.environment.get(&name) {
            Some(text) => (name, Found::Variable(text.to_owned())),
            None => (key.to_owned(), Found::File(value_at(&self.file, key)?.clone())),
        };
        convert(found).map_err(|message| self.problem(place, message)).ok()
    }

    /// The settings, when nothing is wrong with them. Call it last: a key or a variable that nobody asked for is a problem.
    pub(super) fn finish<T>(mut self, settings: T) -> Result<T, SettingsProblems> {
        self.report_unknown_keys();
        self.report_unknown_variables();
        if self.problems.is_empty() { Ok(settings) } else { Err(SettingsProblems(self.problems)) }
    }

    fn report_unknown_variables(&mut self) {
        let environment = self.environment;
        for name in environment.without_text() {
            self.problem(name, "must be text in UTF-8");
        }
        let known: Vec<String> =
            self.known.iter().map(|key| variable_name(key)).chain([SETTINGS_FILE.to_owned()]).collect();
        for name in environment.meant_for_settings().filter(|name| !known.iter().any(|known| known == name)) {
            let nearest = nearest(name, known.iter().map(String::as_str));
            self.problem(name, format!("is not a setting; the nearest is {nearest}"));
        }
    }

    fn report_unknown_keys(&mut self) {
        let file = std::mem::take(&mut self.file);
        self.report_unknown("", &file);
    }

    fn report_unknown(&mut self, parent: &str, table: &Table) {
        for (name, value) in table {
            let is_bare = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'));
            let name = if is_bare { name.clone() } else { format!("{name:?}") };
            let path = if parent.is_empty() { name } else { format!("{parent}.{name}") };
            let holds_keys = self.known.iter().any(|key| key.strip_prefix(&*path).is_some_and(|k| k.starts_with('.')));
            match value {
                _ if self.known.contains(path.as_str()) => {}
                Value::Table(inner) if holds_keys => self.report_unknown(&path, inner),
                _ if holds_keys => self.problem(path, "must be a table"),
                _ => {
                    let nearest = nearest(&path, self.keys_and_tables().into_iter());
                    self.problem(path, format!("is not a setting; the nearest is {nearest}"));
                }
            }
        }
    }

    /// Every key, and every table that holds some.
    fn keys_and_tables(&self) -> BTreeSet<&'static str> {
        let of_key = |key: &'static str| key.match_indices('.').map(move |(end, _)| &key[..end]).chain([key]);
        self.known.iter().copied().flat_map(of_key).collect()
    }
}

/// The name that takes the fewest slips of the hand from another one.
fn nearest<'n>(name: &str, known: impl Iterator<Item = &'n str>) -> &'n str {
    let name = name.to_lowercase();
    known.min_by_key(|known| strsim::damerau_levenshtein(&name, &known.to_lowercase())).unwrap_or_default()
}

/// The value at a dotted path.
pub(super) fn value_at<'t>(table: &'t Table, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => table.get(key),
        Some((parent, rest)) => value_at(table.get(parent)?.as_table()?, rest),
    }
}
