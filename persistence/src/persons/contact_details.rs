//! How a citizen can be reached, as the citizen has said (PP-9). Sealed under the mailbox's key, and gone with the consent
//! (CON-9).

use std::collections::HashMap;

use diesel::pg::PgConnection;
use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::contact_details::{ContactDetails, ContactDetailsChange, EmailAddress, MobileNumber};
use domain::id::MailboxId;

use crate::Store;
use crate::access::{MailboxRef, Opened};
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::{contact_details, mailbox};
use crate::vault::{Field, MailboxKey};

const CORRUPT: StoreError = StoreError::Corrupt { what: "contact details" };

impl Store {
    /// The caller's own contact details.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn contact_details_fetch(&self, context: &Context) -> Result<ContactDetails, Failure> {
        self.read_mailbox(context, MailboxRef::Own, MailboxAct::SEE_CONTACT_DETAILS, None, |_, connection, opened| {
            Ok(fetch(connection, opened)?)
        })
        .await
    }

    /// Changes the caller's own contact details. `is_current` says of what there is whether it is the version that the
    /// caller has seen.
    ///
    /// # Errors
    /// Refused, another version by now, or the store away.
    pub async fn contact_details_change(
        &self,
        context: &Context,
        change: ContactDetailsChange,
        is_current: impl FnOnce(&ContactDetails) -> bool + Send + 'static,
    ) -> Result<ContactDetails, Failure> {
        let now = Time(context.now);
        let action = MailboxAct::CHANGE_CONTACT_DETAILS;
        self.write_mailbox(context, MailboxRef::Own, action, None, move |_, connection, opened| {
            // Two changes of different pieces would else undo each other.
            if let Connection::Postgres(link) = &mut *connection {
                let row = mailbox::table.find(opened.grant.mailbox().key()).select(mailbox::id).for_update();
                row.first::<Id>(&mut **link as &mut PgConnection)?;
            }
            let before = fetch(connection, opened)?;
            if !is_current(&before) {
                return Err(Failure::VersionChanged);
            }
            let after = change.over(before.clone());
            if after != before {
                store(connection, opened, &after, now)?;
            }
            Ok(after)
        })
        .await
    }
}

/// The contact details of a mailbox's owner.
pub(crate) fn fetch(connection: &mut Connection, opened: &Opened) -> Result<ContactDetails, StoreError> {
    let mailbox = opened.grant.mailbox();
    let row = on!(connection, c => contact_details::table
        .find(mailbox.key())
        .select((contact_details::email, contact_details::mobile))
        .first::<Sealed>(c)
        .optional())?;
    row.map_or_else(|| Ok(ContactDetails::default()), |sealed| open(opened.key()?, mailbox, sealed))
}

/// Contact details as they are stored: e-mail address and mobile number.
pub(crate) type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>);

/// The contact details of many owners, as far as they have entered any.
pub(crate) fn sealed_of(connection: &mut Connection, mailboxes: &[Id]) -> Result<HashMap<Id, Sealed>, StoreError> {
    let rows: Vec<(Id, Sealed)> = on!(connection, c => contact_details::table
        .filter(contact_details::mailbox_id.eq_any(mailboxes))
        .select((contact_details::mailbox_id, (contact_details::email, contact_details::mobile)))
        .load(c))?;
    Ok(rows.into_iter().collect())
}

/// Opens what is stored of a mailbox's owner.
pub(crate) fn open(
    key: &MailboxKey,
    mailbox: MailboxId,
    (email, mobile): Sealed,
) -> Result<ContactDetails, StoreError> {
    let open = |field, sealed: Option<Vec<u8>>| {
        sealed.map(|sealed| key.open_text(mailbox.as_uuid(), field, &sealed).map_err(|_| CORRUPT)).transpose()
    };
    let (email, mobile) = (open(Field::Email, email)?, open(Field::Mobile, mobile)?);
    Ok(ContactDetails {
        email: email.map(|text| EmailAddress::parse(&text)).transpose().map_err(|_| CORRUPT)?,
        mobile: mobile.map(|text| MobileNumber::parse(&text)).transpose().map_err(|_| CORRUPT)?,
    })
}

fn store(
    connection: &mut Connection,
    opened: &Opened,
    ContactDetails { email, mobile }: &ContactDetails,
    now: Time,
) -> Result<(), StoreError> {
    let mailbox = opened.grant.mailbox();
    forget(connection, mailbox)?;
    if email.is_none() && mobile.is_none() {
        return Ok(());
    }
    let key = opened.key()?;
    let seal = |field, text: &str| key.seal(mailbox.as_uuid(), field, text.as_bytes());
    on!(connection, c => diesel::insert_into(contact_details::table)
        .values((
            contact_details::mailbox_id.eq(mailbox.key()),
            contact_details::email.eq(email.as_ref().map(|email| seal(Field::Email, email.expose()))),
            contact_details::mobile.eq(mobile.as_ref().map(|mobile| seal(Field::Mobile, mobile.expose()))),
            contact_details::changed_at.eq(now),
        ))
        .execute(c))?;
    Ok(())
}

/// Forgets the contact details of a mailbox's owner.
pub(crate) fn forget(connection: &mut Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(contact_details::table.find(mailbox.key())).execute(c))?;
    Ok(())
}
