//! How citizens want to be told that something has come (DH-9). It goes with the consent.

use std::collections::HashMap;

use diesel::prelude::*;
use domain::access::MailboxAct;
use domain::id::MailboxId;
use domain::notification::NotificationSettings;

use crate::Store;
use crate::access::MailboxRef;
use crate::context::Context;
use crate::database::{Connection, Id, Key, Time, on};
use crate::error::{Failure, StoreError};
use crate::schema::notification_settings;

impl Store {
    /// How the caller wants to be told that something has come.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn notification_settings_fetch(&self, context: &Context) -> Result<NotificationSettings, Failure> {
        self.read_mailbox(
            context,
            MailboxRef::Own,
            MailboxAct::SEE_NOTIFICATION_SETTINGS,
            None,
            |_, connection, opened| {
                let mailbox = opened.grant.mailbox().key();
                Ok(settings_of(connection, &[mailbox])?.remove(&mailbox).unwrap_or_default())
            },
        )
        .await
    }

    /// Changes how the caller wants to be told.
    ///
    /// # Errors
    /// Refused, or the store away.
    pub async fn notification_settings_change(
        &self,
        context: &Context,
        sms: Option<bool>,
        email: Option<bool>,
    ) -> Result<NotificationSettings, Failure> {
        let (now, action) = (Time(context.now), MailboxAct::CHANGE_NOTIFICATION_SETTINGS);
        self.write_mailbox(context, MailboxRef::Own, action, None, move |_, connection, opened| {
            let mailbox = opened.grant.mailbox().key();
            let before = settings_of(connection, &[mailbox])?.remove(&mailbox).unwrap_or_default();
            let after = NotificationSettings { sms: sms.unwrap_or(before.sms), email: email.unwrap_or(before.email) };
            let values = (
                notification_settings::sms.eq(after.sms),
                notification_settings::email.eq(after.email),
                notification_settings::changed_at.eq(now),
            );
            on!(connection, c => diesel::insert_into(notification_settings::table)
                .values((notification_settings::mailbox_id.eq(mailbox), values))
                .on_conflict(notification_settings::mailbox_id)
                .do_update()
                .set(values)
                .execute(c))?;
            Ok(after)
        })
        .await
    }
}

/// How the owners of these mailboxes want to be told, as far as they have said.
pub(super) fn settings_of(
    connection: &mut Connection,
    mailboxes: &[Id],
) -> Result<HashMap<Id, NotificationSettings>, StoreError> {
    let rows: Vec<(Id, bool, bool)> = on!(connection, c => notification_settings::table
        .filter(notification_settings::mailbox_id.eq_any(mailboxes))
        .select((notification_settings::mailbox_id, notification_settings::sms, notification_settings::email))
        .load(c))?;
    Ok(rows.into_iter().map(|(mailbox, sms, email)| (mailbox, NotificationSettings { sms, email })).collect())
}

/// Forgets how the owner of a mailbox wants to be told.
pub(crate) fn forget(connection: &mut Connection, mailbox: MailboxId) -> Result<(), StoreError> {
    on!(connection, c => diesel::delete(notification_settings::table.find(mailbox.key())).execute(c))?;
    Ok(())
}
