//! The session of the server that a connection is, and what another connection can do about it.

use diesel::connection::SimpleConnection as _;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Integer, Text};

use crate::error::StoreError;

/// How long a session has to end when it is told to, in milliseconds.
const TO_END_MS: i32 = 1000;

/// A session of a PostgreSQL server. Process ids come again, so that its beginning belongs to it.
#[derive(Clone, QueryableByName)]
pub(crate) struct Session {
    #[diesel(sql_type = Integer)]
    process: i32,
    #[diesel(sql_type = Text)]
    began: String,
    #[diesel(sql_type = Text)]
    lc_messages: String,
}

/// A server whose messages we would not understand: diesel tells the causes of errors by their text alone (ADR 21).
#[derive(Debug, thiserror::Error)]
#[error(
    "PostgreSQL's messages are in another language than English (lc_messages = {0}): let a superuser run ALTER DATABASE … \
     SET lc_messages = 'C'"
)]
struct ForeignMessages(String);

#[derive(QueryableByName)]
struct Ended {
    #[diesel(sql_type = Bool)]
    ended: bool,
}

impl Session {
    /// The session of a connection. Its messages are English from here on.
    ///
    /// # Errors
    /// The server is away, or its messages are in another language and our role may not change that.
    pub(super) fn of(connection: &mut PgConnection) -> Result<Self, StoreError> {
        const WHO: &str = "SELECT pid AS process, backend_start::text AS began, current_setting('lc_messages') AS lc_messages \
             FROM pg_stat_activity WHERE pid = pg_backend_pid()";
        let session: Self = diesel::sql_query(WHO).get_result(connection)?;
        if !is_english(&session.lc_messages) && connection.batch_execute("SET lc_messages = 'C'").is_err() {
            return Err(StoreError::Unavailable(Box::new(ForeignMessages(session.lc_messages))));
        }
        Ok(session)
    }

    /// Ends it, and says whether it has ended: then it does nothing more, and what it has done shows. One of another server,
    /// or of before a restart, has.
    pub(crate) fn end(&self, connection: &mut PgConnection) -> Result<bool, StoreError> {
        const END: &str = "SELECT pg_terminate_backend(pid, $3) AS ended FROM pg_stat_activity \
             WHERE pid = $1 AND backend_start::text = $2";
        let ended: Option<Ended> = diesel::sql_query(END)
            .bind::<Integer, _>(self.process)
            .bind::<Text, _>(&self.began)
            .bind::<Integer, _>(TO_END_MS)
            .get_result(connection)
            .optional()?;
        Ok(ended.is_none_or(|ended| ended.ended))
    }
}

/// Whether messages of this locale are those that the program knows.
fn is_english(lc_messages: &str) -> bool {
    let language = lc_messages.split(['_', '.', '-', '@']).next().unwrap_or_default();
    ["", "c", "posix", "en", "english"].contains(&language.to_ascii_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn english_is_known_by_its_locale() {
        for locale in ["C", "POSIX", "C.UTF-8", "en_US.UTF-8", "en_GB", "English_United States.1252", ""] {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["sv_SE.UTF-8", "nb_NO.UTF-8", "de_DE@euro", "eo.UTF-8"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
