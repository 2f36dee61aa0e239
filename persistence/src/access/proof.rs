//! Proofs of possession (DPoP) that have been used, so that none serves twice, whichever process it is shown to.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use crate::Store;
use crate::database::{Connection, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::dpop_proof;

impl Store {
    /// Notes that a proof has been used, by the key that it is of and its id. Says whether nobody has used it before. It is one
    /// statement, which on PostgreSQL is a round trip.
    ///
    /// # Errors
    /// The store away: nobody knows.
    pub async fn proof_use(
        &self,
        thumbprint: &str,
        proof_id: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<bool, Failure> {
        // A proof's id is chosen by its maker and may be of any length; what is stored tells nothing of it.
        let digest = self.inner.vault.keyed_digest("dpop proof", &[thumbprint.as_bytes(), proof_id.as_bytes()]);
        self.run(move |_, connection| {
            let is_first = match connection {
                Connection::Postgres(_) => insert(connection, &digest, expires_at),
                Connection::Sqlite(..) => connection.write(|connection| insert(connection, &digest, expires_at)),
            };
            Ok(is_first?)
        })
        .await
    }

    /// A key for nonces, the same in every process.
    #[must_use]
    pub fn nonce_key(&self) -> [u8; 32] {
        self.inner.vault.keyed_digest("dpop nonce key", &[])
    }
}

fn insert(connection: &mut Connection, digest: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
    let rows = on!(connection, c => diesel::insert_into(dpop_proof::table)
        .values((dpop_proof::digest.eq(digest.as_slice()), dpop_proof::expires_at.eq(Time(expires_at))))
        .on_conflict_do_nothing()
        .execute(c))?;
    Ok(rows == 1)
}

/// Forgets proofs that serve no more.
pub(crate) fn forget(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize, StoreError> {
    let over = dpop_proof::table.filter(dpop_proof::expires_at.le(Time(now)));
    Ok(on!(connection, c => diesel::delete(over).execute(c))?)
}
