//! Texts with a limit on their length, counted in characters. What is wrong with one never repeats it.

/// Why a text is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TextError {
    /// Nothing, or nothing but white space.
    #[error("the text is empty")]
    Empty,
    /// More characters than the limit.
    #[error("the text has more than {max_chars} characters")]
    TooLong {
        /// The limit.
        max_chars: usize,
    },
    /// Control characters, which have no place in a line.
    #[error("the text has control characters")]
    ControlCharacters,
}

/// A line: trimmed, never empty, at most `max_chars` characters, no control characters.
pub(crate) fn line(input: &str, max_chars: usize) -> Result<String, TextError> {
    let trimmed = input.trim();
    match trimmed.chars().count() {
        0 => Err(TextError::Empty),
        count if count > max_chars => Err(TextError::TooLong { max_chars }),
        _ if trimmed.chars().any(char::is_control) => Err(TextError::ControlCharacters),
        _ => Ok(trimmed.to_owned()),
    }
}

/// A text of several lines: not blank, at most `max_chars` characters, no control characters but line ends and tabs.
pub(crate) fn paragraphs(input: &str, max_chars: usize) -> Result<String, TextError> {
    if input.trim().is_empty() {
        return Err(TextError::Empty);
    }
    if input.chars().count() > max_chars {
        return Err(TextError::TooLong { max_chars });
    }
    if input.chars().any(|character| character.is_control() && !matches!(character, '\n' | '\r' | '\t')) {
        return Err(TextError::ControlCharacters);
    }
    Ok(input.to_owned())
}

/// A type for a line with a limit, that prints.
macro_rules! line_type {
    ($(#[$meaning:meta])* $name:ident, $max_chars:literal) => {
        $(#[$meaning])*
        #[derive(Clone, PartialEq, Eq, Debug)]
        pub struct $name(String);

        impl $name {
            /// The longest one, in characters.
            pub const MAX_CHARS: usize = $max_chars;

            /// Trims and checks.
            ///
            /// # Errors
            /// Empty, too long, or with control characters.
            pub fn parse(input: &str) -> Result<Self, $crate::text::TextError> {
                $crate::text::line(input, Self::MAX_CHARS).map(Self)
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }
    };
}

/// A type for a text that does not print.
macro_rules! secret_text_type {
    ($(#[$meaning:meta])* $name:ident, $max_chars:literal, $check:path) => {
        $(#[$meaning])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The longest one, in characters.
            pub const MAX_CHARS: usize = $max_chars;

            /// Checks.
            ///
            /// # Errors
            /// Empty, too long, or with control characters.
            pub fn parse(input: &str) -> Result<Self, $crate::text::TextError> {
                $check(input, Self::MAX_CHARS).map(Self)
            }

            /// The text. Every use of this shows health information.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(concat!(stringify!($name), "(***)"))
            }
        }
    };
}

pub(crate) use {line_type, secret_text_type};
