//! Forms that citizens fill in when they write to a service (TK-9).

use crate::text::{line_type, paragraphs, secret_text_type};

/// The most forms that a service has at a time.
pub const MAX_FORMS: usize = 50;

/// The most JSON values that answers have, each group and list counted as well.
pub const MAX_ANSWERS: usize = 1000;

/// The most faults of answers that are told at once.
pub const MAX_ANSWER_FAULTS: usize = 500;

line_type! {
    /// What people call a form.
    FormTitle, 200
}

line_type! {
    /// What a form asks: a JSON Schema of edition 2020-12, written in one line. It tells nothing of anybody.
    FormSchema, 60_000
}

secret_text_type! {
    /// What was answered: a JSON object.
    AnswersText, 100_000, paragraphs
}

/// A service's own name for a form, which does not change when the form does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormName(String);

/// Why a text is no name of a form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a form's name has 1 to 60 characters out of a to z, digits and '-'")]
pub struct FormNameError;

impl FormName {
    /// The longest name, in characters.
    pub const MAX_CHARS: usize = 60;

    /// Checks length and characters: it stands in addresses.
    ///
    /// # Errors
    /// When it has another form.
    pub fn parse(input: &str) -> Result<Self, FormNameError> {
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=Self::MAX_CHARS).contains(&input.len()) && input.bytes().all(is_part);
        if fits { Ok(Self(input.to_owned())) } else { Err(FormNameError) }
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A form, in one version. A version never changes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// The service's name for it.
    pub name: FormName,
    /// From 1, without gaps.
    pub version: i32,
    /// What people call it.
    pub title: FormTitle,
    /// What it asks.
    pub schema: FormSchema,
}

/// A form as somebody has filled it in, not yet judged.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FilledForm {
    /// Which form of the service.
    pub form: FormName,
    /// The version that was shown to whoever filled it in.
    pub version: i32,
    /// The answers.
    pub answers: AnswersText,
}

/// A form that was filled in, with all that it takes to read the answers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FormAnswers {
    /// The form, in the version that was filled in.
    pub form: Form,
    /// The answers.
    pub answers: AnswersText,
}

/// Why answers do not fit a form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AnswerFault {
    /// Where, as a JSON pointer into the answers.
    pub pointer: String,
    /// What is wrong there.
    pub reason: AnswerFaultReason,
}

/// What is wrong with an answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AnswerFaultReason {
    /// It is missing.
    Missing,
    /// The form does not ask for it.
    NotAsked,
    /// It breaks this rule of the form.
    Breaks {
        /// The rule, as a JSON pointer into the schema.
        rule: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forms_name_stands_in_addresses() {
        for good in ["tiltak", "soknad-2026", "a", &"a".repeat(60)] {
            assert!(FormName::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "Tiltak", "søknad", "a b", "a/b", "..", &"a".repeat(61)] {
            assert!(FormName::parse(bad).is_err(), "{bad}");
        }
    }
}
