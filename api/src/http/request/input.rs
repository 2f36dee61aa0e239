//! Requests → typed values, with everything that is wrong reported at once (also types and unknown fields).
//!
//! A request's struct has [`Field`]s, which never fail to deserialise, and collects what it does not know in
//! [`Unknown`]. The handler asks [`Violations`] for each value in the order of the document, then [`Violations::finish`].

mod extract;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, Utc};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Deserializer};
use strum::VariantArray;
use uuid::Uuid;

pub(crate) use self::extract::{JsonBody, JsonOrXml, QueryInput, json_limit_bytes};
use crate::problem::ViolationCode;
use crate::problem::violations::MAX_VIOLATIONS;
pub(crate) use crate::problem::violations::Violations;

/// At most so many characters of an unknown field's name are told back.
const MAX_NAME_CHARS: usize = 100;

/// A field as it came. Deserialising it never fails. Fields that may be left out carry `#[serde(default)]`, which also
/// makes them optional in the API description; without it, a field that is not there reads as [`Field::Null`].
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) enum Field<T> {
    /// Not there.
    #[default]
    Missing,
    /// There, and `null`.
    Null,
    /// A value of the right type.
    Value(T),
    /// A value of another type.
    WrongType,
}

impl<T> Field<T> {
    /// Whether something was said, right or wrong.
    pub(crate) const fn is_given(&self) -> bool {
        !matches!(self, Self::Missing | Self::Null)
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // As an option, because serde gives a missing field to nothing else.
        Ok(match Option::<serde_json::Value>::deserialize(deserializer)? {
            None => Self::Null,
            Some(value) => T::deserialize(value).map_or(Self::WrongType, Self::Value),
        })
    }
}

/// The fields that a struct does not know, by name. Goes with `#[serde(flatten)]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub(crate) struct Unknown(BTreeMap<String, IgnoredAny>);

impl Unknown {
    /// Takes a field out of which there is something else to say. Says whether it was there.
    pub(crate) fn take(&mut self, name: &str) -> bool {
        self.0.remove(name).is_some()
    }
}

impl Violations {
    /// The value of a field that must be there.
    pub(crate) fn required<T>(&mut self, pointer: &str, field: Field<T>) -> Option<T> {
        if matches!(field, Field::Missing | Field::Null) {
            self.add(pointer, ViolationCode::Required);
        }
        self.optional(pointer, field)
    }

    /// The value of a field that may be left out or `null`.
    pub(crate) fn optional<T>(&mut self, pointer: &str, field: Field<T>) -> Option<T> {
        match field {
            Field::Value(value) => Some(value),
            Field::Missing | Field::Null => None,
            Field::WrongType => {
                self.add(pointer, ViolationCode::WrongType);
                None
            }
        }
    }

    /// What a text means.
    pub(crate) fn parse<U, E: Into<ViolationCode>>(
        &mut self,
        pointer: &str,
        text: Option<impl AsRef<str>>,
        parse: impl FnOnce(&str) -> Result<U, E>,
    ) -> Option<U> {
        match parse(text?.as_ref()) {
            Ok(value) => Some(value),
            Err(code) => {
                self.add(pointer, code);
                None
            }
        }
    }

    /// One of the words of an enumeration.
    pub(crate) fn choice<E>(&mut self, pointer: &str, text: Option<impl AsRef<str>>) -> Option<E>
    where
        E: VariantArray + Copy + Into<&'static str>,
    {
        self.choice_of(pointer, text, E::VARIANTS)
    }

    /// One of some words of a closed set.
    pub(crate) fn choice_of<E>(&mut self, pointer: &str, text: Option<impl AsRef<str>>, choices: &[E]) -> Option<E>
    where
        E: Copy + Into<&'static str>,
    {
        self.parse(pointer, text, |text| {
            choices.iter().copied().find(|choice| (*choice).into() == text).ok_or_else(|| ViolationCode::NotAChoice {
                choices: choices.iter().map(|choice| (*choice).into()).collect(),
            })
        })
    }

    /// A point in time (RFC 3339).
    pub(crate) fn time(&mut self, pointer: &str, text: Option<impl AsRef<str>>) -> Option<DateTime<Utc>> {
        self.parse(pointer, text, |text| {
            DateTime::parse_from_rfc3339(text).map(|time| time.to_utc()).map_err(|_| ViolationCode::NotATime)
        })
    }

    /// A date, `YYYY-MM-DD`.
    pub(crate) fn date(&mut self, pointer: &str, text: Option<impl AsRef<str>>) -> Option<NaiveDate> {
        self.parse(pointer, text, |text| {
            // The parser also takes shorter and longer forms, which the contract does not.
            let has_form = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
            text.parse().ok().filter(|_| has_form).ok_or(ViolationCode::NotADate)
        })
    }

    /// An id. `wrap` makes it one of the right kind.
    pub(crate) fn id<I>(
        &mut self,
        pointer: &str,
        text: Option<impl AsRef<str>>,
        wrap: impl FnOnce(Uuid) -> I,
    ) -> Option<I> {
        self.parse(pointer, text, |text| Uuid::try_parse(text).map(wrap).map_err(|_| ViolationCode::NotAUuid))
    }

    /// A whole number in a range.
    pub(crate) fn in_range(&mut self, pointer: &str, value: Option<i64>, range: RangeInclusive<i64>) -> Option<i64> {
        let value = value?;
        if range.contains(&value) {
            return Some(value);
        }
        self.add(pointer, out_of(&range));
        None
    }

    /// A whole number in a range, written out, as in a query.
    pub(crate) fn number_in_range(
        &mut self,
        pointer: &str,
        text: Option<impl AsRef<str>>,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let value = self.parse(pointer, text, |text| text.parse().map_err(|_| out_of(&range)));
        self.in_range(pointer, value, range)
    }

    /// `true` or `false`, written out, as in a query.
    pub(crate) fn boolean(&mut self, pointer: &str, text: Option<impl AsRef<str>>) -> Option<bool> {
        self.parse(pointer, text, |text| {
            text.parse().map_err(|_| ViolationCode::NotAChoice { choices: vec!["true", "false"] })
        })
    }

    /// Notes each unknown field of the object at `prefix`: `""` for the body itself, `"?"` for the query.
    pub(crate) fn unknown(&mut self, prefix: &str, Unknown(fields): &Unknown) {
        for name in fields.keys().take(MAX_VIOLATIONS) {
            self.add(pointer_to(prefix, name), ViolationCode::UnknownField);
        }
    }
}

fn out_of(range: &RangeInclusive<i64>) -> ViolationCode {
    ViolationCode::OutOfRange { min: *range.start(), max: *range.end() }
}

/// A JSON pointer, in which `~` and `/` are written `~0` and `~1` (RFC 6901), or the name of a query's parameter.
fn pointer_to(prefix: &str, name: &str) -> String {
    let name: String = name.chars().take(MAX_NAME_CHARS).collect();
    if prefix == "?" { format!("?{name}") } else { format!("{prefix}/{}", name.replace('~', "~0").replace('/', "~1")) }
}
